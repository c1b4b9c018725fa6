//! The board that people play on, as one HTML document; nothing where the program was built without it.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Digest;

const HTML: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chess</title><style></style></head><body><div id="board"></div><script type="application/json" id="page">null</script><script></script></body></html>"#;

/// The document, and what allows its parts to run.
#[derive(Debug)]
pub struct Document {
    /// All of it. `<script type="application/json" id="page">null</script>` stands in it once.
    pub html: &'static str,
    /// Its address as a resource.
    pub uri: String,
    /// SHA-256 of its script, base64.
    pub script_sha256: String,
    /// SHA-256 of its style sheet, base64.
    pub style_sha256: String,
}

/// The board, if there is one.
pub fn document() -> Option<&'static Document> {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    let make = || Document {
        html: HTML,
        uri: "ui://chess/board-0.html".to_owned(),
        script_sha256: STANDARD.encode(Digest::of(b"").as_bytes()),
        style_sha256: STANDARD.encode(Digest::of(b"").as_bytes()),
    };
    cfg!(feature = "board").then(|| DOCUMENT.get_or_init(make))
}
