//! Sentences a coach may rely on: only what the rules or a played-out exchange prove.

use shakmaty::san::SanPlus;
use shakmaty::{Chess, Color, Position, Square};

use super::board::{Material, points};
use super::exchange::most_loose;
use super::game::Game;
use super::wording::{color_name, role_name};

/// For whom, and whether, more than the bare facts is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coaching {
    /// Captures, checks and material only.
    Off,
    /// Also what hangs, what threatens, and what the last move missed, from this side's point of view.
    For(Color),
}

/// No more sentences than a listener keeps.
const MOST: usize = 3;

/// A loss of this many points is worth a word; less is positional taste.
const NOTABLE: i32 = 2;

/// Up to three sentences about the game as it stands; `since` is the ply from which moves are news.
pub fn facts(game: &Game, since: usize, coaching: Coaching) -> Vec<String> {
    let mut facts = Vec::new();
    if let Coaching::For(person) = coaching
        && game.is_ongoing()
        && game.turn() == person
    {
        let slip = mistake(game, since, person);
        facts.extend(mate_threat(game.position()));
        // What the last move gave away is not said twice.
        facts.extend(own_loose_piece(game.position()).filter(|_| slip.is_none()));
        facts.extend(their_loose_piece(game.position()));
        facts.splice(0..0, slip);
    }
    facts.extend(check(game));
    facts.extend((since..game.ply()).rev().filter_map(|ply| capture(game, ply)));
    let material = Material::of(game.position());
    let even = material == Material::of(&game.positions()[0]);
    facts.truncate(if even { MOST } else { MOST - 1 });
    if !even || facts.is_empty() {
        facts.push(material.words());
    }
    facts
}

fn check(game: &Game) -> Option<String> {
    let name = color_name(game.turn());
    (game.is_ongoing() && game.position().is_check()).then(|| format!("{name} is in check."))
}

fn capture(game: &Game, ply: usize) -> Option<String> {
    let m = game.moves().get(ply)?;
    let taken = m.capture()?;
    let by = color_name(game.mover(ply)?);
    let (mover, taken) = (role_name(m.role()), role_name(taken));
    // Where the pawn is taken in passing, it did not stand where its taker arrives.
    let how = if m.is_en_passant() {
        "en passant, arriving on"
    } else {
        "on"
    };
    Some(format!("{by}'s {mover} took a {taken} {how} {}.", m.to()))
}

/// The position with the other side to move, where nobody is in check.
fn passed(position: &Chess) -> Option<Chess> {
    if position.is_check() {
        return None;
    }
    position.clone().swap_turn().ok()
}

fn mating_move(position: &Chess) -> Option<String> {
    position.legal_moves().into_iter().find_map(|m| {
        let mut after = position.clone();
        after.play_unchecked(m);
        after
            .is_checkmate()
            .then(|| SanPlus::from_move(position.clone(), m).to_string())
    })
}

fn mate_threat(position: &Chess) -> Option<String> {
    let passed = passed(position)?;
    let threat = mating_move(&passed)?;
    Some(format!(
        "{} threatens mate with {threat}.",
        color_name(passed.turn())
    ))
}

fn own_loose_piece(position: &Chess) -> Option<String> {
    loose_piece(&passed(position)?)
}

fn their_loose_piece(position: &Chess) -> Option<String> {
    loose_piece(position)
}

fn loose_piece(position: &Chess) -> Option<String> {
    let (square, gain) = most_loose(position, NOTABLE)?;
    Some(sentence_on_loose(position, square, gain))
}

fn sentence_on_loose(position: &Chess, square: Square, gain: i32) -> String {
    let owner = color_name(position.turn().other());
    let Some(role) = position.board().role_at(square) else {
        return String::new();
    };
    let how = if gain >= points(role) {
        "can be taken for nothing"
    } else {
        "is not defended well enough"
    };
    format!("{owner}'s {} on {square} {how}.", role_name(role))
}

/// What the person's last move in this call missed or gave away, in the light of the answer.
fn mistake(game: &Game, since: usize, person: Color) -> Option<String> {
    let ply = (since..game.ply())
        .rev()
        .find(|ply| game.mover(*ply) == Some(person))?;
    let before = game.position_at(ply)?;
    let after = game.position_at(ply + 1)?;
    if let Some(mate) = mating_move(before) {
        return Some(format!(
            "{mate} would have been mate; the move can be taken back."
        ));
    }
    if let Some(reply) = mating_move(after) {
        return Some(format!(
            "That move allowed mate with {reply}; it can be taken back."
        ));
    }
    let (square, gain) = most_loose(after, NOTABLE + 1)?;
    let threatened = passed(before).and_then(|passed| most_loose(&passed, NOTABLE + 1));
    if threatened.is_some_and(|(_, before)| before >= gain) {
        return None;
    }
    let role = after.board().role_at(square)?;
    Some(format!(
        "That move left the {} on {square} to be taken; it can be taken back.",
        role_name(role)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::start::Start;
    use super::*;

    fn facts_of(fen: &str, moves: &str, coaching: Coaching) -> Vec<String> {
        let start = if fen.is_empty() {
            Start::default()
        } else {
            Start::from_fen(fen).unwrap()
        };
        let mut game = Game::new(&start);
        for text in moves.split_whitespace() {
            game.play(game.read(text).unwrap()).unwrap();
        }
        let since = game.ply().saturating_sub(2);
        facts(&game, since, coaching)
    }

    #[test]
    fn captures_checks_and_material_are_said() {
        assert_eq!(facts_of("", "e4 e5", Coaching::Off), ["Material is even."]);
        assert_eq!(
            facts_of("", "e4 d5 exd5 Qxd5", Coaching::Off),
            [
                "Black's queen took a pawn on d5.",
                "White's pawn took a pawn on d5."
            ]
        );
        assert_eq!(facts_of("", "e4 d5 Bb5", Coaching::Off), ["Black is in check."]);
        assert_eq!(
            facts_of("4k3/8/8/3pP3/8/8/8/4K3 w - d6", "exd6", Coaching::Off)[0],
            "White's pawn took a pawn en passant, arriving on d6."
        );
        assert_eq!(
            facts_of("4k3/8/8/3n4/4P3/8/8/4K3 w - -", "exd5", Coaching::Off),
            ["White's pawn took a knight on d5.", "White is ahead by a pawn."]
        );
    }

    #[test]
    fn a_coach_sees_threats_and_loose_pieces() {
        let threatened = facts_of("", "e4 e5 Bc4 Nc6 Qh5", Coaching::For(Color::Black));
        assert!(
            threatened.contains(&"White threatens mate with Qxf7#.".to_owned()),
            "{threatened:?}"
        );
        let loose = "4k3/8/8/3n4/4P3/8/8/4K3 w - -";
        assert_eq!(
            facts_of(loose, "", Coaching::For(Color::White))[0],
            "Black's knight on d5 can be taken for nothing."
        );
        let plain = facts_of(loose, "", Coaching::Off);
        assert!(
            !plain.iter().any(|fact| fact.contains("for nothing")),
            "{plain:?}"
        );
    }

    #[test]
    fn a_coach_names_what_the_last_move_missed() {
        let missed = facts_of(
            "6k1/5ppp/8/8/8/8/5PPP/R5K1 w - -",
            "Ra7 h6",
            Coaching::For(Color::White),
        );
        assert_eq!(
            missed[0],
            "Ra8# would have been mate; the move can be taken back."
        );
        let blundered = facts_of(
            "4k3/8/2p5/8/8/2N5/8/4K3 w - -",
            "Nd5 Kd7",
            Coaching::For(Color::White),
        );
        assert_eq!(
            blundered[0],
            "That move left the knight on d5 to be taken; it can be taken back."
        );
        let allowed = facts_of("", "f3 e5 g4 d6", Coaching::For(Color::White));
        assert_eq!(
            allowed[0],
            "That move allowed mate with Qh4#; it can be taken back."
        );
        let fine = facts_of("", "e4 e5 Nf3 Nc6", Coaching::For(Color::White));
        assert!(!fine.iter().any(|f| f.contains("taken back")), "{fine:?}");
    }

    #[test]
    fn never_more_than_three() {
        let many = facts_of(
            "r3k3/8/8/3n4/4P3/8/6q1/R3K2R w - -",
            "exd5 Qxh1+",
            Coaching::For(Color::White),
        );
        assert!(many.len() <= 3, "{many:?}");
    }
}
