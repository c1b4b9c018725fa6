//! HTTP Basic credentials (RFC 6749 section 2.3.1): what was read can be written and read again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chess_mcp::fuzzing::basic;

/// One input.
pub(crate) fn run(data: &[u8]) {
    check(&String::from_utf8_lossy(data));
    check(&format!("Basic {}", STANDARD.encode(data)));
}

fn check(header: &str) {
    let Some((id, secret)) = basic(header) else { return };
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!(
        "{}:{}",
        encode(&id),
        encode(secret.as_deref().unwrap_or_default())
    );
    assert_eq!(
        basic(&format!("basic {}", STANDARD.encode(pair))),
        Some((id, secret))
    );
}
