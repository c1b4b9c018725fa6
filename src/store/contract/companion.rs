//! What every backend must do with shared games, ratings, puzzles and reviews.

use super::{at, person};
use crate::chess::{
    Assessment, ByColor, Color, Evaluated, Game, Opponent, PersonSide, Puzzle, Rating, Reason, Score, Theme,
};
use crate::id::{GameId, PuzzleId, UserId};
use crate::repetition::Recall;
use crate::store::{
    Attempt, AttemptState, FriendGame, GameFilter, Invitation, KeptRating, Mistake, PuzzleQuery,
    PuzzleSource, RatingChange, RatingKind, Store, StoreError, StoredGame, StoredReview, Tx,
};

type Unit = Result<(), StoreError>;

pub(super) async fn companion(store: &Store) {
    let (ana, ben, cleo) = (person(221).id, person(222).id, person(223).id);
    write(store, |tx| {
        for n in [221, 222, 223] {
            tx.insert_user(&person(n))?;
        }
        Ok(())
    })
    .await;
    an_invitation_leads_to_its_game_until_it_ends(store, ana, ben).await;
    two_people_see_one_game_from_their_sides(store, ana, ben, cleo).await;
    late_games_are_found(store, ana).await;
    ratings_change_and_are_taken_back(store, ana, ben).await;
    days_are_counted_once(store, ana).await;
    puzzles_are_found_by_rating_and_theme(store, ana).await;
    mistakes_are_one_person_s_alone(store, ana, ben).await;
    a_review_belongs_to_its_moves(store, ana).await;
    what_one_leaves_stays_with_the_other(store, ana, ben).await;
}

async fn write(store: &Store, unit: impl Fn(&mut dyn Tx) -> Unit + Send + 'static) {
    store.write(unit).await.unwrap();
}

const SHARED: [u8; 8] = [61; 8];

fn shared() -> StoredGame {
    let mut stored = StoredGame::new(
        GameId::new(SHARED),
        Opponent::Friend,
        PersonSide::White,
        Game::default(),
        at(10),
    );
    stored.friend = Some(FriendGame {
        invitation: Some(Invitation {
            code: "code".to_owned(),
            ends: at(100),
        }),
        days_per_move: Some(3),
        ..FriendGame::default()
    });
    stored
}

async fn game(store: &Store, user: UserId, id: GameId) -> Option<StoredGame> {
    store.read(move |tx| tx.game(user, id)).await.unwrap()
}

async fn an_invitation_leads_to_its_game_until_it_ends(store: &Store, ana: UserId, ben: UserId) {
    write(store, move |tx| tx.insert_game(ana, &shared())).await;
    let id = GameId::new(SHARED);
    let kept = game(store, ana, id).await.unwrap();
    assert_eq!(kept.friend, shared().friend, "shown to whoever invited");
    for (code, now, found) in [("code", 99, true), ("code", 100, false), ("other", 50, false)] {
        let hit = store
            .read(move |tx| tx.invited_game(code, at(now)))
            .await
            .unwrap();
        assert_eq!(
            hit.map(|(host, stored)| (host, stored.id)),
            found.then_some((ana, id)),
            "{code} {now}"
        );
    }
    assert!(game(store, ben, id).await.is_none(), "not before he has joined");
    write(store, move |tx| {
        tx.take_seat(id, ana)?;
        tx.take_seat(id, ben)
    })
    .await;
    let hit = store.read(|tx| tx.invited_game("code", at(50))).await.unwrap();
    assert!(hit.is_none(), "it is used up");
}

async fn two_people_see_one_game_from_their_sides(store: &Store, ana: UserId, ben: UserId, cleo: UserId) {
    let id = GameId::new(SHARED);
    let mut ours = game(store, ana, id).await.unwrap();
    let theirs = game(store, ben, id).await.unwrap();
    assert_eq!(
        (ours.person, theirs.person),
        (PersonSide::White, PersonSide::Black)
    );
    let names = [&ours, &theirs].map(|stored| stored.friend.as_ref().and_then(|friend| friend.name.clone()));
    assert_eq!(names, [Some(person(222).name), Some(person(221).name)]);
    assert!(game(store, cleo, id).await.is_none());

    ours.game.play(ours.game.read("e4").unwrap()).unwrap();
    write(store, move |tx| tx.update_game(ana, &ours)).await;
    let mut theirs = game(store, ben, id).await.unwrap();
    assert_eq!(theirs.game.ply(), 1);
    assert!(theirs.is_persons_turn());
    for (user, but, awaited) in [
        (ben, None, Some(id)),
        (ben, Some(id), None),
        (ana, None, None),
        (cleo, None, None),
    ] {
        let found = store.read(move |tx| tx.awaited_game(user, but)).await.unwrap();
        assert_eq!(found.map(|game| game.id), awaited);
    }
    if let Some(friend) = &mut theirs.friend {
        friend.undo_offer = Some(Color::Black);
        friend.deadline = Some(at(500));
    }
    write(store, move |tx| tx.update_game(ben, &theirs)).await;
    let ours = game(store, ana, id).await.unwrap().friend.unwrap();
    assert_eq!(
        (ours.undo_offer, ours.deadline),
        (Some(Color::Black), Some(at(500)))
    );

    let all = GameFilter {
        limit: 5,
        ..GameFilter::default()
    };
    for (user, side) in [(ana, PersonSide::White), (ben, PersonSide::Black)] {
        let asked = all.clone();
        let listed = store.read(move |tx| tx.games(user, &asked)).await.unwrap();
        assert_eq!(
            listed.first().map(|game| (game.id, game.person)),
            Some((id, side))
        );
    }
    assert!(
        store
            .read(move |tx| tx.games(cleo, &all))
            .await
            .unwrap()
            .is_empty()
    );
}

async fn late_games_are_found(store: &Store, ana: UserId) {
    let id = GameId::new(SHARED);
    for (now, late) in [(499, vec![]), (500, vec![(ana, id)])] {
        let found = store.read(move |tx| tx.overdue_games(at(now), 10)).await.unwrap();
        assert_eq!(found, late, "{now}");
    }
}

async fn ratings_change_and_are_taken_back(store: &Store, ana: UserId, ben: UserId) {
    let id = GameId::new(SHARED);
    let rated = |value| KeptRating {
        rating: Rating::restored(value, 200.0, 0.06),
        plays: 3,
        changed_at: at(20),
    };
    let change = |by| RatingChange {
        kind: RatingKind::Friend,
        by,
        to: 1500.0 + by,
    };
    assert!(
        store
            .read(move |tx| tx.rating(ana, RatingKind::Friend))
            .await
            .unwrap()
            .is_none()
    );
    write(store, move |tx| {
        for (user, by) in [(ana, 12.0), (ben, -12.0)] {
            tx.put_rating(user, RatingKind::Friend, &rated(1500.0 + by))?;
            tx.put_rating_change(user, id, change(by), at(20))?;
        }
        Ok(())
    })
    .await;
    let kept = store
        .read(move |tx| tx.rating(ana, RatingKind::Friend))
        .await
        .unwrap();
    assert_eq!(kept, Some(rated(1512.0)));
    let history = store
        .read(move |tx| tx.rating_history(ben, RatingKind::Friend, 5))
        .await
        .unwrap();
    assert_eq!(history, [1488.0]);
    write(store, move |tx| tx.take_back_rating(ana, id)).await;
    for user in [ana, ben] {
        let kept = store
            .read(move |tx| tx.rating(user, RatingKind::Friend))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (kept.rating.rounded(), kept.plays),
            (1500, 2),
            "both players' are"
        );
    }
}

async fn days_are_counted_once(store: &Store, ana: UserId) {
    write(store, move |tx| {
        for day in [5, 7, 7, 6] {
            tx.mark_active(ana, day)?;
        }
        Ok(())
    })
    .await;
    assert_eq!(
        store.read(move |tx| tx.active_days(ana, 2)).await.unwrap(),
        [7, 6]
    );
}

fn puzzle(id: &str, rating: u16, themes: &str) -> Puzzle {
    let start = "6k1/5ppp/8/8/8/1r6/8/R5K1 b - - 0 1";
    Puzzle::new(id.parse().unwrap(), start, "b3h3 a1a8", rating, themes).unwrap()
}

async fn puzzles_are_found_by_rating_and_theme(store: &Store, ana: UserId) {
    let all = [
        puzzle("aa", 1000, "mateIn1 mate"),
        puzzle("bb", 1100, "fork"),
        puzzle("cc", 1100, "mateIn1 pin"),
    ];
    for new in [3, 0] {
        let all = all.clone();
        let added = store
            .write(move |tx| tx.insert_puzzles(&all, PuzzleSource::Own))
            .await
            .unwrap();
        assert_eq!(added, new, "a second time they are there");
    }
    assert_eq!(
        store
            .read(|tx| tx.count_puzzles(PuzzleSource::Own))
            .await
            .unwrap(),
        3
    );
    let kept = store
        .read(move |tx| tx.puzzle(ana, "cc".parse().unwrap()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (kept.puzzle.themes(), kept.plays),
        (&[Theme::MateIn1, Theme::Pin][..], 0)
    );

    let query = |theme, from, after: PuzzleId| PuzzleQuery {
        theme,
        from,
        below: 2000,
        after,
    };
    let (first, later) = (PuzzleId::FIRST, "bc".parse().unwrap());
    for (asked, found) in [
        (query(None, 0, first), Some("aa")),
        (query(None, 1050, first), Some("bb")),
        (query(None, 1100, later), Some("cc")),
        (query(Some(Theme::MateIn1), 1001, first), Some("cc")),
        (query(Some(Theme::Endgame), 0, first), None),
        (query(None, 1200, first), None),
    ] {
        let hit = store.read(move |tx| tx.unseen_puzzle(ana, &asked)).await.unwrap();
        assert_eq!(hit.as_ref().map(PuzzleId::as_str), found, "{asked:?}");
    }
    let mut tried = StoredGame::new(
        GameId::new([62; 8]),
        Opponent::Puzzle,
        PersonSide::White,
        Game::default(),
        at(30),
    );
    tried.puzzle = Some(Attempt {
        id: "bb".parse().unwrap(),
        state: AttemptState::Open,
        failed: false,
    });
    let mut solved = tried.clone();
    write(store, move |tx| tx.insert_game(ana, &tried)).await;
    let next = store
        .read(move |tx| tx.unseen_puzzle(ana, &query(None, 1050, first)))
        .await
        .unwrap();
    assert_eq!(
        next.as_ref().map(PuzzleId::as_str),
        Some("cc"),
        "what was seen is not given again"
    );
    assert_eq!(
        store.read(move |tx| tx.attempt(ana, None)).await.unwrap(),
        Some(solved.id)
    );
    solved.puzzle.as_mut().unwrap().state = AttemptState::Solved;
    write(store, move |tx| tx.update_game(ana, &solved)).await;
    assert_eq!(store.read(move |tx| tx.attempt(ana, None)).await.unwrap(), None);
    assert_eq!(
        store.read(move |tx| tx.attempts_counted(ana)).await.unwrap(),
        (1, 0)
    );
    assert_eq!(store.read(move |tx| tx.solved_in_a_row(ana)).await.unwrap(), 1);
}

async fn mistakes_are_one_person_s_alone(store: &Store, ana: UserId, ben: UserId) {
    let own = puzzle("mine", 1500, "");
    let mistake = Mistake {
        puzzle: own.id(),
        game: GameId::new(SHARED),
        ply: 9,
        recall: Recall::first(at(40)),
    };
    write(store, move |tx| tx.insert_mistake(ana, &own, &mistake)).await;
    assert_eq!(
        store.read(move |tx| tx.next_mistake(ana)).await.unwrap(),
        Some(mistake)
    );
    assert_eq!(store.read(move |tx| tx.next_mistake(ben)).await.unwrap(), None);
    assert!(
        store
            .read(move |tx| tx.puzzle(ana, mistake.puzzle))
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .read(move |tx| tx.puzzle(ben, mistake.puzzle))
            .await
            .unwrap()
            .is_none()
    );
    let later = mistake.recall.after(true, at(40));
    write(store, move |tx| tx.put_recall(ana, mistake.puzzle, later)).await;
    let kept = store
        .read(move |tx| tx.mistake(ana, mistake.puzzle))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.recall, later);
    for (now, due) in [(at(40), 0), (later.due, 1)] {
        assert_eq!(
            store.read(move |tx| tx.mistakes_due(ana, now)).await.unwrap(),
            due
        );
    }
}

async fn a_review_belongs_to_its_moves(store: &Store, ana: UserId) {
    let id = GameId::new([15; 8]);
    let mut game = Game::default();
    game.play(game.read("e4").unwrap()).unwrap();
    game.resign(Color::Black).unwrap();
    let over = StoredGame::new(id, Opponent::Assistant, PersonSide::White, game, at(45));
    write(store, move |tx| tx.insert_game(ana, &over)).await;
    let judged = |centipawns| Evaluated {
        assessment: Assessment::Centipawns(centipawns),
        line: vec!["e7e5".parse().unwrap()],
    };
    let review = StoredReview {
        evaluated: vec![judged(15), judged(30)],
        accuracy: ByColor {
            white: Some(91.5),
            black: None,
        },
        made_at: at(50),
    };
    let partly = StoredReview {
        accuracy: ByColor::default(),
        ..review.clone()
    };
    write(store, move |tx| tx.put_review(id, "e2e4", &partly)).await;
    let to_mine = || store.read(move |tx| tx.games_to_mine(ana, 5));
    assert!(to_mine().await.unwrap().is_empty(), "not before it is whole");
    let kept = review.clone();
    write(store, move |tx| tx.put_review(id, "e2e4", &kept)).await;
    assert_eq!(
        store.read(move |tx| tx.review(id, "e2e4")).await.unwrap(),
        Some(review)
    );
    assert_eq!(
        store.read(move |tx| tx.review(id, "e2e4 e7e5")).await.unwrap(),
        None
    );
    assert_eq!(store.read(move |tx| tx.accuracies(ana, 5)).await.unwrap(), [91.5]);
    assert_eq!(to_mine().await.unwrap(), [id]);
    write(store, move |tx| tx.mark_mined(ana, id)).await;
    assert!(to_mine().await.unwrap().is_empty());
}

async fn what_one_leaves_stays_with_the_other(store: &Store, ana: UserId, ben: UserId) {
    let id = GameId::new(SHARED);
    assert!(store.write(move |tx| tx.delete_game(ana, id)).await.unwrap());
    assert!(game(store, ana, id).await.is_none());
    let left = game(store, ben, id).await.unwrap();
    assert_eq!(left.person, PersonSide::Black);
    let ending = left.game.ending().map(|ending| (ending.score, ending.reason));
    assert_eq!(
        ending,
        Some((Score::Black, Reason::Resignation)),
        "who leaves, resigns"
    );
    write(store, move |tx| tx.delete_user(ben)).await;
    assert!(game(store, ben, id).await.is_none());
}
