//! Client metadata documents: the first line is the address, the rest what was found there. Only an https address with
//! a full name is looked at (plain http on this machine), and what is accepted is a public client of that very address.

use chess_mcp::oauth::{AuthMethod, ClientId, validate_document};
use url::{Host, Url};

/// One input.
pub(crate) fn run(data: &[u8]) {
    let (address, document) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &[][..]),
    };
    let address = String::from_utf8_lossy(address);
    let Ok(id) = address.parse::<ClientId>() else {
        return;
    };
    assert_eq!(id.as_str(), address);
    if address.contains(':') {
        check_address(&address);
    }
    let Ok(metadata) = validate_document(&id, document) else {
        return;
    };
    assert_eq!(metadata.auth_method, AuthMethod::None);
    assert!((1..=10).contains(&metadata.redirect_uris.len()));
    let said: serde_json::Value = serde_json::from_slice(document).expect("what was accepted is JSON");
    assert_eq!(said["client_id"], *address);
    assert!(said["client_secret"].is_null());
}

fn check_address(address: &str) {
    let url = Url::parse(address).expect("an accepted address parses");
    assert_eq!(url.as_str(), address);
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert_ne!(url.path(), "/");
    match (url.scheme(), url.host()) {
        ("https", Some(Host::Domain(name))) => assert!(name.contains('.')),
        ("http", Some(Host::Domain("localhost"))) => {}
        ("http", Some(Host::Ipv4(machine))) => assert!(machine.is_loopback()),
        ("http", Some(Host::Ipv6(machine))) => assert!(machine.is_loopback()),
        other => panic!("{address}: {other:?}"),
    }
}
