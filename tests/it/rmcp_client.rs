//! The Rust SDK's own client, which Codex and Goose are built on, told nothing but the URL: it discovers,
//! registers, signs in through the pages, plays in both protocol eras, refreshes, and learns that it was cut off.

use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthError, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientServiceExt as _, RoleClient};
use serde_json::{Value, json};

use crate::support::oauth::{CALLBACK, PASSWORD, claims};
use crate::support::server::http_client;
use crate::support::{App, Browser, Home, Server};

type Client = AuthClient<reqwest::Client>;

/// The client refreshes what has less than half a minute to live, so with this it refreshes at every request.
const SHORT_LIFE: &str = "20";

/// The document of a well-known app, which the program brings along for when its host cannot be read: this client
/// insists on https, where a test cannot serve one.
const WELL_KNOWN: &str = "https://claude.ai/oauth/claude-code-client-metadata";

/// Signs alice in as the SDK asks for it.
async fn authorize(server: &Server, request: AuthorizationRequest) -> Client {
    let mut state = OAuthState::new(server.resource(), Some(http_client()))
        .await
        .unwrap();
    state.start_authorization(request).await.unwrap();
    let mut browser = Browser::new(server);
    browser.open(&state.get_authorization_url().await.unwrap()).await;
    browser.press_allow().await;
    browser
        .press("Sign in", &[("username", "alice"), ("password", PASSWORD)])
        .await;
    let left_for = browser.page.left_for.expect("the browser goes back to the app");
    state.handle_callback_url(left_for.as_str()).await.unwrap();
    let manager = state.into_authorization_manager().expect("it is authorized");
    AuthClient::new(http_client(), manager)
}

/// The client's id and its tokens, as it keeps them.
async fn kept(client: &Client) -> (String, Value) {
    let (id, tokens) = client.auth_manager.lock().await.get_credentials().await.unwrap();
    (id, serde_json::to_value(tokens).unwrap())
}

async fn connect(
    server: &Server,
    client: &Client,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, ()> {
    let config = StreamableHttpClientTransportConfig::with_uri(server.resource());
    let transport = StreamableHttpClientTransport::with_client(client.clone(), config);
    ().serve_with_lifecycle(transport, lifecycle).await.unwrap()
}

/// Starts a game against nobody and returns its view.
async fn play(session: &RunningService<RoleClient, ()>) -> Value {
    let arguments = json!({ "opponent": "nobody" }).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("chess_new_game").with_arguments(arguments);
    let result = session.call_tool(call).await.unwrap();
    assert_ne!(result.is_error, Some(true), "{result:?}");
    result.structured_content.expect("a view of the game")
}

#[tokio::test]
async fn the_rust_sdk_gets_in_stays_in_and_learns_that_it_was_cut_off() {
    let server = Home::new().set("ACCESS_TOKEN_TTL", SHORT_LIFE).serve().await;
    server.person("alice").await;
    let client = authorize(
        &server,
        AuthorizationRequest::new(CALLBACK).with_client_name("Rust SDK"),
    )
    .await;
    let (id, first) = kept(&client).await;
    assert!(id.starts_with("chess-mcp-"), "{id}");

    let legacy = connect(&server, &client, ClientLifecycleMode::Initialize).await;
    let game = play(&legacy).await;
    legacy.cancel().await.unwrap();

    let modern = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let modern = connect(&server, &client, modern).await;
    // Nobody has moved in it yet, so the same request within a minute is the same game.
    assert_eq!(play(&modern).await["game_id"], game["game_id"]);

    let (_, now) = kept(&client).await;
    assert_ne!(now["refresh_token"], first["refresh_token"], "it refreshed");
    assert_ne!(now["access_token"], first["access_token"]);

    let app = App {
        id,
        secret: None,
        redirect_uri: CALLBACK.to_owned(),
    };
    let refresh_token = now["refresh_token"].as_str().unwrap();
    server.revoke(&app, refresh_token).await.expect(200);
    let refused = client.get_access_token().await.unwrap_err();
    assert!(matches!(refused, AuthError::AuthorizationRequired), "{refused}");
}

#[tokio::test]
async fn the_rust_sdk_gets_in_by_a_metadata_document() {
    let server = Home::new().set("REGISTRATION", "off").serve().await;
    server.person("alice").await;
    let request = AuthorizationRequest::new(CALLBACK).with_client_metadata_url(WELL_KNOWN);
    let client = authorize(&server, request).await;
    let (id, tokens) = kept(&client).await;
    assert_eq!(id, WELL_KNOWN);
    assert_eq!(
        claims(tokens["access_token"].as_str().unwrap())["client_id"],
        WELL_KNOWN
    );
    play(&connect(&server, &client, ClientLifecycleMode::Initialize).await).await;
}
