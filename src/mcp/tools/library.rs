//! Tools that list and export games and tell how the person is doing.

use rmcp::model::JsonObject;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::input::{
    ExportArguments, FormatArgument, GamesArguments, ImportArguments, ListArgument, OpponentArgument,
    ProfileArguments, ResultArgument, SideArgument,
};
use super::super::profile;
use super::super::text::count;
use super::super::view::{OpeningView, OpponentView, kind_of};
use super::{Call, Outcome, picture, result};
use crate::chess::{Diagram, Opponent, PersonSide, Pgn, Refusal, Score, fen_of};
use crate::clock::{Seconds, Timestamp};
use crate::games::{GameFilter, GameSummary, ImportRequest, Imported, Kept, Page};
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
            "More games: call again with cursor = next_cursor. Games are deleted at /account."
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
        let (game, tags) = (&stored.game, &tags);
        let plies = asked.ply.unwrap_or(game.ply());
        let Some(board) = Diagram::at(game, plies, stored.person.view()) else {
            let moves = game.ply();
            return Err(Refusal::other(format!("Game {} goes only to ply {moves}.", stored.id)).into());
        };
        let format = asked.format.unwrap_or(FormatArgument::Pgn);
        let exported = |text: Option<&str>| json!({"game_id": stored.id, "format": format, "text": text});
        let text = match format {
            FormatArgument::Pgn => Pgn { tags, game, plies }.write(),
            FormatArgument::Fen => fen_of(board.position),
            FormatArgument::Svg => board.svg(),
            FormatArgument::Png => {
                let png = self.pictures.png(board.svg()).await?;
                // A model that is not given the image still learns what is on it.
                let text = format!("Game {}, ply {plies}, {}", stored.id, board.words());
                return Ok(picture(&png, text, exported(None)));
            }
        };
        let structured = exported(Some(&text));
        Ok(result(text, structured))
    }

    pub(super) async fn import(&self, arguments: Arguments) -> Outcome {
        let asked: ImportArguments = self.read(arguments)?;
        let request = ImportRequest {
            pgn: asked.pgn,
            person: asked.person.map(|side| match side {
                SideArgument::White => PersonSide::White,
                SideArgument::Black => PersonSide::Black,
                SideArgument::Both => PersonSide::Both,
            }),
        };
        let imported = self.games.import(self.user, request).await?;
        if imported.games.is_empty() {
            return Err(Refusal::Other(format!("No game could be read: {}.", faults_text(&imported))).into());
        }
        Ok(result(import_text(&imported), import_structured(&imported)))
    }

    pub(super) async fn profile(&self, arguments: Arguments) -> Outcome {
        let ProfileArguments {} = self.read(arguments)?;
        let profile = self.games.profile(self.user).await?;
        Ok(result(profile::text(&profile), profile::structured(&profile)))
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
            ListArgument::Puzzles | ListArgument::Imported | ListArgument::All => None,
        }),
        kept: match asked.filter {
            Some(ListArgument::Unfinished | ListArgument::Finished) => Kept::Games,
            Some(ListArgument::Puzzles) => Kept::Puzzles,
            Some(ListArgument::Imported) => Kept::Imported,
            None | Some(ListArgument::All) => Kept::All,
        },
        opponent: asked.opponent.map(|opponent| match opponent {
            OpponentArgument::Engine => "engine",
            OpponentArgument::Assistant => "assistant",
            OpponentArgument::Friend => "friend",
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

fn day(argument: &str, text: &str) -> Result<Timestamp, Refusal> {
    Timestamp::start_of(text)
        .ok_or_else(|| Refusal::Other(format!("`{argument}` must be a day such as 2026-03-31.")))
}

fn listed(game: &GameSummary) -> ListedGame {
    ListedGame {
        game_id: game.id,
        kind: kind_of(game.opponent, game.is_imported),
        opponent: OpponentView::of(game.opponent, game.name.as_deref()),
        person_plays: game.person.as_str(),
        status: match game.attempt {
            Some(state) => state.as_str(),
            None if game.is_ongoing() => "ongoing",
            None => "finished",
        },
        result: game.score.as_str(),
        reason: game.reason.map(crate::chess::Reason::as_str),
        opening: game.opening.as_ref().map(OpeningView::of),
        ply: game.ply,
        updated: game.changed_at.date(),
        your_turn: game.is_persons_turn(),
    }
}

pub(in super::super) fn one_line(game: &GameSummary) -> String {
    let person = game.person;
    let opponent = match (game.opponent, game.name.as_deref()) {
        (Opponent::Engine { level, .. }, _) => format!("engine level {level}, person plays {person}"),
        (Opponent::Assistant, _) => format!("against you, person plays {person}"),
        (Opponent::Friend, Some(name)) => format!("against {name}, person plays {person}"),
        (Opponent::Friend, None) if !game.is_ongoing() => {
            format!("against a friend who has left, person played {person}")
        }
        (Opponent::Friend, None) => format!("waiting for a friend, person plays {person}"),
        (Opponent::Puzzle, _) => format!("puzzle, {person} to find the move"),
        (Opponent::Nobody, Some(names)) if person.color().is_none() => format!("from elsewhere, {names}"),
        (Opponent::Nobody, Some(name)) => format!("from elsewhere, person played {person} against {name}"),
        (Opponent::Nobody, None) if game.is_imported => "from elsewhere".to_owned(),
        (Opponent::Nobody, None) => "analysis board".to_owned(),
    };
    let state = match (game.attempt, game.reason) {
        (Some(state), _) => state.as_str().to_owned(),
        (None, Some(reason)) => format!("{} {}", game.score, reason.words()),
        (None, None) if game.is_persons_turn() => "unfinished, the person to move".to_owned(),
        (None, None) => "unfinished".to_owned(),
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

fn import_structured(imported: &Imported) -> Value {
    let games: Vec<Value> = imported
        .games
        .iter()
        .map(|game| {
            json!({
                "game_id": game.id, "white": player(game.white.as_deref()), "black": player(game.black.as_deref()),
                "result": game.score.as_str(), "ply": game.ply,
            })
        })
        .collect();
    let faults: Vec<Value> = imported
        .faults
        .iter()
        .map(|fault| json!({"game": fault.game, "line": fault.line, "fault": fault.fault}))
        .collect();
    json!({"imported": games, "faults": faults, "repeated": imported.repeated, "next": AFTER_IMPORT})
}

/// As PGN writes what is not known.
fn player(name: Option<&str>) -> &str {
    name.unwrap_or("?")
}

const AFTER_IMPORT: &str =
    "Look at one with chess_show, or look back on one with chess_review, by its game_id.";

/// Games and faults that the text names; the structured half has all.
const NAMED: usize = 10;

fn import_text(imported: &Imported) -> String {
    let games = u32::try_from(imported.games.len()).unwrap_or(u32::MAX);
    let again = if imported.repeated {
        " before; nothing was done again"
    } else {
        ""
    };
    let mut lines = vec![format!(
        "{} taken in{again}.",
        count(games, "game was", "games were")
    )];
    lines.extend(imported.games.iter().take(NAMED).map(|game| {
        let moves = u32::try_from(game.ply.div_ceil(2)).unwrap_or(u32::MAX);
        format!(
            "{}: {} - {}, {}, {}.",
            game.id,
            player(game.white.as_deref()),
            player(game.black.as_deref()),
            game.score,
            count(moves, "move", "moves")
        )
    }));
    if imported.games.len() > NAMED {
        lines.push("The others: chess_games with filter imported.".to_owned());
    }
    if !imported.faults.is_empty() {
        lines.push(format!("Not taken in: {}.", faults_text(imported)));
    }
    lines.push(AFTER_IMPORT.to_owned());
    lines.join("\n")
}

fn faults_text(imported: &Imported) -> String {
    let told = imported.faults.iter().take(NAMED);
    let mut texts: Vec<String> = told
        .map(|fault| format!("game {}, line {}: {}", fault.game, fault.line, fault.fault))
        .collect();
    if imported.faults.len() > NAMED {
        texts.push(format!("and {} more", imported.faults.len() - NAMED));
    }
    texts.join("; ")
}
