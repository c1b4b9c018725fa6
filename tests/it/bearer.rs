//! The door of `/mcp`: who gets in, and what those who do not are told (RFC 6750, RFC 9728 §5.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::mcp::request;
use crate::support::oauth::part;
use crate::support::{Reply, Server};

fn challenge(server: &Server) -> String {
    let document = format!("{}/.well-known/oauth-protected-resource/mcp", server.origin());
    format!("Bearer resource_metadata=\"{document}\", scope=\"chess\"")
}

/// The parts of a challenge, sorted, so that their order does not matter.
fn parts(challenge: &str) -> Vec<&str> {
    let rest = challenge
        .strip_prefix("Bearer ")
        .unwrap_or_else(|| panic!("no Bearer challenge: {challenge:?}"));
    let mut parts: Vec<&str> = rest.split(", ").collect();
    parts.sort_unstable();
    parts
}

#[tokio::test]
async fn without_a_token_everything_is_challenged_whatever_the_body() {
    let server = Server::start().await;
    let bodies = [
        "",
        "{",
        "[]",
        "null",
        "not json",
        &request("initialize", &json!({})).to_string(),
    ];
    for path in ["/mcp", "/mcp/"] {
        for body in bodies {
            let reply = Reply::to(server.http().post(server.url(path)).body(body.to_owned()))
                .await
                .expect(401);
            assert_eq!(
                parts(reply.header("www-authenticate")),
                parts(&challenge(&server)),
                "{body}"
            );
        }
        for method in ["GET", "DELETE", "PUT", "PATCH", "HEAD"] {
            let method = method.parse().unwrap();
            let reply = Reply::to(server.http().request(method, server.url(path)))
                .await
                .expect(401);
            assert_eq!(
                parts(reply.header("www-authenticate")),
                parts(&challenge(&server))
            );
        }
    }
}

#[tokio::test]
async fn a_body_of_any_size_is_challenged_first() {
    let server = Server::start().await;
    let reply = Reply::to(server.http().post(server.url("/mcp")).body("x".repeat(300_000))).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn with_a_token_other_methods_are_not_allowed() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    for method in ["GET", "DELETE", "PUT"] {
        let method: reqwest::Method = method.parse().unwrap();
        let reply = Reply::to(
            server
                .http()
                .request(method, server.url("/mcp"))
                .bearer_auth(&token),
        )
        .await
        .expect(405);
        assert_eq!(reply.header("allow"), "POST");
    }
}

#[tokio::test]
async fn both_spellings_of_the_path_answer() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    let body = request("ping", &json!({}));
    let accept = crate::support::mcp::ACCEPTED;
    let post = server
        .http()
        .post(server.url("/mcp/"))
        .header("accept", accept)
        .bearer_auth(&token);
    Reply::to(post.json(&body)).await.expect(200);
}

#[tokio::test]
async fn a_bad_token_is_named_as_such() {
    let server = Server::start().await;
    let alice = server.alice().await;
    let token = &alice.tokens.access;
    let openid = server.sign_in_for(&alice.app, "alice", "chess openid").await;
    let id_token = openid.json()["id_token"].as_str().unwrap().to_owned();
    let expired = server.expired("alice").await;
    let stranger = server.stranger().await;
    let key = published_key(&server).await;

    let [header, claims, signature] = [0, 1, 2].map(|index| token.split('.').nth(index).unwrap());
    let sealed = |header: &Value| format!("{}.{claims}.{signature}", encode(header));
    let with = |name: &str, value: Value| {
        let mut header = part(token, 0);
        header[name] = value;
        sealed(&header)
    };
    let mut without_kid = part(token, 0);
    without_kid.as_object_mut().unwrap().remove("kid");
    let mut later = part(token, 1);
    later["exp"] = json!(later["exp"].as_i64().unwrap() + 1_000_000);
    let mut other = part(token, 1);
    other["sub"] = json!("018f0000-0000-7000-8000-000000000000");

    let bad = vec![
        "banana".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        expired,
        stranger,
        alice.tokens.refresh.clone(),
        id_token,
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{signature}A"),
        format!("{header}.{claims}.{}", &signature[..signature.len() - 4]),
        format!("{header}.{}.{signature}", encode(&later)),
        format!("{header}.{}.{signature}", encode(&other)),
        format!("{}.{claims}.", encode(&json!({ "alg": "none", "typ": "at+jwt" }))),
        format!("{}.{claims}.", encode(&json!({ "alg": "None", "typ": "at+jwt" }))),
        hmac_signed(&part(token, 0), &part(token, 1), key["n"].as_str().unwrap()),
        with("alg", json!("RS512")),
        with("alg", json!("PS256")),
        with("kid", json!("../../x")),
        with("kid", json!("' or 1=1")),
        with("kid", json!("")),
        with("kid", json!(1)),
        with("typ", json!("JWT")),
        with("jwk", key.clone()),
        with("jku", json!("https://evil.example/jwks.json")),
        with("x5u", json!("https://evil.example/key.pem")),
        self_signed(&part(token, 0), &part(token, 1)),
        with("crit", json!(["x"])),
        sealed(&without_kid),
        "x".repeat(20_000),
    ];
    let mut bodies = std::collections::BTreeSet::new();
    for token in bad {
        let reply = server.rpc(&token, "ping", &json!({})).await;
        assert_eq!(reply.status, 401, "{token:.80}");
        let told = reply.header("www-authenticate").to_owned();
        let parts = parts(&told);
        assert!(parts.contains(&"error=\"invalid_token\""), "{token:.80}: {told}");
        assert!(parts.contains(&"scope=\"chess\""), "{told}");
        bodies.insert(reply.body);
    }
    assert_eq!(bodies.len(), 1, "the answer does not tell which check failed");
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token signed with a shared secret that everybody can read: the public key.
fn hmac_signed(header: &Value, claims: &Value, secret: &str) -> String {
    let mut wanted = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    wanted.typ = Some("at+jwt".into());
    wanted.kid = header["kid"].as_str().map(str::to_owned);
    jsonwebtoken::encode(
        &wanted,
        claims,
        &jsonwebtoken::EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

/// A token that holds in itself, under a key of the forger's that it brings along and names like ours.
fn self_signed(header: &Value, claims: &Value) -> String {
    use rsa::pkcs8::EncodePrivateKey as _;
    use rsa::traits::PublicKeyParts as _;
    let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let jwk = json!({
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()),
        "e": URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
    });
    let mut wanted = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    wanted.typ = Some("at+jwt".into());
    wanted.kid = header["kid"].as_str().map(str::to_owned);
    wanted.jwk = Some(serde_json::from_value(jwk).unwrap());
    let der = key.to_pkcs8_pem(rsa::pkcs8::LineEnding::LF).unwrap();
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(der.as_bytes()).unwrap();
    jsonwebtoken::encode(&wanted, claims, &key).unwrap()
}

async fn published_key(server: &Server) -> Value {
    Reply::to(server.http().get(server.url("/oauth/jwks.json")))
        .await
        .json()["keys"][0]
        .clone()
}

#[tokio::test]
async fn a_token_counts_only_in_its_header() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    let url = format!("{}?access_token={token}", server.url("/mcp"));
    Reply::to(server.http().post(url).json(&request("ping", &json!({}))))
        .await
        .expect(401);
    let form = server
        .http()
        .post(server.url("/mcp"))
        .form(&[("access_token", &token)]);
    Reply::to(form).await.expect(401);
    for header in [
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer {token} {token}"),
        "Bearer".into(),
    ] {
        let reply = Reply::to(
            server
                .mcp()
                .header("authorization", header)
                .json(&request("ping", &json!({}))),
        )
        .await;
        assert_eq!(reply.status, 401);
    }
    let twice = server
        .mcp_as(&token)
        .header("authorization", "Bearer banana")
        .json(&request("ping", &json!({})));
    assert_eq!(Reply::to(twice).await.status, 401, "two tokens are none");
    let lower = server.mcp().header("authorization", format!("bearer {token}"));
    Reply::to(lower.json(&request("ping", &json!({}))))
        .await
        .expect(200);
}

#[tokio::test]
async fn nobody_learns_what_tools_there_are() {
    let server = Server::start().await;
    let reply = server.anon().await.expect(401);
    assert!(!reply.body.contains("chess_"), "{}", reply.body);
}

#[tokio::test]
async fn the_last_rule_of_a_token_is_the_issuer_that_made_it() {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    assert!(server.admits(&token).await);
    let mut server = server;
    server.kill().await;
    let server = server.start_again().await;
    assert!(
        server.admits(&token).await,
        "the same issuer and keys after a restart"
    );
}
