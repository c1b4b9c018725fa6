//! What every backend must do with games.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;

use super::{at, person};
use crate::chess::walk::{self, told};
use crate::chess::{Color, Game, Opponent, PersonSide, PgnTags, Reason, Score, Start, Variant};
use crate::clock::Timestamp;
use crate::id::{GameId, UserId};
use crate::store::{GameFilter, Grouping, OwedReply, SentMove, Store, StoreError, StoredGame, Tx};

type Unit = Result<(), StoreError>;

pub(super) async fn games(store: &Store) {
    let (ana, ben, cleo) = (person(101).id, person(102).id, person(103).id);
    store
        .write(move |tx| -> Unit {
            tx.insert_user(&person(101))?;
            tx.insert_user(&person(102))?;
            tx.insert_user(&person(103))
        })
        .await
        .unwrap();
    any_game_comes_back_as_it_was_stored(store, cleo).await;
    a_game_comes_back_as_it_was_stored(store, ana, ben).await;
    the_one_changed_last_is_known(store, ana).await;
    lists_hold_what_was_asked_for(store, ana).await;
    an_equal_request_finds_its_untouched_game(store, ben).await;
    owed_replies_are_found(store, ben).await;
    results_are_counted(store, ana).await;
    one_game_is_deleted_by_its_own_person_alone(store, ana, ben).await;
    games_go_with_their_person(store, ana).await;
}

fn new_game(n: u8, moves: &str, opponent: Opponent, person: PersonSide, now: Timestamp) -> StoredGame {
    let mut game = Game::default();
    for text in moves.split_whitespace() {
        game.play(game.read(text).unwrap()).unwrap();
    }
    let id = GameId::new([n; 8]);
    StoredGame {
        coach: true,
        ..StoredGame::new(id, opponent, person, game, now)
    }
}

async fn insert(store: &Store, user: UserId, game: StoredGame) {
    store
        .write(move |tx| -> Unit { tx.insert_game(user, &game) })
        .await
        .unwrap();
}

fn same(left: &StoredGame, right: &StoredGame) {
    assert_eq!(left.game.start_fen(), right.game.start_fen());
    assert_eq!(left.game.uci_moves(), right.game.uci_moves());
    assert_eq!(left.game.ending(), right.game.ending());
    assert_eq!(left.game.draw_offer(), right.game.draw_offer());
    assert_eq!(
        (
            left.id,
            left.opponent,
            left.person,
            left.coach,
            &left.opening,
            left.revision,
            left.touched
        ),
        (
            right.id,
            right.opponent,
            right.person,
            right.coach,
            &right.opening,
            right.revision,
            right.touched
        )
    );
    assert_eq!(left.imported, right.imported);
    assert_eq!(
        (
            &left.request,
            &left.last_text,
            left.undone_from,
            left.created_at,
            left.changed_at
        ),
        (
            &right.request,
            &right.last_text,
            right.undone_from,
            right.created_at,
            right.changed_at
        )
    );
}

async fn a_game_comes_back_as_it_was_stored(store: &Store, ana: UserId, ben: UserId) {
    let start = Start::from_fen("4k3/P6p/8/8/8/8/8/4K3 w - - 3 40", Variant::Standard).unwrap();
    let mut stored = new_game(
        1,
        "",
        Opponent::Engine {
            level: 3,
            adaptive: false,
        },
        PersonSide::White,
        at(10),
    );
    stored.game = Game::new(&start);
    stored.request = Some("request".to_owned());
    insert(store, ana, stored.clone()).await;
    let id = stored.id;
    let found = store.read(move |tx| tx.game(ana, id)).await.unwrap();
    same(&found.unwrap(), &stored);

    stored.game.play(stored.game.read("a8=N").unwrap()).unwrap();
    stored.game.offer_draw(Color::White).unwrap();
    stored.revision = 2;
    stored.touched = true;
    stored.last_text = Some(SentMove {
        text: "a8=N".to_owned(),
        ply: 0,
        at: at(11),
    });
    stored.undone_from = Some(4);
    stored.changed_at = at(11);
    let changed = stored.clone();
    store
        .write(move |tx| -> Unit { tx.update_game(ana, &changed) })
        .await
        .unwrap();
    same(
        &store.read(move |tx| tx.game(ana, id)).await.unwrap().unwrap(),
        &stored,
    );

    stored.game.resign(Color::Black).unwrap();
    let changed = stored.clone();
    store
        .write(move |tx| -> Unit { tx.update_game(ana, &changed) })
        .await
        .unwrap();
    same(
        &store.read(move |tx| tx.game(ana, id)).await.unwrap().unwrap(),
        &stored,
    );

    assert!(
        store.read(move |tx| tx.game(ben, id)).await.unwrap().is_none(),
        "it is not Ben's"
    );
    let stolen = stored.clone();
    store
        .write(move |tx| -> Unit { tx.update_game(ben, &stolen) })
        .await
        .unwrap();
    assert!(
        store.read(move |tx| tx.newest_game(ben)).await.unwrap().is_none(),
        "nor does it become his"
    );
}

/// Random games of every kind, each stored when half of it was played and again as it ended.
async fn any_game_comes_back_as_it_was_stored(store: &Store, cleo: UserId) {
    let config = walk::cases(64);
    let games = usize::try_from(config.cases).unwrap();
    let mut runner = TestRunner::new(config);
    let mut draw = || walk::games().new_tree(&mut runner).unwrap().current();
    for first in (0..games).step_by(500) {
        let stored: Vec<StoredGame> = (first..games.min(first + 500))
            .map(|number| {
                let id = numbered(number);
                StoredGame {
                    imported: (number % 2 == 0).then(|| tags(number % 4 == 0)),
                    ..StoredGame::new(id, Opponent::Nobody, PersonSide::Both, draw(), at(5))
                }
            })
            .collect();
        let (drawn, ids) = (
            stored.clone(),
            stored.iter().map(|one| one.id).collect::<Vec<_>>(),
        );
        let half_and_whole = move |tx: &mut dyn Tx| -> Unit {
            for whole in &drawn {
                let mut half = whole.clone();
                half.game.take_back_to(whole.game.ply() / 2);
                tx.insert_game(cleo, &half)?;
                tx.update_game(cleo, whole)?;
            }
            Ok(())
        };
        store.write(half_and_whole).await.unwrap();
        let all = move |tx: &mut dyn Tx| {
            ids.iter()
                .map(|id| tx.game(cleo, *id))
                .collect::<Result<Vec<_>, _>>()
        };
        for (found, stored) in store.read(all).await.unwrap().into_iter().zip(stored) {
            let found = found.unwrap();
            same(&found, &stored);
            assert_eq!(told(&found.game), told(&stored.game));
        }
    }
}

/// Of a game of which all is known, or nothing.
fn tags(known: bool) -> PgnTags {
    let text = |text: &str| known.then(|| text.to_owned());
    PgnTags {
        event: text("Club \"night\""),
        site: text("Somewhere"),
        date: text("2024.05.??"),
        round: text("3.1"),
        white: text("Ana"),
        black: text("Ben"),
        white_elo: known.then_some(1820),
        black_elo: known.then_some(1790),
        time_control: text("40/7200:3600"),
    }
}

fn numbered(number: usize) -> GameId {
    let digit = |place: u32| u8::try_from(number / 30_usize.pow(place) % 30).unwrap();
    GameId::new([29, 29, 29, digit(4), digit(3), digit(2), digit(1), digit(0)])
}

async fn the_one_changed_last_is_known(store: &Store, ana: UserId) {
    // All in the same second: the order of changes counts, not the clock.
    let first = new_game(2, "e4 e5", Opponent::Nobody, PersonSide::Both, at(20));
    insert(store, ana, first.clone()).await;
    insert(
        store,
        ana,
        new_game(3, "d4", Opponent::Nobody, PersonSide::Both, at(20)),
    )
    .await;
    let newest = store.read(move |tx| tx.newest_game(ana)).await.unwrap().unwrap();
    assert_eq!(newest.id, GameId::new([3; 8]));
    store
        .write(move |tx| -> Unit { tx.update_game(ana, &first) })
        .await
        .unwrap();
    let newest = store.read(move |tx| tx.newest_game(ana)).await.unwrap().unwrap();
    assert_eq!(newest.id, GameId::new([2; 8]));
}

type Narrow = fn(&mut GameFilter);

/// What a list is narrowed to, and the games that are left.
const NARROWED: [(Narrow, &[u8]); 14] = [
    (|_| {}, &[4, 2, 3, 1]),
    (|all| all.limit = 2, &[4, 2]),
    (|all| all.finished = Some(true), &[4, 1]),
    (|all| all.finished = Some(false), &[2, 3]),
    (|all| all.opponent = Some("nobody"), &[2, 3]),
    (|all| all.person = Some(PersonSide::White), &[4, 1]),
    (|all| all.scores = vec![Score::Black], &[4]),
    (|all| all.scores = vec![Score::Black, Score::White], &[4, 1]),
    (|all| all.won = Some(true), &[1]),
    (|all| all.won = Some(false), &[4]),
    (|all| all.opening = Some("BARNES".to_owned()), &[4]),
    (|all| all.opening = Some("%".to_owned()), &[]),
    (|all| all.since = Some(at(20)), &[4, 2, 3]),
    (|all| all.until = Some(at(20)), &[1]),
];

async fn lists_hold_what_was_asked_for(store: &Store, ana: UserId) {
    let mut lost = new_game(
        4,
        "f3 e5 g4 Qh4#",
        Opponent::Engine {
            level: 1,
            adaptive: false,
        },
        PersonSide::White,
        at(30),
    );
    lost.touched = true;
    insert(store, ana, lost).await;
    let all = GameFilter {
        limit: 10,
        ..GameFilter::default()
    };
    for (narrow, ids) in NARROWED {
        let mut filter = all.clone();
        narrow(&mut filter);
        let wanted: Vec<GameId> = ids.iter().map(|n| GameId::new([*n; 8])).collect();
        let asked = filter.clone();
        let found = store.read(move |tx| tx.games(ana, &asked)).await.unwrap();
        let found: Vec<GameId> = found.iter().map(|game| game.id).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
    let page = all.clone();
    let first = store.read(move |tx| tx.games(ana, &page)).await.unwrap();
    assert_eq!(
        (first[0].reason, first[0].score, first[0].ply),
        (Some(Reason::Checkmate), Score::Black, 4)
    );
    let rest = GameFilter {
        before: Some(first[1].change),
        ..all
    };
    let rest = store.read(move |tx| tx.games(ana, &rest)).await.unwrap();
    assert_eq!(rest, first[2..]);
}

async fn an_equal_request_finds_its_untouched_game(store: &Store, ben: UserId) {
    let mut game = new_game(
        10,
        "",
        Opponent::Engine {
            level: 2,
            adaptive: false,
        },
        PersonSide::White,
        at(100),
    );
    game.request = Some("a".to_owned());
    insert(store, ben, game.clone()).await;
    for (request, since, found) in [("a", 90, true), ("a", 101, false), ("b", 90, false)] {
        let hit = store
            .read(move |tx| tx.game_by_request(ben, request, at(since)))
            .await
            .unwrap();
        assert_eq!(hit.is_some(), found, "{request} {since}");
    }
    let last = store.read(move |tx| tx.last_engine(ben)).await.unwrap();
    assert_eq!(last.and_then(Opponent::level), Some(2));
    store
        .write(move |tx| -> Unit { tx.discard_untouched_games(ben) })
        .await
        .unwrap();
    assert!(store.read(move |tx| tx.newest_game(ben)).await.unwrap().is_none());
    let (engine, mut touched) = (game.opponent, game);
    touched.touched = true;
    let first_move = new_game(12, "e4", engine, PersonSide::Black, at(100));
    let brought = new_game(13, "e4 e5", engine, PersonSide::White, at(100));
    for (game, stays) in [(touched, true), (first_move, false), (brought, true)] {
        let id = game.id;
        insert(store, ben, game).await;
        store
            .write(move |tx| -> Unit { tx.discard_untouched_games(ben) })
            .await
            .unwrap();
        let kept = store.read(move |tx| tx.game(ben, id)).await.unwrap();
        assert_eq!(kept.is_some(), stays, "{id}");
    }
}

async fn owed_replies_are_found(store: &Store, ben: UserId) {
    let owed = |last: Option<OwedReply>| {
        store.read(move |tx| {
            let found = tx.owed_replies(last.as_ref(), 2)?;
            Ok::<_, StoreError>(found)
        })
    };
    assert!(owed(None).await.unwrap().is_empty());
    let opponent = Opponent::Engine {
        level: 2,
        adaptive: false,
    };
    // Two that wait since the same second, and one that waits longer.
    let waiting = [(25, 110), (11, 110), (26, 109)]
        .map(|(n, since)| new_game(n, "e4", opponent, PersonSide::White, at(since)));
    for game in &waiting {
        insert(store, ben, game.clone()).await;
    }
    let told = |found: Vec<OwedReply>| found.iter().map(|owed| owed.game).collect::<Vec<_>>();
    let first = owed(None).await.unwrap();
    assert_eq!((first[0].user, first[0].since), (ben, at(109)));
    let mut in_one_second = [waiting[0].id, waiting[1].id];
    in_one_second.sort_by_key(ToString::to_string);
    assert_eq!(told(first.clone()), [waiting[2].id, in_one_second[0]]);
    assert_eq!(told(owed(Some(first[1])).await.unwrap()), [in_one_second[1]]);
    for mut answered in waiting {
        answered.game.play(answered.game.read("e5").unwrap()).unwrap();
        store
            .write(move |tx| -> Unit { tx.update_game(ben, &answered) })
            .await
            .unwrap();
    }
    assert!(owed(None).await.unwrap().is_empty());
}

async fn results_are_counted(store: &Store, ana: UserId) {
    let tallies = store
        .read(move |tx| tx.tallies(ana, Grouping::Opponent))
        .await
        .unwrap();
    let counted: Vec<_> = tallies
        .iter()
        .map(|t| (t.group.as_str(), t.won, t.drawn, t.lost))
        .collect();
    assert_eq!(counted, [("engine 1", 0, 0, 1), ("engine 3", 1, 0, 0)]);
    let openings = store.read(move |tx| tx.opening_counts(ana, 5)).await.unwrap();
    assert_eq!(openings.len(), 1);
    assert_eq!((openings[0].games, openings[0].won), (1, 0));

    let april = at(100 * 86_400);
    let mut latest = new_game(14, "e4 e5", Opponent::Assistant, PersonSide::White, april);
    latest.game.resign(Color::Black).unwrap();
    insert(store, ana, latest).await;
    let months = store
        .read(move |tx| tx.tallies(ana, Grouping::Month))
        .await
        .unwrap();
    let months: Vec<&str> = months.iter().map(|tally| tally.group.as_str()).collect();
    assert_eq!(months, ["1970-01", "1970-04"], "the latest last");
}

async fn one_game_is_deleted_by_its_own_person_alone(store: &Store, ana: UserId, ben: UserId) {
    let game = new_game(90, "e4", Opponent::Nobody, PersonSide::Both, at(90));
    let id = game.id;
    insert(store, ana, game).await;
    for (person, there) in [(ben, false), (ana, true), (ana, false)] {
        let deleted = store.write(move |tx| tx.delete_game(person, id)).await.unwrap();
        assert_eq!(deleted, there);
    }
    assert!(store.read(move |tx| tx.game(ana, id)).await.unwrap().is_none());
}

async fn games_go_with_their_person(store: &Store, ana: UserId) {
    let id = GameId::new([4; 8]);
    store
        .write(move |tx| -> Unit { tx.delete_user(ana) })
        .await
        .unwrap();
    assert!(store.read(move |tx| tx.game(ana, id)).await.unwrap().is_none());
}
