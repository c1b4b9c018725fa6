//! A full flow at the most talkative log level: no secret that occurred in it stands in the log, nor in the clear on disk.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::browser::filled;
use crate::support::oauth::{Granted, PASSWORD, Request, Tokens, callback};
use crate::support::{Browser, Home, Reply};

#[tokio::test]
async fn no_secret_reaches_the_log_or_the_disk() {
    let home = Home::new()
        .set("RUST_LOG", "trace")
        .set("OWNER_PASSWORD", "the password of the owner");
    let server = home.serve().await;
    server.person("alice").await;
    let mut secrets: BTreeMap<String, String> = BTreeMap::new();
    secrets.insert("password".into(), PASSWORD.into());
    secrets.insert("owner's password".into(), "the password of the owner".into());

    let app = server
        .app_with(&json!({ "token_endpoint_auth_method": "client_secret_post" }))
        .await;
    secrets.insert("client secret".into(), app.secret.clone().unwrap());
    let request = Request::of(&app, &server).set("state", "state-value-of-the-client-0123456789");
    let mut browser = Browser::new(&server);
    browser.open(&request.url(&server)).await;
    for (name, value) in filled(&browser.page.forms()[0], &[]) {
        if value.len() >= 32 {
            secrets.insert(format!("consent form: {name}"), value);
        }
    }
    browser.press_allow().await;
    browser
        .press(
            "Sign in",
            &[("username", "alice"), ("password", "wrong password typed")],
        )
        .await;
    secrets.insert("wrong password".into(), "wrong password typed".into());
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    for (name, value) in &browser.cookies {
        secrets.insert(format!("cookie {name}"), value.clone());
    }
    let code = callback(&browser)["code"].clone();
    secrets.insert("code".into(), code.clone());
    secrets.insert("verifier".into(), request.pkce.verifier.clone());

    let granted = Granted {
        code,
        pkce: request.pkce,
        app: app.clone(),
    };
    let first = Tokens::of(&server.token(&granted.form()).await);
    let second = Tokens::of(&server.refresh(&app, &first.refresh).await);
    server.refresh(&app, &first.refresh).await.expect(200);
    server.token(&granted.form()).await.expect(400);
    assert!(server.admits(&second.access).await);
    assert!(!server.admits("banana-not-a-token-at-all").await);
    let in_query = server
        .http()
        .post(format!("{}?access_token={}", server.url("/mcp"), second.access));
    Reply::to(in_query).await.expect(401);
    let printed = server.cli(&["token", "--user", "alice"]).await.ok();
    server.revoke(&app, &second.refresh).await.expect(200);
    for (name, token) in [("first", &first), ("second", &second)] {
        secrets.insert(format!("{name} refresh token"), token.refresh.clone());
        secrets.insert(format!("{name} access token"), token.access.clone());
        let signature = token.access.rsplit('.').next().unwrap();
        secrets.insert(format!("{name} signature"), signature.to_owned());
    }
    secrets.insert("command line token".into(), printed.trim().to_owned());

    let log = server.home().everything_written();
    assert!(
        log.contains("TRACE") || log.contains("trace"),
        "the log is talkative"
    );
    for (name, secret) in &secrets {
        assert!(!secret.is_empty(), "{name}");
        assert!(!log.contains(secret.as_str()), "{name} is in the log");
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        assert!(!log.contains(&encoded), "{name} is in the log, encoded");
    }
    for entry in std::fs::read_dir(server.home().state_dir()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for (name, secret) in &secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{name} is in {}", path.display());
        }
    }
}
