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
    lines(
        &mut text,
        [
            standing(view).as_str(),
            rating(view).as_str(),
            invitation(view).as_str(),
            time(view).as_str(),
        ],
    );
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
            board(rendered).as_str(),
            legal_moves(rendered).as_str(),
            fen.as_str(),
            view.next.as_str(),
            elsewhere(rendered).as_str(),
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

/// The board for the person's eyes, where the host draws none.
fn board(rendered: &Rendered) -> String {
    if rendered.view.diagram.is_none() || rendered.purpose == Purpose::Read {
        return String::new();
    }
    let board = format!(
        "Show the person this board as it is:\n```\n{}\n```",
        rendered.diagram
    );
    match &rendered.link {
        Some(link) => format!("{board}\nThe same board in a browser: {link}"),
        None => board,
    }
}

/// The moves that the model may speak of, or choose from.
fn legal_moves(rendered: &Rendered) -> String {
    let view = &rendered.view;
    // The model cannot choose its own move from a picture.
    let asked = rendered.purpose == Purpose::Read || rendered.is_models_turn;
    if view.legal_moves.is_empty() || !asked {
        return String::new();
    }
    format!("Legal moves: {}", view.legal_moves.join(", "))
}

/// `1 blunder`, `2 blunders`.
pub(super) fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
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
    let name = view.opponent.name.as_deref();
    let Some(color) = person.color().map(color_name) else {
        return match name {
            Some(players) => format!("Game {id}, from elsewhere: {players}."),
            None if view.kind == "game" => format!("Game {id}, from elsewhere."),
            None => format!("Analysis board {id}: the person moves both sides."),
        };
    };
    match (view.opponent.kind, view.opponent.level, name) {
        (_, Some(level), name) => format!(
            "Game {id}: the person plays {color} against the engine, level {level} ({}).",
            name.unwrap_or("engine")
        ),
        ("assistant", ..) => format!("Game {id}: the person plays {color} against you."),
        ("friend", _, Some(name)) => format!("Game {id}: the person plays {color} against {name}."),
        ("friend", ..) if view.status == "finished" => {
            format!("Game {id}: the person played {color} against a friend who has left.")
        }
        ("friend", ..) => format!("Game {id}: the person plays {color} and waits for a friend."),
        ("puzzle", ..) => format!("Puzzle, game {id}: the person plays {color}."),
        (_, _, Some(name)) => format!("Game {id}, from elsewhere: the person played {color} against {name}."),
        _ => format!("Game {id}, from elsewhere: the person played {color}."),
    }
}

fn invitation(view: &GameView) -> String {
    let Some(invitation) = &view.invitation else {
        return String::new();
    };
    format!(
        "Invitation for the friend, good until {}: {} (or the code {} for chess_join).",
        invitation.until, invitation.url, invitation.code
    )
}

fn time(view: &GameView) -> String {
    let Some(time) = &view.time else {
        return String::new();
    };
    let days = match time.days_per_move {
        1 => "one day".to_owned(),
        days => format!("{days} days"),
    };
    let side = color_name(mover(view));
    match &time.deadline {
        Some(deadline) => format!("Time for a move: {days}; {side}'s ends at {deadline}."),
        None => format!("Time for a move: {days}."),
    }
}

fn rating(view: &GameView) -> String {
    let Some(rating) = &view.rating else {
        return String::new();
    };
    let what = match rating.kind {
        "engine" => "against the engine",
        "friend" => "against friends",
        _ => "at puzzles",
    };
    format!("Rating {what}: {} ({:+}).", rating.rating, rating.change)
}

/// At most one line about other games.
fn elsewhere(rendered: &Rendered) -> String {
    let Some(game) = &rendered.elsewhere else {
        return String::new();
    };
    let name = game.name.as_deref().unwrap_or("a friend");
    format!("Your turn in {} against {name}.", game.id)
}

/// How the text calls whoever answered.
fn who_answers(kind: &str) -> &'static str {
    match kind {
        "engine" => "The engine",
        "assistant" => "The assistant",
        "friend" => "The friend",
        _ => "The puzzle",
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
        let who = if played.by == "person" {
            "The person"
        } else {
            who_answers(played.by)
        };
        let _ = write!(text, "\n{count}{}{again}.", said(played, who));
    } else if view.repeated {
        text.push_str("\nThis call was a repetition; nothing was done again.");
    }
    if let Some(reply) = &view.reply {
        let _ = write!(text, "\n{}.", said(reply, who_answers(reply.by)));
    }
    if view.reply_pending {
        text.push_str("\nThe engine has not answered yet; the move is kept and the reply will follow.");
    }
}

fn said(played: &MoveView, who: &str) -> String {
    format!("{who} played {}: {}", played.san, played.words)
}

fn offer(view: &GameView) -> String {
    let Some(offer) = &view.offer else {
        return String::new();
    };
    let other = who_answers(view.opponent.kind);
    let (draw, own) = (offer.kind == "draw", offer.by == "person");
    match (draw, own, offer.answer) {
        (true, true, Some("accepted")) => format!(" {other} accepted the draw."),
        (true, false, Some("accepted")) => " The person accepted the draw.".to_owned(),
        (false, false, Some("accepted")) => " The person agreed to the takeback.".to_owned(),
        (true, true, Some(_)) => format!(" {other} declined the draw; the game goes on."),
        (true, true, None) => " The person's draw offer stands.".to_owned(),
        (true, false, None) => format!(" {other} offers a draw."),
        (false, true, Some(_)) => format!(" {other} declined the takeback."),
        (false, true, None) => " The person has asked for a move back; no answer yet.".to_owned(),
        (false, false, None) => {
            format!(" {other} asks to take the last move back: chess_undo with answer `accept` or `decline`.")
        }
        (true, false, Some(_)) => " The person declined the draw.".to_owned(),
        (false, false, Some(_)) => " The person declined the takeback.".to_owned(),
    }
}

fn mover(view: &GameView) -> Color {
    if view.turn == "white" {
        Color::White
    } else {
        Color::Black
    }
}

fn standing(view: &GameView) -> String {
    let offer = offer(view);
    match view.reason {
        Some(reason) => format!(
            "{}: {} ({}).{offer}",
            if view.status == "solved" {
                "Solved"
            } else {
                "The game is over"
            },
            view.result,
            reason.replace('_', " ")
        ),
        None if view.game_id.is_none() => String::new(),
        None if view.status == "solved" => format!("Solved.{offer}"),
        None if view.status == "unsolved" => format!("Not solved; the solution was told.{offer}"),
        None => {
            let check = if view.check { ", in check" } else { "" };
            format!(
                "{} to move{check}, ply {}.{offer}",
                color_name(mover(view)),
                view.ply
            )
        }
    }
}
