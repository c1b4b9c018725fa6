//! Parsers that strangers reach and that are private to a door, for the fuzz targets in `tests/fuzz`.

pub use crate::http::fuzzing::{basic, form};
pub use crate::mcp::fuzzing::message;
