//! Discovery documents (RFC 8414, RFC 9728), keys (RFC 7517), and the pages that need nobody signed in.

use serde_json::Value;

use crate::support::{Reply, Server};

const SERVER_DOCUMENTS: [&str; 4] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
];

const RESOURCE_DOCUMENTS: [&str; 2] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
];

async fn get(server: &Server, path: &str) -> Reply {
    Reply::to(server.http().get(server.url(path))).await
}

/// A body with the server's own origin taken out, so that it can be compared with a fixed one.
fn neutral(server: &Server, reply: &Reply) -> Value {
    let body = reply.body.replace(server.origin(), "https://chess.example");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn the_server_document_is_the_same_at_every_path() {
    let server = Server::start().await;
    let first = get(&server, SERVER_DOCUMENTS[0]).await.expect(200);
    for path in SERVER_DOCUMENTS {
        let reply = get(&server, path).await.expect(200);
        assert!(
            reply.header("content-type").starts_with("application/json"),
            "{path}"
        );
        assert_eq!(reply.body, first.body, "{path}");
    }
    insta::assert_json_snapshot!(neutral(&server, &first), @r#"
    {
      "authorization_endpoint": "https://chess.example/oauth/authorize",
      "authorization_response_iss_parameter_supported": true,
      "claims_supported": [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "at_hash",
        "name",
        "preferred_username",
        "updated_at",
        "email",
        "email_verified"
      ],
      "client_id_metadata_document_supported": true,
      "code_challenge_methods_supported": [
        "S256"
      ],
      "grant_types_supported": [
        "authorization_code",
        "refresh_token"
      ],
      "id_token_signing_alg_values_supported": [
        "RS256"
      ],
      "introspection_endpoint": "https://chess.example/oauth/introspect",
      "introspection_endpoint_auth_methods_supported": [
        "none",
        "client_secret_basic",
        "client_secret_post"
      ],
      "issuer": "https://chess.example",
      "jwks_uri": "https://chess.example/oauth/jwks.json",
      "prompt_values_supported": [
        "none",
        "login",
        "consent",
        "select_account"
      ],
      "protected_resources": [
        "https://chess.example/mcp"
      ],
      "registration_endpoint": "https://chess.example/oauth/register",
      "request_uri_parameter_supported": false,
      "response_modes_supported": [
        "query"
      ],
      "response_types_supported": [
        "code"
      ],
      "revocation_endpoint": "https://chess.example/oauth/revoke",
      "revocation_endpoint_auth_methods_supported": [
        "none",
        "client_secret_basic",
        "client_secret_post"
      ],
      "scopes_supported": [
        "chess",
        "offline_access",
        "openid",
        "profile",
        "email"
      ],
      "subject_types_supported": [
        "public"
      ],
      "token_endpoint": "https://chess.example/oauth/token",
      "token_endpoint_auth_methods_supported": [
        "none",
        "client_secret_basic",
        "client_secret_post"
      ],
      "userinfo_endpoint": "https://chess.example/oauth/userinfo"
    }
    "#);
}

#[tokio::test]
async fn the_resource_document_is_the_same_at_both_paths() {
    let server = Server::start().await;
    let first = get(&server, RESOURCE_DOCUMENTS[0]).await.expect(200);
    assert_eq!(
        get(&server, RESOURCE_DOCUMENTS[1]).await.expect(200).body,
        first.body
    );
    insta::assert_json_snapshot!(neutral(&server, &first), @r#"
    {
      "authorization_servers": [
        "https://chess.example"
      ],
      "bearer_methods_supported": [
        "header"
      ],
      "resource": "https://chess.example/mcp",
      "resource_name": "Chess",
      "scopes_supported": [
        "chess"
      ]
    }
    "#);
}

#[tokio::test]
async fn issuer_and_resource_are_byte_identical_wherever_they_stand() {
    let server = Server::start().await;
    let issuer = get(&server, SERVER_DOCUMENTS[0]).await.json();
    let resource = get(&server, RESOURCE_DOCUMENTS[0]).await.json();
    assert_eq!(issuer["issuer"], server.origin());
    assert_eq!(resource["authorization_servers"][0], server.origin());
    assert_eq!(resource["resource"], server.resource());

    server.person("alice").await;
    let app = server.app("Test App").await;
    let claims = server.sign_in(&app, "alice").await.claims();
    assert_eq!(claims["iss"], server.origin());
    assert_eq!(claims["aud"], server.resource());
}

#[tokio::test]
async fn metadata_names_only_what_answers() {
    let server = Server::start().await;
    let document = get(&server, SERVER_DOCUMENTS[0]).await.json();
    let fields = document.as_object().unwrap();
    let named = fields
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    let mut seen = 0;
    for (name, address) in named {
        let address = address.as_str().unwrap();
        assert!(address.starts_with(server.origin()), "{name}: {address}");
        let reply = Reply::to(server.http().get(server.reach(address))).await;
        assert_ne!(reply.status, 404, "{name}: {address}");
        seen += 1;
    }
    assert!(seen >= 5, "{document}");
}

#[tokio::test]
async fn clients_of_every_age_and_origin_may_read_the_documents() {
    let server = Server::start().await;
    for path in SERVER_DOCUMENTS
        .into_iter()
        .chain(RESOURCE_DOCUMENTS)
        .chain(["/oauth/jwks.json"])
    {
        for version in ["2024-11-05", "2026-07-28", "banana"] {
            let request = server
                .http()
                .get(server.url(path))
                .header("mcp-protocol-version", version);
            Reply::to(request).await.expect(200);
        }
        let head = Reply::to(server.http().head(server.url(path))).await.expect(200);
        assert_eq!(head.body, "", "{path}");
        let request = server
            .http()
            .get(server.url(path))
            .header("origin", "https://anywhere.example");
        let reply = Reply::to(request).await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "", "{path}");
        let options = server.http().request(reqwest::Method::OPTIONS, server.url(path));
        let options = options.header("origin", "https://anywhere.example");
        let options = options.header("access-control-request-method", "GET");
        let reply = Reply::to(options.header("access-control-request-headers", "mcp-protocol-version")).await;
        assert!(matches!(reply.status, 200 | 204), "{path}: {}", reply.status);
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[tokio::test]
async fn published_keys_are_rsa_and_hold_nothing_private() {
    let server = Server::start().await;
    let document = get(&server, "/oauth/jwks.json").await.expect(200).json();
    let keys = document["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        let mut names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(
            (&key["kty"], &key["alg"], &key["use"]),
            (&"RSA".into(), &"RS256".into(), &"sig".into())
        );
    }
}

#[tokio::test]
async fn the_front_page_names_the_url_to_paste() {
    let server = Server::start().await;
    let page = get(&server, "/").await.expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.body.contains(&server.resource()), "{}", page.body);
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let server = Server::start().await;
    get(&server, "/healthz").await.expect(200);
    get(&server, "/readyz").await.expect(200);
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let server = Server::start().await;
    for path in [
        "/nothing",
        "/oauth",
        "/oauth/",
        "/.well-known/nothing",
        "/mcp/more",
        "/oauth/token/x",
        "//",
    ] {
        get(&server, path).await.expect(404);
    }
}
