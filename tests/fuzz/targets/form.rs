//! Form bodies: no parameter but `resource` twice, and what was read can be written and read again.

use std::collections::HashSet;

use chess_mcp::fuzzing::form;

/// One input.
pub(crate) fn run(body: &[u8]) {
    let Some(pairs) = form(body) else { return };
    let mut seen = HashSet::new();
    assert!(
        pairs
            .iter()
            .all(|(name, _)| name == "resource" || seen.insert(name))
    );
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(&pairs);
    assert_eq!(form(written.finish().as_bytes()).as_ref(), Some(&pairs));
}
