//! What the tags of a PGN say: the players, where the game began, and how it ended.

use super::super::game::Game;
use super::super::outcome::{Claim, Ending, Reason, Score, automatic_ending};
use super::super::pgn::PgnTags;
use super::super::refusal::Refusal;
use super::super::start::Start;
use super::super::variant::Variant;

/// The tags of one game as they stand in the text.
#[derive(Debug, Default)]
pub(super) struct Tags<'a>(Vec<(&'a str, String)>);

/// A value longer than this is cut.
const LONGEST: usize = 200;

impl<'a> Tags<'a> {
    pub(super) fn push(&mut self, name: &'a str, value: String) {
        self.0.push((name, value));
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    }

    fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.trim())
    }

    /// The value without what means that there is none.
    fn known(&self, name: &str) -> Option<String> {
        let printable: String = self.value(name).chars().filter(|c| !c.is_control()).collect();
        let value: String = printable.trim().chars().take(LONGEST).collect();
        let says_nothing = value.chars().all(|c| matches!(c, '?' | '-' | '.' | ' '));
        (!says_nothing).then(|| value.trim_end().to_owned())
    }

    fn elo(&self, name: &str) -> Option<u16> {
        let value = self.value(name);
        let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        value[..end].parse().ok().filter(|elo| *elo > 0)
    }

    pub(super) fn imported(&self) -> PgnTags {
        PgnTags {
            event: self.known("Event"),
            site: self.known("Site"),
            date: self.known("Date").or_else(|| self.known("UTCDate")),
            round: self.known("Round"),
            white: self.known("White"),
            black: self.known("Black"),
            white_elo: self.elo("WhiteElo"),
            black_elo: self.elo("BlackElo"),
            time_control: self.known("TimeControl"),
        }
    }

    /// Where the game began, or why it cannot be read, in a clause.
    pub(super) fn start(&self) -> Result<Start, String> {
        let variant = variant(self.value("Variant"))?;
        let fen = self.value("FEN");
        if fen.is_empty() || fen == "?" || self.value("SetUp") == "0" {
            return Ok(Start::usual(variant));
        }
        Start::from_fen(fen, variant).map_err(|refusal| match refusal {
            Refusal::Fen(why) => format!("its FEN tag cannot be used: {why}"),
            other => other.to_string(),
        })
    }

    /// How the game ended: by the rules where its last position says so, else by the result. A victory is believed
    /// even after what would have been a draw by itself today.
    pub(super) fn ending(&self, game: &Game, after_moves: Option<Score>) -> Option<Ending> {
        let told = self.told_ending(game, after_moves);
        let by_rule = automatic_ending(game.positions());
        let is_young = |ending: Ending| matches!(ending.reason, Reason::Fivefold | Reason::SeventyFiveMoves);
        let won = told.filter(|ending| ending.score.winner().is_some());
        by_rule.filter(|rule| !is_young(*rule) || won.is_none()).or(told)
    }

    /// What the moves do not say: by the result tag, else by the result after the moves.
    fn told_ending(&self, game: &Game, after_moves: Option<Score>) -> Option<Ending> {
        let score = tag_result(self.value("Result"))
            .filter(|score| *score != Score::None)
            .or(after_moves)?;
        let termination = self.value("Termination").to_lowercase();
        let reason = match score {
            Score::None => return None,
            Score::Draw => draw_reason(game.claim(), &termination),
            Score::White | Score::Black => loss_reason(&termination),
        };
        Some(Ending { score, reason })
    }
}

/// The one place that maps the variant tag.
fn variant(tag: &str) -> Result<Variant, String> {
    let name: String = tag
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match name.as_str() {
        "" | "standard" | "chess" | "normal" | "classical" | "orthodox" | "fromposition" => {
            Ok(Variant::Standard)
        }
        "chess960" | "fischerandom" | "fischerrandom" | "fischerrandomchess" | "freestyle"
        | "freestylechess" => Ok(Variant::Chess960),
        _ => {
            let tag: String = tag.chars().filter(|c| !c.is_control()).take(40).collect();
            Err(format!("it is a game of {tag}, which is not played here"))
        }
    }
}

/// A result as it stands after moves, in the standard's and in people's spelling.
pub(super) fn result(word: &str) -> Option<Score> {
    let plain: String = word
        .chars()
        .map(|c| {
            if matches!(c, '–' | '—' | '−' | ':') {
                '-'
            } else {
                c
            }
        })
        .collect();
    match plain.as_str() {
        "1-0" => Some(Score::White),
        "0-1" => Some(Score::Black),
        "1/2-1/2" | "½-½" | "1/2" | "½" | "0.5-0.5" | "0,5-0,5" | ".5-.5" => Some(Score::Draw),
        "*" => Some(Score::None),
        _ => None,
    }
}

/// The same in a tag, where signs of a forfeit are no evaluation, and more may follow.
fn tag_result(value: &str) -> Option<Score> {
    let word = value.split_whitespace().next()?;
    match word {
        "+/-" | "+:-" | "+-" | "1-0F" => Some(Score::White),
        "-/+" | "-:+" | "-+" | "0-1F" => Some(Score::Black),
        _ => result(word),
    }
}

/// Where nothing else is said, somebody gave up.
fn loss_reason(termination: &str) -> Reason {
    let on_time = ["time", "flag"].iter().any(|word| termination.contains(word));
    if on_time && !termination.contains("resign") {
        Reason::Timeout
    } else {
        Reason::Resignation
    }
}

/// A draw by rule is believed where the moves bear it out.
fn draw_reason(claim: Option<Claim>, termination: &str) -> Reason {
    if termination.contains("agree") {
        return Reason::Agreement;
    }
    if termination.contains("time") {
        return Reason::Timeout;
    }
    claim.map_or(Reason::Agreement, Claim::reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&'static str, &str)]) -> Tags<'static> {
        Tags(
            pairs
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn what_says_nothing_is_none() {
        let imported = tags(&[
            ("event", "  Club\u{7} night "),
            ("Site", "?"),
            ("Date", "????.??.??"),
            ("UTCDate", "2024.05.01"),
            ("Round", "-"),
            ("WhiteElo", "1820?"),
            ("BlackElo", "-"),
        ])
        .imported();
        assert_eq!(
            imported,
            PgnTags {
                event: Some("Club night".to_owned()),
                date: Some("2024.05.01".to_owned()),
                white_elo: Some(1820),
                ..PgnTags::default()
            }
        );
    }

    #[test]
    fn starts_are_honoured_or_named() {
        let fen = "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1";
        assert!(tags(&[]).start().unwrap().is_standard());
        assert!(!tags(&[("FEN", fen)]).start().unwrap().is_standard());
        assert!(
            tags(&[("FEN", fen), ("SetUp", "0")])
                .start()
                .unwrap()
                .is_standard()
        );
        assert!(
            tags(&[("Variant", "From Position"), ("FEN", fen)])
                .start()
                .is_ok()
        );
        for (name, value, why) in [
            (
                "FEN",
                "8/8",
                "its FEN tag cannot be used: it needs four to six fields",
            ),
            ("Variant", "Crazyhouse", "a game of Crazyhouse"),
        ] {
            let fault = tags(&[(name, value)]).start().unwrap_err();
            assert!(fault.contains(why), "{fault}");
        }
    }

    #[test]
    fn endings_follow_result_and_termination() {
        use Reason::{Agreement, Resignation, Timeout};
        let game = Game::default();
        for (result, termination, after_moves, expected) in [
            ("1-0", "Normal", None, Some((Score::White, Resignation))),
            ("0-1", "Time forfeit", None, Some((Score::Black, Timeout))),
            ("1-0", "ana won on time", None, Some((Score::White, Timeout))),
            (
                "1-0",
                "timeless won by resignation",
                None,
                Some((Score::White, Resignation)),
            ),
            ("1/2-1/2", "", None, Some((Score::Draw, Agreement))),
            (
                "½–½",
                "Game drawn by timeout vs insufficient material",
                None,
                Some((Score::Draw, Timeout)),
            ),
            // Nothing was repeated.
            (
                "1/2-1/2",
                "drawn by repetition",
                None,
                Some((Score::Draw, Agreement)),
            ),
            ("*", "unterminated", Some(Score::None), None),
            ("*", "", Some(Score::Black), Some((Score::Black, Resignation))),
            ("?", "", Some(Score::Draw), Some((Score::Draw, Agreement))),
            ("1-0 (forfeit)", "", None, Some((Score::White, Resignation))),
            ("+/-", "", None, Some((Score::White, Resignation))),
            ("", "", None, None),
        ] {
            let tags = tags(&[("Result", result), ("Termination", termination)]);
            let ending = tags.ending(&game, after_moves);
            assert_eq!(
                ending.map(|ending| (ending.score, ending.reason)),
                expected,
                "{result} {termination}"
            );
        }
    }
}
