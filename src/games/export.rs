//! All of a person's games at once, for whoever takes them along.

use serde::Serialize;

use super::library::tags;
use super::{Games, Result};
use crate::chess::{Color, Pgn, Reason};
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, StoredGame, Tx};

/// Games that are read in one unit: each is replayed, and others wait for the connection meanwhile.
const BATCH: u32 = 100;

/// A game, readable by people and programs.
#[derive(Debug, Serialize)]
pub struct ExportedGame {
    game_id: GameId,
    opponent: &'static str,
    level: Option<u8>,
    person_plays: &'static str,
    result: &'static str,
    reason: Option<&'static str>,
    opening: Option<String>,
    created_at: String,
    changed_at: String,
    start_fen: String,
    fen: String,
    turn: &'static str,
    moves: Vec<String>,
    pgn: String,
}

impl ExportedGame {
    fn of(stored: &StoredGame, name: &str) -> Self {
        let game = &stored.game;
        let pgn = Pgn {
            tags: &tags(stored, name),
            game,
            plies: game.ply(),
        };
        Self {
            game_id: stored.id,
            opponent: stored.opponent.kind(),
            level: stored.opponent.level(),
            person_plays: stored.person.as_str(),
            result: game.score().as_str(),
            reason: game.ending().map(|ending| Reason::as_str(ending.reason)),
            opening: stored.opening.as_ref().map(|opening| opening.name.clone()),
            created_at: stored.created_at.iso8601(),
            changed_at: stored.changed_at.iso8601(),
            start_fen: game.start_fen(),
            fen: game.fen(),
            turn: match game.turn() {
                Color::White => "white",
                Color::Black => "black",
            },
            moves: (0..game.ply()).filter_map(|ply| game.san(ply)).collect(),
            pgn: pgn.write(),
        }
    }
}

impl Games {
    /// Every game of the person, newest change first, with moves and PGN.
    pub async fn everything(&self, user: UserId) -> Result<Vec<ExportedGame>> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let (games, next) = self.0.store.read(move |tx| batch(tx, user, before)).await?;
            all.extend(games);
            let Some(next) = next else { return Ok(all) };
            before = Some(next);
        }
    }
}

/// The games below a place in the order of changes, and where to go on.
fn batch(tx: &mut dyn Tx, user: UserId, before: Option<i64>) -> Result<(Vec<ExportedGame>, Option<i64>)> {
    let filter = GameFilter {
        before,
        limit: BATCH,
        ..GameFilter::default()
    };
    let name = tx.user(user)?.map(|user| user.name).unwrap_or_default();
    let listed = tx.games(user, &filter)?;
    let mut games = Vec::with_capacity(listed.len());
    for summary in &listed {
        let stored = tx.game(user, summary.id)?;
        games.extend(stored.map(|stored| ExportedGame::of(&stored, &name)));
    }
    Ok((games, listed.last().map(|last| last.change)))
}
