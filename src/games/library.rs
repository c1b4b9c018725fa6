//! Looking at games: one, many, and what they add up to.

use super::choice;
use super::{Games, Result, Shown};
use crate::chess::{Color, Opponent, PgnTags};
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, GameSummary, OpeningCount, StoredGame, Tally, Tx};

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The games on it.
    pub games: Vec<GameSummary>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

/// What a person's games add up to.
#[derive(Debug, Clone)]
pub struct Profile {
    /// How the person is addressed.
    pub name: String,
    /// Results by opponent.
    pub tallies: Vec<Tally>,
    /// The most frequent openings.
    pub openings: Vec<OpeningCount>,
    /// Games in which the person is to move.
    pub your_turn: Vec<GameSummary>,
}

/// How many openings and waiting games a profile names.
const NAMED: u32 = 5;

impl Games {
    /// The named game, or the one changed last; `None` when the person has none.
    pub async fn show(&self, user: UserId, game: Option<GameId>) -> Result<Option<Shown>> {
        let stored = self
            .0
            .store
            .read(move |tx| choice::to_read(tx, user, game))
            .await?;
        Ok(stored.map(|stored| {
            let since = stored.game.ply().saturating_sub(2);
            Shown {
                since,
                ..Shown::of(stored)
            }
        }))
    }

    /// A page of the person's games, newest change first.
    pub async fn list(&self, user: UserId, filter: GameFilter) -> Result<Page> {
        let limit = filter.limit;
        let asked = GameFilter {
            limit: limit + 1,
            ..filter
        };
        let mut games = self
            .0
            .store
            .read(move |tx| -> Result<_> { Ok(tx.games(user, &asked)?) })
            .await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = games.len() > wanted;
        games.truncate(wanted);
        let next = games.last().filter(|_| more).map(|game| game.change);
        Ok(Page { games, next })
    }

    /// The game with the tags of its PGN.
    pub async fn export(&self, user: UserId, game: Option<GameId>) -> Result<Option<(StoredGame, PgnTags)>> {
        let found = self
            .0
            .store
            .read(move |tx| -> Result<_> {
                let Some(stored) = choice::to_read(tx, user, game)? else {
                    return Ok(None);
                };
                let name = tx.user(user)?.map_or_else(|| "?".to_owned(), |user| user.name);
                Ok(Some((stored, name)))
            })
            .await?;
        Ok(found.map(|(stored, name)| {
            let tags = tags(&stored, &name);
            (stored, tags)
        }))
    }

    /// Deletes a game of the person's for good; says whether there was one.
    pub async fn delete(&self, user: UserId, game: GameId) -> Result<bool> {
        let unit = move |tx: &mut dyn Tx| -> Result<_> { Ok(tx.delete_game(user, game)?) };
        let deleted = self.0.store.write(unit).await?;
        if deleted {
            tracing::info!(user.id = %user, game.id = %game, "deleted a game");
        }
        Ok(deleted)
    }

    /// What the person's games add up to.
    pub async fn profile(&self, user: UserId) -> Result<Profile> {
        self.0
            .store
            .read(move |tx| -> Result<_> {
                let unfinished = GameFilter {
                    finished: Some(false),
                    limit: 50,
                    ..GameFilter::default()
                };
                let mut your_turn = tx.games(user, &unfinished)?;
                your_turn.retain(|game| game.person.color().is_some() && game.is_persons_turn());
                your_turn.truncate(NAMED as usize);
                Ok(Profile {
                    name: tx.user(user)?.map(|user| user.name).unwrap_or_default(),
                    tallies: tx.tallies(user)?,
                    openings: tx.opening_counts(user, NAMED)?,
                    your_turn,
                })
            })
            .await
    }
}

pub(super) fn tags(stored: &StoredGame, name: &str) -> PgnTags {
    let opponent = match stored.opponent {
        Opponent::Engine { level } => format!("Engine level {level}"),
        Opponent::Nobody => "?".to_owned(),
    };
    let player = |color| match stored.person.color() {
        None => "?".to_owned(),
        Some(own) if own == color => name.to_owned(),
        Some(_) => opponent.clone(),
    };
    PgnTags {
        event: if stored.opponent == Opponent::Nobody {
            "Analysis"
        } else {
            "Casual game"
        }
        .to_owned(),
        site: "chess-mcp".to_owned(),
        date: stored.created_at.date().replace('-', "."),
        white: player(Color::White),
        black: player(Color::Black),
    }
}
