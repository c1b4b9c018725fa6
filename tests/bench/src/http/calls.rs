//! What callers call: nothing, a game's status, moves of a game, a refresh of their tokens.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Uri};
use serde::Deserialize;

use super::lines;
use super::load::Caller;
use chess_mcp_bench::server::{Person, Server};
use chess_mcp_bench::sign_in::Grant;
use chess_mcp_bench::wire::{Connection, Tool};

/// In how deep a game its status is asked for.
const STATUS_PLY: usize = 30;

/// Calls the tool that does nothing, on the bare server.
pub(crate) struct Noop {
    connection: Connection,
    tool: Tool,
    message: Bytes,
}

impl Noop {
    pub(crate) async fn new(server: &Server) -> Result<Self> {
        let tool = Tool::new("noop", None)?;
        let message = tool.message(r#"{"text":"e4","number":1}"#);
        Ok(Self {
            connection: Connection::open(&server.address).await?,
            tool,
            message,
        })
    }
}

impl Caller for Noop {
    async fn call(&mut self) -> Result<Duration> {
        let reply = self
            .tool
            .call(&mut self.connection, self.message.clone(), r#""text":"done""#)
            .await?;
        Ok(reply.took)
    }
}

/// Asks for the status of one game in its middle.
pub(crate) struct Status {
    connection: Connection,
    tool: Tool,
    message: Bytes,
    expected: String,
}

impl Status {
    pub(crate) async fn new(server: &Server, person: &Person, number: u64) -> Result<Self> {
        let mut connection = Connection::open(&server.address).await?;
        let line = lines::nth(number)[..STATUS_PLY].join(" ");
        let game = new_game(&mut connection, person, &line).await?;
        let tool = Tool::new("chess_status", Some(&person.token))?;
        let message = tool.message(&format!(r#"{{"game_id":"{game}"}}"#));
        Ok(Self {
            connection,
            tool,
            message,
            expected: format!(r#""ply":{STATUS_PLY},"#),
        })
    }
}

impl Caller for Status {
    async fn call(&mut self) -> Result<Duration> {
        let reply = self
            .tool
            .call(&mut self.connection, self.message.clone(), &self.expected)
            .await?;
        Ok(reply.took)
    }
}

/// Plays both sides of one game after the other on boards without opponent.
pub(crate) struct Moves {
    connection: Connection,
    tool: Tool,
    starting: Tool,
    person_line: Vec<String>,
    game: String,
    ply: usize,
}

impl Moves {
    pub(crate) async fn new(server: &Server, person: &Person, number: u64) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(&server.address).await?,
            tool: Tool::new("chess_move", Some(&person.token))?,
            starting: Tool::new("chess_new_game", Some(&person.token))?,
            person_line: lines::nth(number),
            game: String::new(),
            ply: lines::PLIES,
        })
    }
}

impl Caller for Moves {
    /// A new game every [`lines::PLIES`] moves is not counted as a call; its cost is shared by the moves.
    async fn call(&mut self) -> Result<Duration> {
        if self.ply == self.person_line.len() {
            self.game = game_from(&mut self.connection, &self.starting, "").await?;
            self.ply = 0;
        }
        let (game, ply, san) = (&self.game, self.ply, &self.person_line[self.ply]);
        let arguments = format!(r#"{{"game_id":"{game}","expected_ply":{ply},"move":"{san}"}}"#);
        let expected = format!(r#""ply":{},"#, ply + 1);
        let message = self.tool.message(&arguments);
        let reply = self.tool.call(&mut self.connection, message, &expected).await?;
        self.ply += 1;
        Ok(reply.took)
    }
}

async fn new_game(connection: &mut Connection, person: &Person, moves: &str) -> Result<String> {
    let tool = Tool::new("chess_new_game", Some(&person.token))?;
    game_from(connection, &tool, moves).await
}

async fn game_from(connection: &mut Connection, tool: &Tool, moves: &str) -> Result<String> {
    let moves = if moves.is_empty() {
        String::new()
    } else {
        format!(r#","moves":"{moves}""#)
    };
    let message = tool.message(&format!(r#"{{"opponent":"nobody"{moves}}}"#));
    let reply = tool.call(connection, message, r#""game_id":"#).await?;
    let body: serde_json::Value = serde_json::from_slice(&reply.body)?;
    let id = body["result"]["structuredContent"]["game_id"].as_str();
    Ok(id.context("a new game has an id")?.to_owned())
}

/// Refreshes the tokens of one grant, always with its newest refresh token.
pub(crate) struct Refresh {
    connection: Connection,
    grant: Grant,
    path: Uri,
    headers: HeaderMap,
    /// The last tokens: none of them may come again.
    known: VecDeque<String>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

impl Refresh {
    pub(crate) async fn new(server: &Server, grant: Grant) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let connection = Connection::open(&server.address).await?;
        let path = Uri::from_static("/oauth/token");
        Ok(Self {
            connection,
            grant,
            path,
            headers,
            known: VecDeque::new(),
        })
    }
}

impl Caller for Refresh {
    async fn call(&mut self) -> Result<Duration> {
        let form = format!(
            "grant_type=refresh_token&client_id={}&refresh_token={}",
            self.grant.client_id, self.grant.refresh_token
        );
        let form = Bytes::from(form);
        let reply = self
            .connection
            .send(Method::POST, &self.path, &self.headers, form)
            .await?;
        anyhow::ensure!(reply.status == 200, "refresh: {}: {}", reply.status, reply.text());
        let tokens: Tokens = serde_json::from_slice(&reply.body)?;
        let new =
            tokens.refresh_token != self.grant.refresh_token && !self.known.contains(&tokens.access_token);
        anyhow::ensure!(new, "a refresh answered with tokens that were given before");
        self.known.push_back(tokens.access_token);
        if self.known.len() > 4 {
            self.known.pop_front();
        }
        self.grant.refresh_token = tokens.refresh_token;
        Ok(reply.took)
    }
}
