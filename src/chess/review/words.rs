//! One sentence about a move that lost something: how the game stood, how it stands, what was better.
//!
//! Only evaluations and a played-out exchange speak here; why a plan was wrong is nothing they know.

use shakmaty::{Chess, Move, Role, Square};

use super::super::board::points;
use super::super::exchange::gain;
use super::super::wording::{color_name, role_name};
use super::ReviewedMove;

/// What a sentence is made of.
pub(super) struct Told<'a> {
    pub(super) reviewed: &'a ReviewedMove,
    /// The move with its number: `12. h3`.
    pub(super) played: String,
    /// The engine's, likewise.
    pub(super) better: Option<String>,
    /// The piece that the move left to be taken.
    pub(super) left: Option<(Role, Square)>,
}

/// How a side stands, from its chances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Losing,
    ClearlyWorse,
    SlightlyWorse,
    Even,
    SlightlyBetter,
    ClearlyBetter,
    Winning,
}

impl Standing {
    /// The bounds are about half a pawn, a pawn and a half, and three pawns.
    pub(super) fn of(percent: f64) -> Self {
        match percent {
            p if p >= 75.0 => Self::Winning,
            p if p >= 63.0 => Self::ClearlyBetter,
            p if p >= 55.0 => Self::SlightlyBetter,
            p if p > 45.0 => Self::Even,
            p if p > 37.0 => Self::SlightlyWorse,
            p if p > 25.0 => Self::ClearlyWorse,
            _ => Self::Losing,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Losing => "losing",
            Self::ClearlyWorse => "clearly worse",
            Self::SlightlyWorse => "slightly worse",
            Self::Even => "even",
            Self::SlightlyBetter => "slightly better",
            Self::ClearlyBetter => "clearly better",
            Self::Winning => "winning",
        }
    }

    /// What the better move did, said after it.
    const fn kept(self) -> &'static str {
        match self {
            Self::Winning => "kept the winning position",
            Self::ClearlyBetter | Self::SlightlyBetter => "kept the advantage",
            Self::Even => "kept the balance",
            Self::SlightlyWorse | Self::ClearlyWorse | Self::Losing => "held more",
        }
    }
}

impl Told<'_> {
    pub(super) fn sentence(&self) -> String {
        let mover = self.reviewed.mover;
        let missed = self.reviewed.before.mate_by(mover);
        let allowed = self
            .reviewed
            .after
            .mate_by(mover.other())
            .filter(|_| self.reviewed.before.mate_by(mover.other()).is_none());
        match (missed, allowed) {
            (Some(n), None) => self.mate_missed(n),
            (None, Some(n)) => self.mate_allowed(n),
            (Some(_), Some(n)) => self.mate_turned(n),
            (None, None) => self.chances_lost(),
        }
    }

    fn mate_missed(&self, moves: u32) -> String {
        let (played, name) = (&self.played, color_name(self.reviewed.mover));
        match &self.better {
            Some(better) if moves <= 1 => format!("With {played} {name} missed mate on the move: {better}."),
            Some(better) => {
                format!("With {played} {name} missed a mate in {moves}, which begins with {better}.")
            }
            None => format!("With {played} {name} missed a mate in {}.", moves.max(1)),
        }
    }

    fn mate_allowed(&self, n: u32) -> String {
        let other = color_name(self.reviewed.mover.other());
        let prevented = self
            .better
            .as_ref()
            .map_or_else(String::new, |better| format!("; {better} prevented that"));
        format!(
            "{} allows {other} to mate {}{prevented}.",
            self.played,
            in_moves(n)
        )
    }

    fn mate_turned(&self, n: u32) -> String {
        let mover = self.reviewed.mover;
        let (name, other) = (color_name(mover), color_name(mover.other()));
        let instead = self
            .better
            .as_ref()
            .map_or_else(String::new, |better| format!("; {better} would have mated"));
        format!(
            "With {} {name} threw a forced mate away, and {other} now mates {}{instead}.",
            self.played,
            in_moves(n)
        )
    }

    fn chances_lost(&self) -> String {
        let ReviewedMove {
            mover,
            before,
            after,
            loss,
            ..
        } = self.reviewed;
        let (had, has) = (
            Standing::of(before.win_percent(*mover)),
            Standing::of(after.win_percent(*mover)),
        );
        let change = if had == has {
            format!(
                "stayed {} but lost {loss:.0} points of winning chances",
                has.words()
            )
        } else {
            format!("went from {} to {}", had.words(), has.words())
        };
        let left = self.left.map_or_else(String::new, |(role, square)| {
            format!("left the {} on {square} to be taken and ", role_name(role))
        });
        let better = self
            .better
            .as_ref()
            .map_or_else(String::new, |better| format!("; {better} {}", had.kept()));
        format!(
            "With {} {} {left}{change}{better}.",
            self.played,
            color_name(*mover)
        )
    }
}

fn in_moves(moves: u32) -> String {
    if moves <= 1 {
        "on the move".to_owned()
    } else {
        format!("in {moves} moves")
    }
}

/// A loss of this many points is worth a word.
const NOTABLE: i32 = 2;

/// The piece that `reply` takes in `after` and that exchanges do not win back, what `played` took included.
pub(super) fn left_to_be_taken(after: &Chess, played: Move, reply: Option<Move>) -> Option<(Role, Square)> {
    let reply = reply?;
    let taken = reply.capture().filter(|_| !reply.is_en_passant())?;
    let lost = gain(after, reply.to()) - played.capture().map_or(0, points);
    (lost >= NOTABLE).then_some((taken, reply.to()))
}

#[cfg(test)]
mod tests {
    use shakmaty::Color;

    use super::super::super::assessment::Assessment;
    use super::super::super::notation::read_move;
    use super::super::super::start::Start;
    use super::super::super::variant::Variant;
    use super::*;

    fn sentence(before: Assessment, after: Assessment, better: bool, left: Option<(Role, Square)>) -> String {
        let mover = Color::White;
        let reviewed = ReviewedMove {
            ply: 22,
            mover,
            san: "h3".to_owned(),
            before,
            after,
            accuracy: 0.0,
            loss: before.win_percent(mover) - after.win_percent(mover),
            slip: None,
        };
        Told {
            reviewed: &reviewed,
            played: "12. h3".to_owned(),
            better: better.then(|| "12. Nc3".to_owned()),
            left,
        }
        .sentence()
    }

    #[test]
    fn sentences_say_what_is_known() {
        let cp = Assessment::Centipawns;
        let mate = |winner, moves| Assessment::Mate { winner, moves };
        let (white, black) = (Color::White, Color::Black);
        for (before, after, better, left, expected) in [
            (
                cp(200),
                cp(-400),
                true,
                None,
                "With 12. h3 White went from clearly better to losing; 12. Nc3 kept the advantage.",
            ),
            (
                cp(0),
                cp(-320),
                true,
                Some((Role::Knight, Square::D5)),
                "With 12. h3 White left the knight on d5 to be taken and went from even to losing; \
                 12. Nc3 kept the balance.",
            ),
            (
                cp(900),
                cp(400),
                false,
                None,
                "With 12. h3 White stayed winning but lost 15 points of winning chances.",
            ),
            (
                mate(white, 1),
                cp(300),
                true,
                None,
                "With 12. h3 White missed mate on the move: 12. Nc3.",
            ),
            (
                mate(white, 3),
                cp(300),
                true,
                None,
                "With 12. h3 White missed a mate in 3, which begins with 12. Nc3.",
            ),
            (
                cp(0),
                mate(black, 2),
                true,
                None,
                "12. h3 allows Black to mate in 2 moves; 12. Nc3 prevented that.",
            ),
            (
                cp(0),
                mate(black, 1),
                false,
                None,
                "12. h3 allows Black to mate on the move.",
            ),
            (
                mate(white, 2),
                mate(black, 4),
                true,
                None,
                "With 12. h3 White threw a forced mate away, and Black now mates in 4 moves; \
                 12. Nc3 would have mated.",
            ),
        ] {
            assert_eq!(sentence(before, after, better, left), expected);
        }
    }

    #[test]
    fn a_trade_leaves_nothing_to_be_taken() {
        for (fen, played, reply, expected) in [
            (
                "4k3/8/2p5/8/8/2N5/8/4K3 w - -",
                "Nd5",
                "cxd5",
                Some((Role::Knight, Square::D5)),
            ),
            // Queen takes queen and is taken back.
            ("3qk3/8/8/8/8/8/8/3QK3 w - -", "Qxd8+", "Kxd8", None),
            ("4k3/8/2p5/8/8/2N5/8/4K3 w - -", "Nd5", "c5", None),
        ] {
            let start = Start::from_fen(fen, Variant::Standard).unwrap();
            let mut after = start.position().clone();
            let played = read_move(&after, played).unwrap();
            shakmaty::Position::play_unchecked(&mut after, played);
            let reply = read_move(&after, reply).unwrap();
            assert_eq!(left_to_be_taken(&after, played, Some(reply)), expected, "{fen}");
        }
    }

    #[test]
    fn standings_are_symmetrical() {
        for (percent, mirrored) in [
            (80.0, 20.0),
            (75.0, 25.0),
            (65.0, 35.0),
            (57.0, 43.0),
            (50.0, 50.0),
        ] {
            let (standing, other) = (Standing::of(percent), Standing::of(mirrored));
            assert_eq!(standing as i32 - 3, 3 - other as i32, "{percent}");
        }
    }
}
