//! Registrations (RFC 7591): what is accepted keeps the rules, and the answer, sent again, means the same.

use chess_mcp::clock::Timestamp;
use chess_mcp::oauth::{Client, ClientId, clean_name, validate_registration};

/// One input.
pub(crate) fn run(body: &[u8]) {
    let Ok(metadata) = validate_registration(body) else {
        return;
    };
    assert!((1..=10).contains(&metadata.redirect_uris.len()));
    if let Some(name) = &metadata.name {
        assert!(!name.is_empty() && name.chars().count() <= 64);
        assert_eq!(clean_name(name), *name);
    }
    let client = Client {
        id: ClientId::registered([1; 16]),
        metadata,
        secret: None,
        created_at: Timestamp::from_seconds(0),
        activated_at: None,
        added: false,
    };
    let answer = client.registration_response(&client.metadata, None).to_string();
    assert_eq!(
        validate_registration(answer.as_bytes()).as_ref(),
        Ok(&client.metadata)
    );
}
