//! The protocol in both its eras, tools/list, prompts, resources.

use serde_json::{Value, json};

use crate::support::mcp::{ACCEPTED, LEGACY, MODERN, modern, modern_headers, modern_with, request};
use crate::support::{Reply, Server};

const TOOLS: [&str; 17] = [
    "chess_analyze",
    "chess_board_sync",
    "chess_export",
    "chess_finish",
    "chess_games",
    "chess_hint",
    "chess_import",
    "chess_join",
    "chess_move",
    "chess_new_game",
    "chess_play_line",
    "chess_profile",
    "chess_puzzle",
    "chess_review",
    "chess_show",
    "chess_status",
    "chess_undo",
];

const READ_ONLY: [&str; 8] = [
    "chess_analyze",
    "chess_board_sync",
    "chess_export",
    "chess_games",
    "chess_profile",
    "chess_review",
    "chess_show",
    "chess_status",
];

fn initialize(version: &str) -> Value {
    let client = json!({ "name": "it", "version": "1" });
    request(
        "initialize",
        &json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client }),
    )
}

/// A signed-in person's server and token.
async fn scene() -> (Server, String) {
    let server = Server::start().await;
    let token = server.alice().await.tokens.access;
    (server, token)
}

#[tokio::test]
async fn initialize_answers_with_the_version_that_was_asked_for() {
    let (server, token) = scene().await;
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let reply = Reply::to(server.mcp_as(&token).json(&initialize(version)))
            .await
            .expect(200);
        assert!(reply.header("content-type").starts_with("application/json"));
        assert_eq!(reply.header("mcp-session-id"), "", "there are no sessions");
        let result = reply.json()["result"].clone();
        assert_eq!(result["protocolVersion"], version);
        assert_eq!(result["serverInfo"]["name"], "chess-mcp");
        assert_eq!(result["serverInfo"]["title"], "Chess");
    }
    let result = Reply::to(server.mcp_as(&token).json(&initialize("1999-01-01")))
        .await
        .expect(200)
        .json();
    assert_eq!(
        result["result"]["protocolVersion"], LEGACY,
        "another version we speak"
    );
}

#[tokio::test]
async fn capabilities_are_what_is_there() {
    let (server, token) = scene().await;
    let result = Reply::to(server.mcp_as(&token).json(&initialize(LEGACY)))
        .await
        .json()["result"]
        .clone();
    let capabilities = result["capabilities"].as_object().unwrap();
    for name in ["tools", "resources", "prompts"] {
        assert!(capabilities.contains_key(name), "{capabilities:?}");
        assert_ne!(capabilities[name]["listChanged"], true);
    }
    let extension = &capabilities["extensions"]["io.modelcontextprotocol/ui"];
    assert_eq!(extension["mimeTypes"], json!(["text/html;profile=mcp-app"]));
    for name in ["logging", "sampling", "roots", "completions"] {
        assert!(!capabilities.contains_key(name), "{capabilities:?}");
    }
    let instructions = result["instructions"].as_str().unwrap();
    assert!(
        instructions.starts_with("Chess on the person's account:"),
        "{instructions}"
    );
}

#[tokio::test]
async fn a_call_needs_no_initialize_and_notifications_are_taken() {
    let (server, token) = scene().await;
    let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let reply = Reply::to(
        server
            .mcp_as(&token)
            .header("mcp-protocol-version", LEGACY)
            .json(&note),
    )
    .await
    .expect(202);
    assert_eq!(reply.body, "");
    let reply = server.rpc(&token, "ping", &json!({})).await.expect(200);
    assert_eq!(reply.json()["result"], json!({}));
    let reply = server
        .rpc(
            &token,
            "tools/call",
            &json!({ "name": "chess_games", "arguments": {} }),
        )
        .await;
    assert_eq!(
        reply.expect(200).json()["result"]["structuredContent"]["games"],
        json!([])
    );
}

#[tokio::test]
async fn a_made_up_session_id_is_ignored() {
    let (server, token) = scene().await;
    let body = request("ping", &json!({}));
    Reply::to(server.mcp_as(&token).header("mcp-session-id", "gone").json(&body))
        .await
        .expect(200);
}

#[tokio::test]
async fn discover_tells_all_versions_and_how_long_it_holds() {
    let (server, token) = scene().await;
    let result = server
        .rpc_modern(&token, &modern("server/discover", &json!({})))
        .await
        .expect(200)
        .json();
    let result = &result["result"];
    let versions = result["supportedVersions"].as_array().unwrap();
    for version in [MODERN, LEGACY, "2025-06-18", "2025-03-26"] {
        assert!(versions.contains(&json!(version)), "{versions:?}");
    }
    assert!(result["capabilities"]["tools"].is_object());
    assert_eq!(result["resultType"], "complete");
    assert!(result["ttlMs"].as_u64().is_some());
    assert!(["public", "private"].contains(&result["cacheScope"].as_str().unwrap()));
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "chess-mcp"
    );
}

#[tokio::test]
async fn both_eras_answer_over_one_connection() {
    let (server, token) = scene().await;
    server
        .rpc_modern(&token, &modern("server/discover", &json!({})))
        .await
        .expect(200);
    Reply::to(server.mcp_as(&token).json(&initialize(LEGACY)))
        .await
        .expect(200);
    let call = modern(
        "tools/call",
        &json!({ "name": "chess_new_game", "arguments": { "opponent": "nobody" } }),
    );
    let result = server.rpc_modern(&token, &call).await.expect(200).json()["result"].clone();
    assert_eq!(result["resultType"], "complete");
    let game = result["structuredContent"]["game_id"].clone();
    let call = json!({ "name": "chess_status", "arguments": { "game_id": game } });
    let body = server.rpc(&token, "tools/call", &call).await.expect(200).json();
    assert_eq!(body["result"]["structuredContent"]["game_id"], game);
    assert!(
        body["result"].get("resultType").is_none(),
        "older clients know no resultType"
    );
}

#[tokio::test]
async fn modern_requests_must_agree_with_their_headers() {
    let (server, token) = scene().await;
    let call = modern("tools/call", &json!({ "name": "chess_games", "arguments": {} }));
    let post = || server.mcp_as(&token);
    let cases = [
        (
            "no method header",
            post()
                .header("mcp-protocol-version", MODERN)
                .header("mcp-name", "chess_games"),
        ),
        (
            "another method",
            post()
                .header("mcp-protocol-version", MODERN)
                .header("mcp-method", "tools/list")
                .header("mcp-name", "chess_games"),
        ),
        (
            "no name",
            post()
                .header("mcp-protocol-version", MODERN)
                .header("mcp-method", "tools/call"),
        ),
        (
            "another name",
            post()
                .header("mcp-protocol-version", MODERN)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "chess_move"),
        ),
        (
            "another version",
            post()
                .header("mcp-protocol-version", LEGACY)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "chess_games"),
        ),
    ];
    for (name, request) in cases {
        let reply = Reply::to(request.json(&call)).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.body);
        assert_eq!(reply.json()["error"]["code"], -32020, "{name}: {}", reply.body);
    }
    Reply::to(modern_headers(post(), &call).json(&call))
        .await
        .expect(200);
}

#[tokio::test]
async fn modern_requests_that_cannot_be_served_are_told_why() {
    let (server, token) = scene().await;
    let mut future = modern("tools/list", &json!({}));
    future["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let post = server
        .mcp_as(&token)
        .header("mcp-protocol-version", "2099-01-01")
        .header("mcp-method", "tools/list");
    let reply = Reply::to(post.json(&future)).await.expect(400).json();
    assert_eq!(reply["error"]["code"], -32022, "{reply}");
    assert!(
        reply["error"]["data"]["supported"]
            .as_array()
            .unwrap()
            .contains(&json!(MODERN)),
        "{reply}"
    );
    for method in ["banana", "logging/setLevel", "resources/subscribe"] {
        let reply = server
            .rpc_modern(&token, &modern(method, &json!({})))
            .await
            .expect(404)
            .json();
        assert_eq!(reply["error"]["code"], -32601, "{method}: {reply}");
        assert_eq!(reply["id"], 1);
    }
}

#[tokio::test]
async fn bodies_that_are_no_request_are_told_so_in_json() {
    let (server, token) = scene().await;
    let post = |body: &str| {
        let request = server.mcp_as(&token).header("content-type", "application/json");
        request
            .header("mcp-protocol-version", LEGACY)
            .body(body.to_owned())
    };
    for body in ["", "{", "not json", "{\"jsonrpc\":\"2.0\",", "\u{feff}", "nul"] {
        let reply = Reply::to(post(body)).await.expect(400).json();
        assert_eq!(reply["error"]["code"], -32700, "{body}: {reply}");
    }
    let ping = request("ping", &json!({})).to_string();
    let batch = format!("[{ping},{ping}]");
    let no_method = r#"{"jsonrpc":"2.0","id":1}"#;
    let old = r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#;
    let id = r#"{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}"#;
    for body in [
        "[]",
        "1",
        "\"x\"",
        "null",
        "{}",
        batch.as_str(),
        no_method,
        old,
        id,
    ] {
        let reply = Reply::to(post(body)).await.expect(400).json();
        assert_eq!(reply["error"]["code"], -32600, "{body}: {reply}");
        assert_eq!(reply["jsonrpc"], "2.0");
    }
}

#[tokio::test]
async fn bodies_above_the_limit_are_refused() {
    let (server, token) = scene().await;
    let arguments = json!({ "name": "chess_play_line", "arguments": { "moves": "x".repeat(257 * 1024) } });
    let reply = server.rpc(&token, "tools/call", &arguments).await;
    assert_eq!(reply.status, 413, "{:.200}", reply.body);
    let fits = json!({ "name": "chess_play_line", "arguments": { "moves": "x".repeat(200 * 1024) } });
    let reply = server.rpc(&token, "tools/call", &fits).await;
    assert!(reply.status < 500 && reply.status != 413, "{}", reply.status);
}

#[tokio::test]
async fn a_bad_version_header_is_refused() {
    let (server, token) = scene().await;
    let body = request("ping", &json!({}));
    for version in ["banana", "2024-13-01", ""] {
        let reply = Reply::to(
            server
                .mcp_as(&token)
                .header("mcp-protocol-version", version)
                .json(&body),
        )
        .await;
        assert!((400..500).contains(&reply.status), "{version}: {}", reply.status);
    }
    Reply::to(server.mcp_as(&token).json(&body)).await.expect(200);
}

#[tokio::test]
async fn deep_and_odd_json_is_survived() {
    let (server, token) = scene().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{{\"a\":{deep}}}}}");
    for body in [deep, nested] {
        let post = server
            .mcp_as(&token)
            .header("content-type", "application/json")
            .body(body);
        assert_eq!(Reply::to(post).await.status, 400);
    }
    let unknown = server.rpc(&token, "banana/split", &json!({})).await;
    assert_eq!(unknown.json()["error"]["code"], -32601, "{}", unknown.body);
    let unknown = server
        .rpc(
            &token,
            "tools/call",
            &json!({ "name": "chess_banana", "arguments": {} }),
        )
        .await;
    assert_eq!(unknown.json()["error"]["code"], -32602, "{}", unknown.body);
}

#[tokio::test]
async fn replies_are_plain_json() {
    let (server, token) = scene().await;
    let list = server.rpc(&token, "tools/list", &json!({})).await.expect(200);
    assert!(
        list.header("content-type").starts_with("application/json"),
        "{:?}",
        list.headers
    );
    let post = server
        .http()
        .post(server.url("/mcp"))
        .bearer_auth(&token)
        .header("accept", "application/json");
    let reply = Reply::to(post.json(&request("ping", &json!({})))).await;
    assert!(matches!(reply.status, 200 | 406), "{}", reply.status);
    let text = server
        .mcp_as(&token)
        .header("content-type", "text/plain")
        .body(request("ping", &json!({})).to_string());
    let reply = Reply::to(text).await;
    assert!(matches!(reply.status, 400 | 415), "{}", reply.status);
}

#[tokio::test]
async fn every_tool_says_what_it_is_for() {
    let (server, token) = scene().await;
    let list = server
        .rpc_modern(&token, &modern("tools/list", &json!({})))
        .await
        .expect(200)
        .json();
    let tools = list["result"]["tools"].as_array().unwrap();
    let mut names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, TOOLS);
    assert!(list["result"]["ttlMs"].as_u64().is_some(), "{}", list["result"]);
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        assert!(!tool["title"].as_str().unwrap().is_empty(), "{name}");
        let description = tool["description"].as_str().unwrap();
        assert!(
            (40..=2048).contains(&description.len()),
            "{name}: {}",
            description.len()
        );
        let hints = &tool["annotations"];
        assert_eq!(hints["readOnlyHint"], READ_ONLY.contains(&name), "{name}");
        assert_eq!(hints["destructiveHint"], name == "chess_finish", "{name}");
        let idempotent =
            READ_ONLY.contains(&name) || ["chess_move", "chess_join", "chess_finish"].contains(&name);
        assert_eq!(hints["idempotentHint"], idempotent, "{name}");
        assert_eq!(hints["openWorldHint"], false, "{name}");
        let scheme = json!([{ "type": "oauth2", "scopes": ["chess"] }]);
        assert_eq!(tool["_meta"]["securitySchemes"], scheme, "{name}");
        let size = tool.to_string().len();
        assert!(size < 20_000, "{name}: {size} bytes are more than a host takes");
    }
}

#[tokio::test]
async fn input_schemas_are_closed_and_described() {
    let (server, token) = scene().await;
    let list = server
        .rpc(&token, "tools/list", &json!({}))
        .await
        .expect(200)
        .json();
    for tool in list["result"]["tools"].as_array().unwrap() {
        let (name, schema) = (&tool["name"], &tool["inputSchema"]);
        assert_eq!(schema["type"], "object", "{name}");
        assert_eq!(schema["additionalProperties"], false, "{name}");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name}.{field}: {property}");
        }
        assert!(tool["outputSchema"].is_object(), "{name}");
        assert!(
            !tool["outputSchema"].to_string().contains("\"description\""),
            "{name}: prose in an output schema"
        );
    }
    let required = |name: &str| {
        let tools = list["result"]["tools"].as_array().unwrap();
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let mut names: Vec<String> = tool["inputSchema"]["required"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|n| n.as_str().unwrap().into())
            .collect();
        names.sort_unstable();
        names
    };
    assert_eq!(required("chess_move"), ["expected_ply", "game_id", "move"]);
    assert_eq!(required("chess_play_line"), ["moves"]);
    assert_eq!(required("chess_finish"), ["action"]);
    for name in [
        "chess_new_game",
        "chess_show",
        "chess_status",
        "chess_undo",
        "chess_games",
        "chess_profile",
    ] {
        assert_eq!(required(name), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn the_list_of_tools_is_the_same_each_time() {
    let (server, token) = scene().await;
    let first = server.rpc(&token, "tools/list", &json!({})).await.body;
    assert_eq!(server.rpc(&token, "tools/list", &json!({})).await.body, first);
}

#[tokio::test]
async fn prompts_are_real() {
    let (server, token) = scene().await;
    let list = server
        .rpc(&token, "prompts/list", &json!({}))
        .await
        .expect(200)
        .json();
    let names: Vec<&str> = list["result"]["prompts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"play"), "{names:?}");
    for name in names {
        let prompt = server
            .rpc(&token, "prompts/get", &json!({ "name": name }))
            .await
            .expect(200)
            .json();
        let text = prompt["result"]["messages"][0]["content"]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(text.len() > 20, "{name}: {prompt}");
    }
    let missing = server
        .rpc(&token, "prompts/get", &json!({ "name": "banana" }))
        .await
        .json();
    assert_eq!(missing["error"]["code"], -32602, "{missing}");
}

#[tokio::test]
async fn what_is_no_resource_is_said_so() {
    let (server, token) = scene().await;
    for method in ["resources/list", "resources/templates/list"] {
        let body = server.rpc(&token, method, &json!({})).await.expect(200).json();
        assert!(body["error"].is_null(), "{method}: {body}");
    }
    let body = server
        .rpc_modern(
            &token,
            &modern("resources/read", &json!({ "uri": "ui://chess/none.html" })),
        )
        .await;
    assert_eq!(body.json()["error"]["code"], -32602, "{}", body.body);
}

#[tokio::test]
async fn a_host_with_a_board_needs_no_diagram() {
    let (server, token) = scene().await;
    let call = json!({ "name": "chess_new_game", "arguments": { "opponent": "nobody" } });
    let plain = server
        .rpc_modern(&token, &modern("tools/call", &call))
        .await
        .expect(200)
        .json();
    assert!(
        plain["result"]["structuredContent"]["diagram"].is_string(),
        "{plain}"
    );
    let ui = json!({ "extensions": { "io.modelcontextprotocol/ui": { "mimeTypes": ["text/html;profile=mcp-app"] } } });
    let call = json!({ "name": "chess_show", "arguments": {} });
    let board = server
        .rpc_modern(&token, &modern_with("tools/call", &call, &ui))
        .await
        .expect(200)
        .json();
    assert!(
        board["result"]["structuredContent"]
            .get("diagram")
            .is_none_or(Value::is_null),
        "{board}"
    );
    let text = &board["result"]["content"][0]["text"];
    assert!(
        text.as_str()
            .is_some_and(|text| !text.contains("Show the person this board")),
        "nobody redraws a board that is shown: {text}"
    );
}

#[tokio::test]
async fn results_match_their_output_schemas() {
    let (server, token) = scene().await;
    let list = server
        .rpc(&token, "tools/list", &json!({}))
        .await
        .expect(200)
        .json();
    let calls = [
        ("chess_new_game", json!({ "opponent": "nobody" })),
        ("chess_move", json!({ "move": "e4" })),
        ("chess_play_line", json!({ "moves": "e5 Nf3" })),
        ("chess_show", json!({})),
        ("chess_status", json!({})),
        ("chess_undo", json!({})),
        ("chess_games", json!({})),
        ("chess_export", json!({})),
        ("chess_profile", json!({})),
    ];
    for (name, arguments) in calls {
        let reply = server
            .rpc(
                &token,
                "tools/call",
                &json!({ "name": name, "arguments": arguments }),
            )
            .await;
        let result = reply.expect(200).json()["result"].clone();
        assert_ne!(result["isError"], true, "{name}: {result}");
        let tools = list["result"]["tools"].as_array().unwrap();
        let schema = &tools.iter().find(|tool| tool["name"] == name).unwrap()["outputSchema"];
        for field in schema["required"].as_array().into_iter().flatten() {
            let field = field.as_str().unwrap();
            assert!(
                result["structuredContent"].get(field).is_some(),
                "{name}: {field} is missing"
            );
        }
        if schema["additionalProperties"] == false {
            for field in result["structuredContent"].as_object().unwrap().keys() {
                assert!(
                    schema["properties"].get(field).is_some(),
                    "{name}: {field} is not in the schema"
                );
            }
        }
    }
}

#[tokio::test]
async fn accept_header_is_the_only_thing_a_client_must_get_right() {
    let (server, token) = scene().await;
    let post = server
        .http()
        .post(server.url("/mcp"))
        .bearer_auth(&token)
        .header("accept", ACCEPTED);
    Reply::to(post.json(&request("tools/list", &json!({}))))
        .await
        .expect(200);
}
