//! ID tokens (OpenID Connect Core §2, §3.1.3, §12.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::oauth::{Request, Tokens, claims, part, refreshing};
use crate::support::{Browser, Reply, Server};

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

fn id_token(reply: &Reply) -> String {
    let body = reply.json();
    let token = body["id_token"].as_str();
    token.unwrap_or_else(|| panic!("no ID token: {body}")).to_owned()
}

/// `at_hash` as a client computes it.
fn left_half(access: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access)[..16])
}

#[tokio::test]
async fn it_says_who_signed_in_to_the_app_that_asked() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server)
        .set("scope", "chess openid profile email")
        .set("nonce", "n-0S6_WzA2Mj ü\"");
    let reply = server.redeem(&app, request, "alice").await.expect(200);
    let (tokens, id_token) = (Tokens::of(&reply), id_token(&reply));

    let header = part(&id_token, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    let keys = server.published_keys().await;
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let (n, e) = (key["n"].as_str().unwrap(), key["e"].as_str().unwrap());
    let key = jsonwebtoken::DecodingKey::from_rsa_components(n, e).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.set_audience(&[&app.id]);
    rules.set_issuer(&[server.origin()]);
    let said = jsonwebtoken::decode::<Value>(&id_token, &key, &rules)
        .unwrap()
        .claims;

    let mut names: Vec<&str> = said.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]
    );
    let access = tokens.claims();
    assert_eq!(said["aud"], app.id);
    for name in ["iss", "sub", "auth_time"] {
        assert_eq!(said[name], access[name], "{name}");
    }
    assert_eq!(said["nonce"], "n-0S6_WzA2Mj ü\"");
    assert_eq!(said["at_hash"], left_half(&tokens.access));
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 600);
    assert_eq!(
        server.userinfo(&tokens.access).await.json()["sub"],
        said["sub"],
        "the two endpoints speak of the same person"
    );
}

#[tokio::test]
async fn it_is_given_only_for_openid_and_its_nonce_only_when_one_came() {
    let server = scene().await;
    let app = server.app("Test App").await;
    for scope in ["chess", "chess profile email offline_access"] {
        let body = server.sign_in_for(&app, "alice", scope).await.expect(200).json();
        assert!(body.get("id_token").is_none(), "{scope}: {body}");
    }
    let reply = server.sign_in_for(&app, "alice", "openid").await;
    assert!(claims(&id_token(&reply)).get("nonce").is_none());
    assert_eq!(reply.json()["scope"], "openid");
}

#[tokio::test]
async fn a_refreshed_one_is_about_the_same_sign_in() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let request = Request::of(&app, &server)
        .set("scope", "chess openid")
        .set("nonce", "once");
    let first = server.redeem(&app, request, "alice").await;
    let second = server.refresh(&app, &Tokens::of(&first).refresh).await;
    let (was, is) = (claims(&id_token(&first)), claims(&id_token(&second)));
    for name in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(was[name], is[name], "{name}");
    }
    assert_eq!(was["nonce"], "once");
    assert!(is.get("nonce").is_none());
    assert_eq!(is["at_hash"], left_half(&Tokens::of(&second).access));

    let mut narrow = refreshing(&app, &Tokens::of(&second).refresh);
    narrow.push(("scope".into(), "chess".into()));
    let body = server.token(&narrow).await.expect(200).json();
    assert!(body.get("id_token").is_none(), "{body}");
}

#[tokio::test]
async fn it_opens_no_door() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let reply = server.sign_in_for(&app, "alice", "chess openid").await;
    let (tokens, id_token) = (Tokens::of(&reply), id_token(&reply));
    assert!(!server.admits(&id_token).await);
    assert_eq!(server.userinfo(&id_token).await.status, 401);
    assert_eq!(
        server.refresh(&app, &id_token).await.oauth_error(400),
        "invalid_grant"
    );
    let told = server.introspect(&app, &id_token).await.expect(200).json();
    assert_eq!(told, json!({ "active": false }));
    server.revoke(&app, &id_token).await.expect(200);
    assert!(
        server.admits(&tokens.access).await,
        "nothing was revoked by what is no token"
    );
}

#[tokio::test]
async fn as_a_hint_it_is_tolerated_and_chooses_nobody() {
    let server = scene().await;
    server.person("bob").await;
    let app = server.app("Test App").await;
    let hint = id_token(&server.sign_in_for(&app, "alice", "chess openid").await);
    for hint in [hint.as_str(), "banana", ""] {
        let request = Request::of(&app, &server).set("id_token_hint", hint);
        let mut browser = Browser::new(&server);
        browser.open(&request.url(&server)).await;
        assert!(browser.page.asks_consent(), "{hint:.20}: {}", browser.page.text());
        assert!(!browser.page.text().contains("alice"));
    }
    let request = Request::of(&app, &server)
        .set("id_token_hint", &hint)
        .set("scope", "chess openid");
    let told = server.redeem(&app, request, "bob").await;
    assert_ne!(
        claims(&id_token(&told))["sub"],
        claims(&hint)["sub"],
        "whoever signs in is who signed in"
    );
}
