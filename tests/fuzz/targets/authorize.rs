//! The query of an authorization request: whatever it holds, an answer only ever goes to an address that the
//! client registered, and nothing goes on without PKCE.

use std::sync::LazyLock;

use chess_mcp::clock::Timestamp;
use chess_mcp::oauth::{AuthorizeError, Client, ClientId, RawRequest, validate_registration};
use chess_mcp::urls::PublicUrl;

const METADATA: &[u8] =
    br#"{"redirect_uris":["https://h.example/cb","http://localhost/cb"],"token_endpoint_auth_method":"none"}"#;

static CLIENT: LazyLock<Client> = LazyLock::new(|| Client {
    id: ClientId::registered([1; 16]),
    metadata: validate_registration(METADATA).expect("the metadata is valid"),
    secret: None,
    created_at: Timestamp::from_seconds(0),
    activated_at: None,
    added: false,
});

static OURS: LazyLock<PublicUrl> =
    LazyLock::new(|| PublicUrl::parse("https://chess.example").expect("the URL is valid"));

/// One input.
pub(crate) fn run(query: &[u8]) {
    let query = String::from_utf8_lossy(query);
    let raw = RawRequest::parse(&query);
    let _ = raw.client_id();
    match raw.validate(&CLIENT, &OURS) {
        Ok(request) => {
            assert!(CLIENT.allows(&request.redirect_uri));
            assert!(!request.scopes.is_empty() && request.scopes.is_subset(CLIENT.metadata.scopes));
            let methods =
                form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "code_challenge_method");
            assert_eq!(methods.map(|(_, method)| method).collect::<Vec<_>>(), ["S256"]);
        }
        Err(AuthorizeError::Redirect(answer)) => assert!(CLIENT.allows(&answer.redirect_uri)),
        Err(AuthorizeError::Local(_)) => {}
    }
}
