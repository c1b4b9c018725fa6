//! Bodies of MCP requests: what passes is JSON, what does not is answered with one of two codes.

use chess_mcp::fuzzing::message;
use serde::de::IgnoredAny;

/// One input.
pub(crate) fn run(body: &[u8]) {
    let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
    match message(body) {
        Ok(()) => assert!(is_json),
        Err(answer) => {
            let code = answer["error"]["code"].as_i64();
            assert!(matches!(code, Some(-32700 | -32600)), "{answer}");
        }
    }
}
