//! How a person is doing, as both halves of a result.

use serde_json::{Value, json};

use super::text::count;
use super::tools::one_line;
use super::view::{OpponentView, rounded};
use crate::chess::{Opening, Opponent};
use crate::games::{KeptRating, OpeningCount, Profile, RatingKind, Tally};

/// The structured half.
pub(super) fn structured(profile: &Profile) -> Value {
    let ratings: Vec<Value> = profile
        .ratings
        .iter()
        .map(|(kind, kept, history)| {
            json!({
                "kind": kind.as_str(), "rating": kept.rating.rounded(), "provisional": kept.rating.is_provisional(),
                "games": kept.plays, "last": history.iter().map(|rating| rounded(*rating)).collect::<Vec<_>>(),
            })
        })
        .collect();
    let openings: Vec<Value> = profile
        .openings
        .iter()
        .map(|count| {
            let opening = &count.opening;
            json!({"eco": opening.eco, "name": opening.name, "games": count.games, "won": count.won})
        })
        .collect();
    let your_turn: Vec<String> = profile.your_turn.iter().map(|game| game.id.to_string()).collect();
    let streak = Streak::of(&profile.active_days, profile.today);
    json!({
        "name": profile.name,
        "ratings": ratings,
        "results": counted(&profile.tallies, |tally| json!({"opponent": opponent(&tally.group)})),
        "by_color": counted(&profile.by_color, |tally| json!({"color": tally.group})),
        "by_month": counted(&profile.by_month, |tally| json!({"month": tally.group})),
        "puzzles": {
            "solved": profile.puzzles.solved, "failed": profile.puzzles.failed,
            "in_a_row": profile.puzzles.in_a_row, "mistakes_due": profile.puzzles.mistakes_due,
            "source": PUZZLES_COME_FROM,
        },
        "streak": {"days": streak.days, "best": streak.best, "today": streak.today},
        "accuracy": accuracy(profile),
        "openings": openings,
        "your_turn": your_turn,
        "next": NEXT,
    })
}

const NEXT: &str = "Continue a game with chess_show, or start with chess_new_game or chess_puzzle.";

const PUZZLES_COME_FROM: &str = "The puzzles are this project's own (CC0), those that the operator imported, and the person's own mistakes.";

fn counted(tallies: &[Tally], named: impl Fn(&Tally) -> Value) -> Vec<Value> {
    let one = |tally: &Tally| {
        let mut counted = named(tally);
        counted["won"] = json!(tally.won);
        counted["drawn"] = json!(tally.drawn);
        counted["lost"] = json!(tally.lost);
        counted
    };
    tallies.iter().map(one).collect()
}

/// The opponent behind a group of games; those from elsewhere had many.
fn opponent(group: &str) -> OpponentView {
    let level = group.strip_prefix("engine ").and_then(|level| level.parse().ok());
    match (level, group) {
        (Some(level), _) => OpponentView::of(
            Opponent::Engine {
                level,
                adaptive: false,
            },
            None,
        ),
        (None, "assistant") => OpponentView::of(Opponent::Assistant, None),
        (None, "friend") => OpponentView::of(Opponent::Friend, None),
        (None, _) => OpponentView::of(Opponent::Nobody, Some("games from elsewhere")),
    }
}

/// The mean of the last games and of those before them.
fn accuracy(profile: &Profile) -> Value {
    let last = &profile.accuracies;
    if last.is_empty() {
        return Value::Null;
    }
    let (recent, before) = last.split_at(last.len().min(5));
    json!({"recent": mean(recent), "before": mean(before), "games": last.len()})
}

fn mean(values: &[f64]) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some((values.iter().sum::<f64>() / f64::from(count) * 10.0).round() / 10.0)
}

/// The text half.
pub(super) fn text(profile: &Profile) -> String {
    let mut lines = vec![format!("{}'s chess.", profile.name)];
    let ratings = profile.ratings.iter();
    lines.extend(ratings.map(|(kind, kept, history)| rating(*kind, kept, history)));
    if profile.tallies.is_empty() {
        lines.push("No finished game yet.".to_owned());
    }
    lines.extend(
        profile
            .tallies
            .iter()
            .map(|tally| results(&against(&tally.group), tally)),
    );
    lines.extend(
        profile
            .by_color
            .iter()
            .map(|tally| results(&format!("With the {} pieces", tally.group), tally)),
    );
    lines.extend(
        profile
            .by_month
            .iter()
            .rev()
            .take(3)
            .map(|tally| results(&format!("In {}", tally.group), tally)),
    );
    lines.extend(puzzles(profile));
    lines.extend(streak(profile));
    if let Some(recent) = mean(&profile.accuracies[..profile.accuracies.len().min(5)]) {
        lines.push(format!("Accuracy in the last reviewed games: {recent} %."));
    }
    lines.extend(profile.openings.iter().map(opening));
    lines.extend(
        profile
            .your_turn
            .iter()
            .map(|game| format!("The person's turn in {}.", one_line(game))),
    );
    lines.push(PUZZLES_COME_FROM.to_owned());
    lines.push(NEXT.to_owned());
    lines.join("\n")
}

fn rating(kind: RatingKind, kept: &KeptRating, history: &[f64]) -> String {
    let (what, plays) = match kind {
        RatingKind::Engine => ("against the engine", count(kept.plays, "game", "games")),
        RatingKind::Friend => ("against friends", count(kept.plays, "game", "games")),
        RatingKind::Puzzles => ("at puzzles", count(kept.plays, "puzzle", "puzzles")),
    };
    let sure = if kept.rating.is_provisional() {
        ", still provisional"
    } else {
        ""
    };
    let rating = kept.rating.rounded();
    format!("Rating {what}: {rating} after {plays}{sure}{}.", trend(history))
}

fn streak(profile: &Profile) -> Option<String> {
    let streak = Streak::of(&profile.active_days, profile.today);
    let today = if streak.today { "" } else { ", not yet today" };
    let days = count(streak.days, "day", "days");
    (streak.days > 0).then(|| format!("Streak: {days} (best {}){today}.", streak.best))
}

fn opening(counted: &OpeningCount) -> String {
    let times = match counted.games {
        1 => "once".to_owned(),
        games => format!("{games} times"),
    };
    let Opening { eco, name } = &counted.opening;
    format!("{name} ({eco}): {times}, {} won.", counted.won)
}

fn trend(history: &[f64]) -> String {
    match (history.first(), history.last()) {
        (Some(now), Some(then)) if history.len() > 1 => {
            format!(
                ", {:+} over the last {}",
                rounded(*now) - rounded(*then),
                history.len() - 1
            )
        }
        _ => String::new(),
    }
}

fn against(group: &str) -> String {
    match group.split_once(' ') {
        Some(("engine", level)) => format!("Against the engine at level {level}"),
        _ => match group {
            "assistant" => "Against the assistant".to_owned(),
            "friend" => "Against friends".to_owned(),
            _ => "In games from elsewhere".to_owned(),
        },
    }
}

fn results(lead: &str, tally: &Tally) -> String {
    format!(
        "{lead}: {} won, {} drawn, {} lost.",
        tally.won, tally.drawn, tally.lost
    )
}

fn puzzles(profile: &Profile) -> Option<String> {
    let puzzles = &profile.puzzles;
    let due = match puzzles.mistakes_due {
        0 => String::new(),
        due => format!(" For practice: {}.", count(due, "own mistake", "own mistakes")),
    };
    (puzzles.solved + puzzles.failed > 0 || puzzles.mistakes_due > 0).then(|| {
        format!(
            "Puzzles: {} solved at the first try, {} not; {} in a row now.{due}",
            puzzles.solved, puzzles.failed, puzzles.in_a_row
        )
    })
}

/// Days in a row on which the person played. One day off is forgiven; two end it.
#[derive(Debug, PartialEq, Eq)]
struct Streak {
    days: u32,
    best: u32,
    today: bool,
}

impl Streak {
    /// From the days on which the person played, newest first.
    fn of(days: &[i64], today: i64) -> Self {
        let mut runs: Vec<u32> = Vec::new();
        let mut last = None;
        for day in days {
            match (last.map(|last: i64| last - day), runs.last_mut()) {
                (Some(1 | 2), Some(run)) => *run += 1,
                _ => runs.push(1),
            }
            last = Some(*day);
        }
        let lives = days.first().is_some_and(|newest| today - newest <= 2);
        Self {
            days: runs.first().copied().filter(|_| lives).unwrap_or(0),
            best: runs.iter().copied().max().unwrap_or(0),
            today: days.first() == Some(&today),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streak_forgives_one_day() {
        for (days, today, wanted) in [
            (&[][..], 10, (0, 0, false)),
            (&[10], 10, (1, 1, true)),
            (&[10, 9, 8], 10, (3, 3, true)),
            (&[9, 8], 10, (2, 2, false)),
            (&[8, 7], 10, (2, 2, false)),
            (&[7, 6], 10, (0, 2, false)),
            (&[10, 8, 7], 10, (3, 3, true)),
            (&[10, 7, 6, 5], 10, (1, 3, true)),
        ] {
            let streak = Streak::of(days, today);
            assert_eq!((streak.days, streak.best, streak.today), wanted, "{days:?}");
        }
    }
}
