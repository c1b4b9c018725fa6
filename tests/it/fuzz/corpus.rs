//! Requests without fault, one kind for each endpoint, made of what a person and their apps really hold.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::request::{Body, Request};
use crate::support::browser::filled;
use crate::support::mcp::{ACCEPTED, LEGACY, MODERN, modern, request};
use crate::support::oauth::{PASSWORD, Request as Authorization, refreshing, registration};
use crate::support::{Browser, Server};

/// Endpoints of which at least one answer must have been a good one.
pub(super) const ANSWERED_WELL: [&str; 9] = [
    "authorize",
    "refresh",
    "register",
    "revoke",
    "consent",
    "sign-in",
    "document",
    "page",
    "tool",
];

const DOCUMENTS: [&str; 7] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/oauth/jwks.json",
];

const PAGES: [&str; 8] = [
    "/",
    "/healthz",
    "/readyz",
    "/favicon.svg",
    "/account",
    "/play",
    "/join/abc",
    "/metrics",
];

type Fields = Vec<(String, String)>;

/// What the requests of one round are made of.
pub(super) struct Corpus {
    origin: String,
    authorization: Fields,
    consent: (Fields, String),
    sign_in: (Fields, String),
    session: String,
    code: Fields,
    refresh: Fields,
    revoke: Fields,
    basic: String,
    access: String,
    game: Value,
}

fn cookies(browser: &Browser) -> String {
    let pairs = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("; ")
}

impl Corpus {
    /// Lets a new person sign in and takes down what they and their apps get.
    pub(super) async fn of(server: &Server, name: &str) -> Self {
        let player = server.actor(name).await;
        let app = &player.app;
        let authorization = Authorization::of(app, server);
        let mut browser = Browser::new(server);
        browser.open(&authorization.url(server)).await;
        let consent = (filled(&browser.page.forms()[0], &[]), cookies(&browser));
        // Another sign-in in the same browser, which has come as far as the password.
        browser.open(&authorization.url(server)).await;
        browser.press_allow().await;
        let typed = [("username", name), ("password", PASSWORD)];
        let sign_in = (filled(&browser.page.forms()[0], &typed), cookies(&browser));
        server
            .walk(&mut browser, &Authorization::of(app, server), name)
            .await;
        let confidential = server
            .app_with(&json!({ "token_endpoint_auth_method": "client_secret_basic" }))
            .await;
        let mut revoke = vec![("token".to_owned(), server.sign_in(app, name).await.refresh)];
        app.sign(&mut revoke);
        Self {
            origin: server.origin().to_owned(),
            authorization: authorization.parameters,
            consent,
            sign_in,
            session: cookies(&browser),
            code: server.code(app, name).await.form(),
            refresh: refreshing(app, &server.sign_in(app, name).await.refresh),
            revoke,
            basic: confidential.basic(),
            game: player.board("e4 e5").await,
            access: player.tokens.access,
        }
    }

    /// A request of a random kind, and the name of that kind.
    pub(super) fn request(&self, random: &mut StdRng) -> (&'static str, Request) {
        match random.random_range(0..28) {
            0..3 => ("authorize", self.authorize()),
            3..6 => (
                "consent",
                self.form("/oauth/consent", &self.consent, &[("decision", "allow")]),
            ),
            6..8 => ("sign-in", self.form("/oauth/sign-in", &self.sign_in, &[])),
            8 => (
                "code",
                Request::post("/oauth/token", Body::Form(self.code.clone())),
            ),
            9..11 => (
                "refresh",
                Request::post("/oauth/token", Body::Form(self.refresh.clone())),
            ),
            11 => ("token with Basic", self.with_basic("/oauth/token")),
            12 => (
                "revoke",
                Request::post("/oauth/revoke", Body::Form(self.revoke.clone())),
            ),
            13 => ("introspect", self.with_basic("/oauth/introspect")),
            14..16 => (
                "register",
                Request::post("/oauth/register", Body::Json(registration(&json!({})))),
            ),
            16 => (
                "document",
                Request::get(DOCUMENTS.choose(random).copied().unwrap_or_default()),
            ),
            17 => ("page", self.page(random)),
            18 => ("userinfo", self.bearer(Request::get("/oauth/userinfo"))),
            19 => ("anonymous", self.rpc(&request("tools/list", &json!({})))),
            20..22 => ("message", self.message(random)),
            _ => ("tool", self.tool(random)),
        }
    }

    fn authorize(&self) -> Request {
        let mut request = Request::get("/oauth/authorize").with("cookie", self.session.as_str());
        request.query.clone_from(&self.authorization);
        request
    }

    fn form(&self, path: &str, (fields, cookies): &(Fields, String), pressed: &[(&str, &str)]) -> Request {
        let mut fields = fields.clone();
        fields.extend(
            pressed
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Request::post(path, Body::Form(fields))
            .with("origin", self.origin.as_str())
            .with("sec-fetch-site", "same-origin")
            .with("cookie", cookies.as_str())
    }

    fn with_basic(&self, path: &str) -> Request {
        let mut fields = self.refresh.clone();
        fields.retain(|(name, _)| name != "client_id");
        Request::post(path, Body::Form(fields)).with("authorization", self.basic.as_str())
    }

    fn page(&self, random: &mut StdRng) -> Request {
        let path = PAGES.choose(random).copied().unwrap_or_default();
        Request::get(path).with("cookie", self.session.as_str())
    }

    fn bearer(&self, request: Request) -> Request {
        request.with("authorization", format!("Bearer {}", self.access))
    }

    fn rpc(&self, message: &Value) -> Request {
        Request::post("/mcp", Body::Json(message.clone()))
            .with("accept", ACCEPTED)
            .with("mcp-protocol-version", LEGACY)
            .with("origin", self.origin.as_str())
    }

    /// A message of either era.
    fn sent(&self, method: &str, params: &Value, random: &mut StdRng) -> Request {
        if random.random_bool(0.5) {
            return self.bearer(self.rpc(&request(method, params)));
        }
        let message = modern(method, params);
        let mut post = Request::post("/mcp", Body::Json(message))
            .with("accept", ACCEPTED)
            .with("mcp-protocol-version", MODERN)
            .with("mcp-method", method);
        if let Some(name) = params["name"].as_str() {
            post = post.with("mcp-name", name);
        }
        self.bearer(post)
    }

    fn message(&self, random: &mut StdRng) -> Request {
        let hello = json!({
            "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "it", "version": "1" },
        });
        let messages = [
            ("initialize", hello),
            ("server/discover", json!({})),
            ("tools/list", json!({})),
            ("prompts/list", json!({})),
            ("prompts/get", json!({ "name": "play", "arguments": {} })),
            ("resources/list", json!({})),
            ("resources/read", json!({ "uri": "ui://chess/board.html" })),
            ("ping", json!({})),
            ("notifications/cancelled", json!({ "requestId": 1 })),
        ];
        let (method, params) = &messages[random.random_range(0..messages.len())];
        self.sent(method, params, random)
    }

    fn tool(&self, random: &mut StdRng) -> Request {
        let game = &self.game["game_id"];
        let pgn = "[White \"Ana\"]\n[Black \"Ben\"]\n[Result \"1-0\"]\n\n1. e4 e5 2. Qh5 Nc6 3. Bc4 Nf6 4. Qxf7# 1-0\n";
        let fen = "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1";
        let tools = [
            (
                "chess_new_game",
                json!({ "opponent": "nobody", "moves": "e4 e5 Nf3", "color": "black", "coach": true }),
            ),
            ("chess_new_game", json!({ "opponent": "nobody", "fen": fen })),
            (
                "chess_new_game",
                json!({ "opponent": "engine", "level": 1, "color": "white" }),
            ),
            (
                "chess_new_game",
                json!({ "opponent": "assistant", "from_game": game, "ply": 1 }),
            ),
            (
                "chess_move",
                json!({ "game_id": game, "expected_ply": 2, "move": "Nf3", "by": "person" }),
            ),
            (
                "chess_play_line",
                json!({ "game_id": game, "moves": "2. Nf3 Nc6 3. Bb5" }),
            ),
            ("chess_show", json!({ "game_id": game, "ply": 1 })),
            ("chess_status", json!({ "game_id": game })),
            ("chess_undo", json!({ "game_id": game, "expected_ply": 2 })),
            ("chess_finish", json!({ "game_id": game, "action": "claim_draw" })),
            (
                "chess_games",
                json!({ "filter": "all", "opponent": "nobody", "since": "2026-01-01", "limit": 5 }),
            ),
            ("chess_import", json!({ "pgn": pgn, "person": "white" })),
            (
                "chess_export",
                json!({ "game_id": game, "format": "pgn", "ply": 2 }),
            ),
            (
                "chess_export",
                json!({ "game_id": game, "format": "svg", "ply": 1 }),
            ),
            (
                "chess_analyze",
                json!({ "fen": fen, "moves": "e4", "lines": 1, "seconds": 1 }),
            ),
            ("chess_hint", json!({ "game_id": game, "kind": "idea" })),
            ("chess_profile", json!({})),
            ("chess_join", json!({ "code": "abcdefghjkmn" })),
        ];
        let (name, arguments) = &tools[random.random_range(0..tools.len())];
        self.sent(
            "tools/call",
            &json!({ "name": name, "arguments": arguments }),
            random,
        )
    }
}
