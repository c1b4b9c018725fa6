//! Sentences a coach may rely on: only what the rules or a played-out exchange prove.

use shakmaty::san::SanPlus;
use shakmaty::{Chess, Color, Move, Position, Role};

use super::board::{Material, points};
use super::exchange::Exchanges;
use super::game::Game;
use super::mate_in_one::mate_in_one;
use super::tactics::{Fork, after, passed, pins, the_piece};
use super::wording::{color_name, role_name};

/// For whom, and whether, more than the bare facts is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coaching {
    /// Captures, checks and material only.
    Off,
    /// Also what hangs, is pinned or forked, what threatens, and what the last move missed, from this side's point of view.
    For(Color),
}

/// No more sentences than a listener keeps.
const MOST: usize = 3;

/// A loss of this many points is worth a word; less is positional taste.
const NOTABLE: i32 = 2;

/// So many captures are played out for one call. Positions from games need some dozens, and hardly ever a thousand;
/// of a board full of queens, which could take seconds, less is said.
const CAPTURES: u32 = 3_000;

/// Up to three sentences about the game as it stands, the most important first; `since` is the ply from
/// which moves are news.
pub fn facts(game: &Game, since: usize, coaching: Coaching) -> Vec<String> {
    let mut facts = Vec::new();
    if let Coaching::For(person) = coaching
        && game.is_ongoing()
        && game.turn() == person
    {
        facts.extend(coached(game, since, person));
    } else {
        facts.extend(check(game));
    }
    facts.extend((since..game.ply()).rev().filter_map(|ply| capture(game, ply)));
    let material = Material::of(game.position());
    let even = material == Material::of(&game.positions()[0]);
    facts.truncate(if even { MOST } else { MOST - 1 });
    if !even || facts.is_empty() {
        facts.push(material.words());
    }
    facts
}

/// What a coach says to `person`, whose turn it is.
fn coached(game: &Game, since: usize, person: Color) -> Vec<String> {
    let position = game.position();
    let exchanges = Exchanges::within(CAPTURES);
    let proved = |fact: Option<String>| fact.filter(|_| !exchanges.is_exhausted());
    let passed = passed(position);
    let in_turn = passed.as_ref();
    let slip = proved(mistake(game, since, person, &exchanges));
    let mut facts = Vec::new();
    // What the last move gave away is not said twice.
    let own_loose = in_turn
        .filter(|_| slip.is_none())
        .and_then(|passed| own_loose_piece(passed, &exchanges));
    facts.extend(slip);
    facts.extend(check(game));
    facts.extend(in_turn.and_then(mate_threat));
    facts.extend(proved(own_loose));
    facts.extend(proved(their_loose_piece(position, &exchanges)));
    facts.extend(proved(in_turn.and_then(|passed| fork_threat(passed, &exchanges))));
    facts.extend(proved(fork_available(position, &exchanges)));
    facts.extend(
        [person, person.other()]
            .iter()
            .filter_map(|side| pinned(position, *side)),
    );
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

fn san(position: &Chess, m: Move) -> String {
    SanPlus::from_move(position.clone(), m).to_string()
}

/// What the side to move in `passed`, whose turn it is not, would do.
fn mate_threat(passed: &Chess) -> Option<String> {
    let threat = san(passed, mate_in_one(passed)?);
    Some(format!(
        "{} threatens mate with {threat}.",
        color_name(passed.turn())
    ))
}

fn fork_threat(passed: &Chess, exchanges: &Exchanges) -> Option<String> {
    let fork = Fork::best(passed, exchanges)?;
    Some(format!(
        "{} threatens {}, which attacks {} at once.",
        color_name(passed.turn()),
        san(passed, fork.m),
        fork.targets_words()
    ))
}

/// Names the piece and not the move, which the person may want to find.
fn fork_available(position: &Chess, exchanges: &Exchanges) -> Option<String> {
    let fork = Fork::best(position, exchanges)?;
    let (role, from) = (fork.m.role(), fork.m.from()?);
    Some(format!(
        "{}'s {} on {from} can attack {} at once.",
        color_name(position.turn()),
        role_name(role),
        fork.targets_words()
    ))
}

fn pinned(position: &Chess, side: Color) -> Option<String> {
    let pin = pins(position.board(), side)
        .into_iter()
        .filter(|pin| pin.pinned.0 != Role::Pawn)
        .max_by_key(|pin| points(pin.pinned.0))?;
    let (role, square) = pin.pinned;
    Some(format!(
        "{}'s {} on {square} is pinned to the king by {}.",
        color_name(side),
        role_name(role),
        the_piece(pin.by)
    ))
}

/// What the opponent, to move in `passed`, could win.
fn own_loose_piece(passed: &Chess, exchanges: &Exchanges) -> Option<String> {
    let (square, _) = exchanges.most_loose(passed, NOTABLE)?;
    let (capture, _) = exchanges.best_capture(passed, square)?;
    let for_nothing = is_for_nothing(passed, capture, exchanges);
    Some(loose_words(passed, capture, for_nothing))
}

/// What the side to move can win without giving back as much elsewhere.
fn their_loose_piece(position: &Chess, exchanges: &Exchanges) -> Option<String> {
    let (capture, _) = position
        .them()
        .into_iter()
        .filter_map(|square| exchanges.best_capture(position, square))
        .filter(|(capture, gain)| *gain >= NOTABLE && is_sound(position, *capture, exchanges))
        .max_by_key(|(_, gain)| *gain)?;
    let for_nothing = is_for_nothing(position, capture, exchanges);
    Some(loose_words(position, capture, for_nothing))
}

/// Whether the opponent can neither mate after `capture` nor win back so much that nothing notable is left.
fn is_sound(position: &Chess, capture: Move, exchanges: &Exchanges) -> bool {
    let after = after(position, capture);
    let won = capture.capture().map_or(0, points);
    let back = exchanges.most_loose(&after, 1).map_or(0, |(_, gain)| gain);
    won - back >= NOTABLE && mate_in_one(&after).is_none()
}

/// Whether nobody can take back, and it is no trap.
fn is_for_nothing(position: &Chess, capture: Move, exchanges: &Exchanges) -> bool {
    let after = after(position, capture);
    let taken_back = after.capture_moves().iter().any(|m| m.to() == capture.to());
    !taken_back && is_sound(position, capture, exchanges)
}

fn loose_words(position: &Chess, capture: Move, for_nothing: bool) -> String {
    let owner = color_name(position.turn().other());
    let role = capture.capture().map_or("piece", role_name);
    let how = if for_nothing {
        "can be taken for nothing"
    } else {
        "is not defended well enough"
    };
    format!("{owner}'s {role} on {} {how}.", capture.to())
}

/// What the person's last move in this call missed or gave away, in the light of the answer.
fn mistake(game: &Game, since: usize, person: Color, exchanges: &Exchanges) -> Option<String> {
    let ply = (since..game.ply())
        .rev()
        .find(|ply| game.mover(*ply) == Some(person))?;
    let before = game.position_at(ply)?;
    let after = game.position_at(ply + 1)?;
    if let Some(mate) = mate_in_one(before) {
        return Some(format!(
            "{} would have been mate; the move can be taken back.",
            san(before, mate)
        ));
    }
    if let Some(reply) = mate_in_one(after) {
        return Some(format!(
            "That move allowed mate with {}; it can be taken back.",
            san(after, reply)
        ));
    }
    // What the move itself took is part of the trade.
    let took = game.moves().get(ply)?.capture().map_or(0, points);
    let (square, gain) = exchanges.most_loose(after, NOTABLE + 1 + took)?;
    let threatened = passed(before).and_then(|passed| exchanges.most_loose(&passed, NOTABLE + 1));
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
    use super::super::variant::Variant;
    use super::*;

    fn facts_of(fen: &str, moves: &str, coaching: Coaching) -> Vec<String> {
        let start = if fen.is_empty() {
            Start::default()
        } else {
            Start::from_fen(fen, Variant::Standard).unwrap()
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
    fn a_coach_sees_forks_and_pins() {
        for (fen, fact) in [
            (
                "r3k3/8/8/3N4/8/8/8/4K3 w - -",
                "White's knight on d5 can attack the king on e8 and the rook on a8 at once.",
            ),
            (
                "4k3/8/8/8/3n4/8/8/R3K3 w - -",
                "Black threatens Nc2+, which attacks the king on e1 and the rook on a1 at once.",
            ),
            (
                "4k3/8/8/8/1b6/2N5/1P6/4K3 w - -",
                "White's knight on c3 is pinned to the king by the bishop on b4.",
            ),
            (
                "4k3/8/2n5/1B6/8/8/8/4K3 w - -",
                "Black's knight on c6 is pinned to the king by the bishop on b5.",
            ),
        ] {
            let facts = facts_of(fen, "", Coaching::For(Color::White));
            assert!(facts.iter().any(|said| said == fact), "{facts:?}");
            let plain = facts_of(fen, "", Coaching::Off);
            assert!(!plain.iter().any(|said| said == fact), "{plain:?}");
        }
    }

    #[test]
    fn a_trade_is_no_mistake_and_a_trap_no_gift() {
        // Queens are exchanged, and nothing was left to be taken.
        let traded = facts_of(
            "3qk3/8/8/8/8/8/8/3QK3 w - -",
            "Qxd8+ Kxd8",
            Coaching::For(Color::White),
        );
        assert!(
            !traded.iter().any(|fact| fact.contains("taken back")),
            "{traded:?}"
        );
        // The rook that takes the knight leaves its back rank to Black's rook.
        let trap = facts_of(
            "3r2k1/5ppp/8/8/2n5/8/5PPP/2R3K1 w - -",
            "",
            Coaching::For(Color::White),
        );
        assert!(!trap.iter().any(|fact| fact.contains("knight on c4")), "{trap:?}");
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
    fn boards_full_of_queens_are_judged_in_time() {
        for fen in [
            "kqqqqqqq/qqqqqqqq/8/8/8/8/QQQQQQQQ/KQQQQQQQ w - -",
            "k1q1q1q1/q1q1q1q1/1Q1Q1Q1Q/q1q1q1q1/1Q1Q1Q1Q/q1q1q1q1/1Q1Q1Q1Q/Q1Q1Q1QK w - -",
        ] {
            let game = Game::new(&Start::from_fen(fen, Variant::Standard).unwrap());
            assert!(facts(&game, 0, Coaching::For(game.turn())).len() <= 3);
        }
        // Which captures pay cannot be played out in time here, so that nothing is said of them.
        let crowded = "bqqbBBbr/RqBRBRq1/Rb1Qqrkq/BRRRrqb1/BrqbrqbB/rbbbrrb1/QQRrqB1Q/qb1QrRQK w - -";
        assert_eq!(
            facts_of(crowded, "", Coaching::For(Color::White)),
            ["Black is ahead by five queens, a rook and four bishops."]
        );
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
