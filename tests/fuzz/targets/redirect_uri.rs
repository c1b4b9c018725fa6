//! Redirect URIs: nothing that runs, hides or leads elsewhere is ever accepted.

use chess_mcp::oauth::RedirectUri;
use url::{Host, Url};

const HOSTILE: [&str; 20] = [
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "ms-settings",
    "resource",
    "tel",
    "urn",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// One input.
pub(crate) fn run(data: &[u8]) {
    let raw = String::from_utf8_lossy(data);
    let Ok(uri) = RedirectUri::parse(&raw) else { return };
    assert_eq!(uri.as_str(), raw);
    assert!(uri.matches(&uri));
    let url = Url::parse(&raw).expect("an accepted URI parses");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert!(!HOSTILE.contains(&url.scheme()));
    assert!(raw.bytes().all(|byte| byte.is_ascii_graphic()));
    match url.scheme() {
        "http" => assert!(is_this_machine(&url)),
        "https" => assert!(url.host_str().is_some_and(|host| !host.is_empty())),
        _ => {}
    }
    let answered = Url::parse(&uri.with_query(&[("code", "c d"), ("iss", "i")])).expect("it stays a URI");
    assert_eq!(
        (answered.scheme(), answered.host_str(), answered.port()),
        (url.scheme(), url.host_str(), url.port())
    );
    assert_eq!(answered.path(), url.path());
    let last: Vec<_> = answered.query_pairs().collect();
    assert!(last.ends_with(&[("code".into(), "c d".into()), ("iss".into(), "i".into())]));
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
