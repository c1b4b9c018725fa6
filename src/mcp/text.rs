//! The text half of a result: everything a model needs that reads no structure, ending in what to do next.

use std::fmt::Write;

use super::view::{GameView, MoveView, Purpose, Rendered};
use crate::chess::{Color, PersonSide, color_name};

/// The text of a game as it is shown.
pub(super) fn of_game(rendered: &Rendered) -> String {
    let view = &rendered.view;
    let mut text = heading(view, rendered.person);
    lines(&mut text, view.notes.iter().map(String::as_str));
    moves_played(&mut text, view);
    lines(&mut text, std::iter::once(standing(view).as_str()));
    let mut said: Vec<&str> = view.facts.iter().map(String::as_str).collect();
    if !said.contains(&rendered.material.as_str()) {
        said.push(&rendered.material);
    }
    let opening = view
        .opening
        .as_ref()
        .map(|opening| format!("Opening: {} ({}).", opening.name, opening.eco));
    said.extend(opening.as_deref());
    lines(&mut text, std::iter::once(said.join(" ").as_str()));
    let fen = format!("FEN: {}", view.fen);
    lines(
        &mut text,
        [
            moves(rendered).as_str(),
            position(rendered).as_str(),
            fen.as_str(),
            view.next.as_str(),
        ],
    );
    text
}

fn moves(rendered: &Rendered) -> String {
    if rendered.moves.is_empty() {
        return String::new();
    }
    let lead = if rendered.tells_all_moves {
        "Moves"
    } else {
        "Last moves"
    };
    format!("{lead}: {}", rendered.moves)
}

/// The board for the person's eyes, or for the model's the moves it may speak of.
fn position(rendered: &Rendered) -> String {
    if rendered.purpose != Purpose::Read {
        return format!(
            "Show the person this board as it is:\n```\n{}\n```",
            rendered.diagram
        );
    }
    match rendered.view.legal_moves.as_slice() {
        [] => String::new(),
        legal => format!("Legal moves: {}", legal.join(", ")),
    }
}

fn lines<'a>(text: &mut String, more: impl IntoIterator<Item = &'a str>) {
    for line in more {
        if !line.is_empty() {
            text.push('\n');
            text.push_str(line);
        }
    }
}

fn heading(view: &GameView, person: PersonSide) -> String {
    let Some(id) = view.game_id else {
        return "The person has no game.".to_owned();
    };
    match (person.color(), view.opponent.level) {
        (Some(color), Some(level)) => {
            let name = view.opponent.name.unwrap_or("engine");
            format!(
                "Game {id}: the person plays {} against the engine, level {level} ({name}).",
                color_name(color)
            )
        }
        _ => format!("Analysis board {id}: the person moves both sides."),
    }
}

fn moves_played(text: &mut String, view: &GameView) {
    if let Some(played) = &view.played {
        let again = if view.repeated {
            " (already recorded, not played again)"
        } else {
            ""
        };
        let count = match view.played_count {
            0 | 1 => String::new(),
            n => format!("{n} moves entered; the last: "),
        };
        let _ = write!(text, "\n{count}{}{again}.", said(played, "The person played"));
    } else if view.repeated {
        text.push_str("\nThis call was a repetition; nothing was done again.");
    }
    if let Some(reply) = &view.reply {
        let _ = write!(text, "\n{}.", said(reply, "The engine played"));
    }
    if view.reply_pending {
        text.push_str("\nThe engine has not answered yet; the move is kept and the reply will follow.");
    }
}

fn said(played: &MoveView, who: &str) -> String {
    format!("{who} {}: {}", played.san, played.words)
}

fn standing(view: &GameView) -> String {
    let mover = if view.turn == "white" {
        Color::White
    } else {
        Color::Black
    };
    let offer = match view.offer.as_ref().map(|offer| (offer.by, offer.answer)) {
        Some((_, Some("accepted"))) => " The engine accepted the draw.",
        Some((_, Some(_))) => " The engine declined the draw; the game goes on.",
        Some(("engine", None)) => " The engine offers a draw.",
        Some(_) => " The person's draw offer stands.",
        None => "",
    };
    match view.reason {
        Some(reason) => format!(
            "The game is over: {} ({}).{offer}",
            view.result,
            reason.replace('_', " ")
        ),
        None if view.game_id.is_none() => String::new(),
        None => {
            let check = if view.check { ", in check" } else { "" };
            format!("{} to move{check}, ply {}.{offer}", color_name(mover), view.ply)
        }
    }
}
