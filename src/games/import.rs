//! Games from elsewhere: PGN that a person brings.

use std::sync::Arc;

use super::choice::{self, REPEAT_WINDOW};
use super::{Games, Result, quota};
use crate::account::User;
use crate::chess::{
    ImportFault, ImportLimits, Imported as Read, ImportedGame as ReadGame, Opponent, PersonSide, PgnTags,
    Refusal, Score, read_games,
};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::secret;
use crate::store::{StoredGame, Tx};

/// What one call may bring.
const LIMITS: ImportLimits = ImportLimits {
    bytes: 200 * 1024,
    games: 100,
    plies: 1000,
};

/// Games to be taken in.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The text, of one or many games.
    pub pgn: String,
    /// Which side the person played in all of them; without, by their name.
    pub person: Option<PersonSide>,
}

/// What became of them.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Those that are kept now.
    pub games: Vec<ImportedGame>,
    /// What could not be read; nothing of such a game is kept.
    pub faults: Vec<ImportFault>,
    /// The same text was sent before, and these are the games it made.
    pub repeated: bool,
}

/// A game that was taken in.
#[derive(Debug, Clone)]
pub struct ImportedGame {
    /// Its name here.
    pub id: GameId,
    /// Who had White, if the text says so.
    pub white: Option<String>,
    /// Who had Black.
    pub black: Option<String>,
    /// How it ended.
    pub score: Score,
    /// How many moves.
    pub ply: usize,
}

impl Games {
    /// Takes in every game that can be read.
    pub async fn import(&self, user: UserId, request: ImportRequest) -> Result<Imported> {
        if request.pgn.len() > LIMITS.bytes {
            return Err(Refusal::other(
                "That is more than 200 KB of PGN. Send it in pieces of at most 200 KB and 100 games.",
            )
            .into());
        }
        let (request, read) = self.read_import(request).await?;
        if read.games.is_empty() && read.faults.is_empty() {
            return Err(Refusal::other("There is no game in that text.").into());
        }
        let (now, quota) = (self.0.clock.now(), self.0.quota);
        let side = request.person.map_or("by name", PersonSide::as_str);
        let mark = choice::mark("import", &format!("{side}\n{}", request.pgn));
        let ids: Vec<GameId> = read.games.iter().map(|_| GameId::new(secret::random())).collect();
        let games = read.games;
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let before = made_before(tx, user, &mark, games.len(), now)?;
            if !before.is_empty() {
                return Ok((before, true));
            }
            quota::check(tx, user, u32::try_from(games.len()).unwrap_or(u32::MAX), quota)?;
            let person = tx.user(user)?;
            let mut kept = Vec::with_capacity(games.len());
            // The first one is the one changed last: it is what the person is shown.
            for (i, (read, id)) in games.iter().zip(&ids).enumerate().rev() {
                let side = request
                    .person
                    .unwrap_or_else(|| side_of(person.as_ref(), &read.tags));
                let mut stored = stored(*id, read, side, now);
                stored.request = Some(format!("{mark} {i}"));
                tx.insert_game(user, &stored)?;
                kept.push(listed(&stored));
            }
            kept.reverse();
            Ok((kept, false))
        };
        let (games, repeated) = self.write(unit).await?;
        Ok(Imported {
            games,
            faults: read.faults,
            repeated,
        })
    }

    /// Reads the games of a text. That may take a core for a second, so one text at a time, beside all other calls.
    async fn read_import(&self, request: ImportRequest) -> Result<(ImportRequest, Read)> {
        let turn = Arc::clone(&self.0.reading).acquire_owned().await;
        #[expect(clippy::disallowed_methods, reason = "bounded by the turns")]
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let read = read_games(&request.pgn, LIMITS);
            (request, read)
        });
        Ok(read
            .await
            .map_err(|_| Refusal::other("That PGN could not be read."))?)
    }
}

fn made_before(
    tx: &mut dyn Tx,
    user: UserId,
    mark: &str,
    games: usize,
    now: Timestamp,
) -> Result<Vec<ImportedGame>> {
    let mut found = Vec::new();
    for i in 0..games {
        let stored = tx.game_by_request(user, &format!("{mark} {i}"), now - REPEAT_WINDOW)?;
        found.extend(stored.as_ref().map(listed));
    }
    Ok(found)
}

/// The side of the player who is called like the person.
fn side_of(person: Option<&User>, tags: &PgnTags) -> PersonSide {
    let Some(person) = person else {
        return PersonSide::Both;
    };
    let same = |name: &Option<String>| {
        let name = name.as_deref().unwrap_or_default();
        name.trim().to_lowercase() == person.name.trim().to_lowercase()
    };
    match (same(&tags.white), same(&tags.black)) {
        (true, false) => PersonSide::White,
        (false, true) => PersonSide::Black,
        _ => PersonSide::Both,
    }
}

fn stored(id: GameId, read: &ReadGame, side: PersonSide, now: Timestamp) -> StoredGame {
    StoredGame {
        imported: Some(read.tags.clone()),
        ..StoredGame::new(id, Opponent::Nobody, side, read.game.clone(), now)
    }
}

fn listed(stored: &StoredGame) -> ImportedGame {
    let tags = stored.imported.clone().unwrap_or_default();
    ImportedGame {
        id: stored.id,
        white: tags.white,
        black: tags.black,
        score: stored.game.score(),
        ply: stored.game.ply(),
    }
}
