//! People: signed in through the pages, able to call tools.

use serde_json::{Value, json};

use super::mcp::Answer;
use super::oauth::{App, Tokens};
use super::{Reply, Server, until};

/// Somebody with an app and, usually, a token. Borrows the server it plays on.
pub(crate) struct Actor<'s> {
    pub(crate) server: &'s Server,
    pub(crate) app: App,
    pub(crate) tokens: Tokens,
}

impl Server {
    pub(crate) async fn alice(&self) -> Actor<'_> {
        self.actor("alice").await
    }

    pub(crate) async fn bob(&self) -> Actor<'_> {
        self.actor("bob").await
    }

    /// A new account, signed in through the pages with an app of its own.
    pub(crate) async fn actor(&self, name: &str) -> Actor<'_> {
        self.person(name).await;
        let app = self.app(&format!("App of {name}")).await;
        let tokens = self.sign_in(&app, name).await;
        Actor {
            server: self,
            app,
            tokens,
        }
    }

    /// Nobody: no token at all.
    pub(crate) async fn anon(&self) -> Reply {
        let body = super::mcp::request("tools/list", &json!({}));
        Reply::to(self.mcp().json(&body)).await
    }

    /// A token that another server of this kind issued to its own person.
    pub(crate) async fn stranger(&self) -> String {
        let elsewhere = Server::start().await;
        let token = elsewhere.actor("mallory").await.tokens.access;
        assert!(elsewhere.admits(&token).await);
        token
    }

    /// A token of a person that has run out.
    pub(crate) async fn expired(&self, person: &str) -> String {
        let printed = self.cli(&["token", "--user", person, "--ttl", "1"]).await.ok();
        let token = printed.trim().to_owned();
        until("the token runs out", async || !self.admits(&token).await).await;
        token
    }
}

impl Actor<'_> {
    /// Calls a tool and reads its answer.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        Answer::of(&self.ask(tool, arguments).await)
    }

    /// Calls a tool; whatever comes back, also a protocol error.
    pub(crate) async fn ask(&self, tool: &str, arguments: Value) -> Reply {
        self.rpc("tools/call", json!({ "name": tool, "arguments": arguments }))
            .await
    }

    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Reply {
        self.server.rpc(&self.tokens.access, method, &params).await
    }

    /// Starts a game and returns its view.
    pub(crate) async fn new_game(&self, arguments: Value) -> Value {
        self.call("chess_new_game", arguments).await.ok()
    }

    /// A board without opponent with these moves played.
    pub(crate) async fn board(&self, moves: &str) -> Value {
        let view = self
            .new_game(json!({ "opponent": "nobody", "moves": moves }))
            .await;
        assert_eq!(view["opponent"]["kind"], "nobody");
        view
    }

    /// The state of a game as `chess_status` tells it.
    pub(crate) async fn status(&self, game: &Value) -> Value {
        self.call("chess_status", json!({ "game_id": game["game_id"] }))
            .await
            .ok()
    }

    /// Plays one move on a view, with all that a careful client sends.
    pub(crate) async fn play(&self, view: &Value, text: &str) -> Answer {
        self.call("chess_move", moving(view, text)).await
    }
}

/// The arguments of a move on this view.
pub(crate) fn moving(view: &Value, text: &str) -> Value {
    json!({ "game_id": view["game_id"], "expected_ply": view["ply"], "move": text })
}
