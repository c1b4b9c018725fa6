//! Redeeming a code (RFC 6749 §4.1.3, §5; RFC 7636 §4.6; RFC 9068).

use serde_json::{Value, json};

use crate::support::oauth::{Granted, Pkce, Tokens, part};
use crate::support::{Reply, Server};

type Form = Vec<(String, String)>;
type Change = Box<dyn Fn(Form) -> Form>;

fn set(mut form: Form, name: &str, value: &str) -> Form {
    form.retain(|(known, _)| known != name);
    form.push((name.to_owned(), value.to_owned()));
    form
}

fn without(mut form: Form, name: &str) -> Form {
    form.retain(|(known, _)| known != name);
    form
}

fn add(mut form: Form, name: &str, value: &str) -> Form {
    form.push((name.to_owned(), value.to_owned()));
    form
}

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

#[tokio::test]
async fn a_code_becomes_tokens() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let reply = server
        .token(&server.code(&app, "alice").await.form())
        .await
        .expect(200);
    assert!(reply.header("content-type").starts_with("application/json"));
    assert!(reply.header("cache-control").contains("no-store"));
    let body = reply.json();
    assert_eq!(body["token_type"].as_str().unwrap().to_lowercase(), "bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "chess offline_access");
    let tokens = Tokens::of(&reply);
    assert!(tokens.refresh.len() >= 43, "256 bits are 43 letters at least");
    assert!(!tokens.refresh.contains('.'), "a refresh token is opaque");
    assert!(server.admits(&tokens.access).await);
}

#[tokio::test]
async fn the_access_token_says_what_it_must_and_no_more() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = server.sign_in(&app, "alice").await;
    let header = part(&tokens.access, 0);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("RS256"), &json!("at+jwt"))
    );
    let keys = Reply::to(server.http().get(server.url("/oauth/jwks.json")))
        .await
        .json();
    assert!(
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .any(|key| key["kid"] == header["kid"])
    );

    let claims = tokens.claims();
    let mut names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let wanted = [
        "aud",
        "auth_time",
        "client_id",
        "exp",
        "gen",
        "gid",
        "iat",
        "iss",
        "jti",
        "scope",
        "sub",
    ];
    assert_eq!(names, wanted);
    assert_eq!(claims["client_id"], app.id);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );
    assert!(claims["auth_time"].as_i64().unwrap() <= claims["iat"].as_i64().unwrap());
    assert!(!claims["sub"].as_str().unwrap().contains("alice"));
}

#[tokio::test]
async fn one_person_is_one_subject_through_every_app_and_each_sign_in_a_grant() {
    let server = scene().await;
    server.person("bob").await;
    let (one, two) = (server.app("One").await, server.app("Two").await);
    let first = server.sign_in(&one, "alice").await.claims();
    let second = server.sign_in(&two, "alice").await.claims();
    let third = server.sign_in(&one, "alice").await.claims();
    let bob = server.sign_in(&one, "bob").await.claims();
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["sub"], bob["sub"]);
    assert_ne!(first["gid"], third["gid"]);
    assert_ne!(first["jti"], third["jti"]);
}

#[tokio::test]
async fn the_signature_verifies_with_the_published_key() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let token = server.sign_in(&app, "alice").await.access;
    let keys = Reply::to(server.http().get(server.url("/oauth/jwks.json")))
        .await
        .json();
    let kid = part(&token, 0)["kid"].clone();
    let key = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == kid)
        .unwrap();
    let (n, e) = (key["n"].as_str().unwrap(), key["e"].as_str().unwrap());
    let key = jsonwebtoken::DecodingKey::from_rsa_components(n, e).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    rules.set_audience(&[server.resource()]);
    rules.set_issuer(&[server.origin()]);
    jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap();
}

#[tokio::test]
async fn a_client_without_the_refresh_grant_gets_no_refresh_token() {
    let server = scene().await;
    let app = server
        .app_with(&json!({ "grant_types": ["authorization_code"] }))
        .await;
    let body = server
        .token(&server.code(&app, "alice").await.form())
        .await
        .expect(200)
        .json();
    assert!(body.get("refresh_token").is_none(), "{body}");
    let app = server.app("Test App").await;
    let request = crate::support::oauth::Request::of(&app, &server).set("scope", "chess");
    let answer = server
        .walk(&mut crate::support::Browser::new(&server), &request, "alice")
        .await;
    let granted = Granted {
        code: answer["code"].clone(),
        pkce: request.pkce,
        app,
    };
    let body = server.token(&granted.form()).await.expect(200).json();
    assert!(
        body["refresh_token"].is_string(),
        "given also without offline_access: {body}"
    );
}

#[tokio::test]
async fn faults_in_a_redemption_are_told_apart() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let long = "A".repeat(129);
    let other = Pkce::new();
    let cases: Vec<(&str, Change, &str)> = vec![
        (
            "no grant type",
            Box::new(|form| without(form, "grant_type")),
            "invalid_request",
        ),
        (
            "empty grant type",
            Box::new(|form| set(form, "grant_type", "")),
            "invalid_request",
        ),
        (
            "other grant type",
            Box::new(|form| set(form, "grant_type", "password")),
            "unsupported_grant_type",
        ),
        (
            "no code",
            Box::new(|form| without(form, "code")),
            "invalid_request",
        ),
        (
            "wrong code",
            Box::new(|form| set(form, "code", "banana")),
            "invalid_grant",
        ),
        (
            "code twice",
            Box::new(|form| {
                let code = form[1].1.clone();
                add(form, "code", &code)
            }),
            "invalid_request",
        ),
        (
            "client twice",
            Box::new(|form| add(form, "client_id", "x")),
            "invalid_request",
        ),
        (
            "verifier twice",
            Box::new(|form| add(form, "code_verifier", "x")),
            "invalid_request",
        ),
        (
            "no verifier",
            Box::new(|form| without(form, "code_verifier")),
            "invalid_request",
        ),
        (
            "short verifier",
            Box::new(|form| set(form, "code_verifier", "short")),
            "invalid_grant",
        ),
        (
            "long verifier",
            Box::new(move |form| set(form, "code_verifier", &long)),
            "invalid_grant",
        ),
        (
            "odd verifier",
            Box::new(|form| set(form, "code_verifier", &"é".repeat(30))),
            "invalid_grant",
        ),
        (
            "other verifier",
            Box::new(move |form| set(form, "code_verifier", &other.verifier)),
            "invalid_grant",
        ),
        (
            "other redirect",
            Box::new(|form| set(form, "redirect_uri", "http://127.0.0.1:3999/x")),
            "invalid_grant",
        ),
        (
            "other resource",
            Box::new(|form| set(form, "resource", "https://other.example")),
            "invalid_target",
        ),
    ];
    for (name, change, error) in cases {
        let form = change(server.code(&app, "alice").await.form());
        let reply = server.token(&form).await;
        let told = reply.oauth_error(400);
        let fine = told == error
            || (error == "invalid_grant" && name.ends_with("verifier") && told == "invalid_request");
        assert!(fine, "{name}: {told}");
    }
}

#[tokio::test]
async fn a_wrong_resource_does_not_burn_the_code() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let wrong = set(granted.form(), "resource", "https://other.example/mcp");
    assert_eq!(server.token(&wrong).await.oauth_error(400), "invalid_target");
    let right = set(granted.form(), "resource", &server.resource());
    server.token(&right).await.expect(200);
}

#[tokio::test]
async fn a_wrong_verifier_burns_the_code() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let wrong = set(granted.form(), "code_verifier", &Pkce::new().verifier);
    assert_eq!(server.token(&wrong).await.oauth_error(400), "invalid_grant");
    assert_eq!(
        server.token(&granted.form()).await.oauth_error(400),
        "invalid_grant"
    );
}

#[tokio::test]
async fn another_client_cannot_redeem_and_does_not_burn_the_code() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let thief = server.app("Thief").await;
    let granted = server.code(&app, "alice").await;
    let stolen = set(granted.form(), "client_id", &thief.id);
    assert_eq!(server.token(&stolen).await.oauth_error(400), "invalid_grant");
    let moved = set(granted.form(), "redirect_uri", "http://127.0.0.1:3999/other");
    assert_eq!(
        server
            .token(&set(moved, "client_id", &thief.id))
            .await
            .oauth_error(400),
        "invalid_grant"
    );
    server.token(&granted.form()).await.expect(200);
}

#[tokio::test]
async fn confidential_clients_prove_themselves_in_either_way() {
    let server = scene().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let app = server
            .app_with(&json!({ "token_endpoint_auth_method": method }))
            .await;
        assert!(app.secret.is_some());
        server
            .token(&server.code(&app, "alice").await.form())
            .await
            .expect(200);
        let form = without(
            without(server.code(&app, "alice").await.form(), "client_secret"),
            "client_id",
        );
        let request = server.http().post(server.url("/oauth/token")).form(&form);
        Reply::to(request.header("authorization", app.basic()))
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn clients_that_do_not_prove_themselves_are_refused() {
    let server = scene().await;
    let app = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_basic" }))
        .await;
    let granted = server.code(&app, "alice").await;
    let form = granted.form();
    let url = server.url("/oauth/token");
    let bare = without(without(form.clone(), "client_secret"), "client_id");
    let post = |form: &Form| server.http().post(&url).form(form);
    let wrong = crate::support::App {
        secret: Some("wrong".into()),
        ..app.clone()
    };

    let none = server.token(&without(form.clone(), "client_secret")).await;
    assert_eq!(
        none.oauth_error(401),
        "invalid_client",
        "a confidential client never goes without"
    );
    let posted = server.token(&set(form.clone(), "client_secret", "wrong")).await;
    assert_eq!(posted.oauth_error(401), "invalid_client");
    assert_eq!(
        posted.header("www-authenticate"),
        "",
        "no Basic challenge to one that did not try Basic"
    );
    let basic = Reply::to(post(&bare).header("authorization", wrong.basic())).await;
    assert_eq!(basic.oauth_error(401), "invalid_client");
    assert!(
        basic.header("www-authenticate").starts_with("Basic"),
        "{:?}",
        basic.headers
    );
    for header in [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YQ==",
        "Basic Og==",
        "Bearer x",
        "Basic /////w==",
    ] {
        let reply = Reply::to(post(&bare).header("authorization", header)).await;
        assert!(matches!(reply.status, 400 | 401), "{header}: {}", reply.status);
        assert!(["invalid_client", "invalid_request"].contains(&reply.json()["error"].as_str().unwrap()));
    }
    let both = Reply::to(post(&form).header("authorization", app.basic())).await;
    assert!(
        matches!(both.status, 200 | 400),
        "two methods at once: {}",
        both.status
    );
    let unknown = server
        .token(&set(form.clone(), "client_id", "chess-mcp-unknown"))
        .await;
    assert_eq!(unknown.oauth_error(401), "invalid_client");
    let missing = server.token(&bare).await;
    assert!(matches!(missing.status, 400 | 401), "{}", missing.body);
}

#[tokio::test]
async fn a_public_client_needs_no_secret_and_cannot_borrow_one() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let form = add(
        server.code(&app, "alice").await.form(),
        "client_secret",
        "made-up",
    );
    let reply = server.token(&form).await;
    assert!(matches!(reply.status, 200 | 401), "{}", reply.status);
}

#[tokio::test]
async fn requests_that_are_no_form_are_refused() {
    let server = scene().await;
    let url = server.url("/oauth/token");
    let post = |kind: &str, body: String| {
        server
            .http()
            .post(&url)
            .header("content-type", kind.to_owned())
            .body(body)
    };
    let form = "application/x-www-form-urlencoded";
    let huge = format!("grant_type=authorization_code&code={}", "x".repeat(40_000));
    let cases = [
        post(form, String::new()),
        post(form, "%".into()),
        post(form, "%ff=%fe&&&=".into()),
        post(form, "grant_type".into()),
        post(form, "grant_type=authorization_code%00".into()),
        post(form, huge),
        post(
            "application/json",
            json!({ "grant_type": "authorization_code" }).to_string(),
        ),
        post("multipart/form-data", "x".into()),
        post("application/x-www-form-urlencoded; charset=utf-16", "x".into()),
        post("text/plain", "grant_type=authorization_code".into()),
        post("", "grant_type=authorization_code".into()),
    ];
    for (number, request) in cases.into_iter().enumerate() {
        let reply = Reply::to(request).await;
        assert!(
            matches!(reply.status, 400 | 401 | 413 | 415),
            "case {number}: {} {}",
            reply.status,
            reply.body
        );
        assert!(
            reply.header("cache-control").contains("no-store"),
            "case {number}"
        );
    }
    assert_eq!(Reply::to(server.http().get(&url)).await.status, 405);
}

#[tokio::test]
async fn apps_in_a_browser_may_read_the_answer() {
    let server = scene().await;
    let request = server
        .http()
        .post(server.url("/oauth/token"))
        .header("origin", "https://app.example");
    let reply = Reply::to(request.form(&[("grant_type", "authorization_code")])).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn the_audience_is_ours_however_the_resource_was_spelt() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let origin = server.origin().to_owned();
    let host = origin.strip_prefix("http://").unwrap().to_owned();
    let port = host.rsplit_once(':').unwrap().1.to_owned();
    let resource = server.resource();
    let ours: Vec<Vec<String>> = vec![
        vec![],
        vec![String::new()],
        vec![resource.clone()],
        vec![format!("{resource}/")],
        vec![origin.clone()],
        vec![format!("{origin}/")],
        vec![format!("HTTP://{host}/mcp")],
        vec![resource.clone(), origin.clone()],
    ];
    for asked in ours {
        let mut form = server.code(&app, "alice").await.form();
        form.extend(asked.iter().map(|value| ("resource".to_owned(), value.clone())));
        let tokens = Tokens::of(&server.token(&form).await);
        assert_eq!(tokens.claims()["aud"], resource, "{asked:?}");
    }
    let others = [
        "/mcp".to_owned(),
        "mcp".to_owned(),
        host.clone(),
        format!("https://{host}/mcp"),
        format!("http://localhost:{port}/mcp"),
        format!("http://127.0.0.1.evil.example:{port}/mcp"),
        format!("http://user@{host}/mcp"),
        format!("{origin}/MCP"),
        format!("{resource}/x"),
        format!("{resource}?x=1"),
        format!("{resource}#x"),
        format!("{origin}/oauth/userinfo"),
    ];
    // None of them costs the code.
    let granted = server.code(&app, "alice").await;
    for asked in &others {
        let alone = add(granted.form(), "resource", asked);
        assert_eq!(
            server.token(&alone).await.oauth_error(400),
            "invalid_target",
            "{asked}"
        );
        let beside = add(add(granted.form(), "resource", &resource), "resource", asked);
        assert_eq!(
            server.token(&beside).await.oauth_error(400),
            "invalid_target",
            "{asked}"
        );
    }
    let tokens = Tokens::of(&server.token(&granted.form()).await);
    assert!(server.admits(&tokens.access).await);
}

#[tokio::test]
async fn a_code_that_nobody_redeems_leaves_no_connection() {
    let server = crate::support::Home::new()
        .set("GRANTS_PER_CLIENT", "2")
        .serve()
        .await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let first = server.sign_in(&app, "alice").await;
    let left = server.code(&app, "alice").await;
    // Its minute passes.
    let aged = rusqlite::Connection::open(server.home().database())
        .unwrap()
        .execute(
            "UPDATE authorization_codes SET expires_at = expires_at - 61 WHERE redeemed_at IS NULL",
            [],
        );
    assert_eq!(aged.unwrap(), 1);
    let spoilt = server.code(&app, "alice").await;
    let wrong = set(spoilt.form(), "code_verifier", &Pkce::new().verifier);
    server.token(&wrong).await.expect(400);
    let second = server.sign_in(&app, "alice").await;
    assert!(
        server.admits(&first.access).await && server.admits(&second.access).await,
        "nobody was crowded out by what came to nothing"
    );
    let listed = server.cli(&["grants", "list"]).await.ok();
    for tokens in [&first, &second] {
        assert!(
            listed.contains(tokens.claims()["gid"].as_str().unwrap()),
            "{listed}"
        );
    }
    assert_eq!(listed.matches(&app.id).count(), 2, "{listed}");
    assert_eq!(server.token(&left.form()).await.oauth_error(400), "invalid_grant");
}
