//! The ten opponents: how well each searches, how the first ones err, and how wide each opens.
//!
//! Levels 1 to 9 are limited by depth and nodes, never by time, and always play on the embedded engine: a
//! busy machine or another Stockfish does not change who one plays against.

use std::time::Duration;

use super::search::Limit;
use crate::chess::Outcome;

/// The strength of an opponent, 1 (first day) to 10 (all the engine has).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

/// How a level is played.
#[derive(Debug)]
pub(super) struct Plan {
    name: &'static str,
    rating: u16,
    /// In this many of a hundred moves it plays any legal move: below skill -9 the engine does not get weaker.
    pub(super) stray: u8,
    /// The engine's own handicap, -20 to 20: it picks the worse of its candidates more often the lower it is.
    pub(super) skill: i8,
    pub(super) limit: Limit,
    pub(super) repertoire: Repertoire,
}

/// Which openings a level plays: any of its best moves that is known and not much worse than the best.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repertoire {
    /// How many of its best moves it looks at.
    pub(super) lines: usize,
    /// How much worse a move may be, in hundredths of a pawn.
    pub(super) margin: i32,
}

const fn plan(name: &'static str, rating: u16, stray: u8, skill: i8, depth: u8, nodes: u32) -> Plan {
    Plan {
        name,
        rating,
        stray,
        skill,
        limit: Limit::Depth { depth, nodes },
        repertoire: WIDE,
    }
}

const WIDE: Repertoire = Repertoire {
    lines: 8,
    margin: 100,
};
const SOLID: Repertoire = Repertoire { lines: 6, margin: 50 };
const NARROW: Repertoire = Repertoire { lines: 4, margin: 30 };

const PLANS: [Plan; 10] = [
    plan("First day", 250, 80, -9, 2, 20_000),
    plan("Beginner", 400, 20, -9, 3, 20_000),
    plan("Novice", 600, 5, -7, 5, 20_000),
    plan("Casual", 800, 0, -4, 5, 20_000),
    plan("Hobby", 1000, 0, 0, 5, 20_000),
    plan("Club", 1300, 0, 3, 5, 20_000).opening(SOLID),
    plan("Strong club", 1550, 0, 7, 6, 40_000).opening(SOLID),
    plan("Expert", 1850, 0, 11, 8, 80_000).opening(SOLID),
    plan("Master", 2200, 0, 16, 12, 80_000).opening(NARROW),
    Plan {
        name: "Full strength",
        rating: 2800,
        stray: 0,
        skill: 20,
        limit: Limit::Time(Duration::from_secs(1)),
        repertoire: NARROW,
    },
];

impl Plan {
    const fn opening(mut self, repertoire: Repertoire) -> Self {
        self.repertoire = repertoire;
        self
    }
}

impl Level {
    /// The weakest.
    pub const FIRST: Self = Self(1);
    /// The strongest: the external engine where there is one.
    pub const FULL: Self = Self(10);
    /// All of them, weakest first.
    pub const ALL: [Self; 10] = {
        let mut all = [Self(1); 10];
        let mut i = 1;
        while i < 10 {
            all[i] = Self(all[i - 1].0 + 1);
            i += 1;
        }
        all
    };

    /// `None` outside 1 to 10.
    pub fn new(number: u8) -> Option<Self> {
        (1..=10).contains(&number).then_some(Self(number))
    }

    /// The level whose rating is nearest; the weaker of two equally near.
    pub fn from_rating(rating: u16) -> Self {
        let nearest = Self::ALL
            .into_iter()
            .min_by_key(|level| level.rating().abs_diff(rating));
        nearest.unwrap_or(Self::FIRST)
    }

    /// 1 to 10.
    pub fn number(self) -> u8 {
        self.0
    }

    /// What people call such a player.
    pub fn name(self) -> &'static str {
        self.plan().name
    }

    /// About how strong that is, on the scale of the large chess sites.
    pub fn rating(self) -> u16 {
        self.plan().rating
    }

    /// The level for the next game of a person who plays as strong an opponent as they can just beat: one up
    /// after a win, one down after a loss, from the first to the last.
    #[must_use]
    pub fn after(self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Win => Self::new(self.0 + 1).unwrap_or(self),
            Outcome::Draw => self,
            Outcome::Loss => Self::new(self.0 - 1).unwrap_or(self),
        }
    }

    /// How it is played, in a word that changes when the way of playing does: `stray 25 skill -9 depth 3 nodes
    /// 20000 lines 8 margin 100`.
    pub fn recipe(self) -> String {
        let plan = self.plan();
        let limit = match plan.limit {
            Limit::Depth { depth, nodes } => format!("depth {depth} nodes {nodes}"),
            Limit::Nodes(nodes) => format!("nodes {nodes}"),
            Limit::Time(time) => format!("{} ms", time.as_millis()),
        };
        let Repertoire { lines, margin } = plan.repertoire;
        format!(
            "stray {} skill {} {limit} lines {lines} margin {margin}",
            plan.stray, plan.skill
        )
    }

    pub(super) fn plan(self) -> &'static Plan {
        &PLANS[usize::from(self.0) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_to_ten_are_levels() {
        assert_eq!(Level::new(0), None);
        assert_eq!(Level::new(11), None);
        let numbers: Vec<u8> = Level::ALL.iter().map(|level| level.number()).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
        assert!(
            Level::ALL
                .iter()
                .all(|level| Level::new(level.number()) == Some(*level))
        );
    }

    #[test]
    fn each_step_claims_more_and_errs_no_more() {
        for pair in Level::ALL.windows(2) {
            let (weaker, stronger) = (pair[0].plan(), pair[1].plan());
            assert!(weaker.rating < stronger.rating, "{}", stronger.name);
            assert!(weaker.stray >= stronger.stray, "{}", stronger.name);
            assert!(weaker.skill <= stronger.skill, "{}", stronger.name);
            let margins = (weaker.repertoire.margin, stronger.repertoire.margin);
            assert!(margins.0 >= margins.1, "{}", stronger.name);
        }
    }

    #[test]
    fn only_the_last_level_depends_on_time() {
        for level in Level::ALL {
            let timed = matches!(level.plan().limit, Limit::Time(_));
            assert_eq!(timed, level == Level::FULL, "{}", level.name());
        }
    }

    #[test]
    fn a_rating_finds_its_nearest_level() {
        for level in Level::ALL {
            assert_eq!(Level::from_rating(level.rating()), level);
        }
        assert_eq!(Level::from_rating(0), Level::FIRST);
        assert_eq!(Level::from_rating(u16::MAX), Level::FULL);
        assert_eq!(Level::from_rating(Level::FIRST.rating() + 10), Level::FIRST);
    }

    #[test]
    fn an_adaptive_level_goes_up_and_down_within_the_ten() {
        let level = |number| Level::new(number).unwrap();
        for (from, outcome, to) in [
            (2, Outcome::Win, 3),
            (2, Outcome::Draw, 2),
            (2, Outcome::Loss, 1),
            (1, Outcome::Loss, 1),
            (10, Outcome::Win, 10),
            (10, Outcome::Loss, 9),
        ] {
            assert_eq!(level(from).after(outcome), level(to), "{from} {outcome:?}");
        }
    }

    #[test]
    fn no_two_levels_are_played_alike() {
        for pair in Level::ALL.windows(2) {
            assert_ne!(pair[0].recipe(), pair[1].recipe());
        }
    }
}
