//! The words of UCI that we listen to: one line in, its meaning out.
//!
//! Whatever an engine says is either understood or [`Said::Other`]; nothing it says can do harm here. Whether
//! the moves are legal is decided in [`super::search`].

use shakmaty::uci::UciMove;

use super::line::Score;

/// More of a variation than anybody reads.
const MAX_MOVES: usize = 64;

/// One line from an engine.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Name(&'a str),
    Option(&'a str),
    UciOk,
    ReadyOk,
    /// About the variation with this number, counted from 1.
    Info(usize, Info),
    /// The move as it was said.
    BestMove(&'a str),
    Other,
}

/// The state of a search, for one variation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) moves: Vec<UciMove>,
    pub(super) score: Score,
    pub(super) depth: u32,
}

/// What a line means.
pub(super) fn read(line: &str) -> Said<'_> {
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim_start();
    match word {
        "uciok" => Said::UciOk,
        "readyok" => Said::ReadyOk,
        "id" => rest
            .strip_prefix("name ")
            .map_or(Said::Other, |name| Said::Name(name.trim())),
        "option" => option_name(rest).map_or(Said::Other, Said::Option),
        "bestmove" => Said::BestMove(rest.split(' ').next().unwrap_or_default()),
        "info" => info(rest).map_or(Said::Other, |(number, info)| Said::Info(number, info)),
        _ => Said::Other,
    }
}

/// `name Skill Level type spin default 20`: names may hold spaces.
fn option_name(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix("name ")?;
    let (name, _) = name.split_once(" type ")?;
    Some(name.trim())
}

/// `depth 12 … multipv 2 score cp 31 … pv e2e4 e7e5`. `None` for anything without an exact score and a
/// variation: bounds, the move being searched, `string …`.
fn info(rest: &str) -> Option<(usize, Info)> {
    let mut words = rest.split_ascii_whitespace();
    let (mut depth, mut number, mut score) = (None, 1, None);
    loop {
        match words.next()? {
            "depth" => depth = words.next()?.parse().ok(),
            "multipv" => number = words.next()?.parse().ok()?,
            "score" => score = Some(read_score(&mut words)?),
            "lowerbound" | "upperbound" | "string" => return None,
            "pv" => break,
            _ => {}
        }
    }
    let moves: Vec<UciMove> = words.map_while(|uci| uci.parse().ok()).take(MAX_MOVES).collect();
    let info = Info {
        moves,
        score: score?,
        depth: depth?,
    };
    (number >= 1 && !info.moves.is_empty()).then_some((number, info))
}

fn read_score<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Score> {
    let unit = words.next()?;
    let value = words.next()?.parse().ok()?;
    match unit {
        "cp" => Some(Score::Centipawns(value)),
        "mate" => Some(Score::Mate(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moves(text: &str) -> Vec<UciMove> {
        text.split(' ').map(|uci| uci.parse().unwrap()).collect()
    }

    #[test]
    fn lines_of_stockfish_are_understood() {
        assert_eq!(read("id name Stockfish 15.1"), Said::Name("Stockfish 15.1"));
        assert_eq!(read("id author the Stockfish developers"), Said::Other);
        assert_eq!(
            read("option name Skill Level type spin default 20 min 0 max 20"),
            Said::Option("Skill Level")
        );
        assert_eq!(read("uciok\r"), Said::UciOk);
        assert_eq!(read("readyok"), Said::ReadyOk);
        assert_eq!(read("bestmove e2e4 ponder e7e6"), Said::BestMove("e2e4"));
        assert_eq!(read("bestmove (none)"), Said::BestMove("(none)"));
        let line =
            "info depth 5 seldepth 6 multipv 2 score cp -31 nodes 999 nps 1 tbhits 0 time 1 pv e2e4 e7e5";
        let info = Info {
            moves: moves("e2e4 e7e5"),
            score: Score::Centipawns(-31),
            depth: 5,
        };
        assert_eq!(read(line), Said::Info(2, info));
        let info = Info {
            moves: moves("h5f7"),
            score: Score::Mate(1),
            depth: 245,
        };
        assert_eq!(read("info depth 245 score mate 1 pv h5f7"), Said::Info(1, info));
    }

    #[test]
    fn what_carries_no_result_is_passed_over() {
        for line in [
            "",
            "bestmoves e2e4",
            "info string pv e2e4",
            "info depth 5 currmove e2e4 currmovenumber 1",
            "info depth 5 score cp 31 lowerbound nodes 9 pv e2e4",
            "info depth 5 score cp 99999999999 pv e2e4",
            "info depth 5 score wdl 1 pv e2e4",
            "info depth 5 score cp 31 pv",
            "info depth 5 score cp 31 pv e2e9",
            "info depth -5 score cp 31 pv e2e4",
            "info score cp 31 pv e2e4",
            "info depth 5 multipv 0 score cp 31 pv e2e4",
            "info depth 5 multipv -1 score cp 31 pv e2e4",
            "option name Skill Level",
        ] {
            assert_eq!(read(line), Said::Other, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_does_harm(line in ".{0,300}") {
            let _ = read(&line);
        }

        #[test]
        fn no_almost_right_line_does_harm(
            words in proptest::collection::vec(
                prop_oneof![
                    Just("info"), Just("depth"), Just("score"), Just("cp"), Just("mate"), Just("pv"),
                    Just("multipv"), Just("e2e4"), Just("-1"), Just("18446744073709551616"), Just("bestmove"),
                    Just("option"), Just("name"), Just("type"), Just("id"), Just("\u{0}"), Just("é"),
                ],
                0..20,
            ),
        ) {
            if let Said::Info(number, info) = read(&words.join(" ")) {
                prop_assert!(number >= 1);
                prop_assert!(!info.moves.is_empty());
            }
        }
    }
}
