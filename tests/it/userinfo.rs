//! What an app learns about a person, and only with their leave (OpenID Connect Core §5).

use crate::support::oauth::{Tokens, claims};
use crate::support::{Reply, Server};

const PATHS: [&str; 2] = ["/oauth/userinfo", "/userinfo"];

async fn scene() -> Server {
    let server = Server::start().await;
    server.person("alice").await;
    server
}

fn names(reply: &Reply) -> Vec<String> {
    let mut names: Vec<String> = reply.json().as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn each_scope_tells_its_own_claims() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let told = [
        ("openid", vec!["sub"]),
        ("chess openid", vec!["sub"]),
        ("openid email", vec!["sub"]),
        (
            "chess openid profile email",
            vec!["name", "preferred_username", "sub", "updated_at"],
        ),
    ];
    for (scope, wanted) in told {
        let tokens = Tokens::of(&server.sign_in_for(&app, "alice", scope).await);
        let reply = server.userinfo(&tokens.access).await.expect(200);
        assert_eq!(names(&reply), wanted, "{scope}");
        assert_eq!(reply.json()["sub"], tokens.claims()["sub"]);
        assert!(reply.header("content-type").starts_with("application/json"));
        assert!(reply.header("cache-control").contains("no-store"));
    }
    let tokens = Tokens::of(&server.sign_in_for(&app, "alice", "openid profile").await);
    let person = server.userinfo(&tokens.access).await.json();
    assert_eq!(person["preferred_username"], "alice");
    assert_eq!(person["name"], "alice");
    assert!(person["updated_at"].as_i64().unwrap() <= tokens.claims()["iat"].as_i64().unwrap());
}

#[tokio::test]
async fn it_answers_at_both_paths_to_get_and_post() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = Tokens::of(&server.sign_in_for(&app, "alice", "openid").await);
    for path in PATHS {
        for request in [
            server.http().get(server.url(path)),
            server.http().post(server.url(path)),
        ] {
            let request = request
                .bearer_auth(&tokens.access)
                .header("origin", "https://app.example");
            let reply = Reply::to(request).await.expect(200);
            assert_eq!(reply.json()["sub"], tokens.claims()["sub"], "{path}");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            assert_eq!(reply.header("access-control-allow-credentials"), "");
        }
        let put = server.http().put(server.url(path)).bearer_auth(&tokens.access);
        assert_eq!(Reply::to(put).await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn without_openid_nothing_is_told() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let tokens = Tokens::of(&server.sign_in_for(&app, "alice", "chess profile").await);
    let reply = server.userinfo(&tokens.access).await;
    assert_eq!(reply.oauth_error(403), "insufficient_scope");
    assert_eq!(
        reply.header("www-authenticate"),
        "Bearer error=\"insufficient_scope\", scope=\"openid\""
    );
    assert!(!reply.body.contains("alice"));
}

#[tokio::test]
async fn without_a_good_token_it_challenges() {
    let server = scene().await;
    let app = server.app("Test App").await;
    let answer = server.sign_in_for(&app, "alice", "chess openid").await;
    let tokens = Tokens::of(&answer);
    let bare = Reply::to(server.http().get(server.url("/oauth/userinfo"))).await;
    assert_eq!(bare.oauth_error(401), "invalid_token");
    assert_eq!(bare.header("www-authenticate"), "Bearer scope=\"openid\"");

    let id_token = answer.json()["id_token"].as_str().unwrap().to_owned();
    let stranger = server.stranger().await;
    for token in ["banana", &tokens.refresh, &id_token, &stranger] {
        let reply = server.userinfo(token).await;
        assert_eq!(reply.oauth_error(401), "invalid_token", "{token}");
        assert_eq!(
            reply.header("www-authenticate"),
            "Bearer error=\"invalid_token\", scope=\"openid\""
        );
    }
    let url = format!("{}?access_token={}", server.url("/oauth/userinfo"), tokens.access);
    assert_eq!(Reply::to(server.http().get(url)).await.status, 401);

    server.userinfo(&tokens.access).await.expect(200);
    server.cli(&["users", "disable", "alice"]).await.ok();
    assert_eq!(
        server.userinfo(&tokens.access).await.oauth_error(401),
        "invalid_token"
    );
    server.cli(&["users", "enable", "alice"]).await.ok();
    server.userinfo(&tokens.access).await.expect(200);
    server.revoke(&app, &tokens.refresh).await.expect(200);
    assert_eq!(
        server.userinfo(&tokens.access).await.oauth_error(401),
        "invalid_token"
    );
}

#[tokio::test]
async fn each_person_is_told_of_alone() {
    let server = scene().await;
    server.person("bob").await;
    let app = server.app("Test App").await;
    let mut subjects = std::collections::BTreeSet::new();
    for person in ["alice", "bob"] {
        let tokens = Tokens::of(&server.sign_in_for(&app, person, "openid profile").await);
        let told = server.userinfo(&tokens.access).await.json();
        assert_eq!(told["preferred_username"], person);
        assert_eq!(told["sub"], claims(&tokens.access)["sub"]);
        subjects.insert(told["sub"].to_string());
    }
    assert_eq!(subjects.len(), 2);
}
