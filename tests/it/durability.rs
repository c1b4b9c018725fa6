//! What was answered is on disk: restarts, and kills at any moment.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::actor::moving;
use crate::support::mcp::{ACCEPTED, Answer, LEGACY, request};
use crate::support::oauth::{Tokens, refreshing};
use crate::support::{Actor, App, Reply, Server};

#[tokio::test]
async fn games_grants_clients_and_keys_survive_a_crash() {
    let server = Server::start().await;
    let keys = keys(&server).await;
    let (app, tokens, before) = {
        let alice = server.alice().await;
        let game = alice.new_game(crate::support::game::first_day()).await;
        alice.play(&game, "e4").await.ok();
        let before = alice.status(&game).await;
        (alice.app, alice.tokens, before)
    };
    let server = server.crash_and_restart().await;
    assert_eq!(self::keys(&server).await, keys);
    let alice = Actor {
        server: &server,
        app,
        tokens,
    };
    assert_eq!(alice.status(&before).await, before);
    Tokens::of(&server.refresh(&alice.app, &alice.tokens.refresh).await);
    server.sign_in(&alice.app, "alice").await;
}

async fn keys(server: &Server) -> Value {
    Reply::to(server.http().get(server.url("/oauth/jwks.json")))
        .await
        .json()
}

#[tokio::test]
async fn a_redeemed_code_stays_redeemed_after_a_crash() {
    let server = Server::start().await;
    server.person("alice").await;
    let app = server.app("Test App").await;
    let granted = server.code(&app, "alice").await;
    let open = server.code(&app, "alice").await;
    Tokens::of(&server.token(&granted.form()).await);
    let server = server.crash_and_restart().await;
    assert_eq!(
        server.token(&granted.form()).await.oauth_error(400),
        "invalid_grant"
    );
    Tokens::of(&server.token(&open.form()).await);
}

/// What a client knows from answers it has really got.
struct Known {
    app: App,
    /// The last refresh token that an answer brought.
    refresh: String,
    access: String,
    game: Value,
    /// The moves that were answered.
    answered: Vec<String>,
    /// A move that was sent without an answer so far: it may have been played or not.
    sent: Option<String>,
}

const KNIGHTS: [&str; 4] = ["Nf3", "Nf6", "Ng1", "Ng8"];
const PAWNS: [&str; 28] = [
    "a3", "a6", "b3", "b6", "c3", "c6", "d3", "d6", "e3", "e6", "g3", "g6", "h3", "h6", "a4", "a5", "b4",
    "b5", "c4", "c5", "d4", "d5", "e4", "e5", "g4", "g5", "h4", "h5",
];

/// How long a game of these moves can be.
const LENGTH: usize = 7 * PAWNS.len();

/// The move at this ply: twelve plies of knights that go out and home again, then a pawn on each side, so
/// that every move is legal and no position comes five times.
fn move_at(ply: usize) -> &'static str {
    let (round, step) = (ply / 14, ply % 14);
    if step < 12 {
        KNIGHTS[step % 4]
    } else {
        PAWNS[round * 2 + step - 12]
    }
}

/// Plays and refreshes until the server is gone.
async fn play_until_killed(known: &mut Known, http: &reqwest::Client, url: &str) {
    while known.answered.len() + 3 <= LENGTH {
        let refreshed = http
            .post(format!("{url}/oauth/token"))
            .form(&refreshing(&known.app, &known.refresh));
        let Ok(reply) = Reply::try_to(refreshed).await else {
            return;
        };
        let tokens = Tokens::of(&reply);
        (known.refresh, known.access) = (tokens.refresh, tokens.access);

        for _ in 0..3 {
            let text = move_at(known.answered.len()).to_owned();
            known.sent = Some(text.clone());
            let view = json!({ "game_id": known.game["game_id"], "ply": known.answered.len() });
            let call = json!({ "name": "chess_move", "arguments": moving(&view, &text) });
            let post = http
                .post(format!("{url}/mcp"))
                .header("accept", ACCEPTED)
                .bearer_auth(&known.access);
            let post = post
                .header("mcp-protocol-version", LEGACY)
                .json(&request("tools/call", &call));
            let Ok(reply) = Reply::try_to(post).await else {
                return;
            };
            Answer::of(&reply).ok();
            known.answered.push(text);
            known.sent = None;
        }
    }
}

/// Every answered move is there, and at most one more: the one whose answer was lost.
async fn assert_nothing_lost(known: &mut Known, server: &Server) {
    let reply = server.refresh(&known.app, &known.refresh).await;
    let tokens = Tokens::of(&reply);
    let actor = Actor {
        server,
        app: known.app.clone(),
        tokens: tokens.clone(),
    };
    assert!(
        server.admits(&known.access).await,
        "an answered access token is good"
    );
    let view = actor.status(&known.game).await;
    let moves: Vec<String> = view["moves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|san| san.as_str().unwrap().to_owned())
        .collect();
    let mut expected = known.answered.clone();
    if moves.len() > expected.len() {
        expected.extend(known.sent.take());
    }
    assert_eq!(moves, expected);
    known.sent = None;
    known.answered = moves;
    (known.refresh, known.access) = (tokens.refresh, tokens.access);
}

/// Milliseconds until the next kill: spread over two hundred, from a fixed sequence.
fn fuse(round: u64) -> Duration {
    let mixed = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Duration::from_millis(5 + (mixed >> 33) % 200)
}

#[tokio::test]
async fn fifty_kills_lose_no_answered_move_or_token() {
    let begun = Instant::now();
    let mut server = Server::start().await;
    let alice = server.alice().await;
    let game = alice.board("").await;
    let (app, tokens) = (alice.app.clone(), alice.tokens.clone());
    let mut known = Known {
        app,
        refresh: tokens.refresh,
        access: tokens.access,
        game,
        answered: Vec::new(),
        sent: None,
    };
    let mut rounds = 0;
    while rounds < 50 {
        if known.answered.len() + 3 > LENGTH {
            // The pawns are used up: go on in a fresh game.
            let tokens = Tokens {
                access: known.access.clone(),
                refresh: known.refresh.clone(),
            };
            let actor = Actor {
                server: &server,
                app: known.app.clone(),
                tokens,
            };
            let finish = json!({ "action": "abort", "game_id": known.game["game_id"] });
            actor.call("chess_finish", finish).await;
            known.game = actor
                .new_game(json!({ "opponent": "nobody", "coach": rounds % 2 == 0 }))
                .await;
            known.answered.clear();
            assert_eq!(known.game["ply"], 0, "a new board is empty");
        }
        let (url, http) = (server.url(""), server.http().clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let lit = tokio::spawn(async move {
            tokio::time::sleep(fuse(rounds)).await;
            drop(stop);
        });
        {
            let playing = play_until_killed(&mut known, &http, &url);
            tokio::pin!(playing);
            let over = tokio::select! {
                () = &mut playing => true,
                _ = stopped => false,
            };
            // Not dropped before the kill: a request in flight stays in flight.
            let in_flight = async {
                if !over {
                    let _ = tokio::time::timeout(Duration::from_secs(5), &mut playing).await;
                }
            };
            tokio::join!(server.kill(), in_flight);
        }
        lit.await.unwrap();
        server = server.start_again().await;
        assert_nothing_lost(&mut known, &server).await;
        rounds += 1;
    }
    assert!(
        begun.elapsed() < Duration::from_mins(4),
        "bounded in time: {:?}",
        begun.elapsed()
    );
}
