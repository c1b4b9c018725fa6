//! The parser of this door by itself.

use super::envelope;

/// Whether a body is one JSON-RPC message; otherwise the error that is answered.
pub fn message(body: &[u8]) -> Result<(), serde_json::Value> {
    envelope::check(body).map_err(|error| error.body())
}
