//! What may be done in a game now, and what the model does next.

use crate::chess::{Opponent, color_name};
use crate::games::{AttemptState, StoredGame};

/// What the person may do, in the words of the result.
pub(super) fn can(stored: &StoredGame) -> Vec<&'static str> {
    if let Some(attempt) = &stored.puzzle {
        return match attempt.state {
            AttemptState::Open => vec!["move", "hint", "solution", "another"],
            AttemptState::Solved | AttemptState::Unsolved => vec!["another"],
        };
    }
    let game = &stored.game;
    let persons_turn = stored.is_persons_turn();
    let shared = stored.opponent == Opponent::Friend;
    let alone = shared && stored.friend.as_ref().is_none_or(|friend| friend.other.is_none());
    let talks = game.is_ongoing() && stored.opponent.is_player() && !alone;
    let offered = talks && game.draw_offer().is_some_and(|by| !stored.person.plays(by));
    let wish = stored.friend.as_ref().and_then(|friend| friend.undo_offer);
    let wished = talks && wish.is_some_and(|by| !stored.person.plays(by));
    let moved = (0..game.ply()).any(|ply| game.mover(ply).is_some_and(|by| stored.person.plays(by)));
    let back = stored.imported.is_none()
        && (moved || !game.is_ongoing())
        && (game.is_ongoing() || !shared)
        && !alone;
    [
        ("move", persons_turn),
        ("undo", back && !wished),
        ("hint", persons_turn && !shared),
        ("resign", talks),
        ("abort", stored.is_open() && (game.ply() < 2 || alone)),
        ("offer_draw", talks && !offered),
        ("accept_draw", offered),
        ("decline_draw", offered),
        ("claim_draw", persons_turn && game.claim().is_some()),
        ("accept_undo", wished),
        ("decline_undo", wished),
    ]
    .into_iter()
    .filter_map(|(what, may)| may.then_some(what))
    .collect()
}

/// Whether the next move comes from the person, or from the model as their opponent.
pub(super) fn is_somebody_here_to_move(stored: &StoredGame) -> bool {
    stored.is_persons_turn() || is_assistants_turn(stored)
}

pub(super) fn is_assistants_turn(stored: &StoredGame) -> bool {
    stored.is_open() && stored.opponent == Opponent::Assistant && !stored.is_persons_turn()
}

/// One sentence: what the model does next.
pub(super) fn next(stored: &StoredGame) -> String {
    let (id, ply) = (stored.id, stored.game.ply());
    if !stored.is_open() {
        return after_the_end(stored);
    }
    if stored.owes_reply() {
        return format!(
            "The engine is away, its reply follows by itself: look again with chess_status, game_id {id}."
        );
    }
    match stored.opponent {
        Opponent::Assistant if is_assistants_turn(stored) => format!(
            "Your move as {}: choose one of the legal moves and call chess_move with game_id {id}, expected_ply {ply} \
             and by `assistant`.",
            color_name(stored.game.turn())
        ),
        Opponent::Engine { .. } | Opponent::Assistant => format!(
            "Wait for the person's move, then call chess_move with game_id {id} and expected_ply {ply}."
        ),
        Opponent::Friend => with_friend(stored),
        Opponent::Nobody => format!(
            "Enter the person's moves: chess_move with game_id {id}, expected_ply {ply}, or chess_play_line."
        ),
        Opponent::Puzzle => format!(
            "Let the person find the move and say nothing of the solution; send it with chess_move, game_id {id}, \
             expected_ply {ply}. chess_hint helps{}.",
            if hint_costs(stored) {
                ", at a cost to the rating"
            } else {
                ""
            }
        ),
    }
}

/// Whether the puzzle would no longer count as solved.
fn hint_costs(stored: &StoredGame) -> bool {
    stored.rated && stored.puzzle.as_ref().is_some_and(|attempt| !attempt.failed)
}

fn with_friend(stored: &StoredGame) -> String {
    let (id, ply) = (stored.id, stored.game.ply());
    let friend = stored.friend.as_ref();
    if friend.is_some_and(|friend| friend.other.is_none() && friend.invitation.is_none()) {
        return format!(
            "The invitation has ended and nobody came: offer to call the game off (chess_finish with game_id {id} and \
             action `abort`) and to invite again with a new one."
        );
    }
    if friend.is_some_and(|friend| friend.other.is_none()) {
        return if stored.is_persons_turn() {
            format!(
                "Give the person the invitation to pass on. They may move already: chess_move with game_id {id} and \
                 expected_ply {ply}."
            )
        } else {
            format!(
                "Give the person the invitation to pass on; when the friend has joined, chess_show with game_id {id} \
                 says so."
            )
        };
    }
    if stored.is_persons_turn() {
        return format!(
            "Wait for the person's move, then call chess_move with game_id {id} and expected_ply {ply}."
        );
    }
    format!("The friend is to move: look again later with chess_show, game_id {id}.")
}

fn after_the_end(stored: &StoredGame) -> String {
    let id = stored.id;
    if stored.puzzle.is_some() {
        return "Offer the next puzzle: chess_puzzle with another true.".to_owned();
    }
    if stored.imported.is_some() {
        return format!(
            "Look back on it (chess_review, game_id {id}), or play on from any move of it (chess_new_game with \
             from_game {id} and ply)."
        );
    }
    format!("The game is over: offer a new one (chess_new_game) or a look back (chess_review, game_id {id}).")
}
