//! What is counted, where it is served, and what is not in it.

use serde_json::json;

use crate::support::{Home, Reply, Server, until};

/// The address of the other listener, from the line that names it.
fn metrics_url(server: &Server) -> String {
    let printed = server.stdout();
    let line = printed.lines().find_map(|line| line.strip_prefix("metrics on "));
    line.expect("a line that names the address").to_owned()
}

#[tokio::test]
async fn what_happens_is_counted_without_saying_to_whom() {
    let server = Home::new().set("METRICS_ADDR", "127.0.0.1:0").serve().await;
    let url = metrics_url(&server);
    let read = async || Reply::to(server.http().get(&url)).await.expect(200).body;
    let alice = server.alice().await;
    alice.board("e4").await;
    alice
        .call("chess_status", json!({ "game_id": "zzzzzzzz" }))
        .await
        .refused();
    server
        .refresh(&alice.app, &alice.tokens.refresh)
        .await
        .expect(200);
    server.refresh(&alice.app, "chess_mcp_rt_wrong").await.expect(400);
    server
        .register(&json!({ "redirect_uris": ["javascript:alert(1)"] }))
        .await
        .expect(400);
    Reply::to(server.http().get(server.url("/somewhere/else")))
        .await
        .expect(404);

    let counted = read().await;
    for line in [
        r#"chess_mcp_tool_calls_total{tool="chess_new_game",outcome="done"} 1"#,
        r#"chess_mcp_tool_calls_total{tool="chess_status",outcome="refused"} 1"#,
        r#"chess_mcp_tokens_total{grant_type="authorization_code",outcome="issued"} 1"#,
        r#"chess_mcp_tokens_total{grant_type="refresh_token",outcome="issued"} 1"#,
        r#"chess_mcp_tokens_total{grant_type="refresh_token",outcome="invalid_grant"} 1"#,
        r#"chess_mcp_sign_ins_total{outcome="complete"} 1"#,
        r#"chess_mcp_registrations_total{outcome="registered"} 1"#,
        r#"chess_mcp_registrations_total{outcome="refused"} 1"#,
        r#"chess_mcp_http_requests_total{route="/mcp",status="2xx"} 2"#,
        r#"chess_mcp_http_requests_total{route="none",status="4xx"} 1"#,
    ] {
        assert!(
            counted.lines().any(|found| found == line),
            "{line} is not in\n{counted}"
        );
    }
    for name in [
        "chess_mcp_http_request_seconds_bucket",
        "chess_mcp_store_commit_seconds_bucket",
        "chess_mcp_store_commit_units_sum",
        "chess_mcp_engine_searches_waiting",
    ] {
        assert!(counted.contains(name), "{name} is not in\n{counted}");
    }
    for personal in ["alice", "somewhere", &alice.app.id, "127.0.0.1"] {
        assert!(!counted.contains(personal), "{personal} is in\n{counted}");
    }
    until("what is kept is counted", async || {
        let counted = read().await;
        counted.contains("chess_mcp_games ") && counted.contains("chess_mcp_live_grants ")
    })
    .await;
    #[cfg(target_os = "linux")]
    assert!(read().await.contains("chess_mcp_resident_memory_bytes "));
}

#[tokio::test]
async fn the_numbers_have_a_door_of_their_own() {
    let server = Home::new().set("METRICS_ADDR", "127.0.0.1:0").serve().await;
    let url = metrics_url(&server);
    let beside = url.replace("/metrics", "/healthz");
    Reply::to(server.http().get(beside)).await.expect(404);
    Reply::to(server.http().get(server.url("/metrics")))
        .await
        .expect(404);
    let without = Server::start().await;
    assert!(!without.stdout().contains("metrics on"), "{}", without.stdout());
}

#[tokio::test]
async fn a_taken_address_is_told_in_a_sentence() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = Home::new().set("METRICS_ADDR", address.clone());
    let told = home.run(&["serve", "--bind", "127.0.0.1:0"]).await.failed();
    assert!(
        told.contains(&address) && told.contains("--metrics-addr"),
        "{told}"
    );
}
