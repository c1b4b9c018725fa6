//! Tools that list and export games and tell how the person is doing.

use rmcp::model::JsonObject;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::input::{
    ExportArguments, FormatArgument, GamesArguments, ListArgument, OpponentArgument, ProfileArguments,
    ResultArgument, SideArgument,
};
use super::super::view::{OpeningView, OpponentView, kind_of};
use super::{Call, Outcome, result};
use crate::chess::{PersonSide, Pgn, Refusal, Score, fen_of};
use crate::clock::{Seconds, Timestamp};
use crate::games::{GameFilter, GameSummary, Page, Profile};
use crate::id::GameId;

type Arguments = Option<JsonObject>;

/// A page that a model can read without losing the thread; it can ask for more.
const DEFAULT_LIMIT: u32 = 5;
const LARGEST_LIMIT: u32 = 50;
const DAY: Seconds = Seconds(86_400);

/// A game in a list.
#[derive(Debug, Serialize)]
struct ListedGame {
    game_id: GameId,
    kind: &'static str,
    opponent: OpponentView,
    person_plays: &'static str,
    status: &'static str,
    result: &'static str,
    reason: Option<&'static str>,
    opening: Option<OpeningView>,
    ply: usize,
    updated: String,
    your_turn: bool,
}

impl Call<'_> {
    pub(super) async fn list_games(&self, arguments: Arguments) -> Outcome {
        let asked: GamesArguments = self.read(arguments)?;
        let page = self.games.list(self.user, filter(asked)?).await?;
        let next = if page.next.is_some() {
            "More games: call again with cursor = next_cursor."
        } else {
            "Show one with chess_show and its game_id; games are deleted at /account."
        };
        let games: Vec<ListedGame> = page.games.iter().map(listed).collect();
        let structured = json!({
            "games": games,
            "next_cursor": page.next.map(|next| next.to_string()),
            "next": next,
        });
        Ok(result(page_text(&page, next), structured))
    }

    pub(super) async fn export(&self, arguments: Arguments) -> Outcome {
        let asked: ExportArguments = self.read(arguments)?;
        let Some((stored, tags)) = self.games.export(self.user, asked.game_id).await? else {
            return Err(Refusal::other("There is no game yet. Start one with chess_new_game.").into());
        };
        let plies = asked.ply.unwrap_or(stored.game.ply());
        let Some(position) = stored.game.position_at(plies) else {
            let moves = stored.game.ply();
            return Err(Refusal::other(format!("Game {} has only {moves} moves.", stored.id)).into());
        };
        let (format, text) = match asked.format {
            None | Some(FormatArgument::Pgn) => (
                "pgn",
                Pgn {
                    tags: &tags,
                    game: &stored.game,
                    plies,
                }
                .write(),
            ),
            Some(FormatArgument::Fen) => ("fen", fen_of(position)),
        };
        let structured = json!({"game_id": stored.id, "format": format, "text": text});
        Ok(result(text, structured))
    }

    pub(super) async fn profile(&self, arguments: Arguments) -> Outcome {
        let ProfileArguments {} = self.read(arguments)?;
        let profile = self.games.profile(self.user).await?;
        Ok(result(profile_text(&profile), profile_structured(&profile)))
    }
}

fn filter(asked: GamesArguments) -> Result<GameFilter, Refusal> {
    let limit = asked.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=LARGEST_LIMIT).contains(&limit) {
        return Err(Refusal::other(format!("`limit` goes from 1 to {LARGEST_LIMIT}.")));
    }
    let (won, scores) = match asked.result {
        None => (None, vec![]),
        Some(ResultArgument::Won) => (Some(true), vec![]),
        Some(ResultArgument::Lost) => (Some(false), vec![]),
        Some(ResultArgument::Drawn) => (None, vec![Score::Draw]),
        Some(ResultArgument::White) => (None, vec![Score::White]),
        Some(ResultArgument::Black) => (None, vec![Score::Black]),
    };
    let before = asked.cursor.as_deref().map(|cursor| {
        cursor
            .parse()
            .map_err(|_| Refusal::other("That `cursor` is none; copy next_cursor of the page before."))
    });
    Ok(GameFilter {
        finished: asked.filter.and_then(|filter| match filter {
            ListArgument::Unfinished => Some(false),
            ListArgument::Finished => Some(true),
            ListArgument::All => None,
        }),
        opponent: asked.opponent.map(|opponent| match opponent {
            OpponentArgument::Engine => "engine",
            OpponentArgument::Nobody => "nobody",
        }),
        person: asked.color.map(|side| match side {
            SideArgument::White => PersonSide::White,
            SideArgument::Black => PersonSide::Black,
            SideArgument::Both => PersonSide::Both,
        }),
        scores,
        won,
        opening: asked.opening.map(|text| text.chars().take(80).collect()),
        since: asked
            .since
            .as_deref()
            .map(|text| day("since", text))
            .transpose()?,
        until: asked
            .until
            .as_deref()
            .map(|text| day("until", text))
            .transpose()?
            .map(|day| day + DAY),
        before: before.transpose()?,
        limit,
    })
}

/// Midnight of a day that exists.
fn day(argument: &str, text: &str) -> Result<Timestamp, Refusal> {
    let fault = || Refusal::Other(format!("`{argument}` must be a day such as 2026-03-31."));
    let digits = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let mut parts = text.splitn(3, '-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(date))) = (parts.next(), parts.next(), parts.next()) else {
        return Err(fault());
    };
    if !digits || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return Err(fault());
    }
    // Days from civil, after Howard Hinnant's algorithm.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + date - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let midnight = Timestamp::from_seconds((era * 146_097 + day_of_era - 719_468) * DAY.0);
    // The 31st of a shorter month comes out as another day.
    if midnight.date() == text {
        Ok(midnight)
    } else {
        Err(fault())
    }
}

fn listed(game: &GameSummary) -> ListedGame {
    ListedGame {
        game_id: game.id,
        kind: kind_of(game.opponent),
        opponent: OpponentView::of(game.opponent),
        person_plays: game.person.as_str(),
        status: if game.is_ongoing() { "ongoing" } else { "finished" },
        result: game.score.as_str(),
        reason: game.reason.map(crate::chess::Reason::as_str),
        opening: game.opening.as_ref().map(|opening| OpeningView {
            eco: opening.eco.clone(),
            name: opening.name.clone(),
        }),
        ply: game.ply,
        updated: game.changed_at.date(),
        your_turn: game.is_persons_turn(),
    }
}

fn one_line(game: &GameSummary) -> String {
    let opponent = match game.opponent.level() {
        Some(level) => format!("engine level {level}, person plays {}", game.person),
        None => "analysis board".to_owned(),
    };
    let state = match game.reason {
        Some(reason) => format!("{} {}", game.score, reason.words()),
        None if game.is_persons_turn() => "unfinished, the person to move".to_owned(),
        None => "unfinished".to_owned(),
    };
    let opening = game
        .opening
        .as_ref()
        .map(|opening| format!(", {}", opening.name))
        .unwrap_or_default();
    format!(
        "{}: {opponent}, {state}, ply {}{opening}, {}",
        game.id,
        game.ply,
        game.changed_at.date()
    )
}

fn page_text(page: &Page, next: &str) -> String {
    if page.games.is_empty() {
        return format!("No such game.\n{next}");
    }
    let lines: Vec<String> = page.games.iter().map(one_line).collect();
    let cursor = page
        .next
        .map(|cursor| format!("\nnext_cursor: {cursor}"))
        .unwrap_or_default();
    format!("{}{cursor}\n{next}", lines.join("\n"))
}

fn profile_structured(profile: &Profile) -> Value {
    let results: Vec<Value> = profile
        .tallies
        .iter()
        .map(|tally| {
            let opponent = OpponentView::of(tally.opponent);
            json!({"opponent": opponent, "won": tally.won, "drawn": tally.drawn, "lost": tally.lost})
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
    json!({
        "name": profile.name,
        "ratings": [],
        "results": results,
        "streak": null,
        "accuracy": null,
        "openings": openings,
        "your_turn": your_turn,
    })
}

fn profile_text(profile: &Profile) -> String {
    let mut lines = vec![format!("{}'s chess.", profile.name)];
    if profile.tallies.is_empty() {
        lines.push("No finished game yet.".to_owned());
    }
    for tally in &profile.tallies {
        let opponent = match tally.opponent.level() {
            Some(level) => format!("the engine at level {level}"),
            None => "nobody".to_owned(),
        };
        lines.push(format!(
            "Against {opponent}: {} won, {} drawn, {} lost.",
            tally.won, tally.drawn, tally.lost
        ));
    }
    for count in &profile.openings {
        let times = if count.games == 1 {
            "once".to_owned()
        } else {
            format!("{} times", count.games)
        };
        lines.push(format!(
            "{} ({}): {times}, {} won.",
            count.opening.name, count.opening.eco, count.won
        ));
    }
    lines.extend(
        profile
            .your_turn
            .iter()
            .map(|game| format!("The person's turn in {}.", one_line(game))),
    );
    lines.push("Continue one with chess_show, or start one with chess_new_game.".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_the_calendar_has_them() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "2000-03-01"] {
            assert_eq!(day("since", text).unwrap().date(), text);
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "2025-02-29",
            "2026-1-1",
            "99999999999-01-01",
            "--------01",
        ] {
            assert!(day("since", text).is_err(), "{text}");
        }
    }
}
