//! The board that people see: one HTML document without any external origin, built from `assets/board`.
//!
//! Chat hosts fetch it as a resource of the MCP door, browsers as a page of the HTTP door. Both get the same bytes.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The document and what its hosts must know of it.
#[derive(Debug)]
pub struct Document {
    /// The whole document. Holds [`PAGE`] once.
    pub html: &'static str,
    /// Its `ui://` address. Hosts cache by it, so it changes with the document.
    pub uri: String,
    /// SHA-256 of its one script in base64, as a content security policy names it.
    pub script_sha256: String,
    /// SHA-256 of its one style sheet in base64.
    pub style_sha256: String,
}

/// What a page of ours replaces to tell the board where it is; `null` means a chat host.
pub const PAGE: &str = r#"<script type="application/json" id="page">null</script>"#;

#[cfg(feature = "board")]
const HTML: Option<&str> = Some(include_str!(concat!(env!("OUT_DIR"), "/board.html")));
#[cfg(not(feature = "board"))]
const HTML: Option<&str> = None;

/// The board; `None` in a program that was built without it.
pub fn document() -> Option<&'static Document> {
    static DOCUMENT: OnceLock<Option<Document>> = OnceLock::new();
    DOCUMENT.get_or_init(|| HTML.map(Document::of)).as_ref()
}

impl Document {
    fn of(html: &'static str) -> Self {
        let hash = Sha256::digest(html);
        let short = hash
            .first_chunk()
            .map_or(0, |first| u64::from_be_bytes(*first) >> 16);
        Self {
            html,
            uri: format!("ui://chess/board-{short:012x}.html"),
            script_sha256: digest_between(html, "<script>", "</script>"),
            style_sha256: digest_between(html, "<style>", "</style>"),
        }
    }
}

fn digest_between(html: &str, open: &str, close: &str) -> String {
    let inner = html
        .split_once(open)
        .and_then(|(_, rest)| rest.split_once(close))
        .map_or("", |(inner, _)| inner);
    STANDARD.encode(Sha256::digest(inner))
}

#[cfg(all(test, feature = "board"))]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_whole_small_and_asks_nobody_else() {
        let document = document().unwrap();
        let html = document.html;
        assert!(html.len() < 150_000, "{}", html.len());
        assert_eq!(html.matches(PAGE).count(), 1);
        assert_eq!(
            (html.matches("<script>").count(), html.matches("<style>").count()),
            (1, 1)
        );
        for outside in [
            "<link",
            "<img",
            "@import",
            "src=\"http",
            "url(http",
            "url(//",
            "import(",
            "eval(",
        ] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(
            document.uri.starts_with("ui://chess/board-") && document.uri.len() == 34,
            "{}",
            document.uri
        );
        assert_eq!(
            (document.script_sha256.len(), document.style_sha256.len()),
            (44, 44)
        );
    }
}
