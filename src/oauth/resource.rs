//! Resource indicators (RFC 8707): which spellings of our resource are ours.

use url::Url;

use crate::urls::PublicUrl;

/// Whether `asked` means this server's one resource.
///
/// Clients differ in letter case, default port and trailing slash, and some send the bare origin; all of
/// these are bound to the canonical resource. Anything else is `invalid_target`.
pub fn means_ours(asked: &str, public_url: &PublicUrl) -> bool {
    let asked = asked.trim_end_matches('/');
    if asked == public_url.origin() || asked == public_url.resource() {
        return true;
    }
    let Ok(url) = Url::parse(asked) else { return false };
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let path = url.path().trim_end_matches('/');
    let same_host = url.origin().ascii_serialization() == public_url.origin();
    plain && same_host && (path.is_empty() || path == crate::urls::path::MCP) && !asked.contains(['#', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_our_resource() {
        let ours = PublicUrl::parse("https://chess.example").unwrap();
        for good in [
            "https://chess.example/mcp",
            "https://chess.example/mcp/",
            "https://chess.example",
            "https://chess.example/",
            "HTTPS://Chess.Example/mcp",
            "https://chess.example:443/mcp",
            "https://CHESS.example/",
        ] {
            assert!(means_ours(good, &ours), "{good}");
        }
        for bad in [
            "",
            "/mcp",
            "chess.example/mcp",
            "http://chess.example/mcp",
            "https://chess.example/MCP",
            "https://chess.example/mcp/x",
            "https://chess.example/mcp?x=1",
            "https://chess.example/mcp#f",
            "https://chess.example/mcp#",
            "https://chess.example:8443/mcp",
            "https://user@chess.example/mcp",
            "https://chess.example.evil.example/mcp",
            "https://evil.example/mcp",
            "https://chess.example\\@evil.example/mcp",
            "urn:chess",
        ] {
            assert!(!means_ours(bad, &ours), "{bad}");
        }
    }
}
