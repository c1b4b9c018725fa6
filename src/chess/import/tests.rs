use proptest::prelude::*;

use super::super::outcome::{Ending, Reason, Score};
use super::super::pgn::{Pgn, PgnTags};
use super::super::walk;
use super::*;

const LIMITS: ImportLimits = ImportLimits {
    bytes: 200_000,
    games: 100,
    plies: 2_000,
};

fn read(text: &str) -> Imported {
    read_games(text, LIMITS)
}

/// The moves of each game as they are stored, and how it ended.
fn games(text: &str) -> Vec<(String, &'static str, Option<Reason>)> {
    let imported = read(text);
    assert_eq!(imported.faults, [], "{text}");
    imported
        .games
        .iter()
        .map(|read| {
            let ending = read.game.ending();
            (
                read.game.uci_moves(),
                read.game.score().as_str(),
                ending.map(|ending| ending.reason),
            )
        })
        .collect()
}

fn faults(text: &str) -> Vec<(usize, usize, String)> {
    let faults = read(text).faults;
    faults
        .into_iter()
        .map(|fault| (fault.game, fault.line, fault.fault))
        .collect()
}

#[test]
fn games_as_programs_and_people_write_them() {
    use Reason::{Agreement, Checkmate, Resignation, Timeout};
    let italian = "e2e4 e7e5 g1f3 b8c6 f1c4 f8c5 e1g1 g8f6";
    for (text, expected) in [
        // The standard's own form, with a byte order mark and Windows line ends.
        (
            "\u{feff}[Event \"Club\"]\r\n[White \"Ana\"]\r\n[Result \"1-0\"]\r\n\r\n1. e4 e5 2. Nf3 Nc6\r\n3. Bc4 Bc5 4. O-O Nf6 1-0\r\n",
            vec![(italian, "1-0", Some(Resignation))],
        ),
        // A site's export: clocks in comments, numbers before Black's moves, ends by mate.
        (
            "[Site \"https://lichess.org/x\"]\n[Termination \"Normal\"]\n\n1. f3 { [%clk 0:10:00] } 1... e5 \
             { [%clk 0:10:00] } 2. g4 $4 { [%eval #-1] } 2... Qh4# { 0-1 Black wins. } 0-1\n\n",
            vec![("f2f3 e7e5 g2g4 d8h4", "0-1", Some(Checkmate))],
        ),
        // Annotations: nested variations, marks, a comment to the end of the line, an escaped line.
        (
            "1. e4! e5 ( 1... c5!? ( 1... c6 {Caro (solid)} ) 2. Nf3 ) 2. Nf3 $1 ; the best (they say\n% skip 2. d4\n\
             Nc6 3. Bc4 Bc5 +/= 4. O-O Nf6 N *",
            vec![(italian, "*", None)],
        ),
        // Castling in noughts, moves with dashes, no blanks after numbers or before them.
        (
            "1.e2-e4 e7-e5 2.Ng1-f3 Nb8-c6 3.Bf1-c4 Bf8-c5 4.0-0 Ng8-f6 1/2-1/2",
            vec![(italian, "1/2-1/2", Some(Agreement))],
        ),
        ("1.e4 e52.Nf3 Nc63.Bc4 Bc54.O-O Nf6", vec![(italian, "*", None)]),
        ("e4 e5\nNf3 Nc6\nBc4 Bc5\n0-0 Nf6", vec![(italian, "*", None)]),
        (
            "1.e4, e5, 2.Nf3, Nc6, 3.Bc4, Bc5, 4.OO, Nf6",
            vec![(italian, "*", None)],
        ),
        // German letters, colons for captures, check and mate in words.
        (
            "1. e4 d5 2. e4:d5 Dd8xd5 3. Sc3 Da5 4. Lb5+ ch *",
            vec![("e2e4 d7d5 e4d5 d8d5 b1c3 d5a5 f1b5", "*", None)],
        ),
        // Spanish letters, which name files too.
        (
            "1. e4 e5 2. Cc3 Cc6 3. Ac4 Ac5 4. Df3 d6 *",
            vec![("e2e4 e7e5 b1c3 b8c6 f1c4 f8c5 d1f3 d7d6", "*", None)],
        ),
        // En passant with its letters, and promotions in every style.
        (
            "[FEN \"1n2k3/P7/8/3pP3/8/8/8/4K3 w - d6 0 1\"]\n[SetUp \"1\"]\n\n1. exd6 e.p. Kd7 2. axb8(Q) Kc6 3. d7 Kd5 \
             4. d8=N *",
            vec![("e5d6 e8d7 a7b8q d7c6 d6d7 c6d5 d7d8n", "*", None)],
        ),
        (
            "[FEN \"4k3/8/8/3pP3/8/8/8/4K3 w - d6 0 1\"]\n\n1.exd6e.p. *",
            vec![("e5d6", "*", None)],
        ),
        // Windows quotes, all on one line, another spelling of the result, a time forfeit.
        (
            "[White “Ana”] [Black “Ben”] [Result “0:1”] [Termination “Ben won on time”] 1. d4 d5 0:1",
            vec![("d2d4 d7d5", "0-1", Some(Timeout))],
        ),
        // A half as people on the Continent write it.
        (
            "1. d4 d5 0,5-0,5",
            vec![("d2d4 d7d5", "1/2-1/2", Some(Agreement))],
        ),
        // Several games, with and without tags, with and without results between them.
        (
            "[Event \"1\"]\n\n1. e4 e5 1-0\n\n[Event \"2\"]\n\n1. d4 *\n[Event \"3\"]\n1. c4 c5 2. g3 ½-½",
            vec![
                ("e2e4 e7e5", "1-0", Some(Resignation)),
                ("d2d4", "*", None),
                ("c2c4 c7c5 g2g3", "1/2-1/2", Some(Agreement)),
            ],
        ),
        (
            "1. e4 e5 2. Nf3\n\n1. d4 d5\n\n1. c4 0-1 Nf3 d5",
            vec![
                ("e2e4 e7e5 g1f3", "*", None),
                ("d2d4 d7d5", "*", None),
                ("c2c4", "0-1", Some(Resignation)),
                ("g1f3 d7d5", "*", None),
            ],
        ),
        // A blank line among the moves ends no game, nor does a remark after the result begin one.
        (
            "1. e4 e5\n\n2. Nf3 Nc6 1-0 White wins, well played!",
            vec![("e2e4 e7e5 g1f3 b8c6", "1-0", Some(Resignation))],
        ),
    ] {
        let expected: Vec<(String, &str, Option<Reason>)> = expected
            .into_iter()
            .map(|(moves, score, reason)| (moves.to_owned(), score, reason))
            .collect();
        assert_eq!(games(text), expected, "{text}");
    }
}

#[test]
fn faults_are_named_and_the_other_games_read() {
    for (text, expected) in [
        ("", vec![(1, 1, "there is no game in it")]),
        ("\n\n{a comment}", vec![(1, 1, "there is no game in it")]),
        (
            "1. e4 e5\n2. Nf6 Nc6",
            vec![(
                1,
                2,
                "`2. Nf6` is not legal: no knight of White's that fits can reach f6",
            )],
        ),
        (
            "1. e4 hello",
            vec![(1, 1, "`1... hello` is not understood as a move")],
        ),
        (
            "[FEN \"4k3/8/8/8/8/5N2/8/1N2K3 w - - 0 7\"]\n\n7. Nd2",
            vec![(1, 3, "`7. Nd2` could mean more than one move: Nbd2, Nfd2")],
        ),
        (
            "1. e4 e5 2. -- d5",
            vec![(1, 1, "`2. --` is not understood as a move")],
        ),
        (
            "1. f3 e5 2. g4 Qh4# 3. a3",
            vec![(1, 1, "`3. a3` follows though the game is over by checkmate")],
        ),
        (
            "[Event \"a\"]\n[FEN \"8/8/8/8/8/8/8/8 w - - 0 1\"]\n\n1. e4",
            vec![(1, 1, "its FEN tag cannot be used: the board is empty")],
        ),
        (
            "[Variant \"Crazyhouse\"]\n\n1. e4",
            vec![(1, 1, "it is a game of Crazyhouse, which is not played here")],
        ),
        (
            "1. e4 {never\nclosed",
            vec![(1, 1, "the comment that begins here is not closed")],
        ),
        (
            "1. e4\n(1. d4 {x} e5 2. Nf3",
            vec![(1, 2, "the variation that begins here is not closed")],
        ),
        (
            "[Event \"a\"]\n\n*\n\n[Event \"b\"]\n[Result \"1-0\"]\n\n[Event \"c\"]\n",
            vec![
                (1, 1, "it has no moves"),
                (2, 5, "it has no moves"),
                (3, 8, "it has no moves"),
            ],
        ),
    ] {
        let expected: Vec<(usize, usize, String)> = expected
            .into_iter()
            .map(|(game, line, fault)| (game, line, fault.to_owned()))
            .collect();
        assert_eq!(faults(text), expected, "{text}");
        assert!(read(text).games.is_empty(), "{text}");
    }
    let mixed = "[Event \"a\"]\n\n1. e4 e5 1-0\n\n[Event \"b\"]\n\n1. e5 {oh\n\n[Event \"c\"]\n\n1. d4 (1. c4\n\n\
                 [Event \"d\"]\n\n1. d4 d5 *\n";
    let imported = read(mixed);
    let found: Vec<(usize, Option<&str>)> = imported
        .games
        .iter()
        .map(|game| (game.line, game.tags.event.as_deref()))
        .collect();
    assert_eq!(found, [(1, Some("a")), (13, Some("d"))]);
    let faulty: Vec<(usize, usize)> = imported
        .faults
        .iter()
        .map(|fault| (fault.game, fault.line))
        .collect();
    assert_eq!(faulty, [(2, 7), (3, 11)]);
}

#[test]
fn limits_are_kept_and_said() {
    let small = ImportLimits {
        bytes: 60,
        games: 2,
        plies: 3,
    };
    let long = read_games(&"1. e4 ".repeat(50), small);
    assert_eq!(long.faults[0].fault, "the text is longer than 60 bytes");
    assert!(long.games.is_empty());
    let many = read_games("1. e4 *\n1. d4 *\n1. c4 *\n1. g3 *", small);
    assert_eq!(many.games.len(), 2);
    assert_eq!(many.faults.len(), 1);
    assert_eq!((many.faults[0].game, many.faults[0].line), (3, 3));
    assert!(
        many.faults[0].fault.starts_with("only 2 games"),
        "{:?}",
        many.faults
    );
    let far = read_games("1. e4 e5 2. Nf3 Nc6 3. Bb5 *\n\n1. d4 d5 2. c4 *", small);
    assert_eq!(
        far.faults[0].fault,
        "it has more than 3 moves, counting both sides'"
    );
    assert_eq!(far.games.len(), 1);
}

/// Moves are facts; the last one and the number of them say that none was left out.
#[test]
fn famous_games_are_read_to_their_ends() {
    let famous = read(include_str!("../../../tests/famous.pgn"));
    assert_eq!(famous.faults, []);
    let expected = [
        ("Morphy", 33, "Rd8#", "1-0"),
        ("Anderssen", 45, "Be7#", "1-0"),
        ("Anderssen", 47, "Bxe7#", "1-0"),
        ("Byrne, Donald", 82, "Rc2#", "0-1"),
        ("Kasparov", 87, "Qa7", "1-0"),
        ("Deep Blue", 37, "c4", "1-0"),
        ("Lasker, Edward", 35, "Kd2#", "1-0"),
        ("Reti", 21, "Bd8#", "1-0"),
        ("Steinitz", 49, "Rxh7+", "1-0"),
        ("Rotlewi", 50, "Rh3", "0-1"),
    ];
    assert_eq!(famous.games.len(), expected.len());
    for (read, (white, plies, last, score)) in famous.games.iter().zip(expected) {
        assert_eq!(read.tags.white.as_deref(), Some(white));
        let (game, reason) = (&read.game, read.game.ending().map(|ending| ending.reason));
        assert_eq!((game.ply(), game.score().as_str()), (plies, score), "{white}");
        assert_eq!(game.san(plies - 1).as_deref(), Some(last), "{white}");
        let mates = last.ends_with('#');
        let expected = if mates {
            Reason::Checkmate
        } else {
            Reason::Resignation
        };
        assert_eq!(reason, Some(expected), "{white}");
    }
}

#[test]
fn a_draw_by_claim_is_recognised() {
    let text = "[Result \"1/2-1/2\"]\n\n1. Nf3 Nf6 2. Ng1 Ng8 3. Nf3 Nf6 4. Ng1 Ng8 1/2-1/2";
    assert_eq!(games(text)[0].2, Some(Reason::Threefold));
}

/// As they did before there were the endings of five occurrences and seventy-five moves.
#[test]
fn games_go_on_after_what_is_a_draw_by_itself_today() {
    use Reason::{DeadPosition, Fivefold, Resignation, SeventyFiveMoves};
    let repeated = "Nf3 Nf6 Ng1 Ng8 ".repeat(5);
    let slow = "[FEN \"7k/8/8/8/8/8/4P3/R3K3 w - - 149 100\"]\n\n";
    let bare = "[FEN \"8/8/8/8/8/3k4/8/1K1n4 w - - 0 80\"]\n\n";
    for (text, plies, score, reason) in [
        (format!("{repeated}e4 e5 1-0"), 22, "1-0", Some(Resignation)),
        (format!("{repeated}e4 *"), 21, "*", None),
        (format!("{repeated}1/2-1/2"), 20, "1/2-1/2", Some(Fivefold)),
        (format!("{repeated}*"), 20, "1/2-1/2", Some(Fivefold)),
        (format!("{repeated}0-1"), 20, "0-1", Some(Resignation)),
        (format!("{slow}Rb1 Kh7 e4 *"), 3, "*", None),
        (
            format!("{slow}Rb1 Kh7 Rc1 1/2-1/2"),
            3,
            "1/2-1/2",
            Some(SeventyFiveMoves),
        ),
        (format!("{bare}Ka1 Kd4 0-1"), 2, "1/2-1/2", Some(DeadPosition)),
    ] {
        let imported = read(&text);
        assert_eq!(imported.faults, [], "{text}");
        let game = &imported.games[0].game;
        let ending = game.ending().map(|ending| ending.reason);
        assert_eq!(
            (game.ply(), game.score().as_str(), ending),
            (plies, score, reason),
            "{text}"
        );
        let pgn = Pgn {
            tags: &tags(),
            game,
            plies,
        };
        assert_eq!(games(&pgn.write()), [(game.uci_moves(), score, reason)], "{text}");
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    for piece in [
        "1. e4 ",
        "1. e4 e5 1-0 ",
        "x ",
        "1. e4 (",
        "1. e4 {",
        "[Event \"",
        "[Event \"a\"]\n",
        "[A \"b\"]\n",
        "1-0 Q ",
        "Nf3 Nf6 Ng1 Ng8 ",
        "1.1.1.",
        "e4.1.",
        "[FEN \"k\"] e4 ",
    ] {
        let text = piece.repeat(LIMITS.bytes / piece.len());
        let imported = read(&text);
        assert!(
            imported.games.len() + imported.faults.len() <= LIMITS.games + 1,
            "{piece}"
        );
    }
}

fn tags() -> PgnTags {
    PgnTags {
        event: Some("A \"friendly\" game".to_owned()),
        site: Some("https://example.org/a]b".to_owned()),
        date: Some("2026.01.02".to_owned()),
        round: Some("3.1".to_owned()),
        white: Some("Ana {1}".to_owned()),
        black: Some("Back\\slash (Ben)".to_owned()),
        white_elo: Some(1820),
        black_elo: None,
        time_control: Some("40/7200:3600".to_owned()),
    }
}

fn endings() -> impl Strategy<Value = Option<Ending>> {
    let ending = |score, reason| Some(Ending { score, reason });
    prop::sample::select(vec![
        None,
        ending(Score::White, Reason::Resignation),
        ending(Score::Black, Reason::Timeout),
        ending(Score::Draw, Reason::Agreement),
        ending(Score::Draw, Reason::Timeout),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_reads_back(games in prop::collection::vec((walk::steps(), endings()), 1..4)) {
        let mut written = Vec::new();
        for (steps, ending) in games {
            let mut game = Game::default();
            for m in walk::moves(&steps) {
                if game.play(m).is_err() {
                    break;
                }
            }
            if game.ply() > 0 {
                if let Some(ending) = ending {
                    game.conclude(ending);
                }
                written.push(game);
            }
        }
        let text: Vec<String> = written
            .iter()
            .map(|game| Pgn { tags: &tags(), game, plies: game.ply() }.write())
            .collect();
        let imported = read(&text.join("\n"));
        prop_assert_eq!(imported.games.len(), written.len(), "{:?}", imported.faults);
        for (read, game) in imported.games.iter().zip(&written) {
            prop_assert_eq!(read.game.uci_moves(), game.uci_moves());
            prop_assert_eq!(read.game.score(), game.score());
            // A draw that could be claimed counts as claimed.
            let claimable = game.score() == Score::Draw;
            prop_assert!(claimable || read.game.ending() == game.ending(), "{:?}", game.ending());
            prop_assert_eq!(&read.tags, &tags());
        }
    }

    #[test]
    fn hostile_text_never_panics(text in "\\PC{0,300}") {
        let _ = read(&text);
    }

    #[test]
    fn near_pgn_never_panics(text in r#"([\[\]{}();$"\\ \n.*]|1-0|1\. |\[FEN "|\[Event "|e4 |e5 |Nf3 |O-O |x|\PC){0,120}"#) {
        let imported = read(&text);
        for found in &imported.games {
            let game = &found.game;
            prop_assert!(game.ply() > 0);
            let pgn = Pgn { tags: &tags(), game, plies: game.ply() }.write();
            let again = read(&pgn);
            prop_assert_eq!(again.games.len(), 1, "{:?}", again.faults);
            prop_assert_eq!(again.games[0].game.uci_moves(), game.uci_moves());
            prop_assert_eq!(again.games[0].game.start_fen(), game.start_fen());
            prop_assert_eq!(again.games[0].game.score(), game.score());
        }
        let lines = text.matches('\n').count() + 1;
        prop_assert!(imported.faults.iter().all(|fault| (1..=lines).contains(&fault.line)));
    }
}
