use proptest::prelude::*;

use super::super::player::PersonSide;
use super::super::walk;
use super::*;

fn game(moves: &str) -> Game {
    let mut game = Game::default();
    for text in moves.split_whitespace() {
        game.play(game.read(text).unwrap()).unwrap();
    }
    game
}

fn at(centipawns: i32, line: &str) -> Evaluated {
    Evaluated {
        assessment: Assessment::Centipawns(centipawns),
        line: line.split_whitespace().map(|uci| uci.parse().unwrap()).collect(),
    }
}

/// A short game: White falls into the fool's mate, after Black has let an advantage slip.
fn fools_mate() -> (Game, Vec<Evaluated>) {
    let game = game("f3 h6 g4 e5 a3 Qh4#");
    let evaluated = vec![
        at(30, "e2e4 e7e5"),
        at(-60, "e7e5 d2d3"),
        at(0, "e2e4 e7e5"),
        at(-150, "e7e5 h2h4"),
        at(-150, "h2h4 d7d5 f1g2 b8c6 c2c4 d5d4 d2d3 g8f6 e2e4"),
        Evaluated {
            assessment: Assessment::mate_for(Color::Black, 1),
            line: vec!["d8h4".parse().unwrap()],
        },
        // Nonsense, which the rules overrule.
        at(500, ""),
    ];
    (game, evaluated)
}

#[test]
fn a_game_is_looked_back_on() {
    let (game, evaluated) = fools_mate();
    let review = review(&game, &evaluated);
    let judgements: Vec<Option<Judgement>> = review
        .moves
        .iter()
        .map(|reviewed| reviewed.slip.as_ref().map(|slip| slip.judgement))
        .collect();
    assert_eq!(
        judgements,
        [
            // 15 to -60: 0.138; -60 to 0 by Black: 0.110; 0 to -150: 0.269.
            Some(Judgement::Inaccuracy),
            Some(Judgement::Inaccuracy),
            Some(Judgement::Mistake),
            None,
            Some(Judgement::Blunder),
            None,
        ]
    );
    let white = Counts {
        inaccuracies: 1,
        mistakes: 1,
        blunders: 1,
    };
    assert_eq!(review.counts.white, white);
    assert_eq!(review.counts.black.inaccuracies, 1);
    let last = review.moves.last().unwrap();
    assert_eq!(last.after.mate_by(Color::Black), Some(0));
    assert!((last.accuracy - 100.0).abs() < 1e-9);
    assert!(review.accuracy.white.unwrap() < review.accuracy.black.unwrap());
}

#[test]
fn moments_are_told_in_order() {
    let (game, evaluated) = fools_mate();
    let review = review(&game, &evaluated);
    let moments = review.moments(PersonSide::White);
    let plies: Vec<usize> = moments.iter().map(|moment| moment.ply).collect();
    assert_eq!(plies, [0, 2, 4]);
    let blunder = &moments[2];
    assert_eq!(
        (blunder.played.as_str(), blunder.better.as_deref()),
        ("a3", Some("h4"))
    );
    assert_eq!(blunder.line, "3. h4 d5 4. Bg2 Nc6 5. c4 d4 6. d3 Nf6");
    assert_eq!(
        blunder.words,
        "3. a3 allows Black to mate on the move; 3. h4 prevented that."
    );
    assert!((blunder.loss - 34.1).abs() < 1.0, "{}", blunder.loss);
    // Asked for both sides, Black's first move answers White's, and White's second is the greater.
    let both: Vec<usize> = review
        .moments(PersonSide::Both)
        .iter()
        .map(|moment| moment.ply)
        .collect();
    assert_eq!(both, [0, 2, 4]);
}

#[test]
fn at_most_five_moments() {
    let game = game("a3 a6 b3 b6 c3 c6 d3 d6 e3 e6 f3 f6 g3 g6 h3 h6");
    // White loses more with each move, and Black gives most of it back.
    let evaluated: Vec<Evaluated> = (0..=16)
        .map(|ply| at(if ply % 2 == 0 { -ply } else { -100 - ply * 10 }, ""))
        .collect();
    let review = review(&game, &evaluated);
    for (side, plies) in [
        (PersonSide::White, vec![6, 8, 10, 12, 14]),
        (PersonSide::Both, vec![6, 8, 10, 12, 14]),
    ] {
        let moments = review.moments(side);
        let found: Vec<usize> = moments.iter().map(|moment| moment.ply).collect();
        assert_eq!(found, plies);
        assert!(
            moments
                .iter()
                .all(|moment| moment.better.is_none() && moment.line.is_empty())
        );
    }
}

#[test]
fn the_engines_own_move_is_no_fault() {
    let game = game("e4 e5");
    let review = review(&game, &[at(0, "e2e4"), at(-400, "e7e5"), at(0, "")]);
    assert!(review.moves.iter().all(|reviewed| reviewed.slip.is_none()));
    assert_eq!(review.counts.white, Counts::default());
}

#[test]
fn a_sacrifice_that_the_engine_sees_through_later_is_no_blunder() {
    let game = game("e4 e5 f4 exf4 Nf3");
    let look_back = |expected| {
        let evaluated = [
            at(20, "e2e4"),
            at(20, "e7e5"),
            at(30, "g1f3"),
            at(-400, expected),
            at(40, "g1f3"),
            at(40, ""),
        ];
        review(&game, &evaluated)
    };
    let seen = look_back("e5f4");
    assert_eq!(
        seen.moves[2].after,
        Assessment::Centipawns(-400),
        "as it was seen"
    );
    assert_eq!(seen.moves[2].slip, None);
    // The reply was not the engine's, but what follows is better than the engine thought.
    let deep = [
        at(20, "e2e4"),
        at(20, "e7e5"),
        at(30, "g1f3"),
        at(-400, "e5f4"),
        at(-350, "d2d4"),
        at(40, ""),
    ];
    assert_eq!(review(&game, &deep).moves[2].slip, None);
    // Another reply would have punished it.
    let missed = look_back("f8c5");
    let judgements = [2, 3].map(|ply| missed.moves[ply].slip.as_ref().map(|slip| slip.judgement));
    assert_eq!(judgements, [Some(Judgement::Blunder); 2]);
}

#[test]
fn the_opening_and_what_left_it() {
    let ruy = OpeningLeft::of(&game("e4 e5 Nf3 Nc6 Bb5 Rb8 O-O")).unwrap();
    assert_eq!(
        (ruy.opening.name.as_str(), ruy.ply, ruy.san.as_deref()),
        ("Ruy Lopez", 5, Some("Rb8"))
    );
    assert_eq!(OpeningLeft::of(&game("e4 e5 Nf3 Nc6 Bb5")).unwrap().san, None);
    assert_eq!(OpeningLeft::of(&game("")), None);
}

#[test]
fn what_was_not_evaluated_is_not_reviewed() {
    let (game, evaluated) = fools_mate();
    for (known, moves) in [(0, 0), (1, 0), (2, 1), (7, 6)] {
        let review = review(&game, &evaluated[..known]);
        assert_eq!(review.moves.len(), moves);
        assert_eq!(review.accuracy.white.is_some(), moves > 0);
    }
    let more: Vec<Evaluated> = evaluated.iter().chain(&evaluated).cloned().collect();
    assert_eq!(review(&game, &more).moves.len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_evaluations_give_a_sane_review(steps in walk::steps(), values in prop::collection::vec(-2000..2000, 91)) {
        let mut game = Game::default();
        for m in walk::moves(&steps) {
            if game.play(m).is_err() {
                break;
            }
        }
        let evaluated: Vec<Evaluated> = values.iter().map(|value| at(*value, "e2e4 e7e5")).collect();
        let review = review(&game, &evaluated);
        prop_assert_eq!(review.moves.len(), game.ply());
        for accuracy in [review.accuracy.white, review.accuracy.black].into_iter().flatten() {
            prop_assert!((0.0..=100.0).contains(&accuracy));
        }
        for side in [PersonSide::White, PersonSide::Black, PersonSide::Both] {
            let moments = review.moments(side);
            prop_assert!(moments.len() <= 5);
            prop_assert!(moments.iter().all(|moment| side.plays(moment.mover) && moment.loss >= 0.0));
            prop_assert!(moments.is_sorted_by_key(|moment| moment.ply));
        }
    }
}
