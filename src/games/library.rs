//! Looking at games: one, many, and what they add up to.

use super::{Games, Grouping, Kept, RatingKind, Result, Shown, choice, friends, puzzles, settle};
use crate::chess::{Color, Opponent, PgnTags};
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, GameSummary, KeptRating, OpeningCount, StoredGame, Tally, Tx};

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
    /// By the person's colour.
    pub by_color: Vec<Tally>,
    /// By month, the latest last.
    pub by_month: Vec<Tally>,
    /// What the person is rated at, and how it went lately.
    pub ratings: Vec<(RatingKind, KeptRating, Vec<f64>)>,
    /// Days on which the person played, newest first, counted from 1970.
    pub active_days: Vec<i64>,
    /// Today, counted likewise.
    pub today: i64,
    /// How the person does at puzzles.
    pub puzzles: PuzzleCount,
    /// Per cent in the last reviewed games, newest first.
    pub accuracies: Vec<f64>,
    /// The most frequent openings.
    pub openings: Vec<OpeningCount>,
    /// Games in which the person is to move.
    pub your_turn: Vec<GameSummary>,
}

/// How a person does at puzzles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PuzzleCount {
    /// Solved without a fault.
    pub solved: u32,
    /// Tried and not solved, or not without a fault.
    pub failed: u32,
    /// Solved without a fault one after the other, up to now.
    pub in_a_row: u32,
    /// Mistakes of the person's own that are due for practice.
    pub mistakes_due: u32,
}

/// How many openings and waiting games a profile names.
const NAMED: u32 = 5;

/// How many ratings back a profile looks.
const HISTORY: u32 = 10;

impl Games {
    /// The named game, or the one changed last; `None` when the person has none.
    pub async fn show(&self, user: UserId, game: Option<GameId>) -> Result<Option<Shown>> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let mut stored = choice::to_read(tx, user, game)?;
            let friend = stored.as_mut().and_then(|stored| stored.friend.as_mut());
            if let Some(friend) = friend {
                // What lets nobody in any more is not shown.
                friend.invitation.take_if(|invitation| invitation.ends <= now);
            }
            let elsewhere = tx.awaited_game(user, stored.as_ref().map(|stored| stored.id))?;
            let asked = match &stored {
                Some(stored) => puzzles::asked_in(tx, user, stored)?,
                None => None,
            };
            Ok((stored, elsewhere, asked))
        };
        let (stored, elsewhere, asked) = self.0.store.read(unit).await?;
        Ok(stored.map(|stored| Shown {
            since: stored.game.ply().saturating_sub(2),
            elsewhere,
            notes: asked.into_iter().collect(),
            ..Shown::of(stored)
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

    /// Deletes a game of the person's for good; says whether there was one. A game against a friend that goes on is
    /// resigned first, with all that follows from it.
    pub async fn delete(&self, user: UserId, game: GameId) -> Result<bool> {
        let now = self.0.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_> {
            let shared = tx.game(user, game)?.filter(|stored| stored.friend.is_some());
            if let Some(mut stored) = shared.filter(StoredGame::is_open)
                && let Some(own) = stored.person.color()
                && !friends::is_alone(&stored)
            {
                stored.game.resign(own)?;
                stored.forget_requests();
                friends::start_clock(&mut stored, now);
                stored.touch(now);
                settle::save(tx, user, &mut stored, now)?;
            }
            Ok(tx.delete_game(user, game)?)
        };
        let deleted = self.write(unit).await?;
        if deleted {
            tracing::info!(user.id = %user, game.id = %game, "deleted a game");
        }
        Ok(deleted)
    }

    /// What the person's games add up to.
    pub async fn profile(&self, user: UserId) -> Result<Profile> {
        let now = self.0.clock.now();
        self.0
            .store
            .read(move |tx| -> Result<_> {
                let unfinished = GameFilter {
                    kept: Kept::Games,
                    finished: Some(false),
                    limit: 50,
                    ..GameFilter::default()
                };
                let mut your_turn = tx.games(user, &unfinished)?;
                your_turn.retain(|game| {
                    let waits = game.opponent != Opponent::Friend || game.name.is_some();
                    waits && game.person.color().is_some() && game.is_persons_turn()
                });
                your_turn.truncate(NAMED as usize);
                let (solved, failed) = tx.attempts_counted(user)?;
                let mut ratings = Vec::new();
                for kind in RatingKind::ALL {
                    if let Some(rating) = tx.rating(user, kind)? {
                        ratings.push((kind, rating, tx.rating_history(user, kind, HISTORY)?));
                    }
                }
                Ok(Profile {
                    name: tx.user(user)?.map(|user| user.name).unwrap_or_default(),
                    tallies: tx.tallies(user, Grouping::Opponent)?,
                    by_color: tx.tallies(user, Grouping::Color)?,
                    by_month: tx.tallies(user, Grouping::Month)?,
                    ratings,
                    active_days: tx.active_days(user, 400)?,
                    today: settle::day_of(now),
                    puzzles: PuzzleCount {
                        solved,
                        failed,
                        in_a_row: tx.solved_in_a_row(user)?,
                        mistakes_due: tx.mistakes_due(user, now)?,
                    },
                    accuracies: tx.accuracies(user, HISTORY)?,
                    openings: tx.opening_counts(user, NAMED)?,
                    your_turn,
                })
            })
            .await
    }
}

pub(super) fn tags(stored: &StoredGame, name: &str) -> PgnTags {
    if let Some(tags) = &stored.imported {
        return tags.clone();
    }
    let friend = stored.friend.as_ref().and_then(|friend| friend.name.clone());
    let opponent = match stored.opponent {
        Opponent::Engine { level, .. } => Some(format!("Engine level {level}")),
        Opponent::Assistant => Some("Assistant".to_owned()),
        Opponent::Friend => friend,
        Opponent::Nobody | Opponent::Puzzle => None,
    };
    let player = |color| match stored.person.color()? {
        own if own == color => Some(name.to_owned()),
        _ => opponent.clone(),
    };
    let event = match stored.opponent {
        Opponent::Nobody => "Analysis",
        Opponent::Puzzle => "Puzzle",
        _ if stored.rated => "Rated game",
        _ => "Casual game",
    };
    PgnTags {
        event: Some(event.to_owned()),
        site: Some("chess-mcp".to_owned()),
        date: Some(stored.created_at.date().replace('-', ".")),
        round: Some("-".to_owned()),
        white: player(Color::White),
        black: player(Color::Black),
        ..PgnTags::default()
    }
}
