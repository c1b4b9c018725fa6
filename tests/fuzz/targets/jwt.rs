//! Access tokens: of all texts, only the one that was signed is accepted.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chess_mcp::clock::Timestamp;
use chess_mcp::keys::KeyRing;
use chess_mcp::oauth::{AccessClaims, ScopeSet};
use chess_mcp::secret::MasterKey;
use chess_mcp::store::{DatabaseUrl, Store};

/// A ring with one key, and a token that it signed.
static SIGNED: LazyLock<(KeyRing, String)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(&DatabaseUrl::Sqlite(dir.path().join("fuzz.db"))).expect("a database");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let opened = KeyRing::open(
        store,
        MasterKey::new([1; 32]).sealer(),
        Timestamp::from_seconds(1),
    );
    let ring = runtime.block_on(opened).expect("a key");
    let token = ring.sign(&claims()).expect("a token");
    (ring, token.expose().to_owned())
});

fn claims() -> AccessClaims {
    AccessClaims {
        iss: "https://a.example".to_owned(),
        aud: "https://a.example/mcp".to_owned(),
        sub: "s".to_owned(),
        client_id: "c".to_owned(),
        scope: ScopeSet::all(),
        iat: 1,
        exp: 2,
        jti: "j".to_owned(),
        gid: "g".to_owned(),
        generation: 1,
        auth_time: 1,
    }
}

// Making a key takes longer than a run may.
/// One input.
pub(crate) fn run(data: &[u8]) {
    let (ring, token) = &*SIGNED;
    assert_eq!(ring.verify(token), Ok(claims()));
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        unreachable!("a JWT has three parts")
    };
    let part = URL_SAFE_NO_PAD.encode(rest);
    let text = String::from_utf8_lossy(rest);
    let forged = match choice % 7 {
        0 => text.into_owned(),
        1 => format!("{part}.{payload}.{signature}"),
        2 => format!("{header}.{part}.{signature}"),
        3 => format!("{header}.{payload}.{part}"),
        4 => format!("{text}.{payload}.{signature}"),
        5 => format!("{token}{text}"),
        _ => format!("{text}{token}"),
    };
    assert!(forged == *token || ring.verify(&forged).is_err(), "{forged}");
}
