//! What the rules of the game do not decide: which game, repeats, stale calls, and the engine away.

mod people;

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::account::User;
use crate::chess::{MoveText, Opponent, PersonSide, Reason, Variant};
use crate::clock::Seconds;
use crate::engine::{EngineOptions, Level};
use crate::id::{GameId, UserId};
use crate::store::DatabaseUrl;

struct Table {
    dir: TempDir,
    games: Games,
    clock: Clock,
    user: UserId,
}

fn engines(own: &Path) -> Engines {
    Engines::new(EngineOptions {
        own: Some(own.to_owned()),
        external: None,
        processes: 1,
        hash_mb: 16,
    })
}

impl Table {
    /// A person, and an engine that cannot be started yet.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(dir.path().join("x.db"))).unwrap();
        let now = Timestamp::from_seconds(1_000_000);
        let clock = Clock::manual(now);
        let user = User {
            id: UserId::new(now, [7; 10]),
            name: "Ana".to_owned(),
            created_at: now,
            disabled_at: None,
            is_guest: false,
        };
        let id = user.id;
        store
            .write(move |tx| -> Result<()> { Ok(tx.insert_user(&user)?) })
            .await
            .unwrap();
        let games = Games::new(store, engines(&dir.path().join("engine")), clock.clone(), 10);
        Self {
            dir,
            games,
            clock,
            user: id,
        }
    }

    fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + Seconds(seconds));
    }

    async fn board(&self) -> Shown {
        self.games
            .start(self.user, new_game(NewOpponent::Nobody, &random_request()))
            .await
            .unwrap()
    }

    async fn against_engine(&self) -> Shown {
        let level = NewOpponent::Engine(strength(3));
        self.games
            .start(self.user, new_game(level, &random_request()))
            .await
            .unwrap()
    }

    async fn play(&self, text: &str, game: Option<GameId>, expected_ply: Option<usize>) -> Result<Shown> {
        let request = PlayMove {
            game,
            text: MoveText::from(text),
            expected_ply,
            by: Mover::Person,
        };
        self.games.play(self.user, request).await
    }

    /// Lets the engine be found: a script that answers every search with this move.
    #[cfg(unix)]
    fn engine_arrives(&self, reply: &str) {
        use std::os::unix::fs::PermissionsExt;
        let script = format!(
            "#!/bin/sh\nwhile read -r line; do case $line in\nuci) echo uciok;;\nisready) echo readyok;;\n\
             go*) echo 'info depth 1 score cp 10 pv {reply}'; echo 'bestmove {reply}';;\nquit) exit;;\nesac; done\n"
        );
        let path = self.dir.path().join("engine");
        let fresh = self.dir.path().join("engine.new");
        std::fs::write(&fresh, script).unwrap();
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::rename(fresh, path).unwrap();
    }
}

/// A level, or as last time.
fn strength(level: u8) -> Strength {
    Level::new(level).map_or(Strength::AsLastTime, Strength::Fixed)
}

fn back(game: Option<GameId>, expected_ply: Option<usize>) -> TakeBack {
    TakeBack {
        game,
        expected_ply,
        answer: None,
    }
}

fn random_request() -> String {
    GameId::new(crate::secret::random()).to_string()
}

fn new_game(opponent: NewOpponent, request: &str) -> NewGame {
    NewGame {
        opponent,
        side: SideChoice::White,
        moves: None,
        variant: Variant::Standard,
        fen: None,
        from_game: None,
        coach: None,
        request: request.to_owned(),
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Err(GamesError::Refused(refusal)) => refusal.to_string(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn uci(shown: &Shown) -> String {
    shown.stored.game.uci_moves()
}

#[tokio::test]
async fn without_a_name_the_only_unfinished_game_is_meant() {
    let table = Table::new().await;
    assert!(refusal(table.play("e4", None, None).await).contains("no unfinished game"));
    let first = table.board().await.stored.id;
    assert_eq!(table.play("e4", None, None).await.unwrap().stored.id, first);
    let second = table.board().await.stored.id;
    let text = refusal(table.play("d4", None, None).await);
    assert!(
        text.contains(first.as_str()) && text.contains(second.as_str()),
        "{text}"
    );
    assert_eq!(
        table
            .games
            .show(table.user, None)
            .await
            .unwrap()
            .unwrap()
            .stored
            .id,
        second,
        "changed last"
    );
    table.play("e5", Some(first), None).await.unwrap();
    assert_eq!(
        table
            .games
            .show(table.user, None)
            .await
            .unwrap()
            .unwrap()
            .stored
            .id,
        first
    );
    let stranger = GameId::new([1; 8]);
    let text = refusal(table.play("e4", Some(stranger), None).await);
    assert!(
        text.contains("There is no game") && text.contains(first.as_str()),
        "{text}"
    );
}

#[tokio::test]
async fn a_repeated_move_is_answered_and_not_played() {
    let table = Table::new().await;
    let game = Some(table.board().await.stored.id);
    let first = table.play("e4", game, Some(0)).await.unwrap();
    assert_eq!(
        (first.repeated, first.played, first.stored.revision),
        (false, Some(0), 2)
    );
    for same in ["e4", "e2e4", "pawn to e4"] {
        let again = table.play(same, game, Some(0)).await.unwrap();
        assert_eq!(
            (again.repeated, again.played, again.stored.revision),
            (true, Some(0), 2),
            "{same}"
        );
    }
    let text = refusal(table.play("d4", game, Some(0)).await);
    assert!(
        text.contains("out of date") && text.contains("ply 1") && text.contains("1. e4"),
        "{text}"
    );
    assert!(refusal(table.play("d5", game, Some(9)).await).contains("lies ahead"));
    table
        .games
        .take_back(table.user, back(game, Some(1)))
        .await
        .unwrap();
    let anew = table.play("e4", game, Some(0)).await.unwrap();
    assert!(!anew.repeated, "it was taken back, so it is a new move");
}

#[tokio::test]
async fn without_a_ply_the_same_text_soon_after_is_the_same_call() {
    let table = Table::new().await;
    let game = Some(table.board().await.stored.id);
    table.play("Nf3", game, None).await.unwrap();
    let black = table.play("Nf6", game, None).await.unwrap();
    assert!(!black.repeated);
    let again = table.play("Nf6", game, None).await.unwrap();
    assert!(
        again.repeated && again.notes[0].contains("expected_ply 2"),
        "{:?}",
        again.notes
    );
    table.pass(61);
    assert!(refusal(table.play("Nf6", game, None).await).contains("not legal"));
    // Both sides castle with the same words: the other side's legal move is no repetition.
    let castles = NewGame {
        fen: Some("r3k2r/5p2/8/8/8/8/5P2/R3K2R w KQkq -".to_owned()),
        ..new_game(NewOpponent::Nobody, "castles")
    };
    let game = Some(table.games.start(table.user, castles).await.unwrap().stored.id);
    table.play("O-O", game, None).await.unwrap();
    let black = table.play("O-O", game, None).await.unwrap();
    assert_eq!((black.repeated, uci(&black).as_str()), (false, "e1g1 e8g8"));
}

#[tokio::test]
async fn the_repeated_mating_move_finds_its_game() {
    let table = Table::new().await;
    let mates = NewGame {
        moves: Some("f3 e5 g4".to_owned()),
        ..new_game(NewOpponent::Nobody, "mate")
    };
    table.games.start(table.user, mates).await.unwrap();
    let mate = table.play("Qh4#", None, None).await.unwrap();
    assert_eq!(mate.stored.game.ending().unwrap().reason, Reason::Checkmate);
    assert!(table.play("Qh4#", None, None).await.unwrap().repeated);
    table.pass(61);
    assert!(refusal(table.play("Qh4#", None, None).await).contains("no unfinished game"));
}

#[tokio::test]
async fn equal_requests_make_one_game_while_it_is_untouched() {
    let table = Table::new().await;
    let start = |request: &'static str| {
        table
            .games
            .start(table.user, new_game(NewOpponent::Nobody, request))
    };
    let first = start("a").await.unwrap();
    let same = start("a").await.unwrap();
    assert_eq!((same.repeated, same.stored.id), (true, first.stored.id));
    assert_ne!(start("b").await.unwrap().stored.id, first.stored.id);
    table.pass(61);
    assert_ne!(start("a").await.unwrap().stored.id, first.stored.id);
}

#[tokio::test]
async fn what_engines_cannot_play_is_set_up_on_a_board_alone() {
    let table = Table::new().await;
    let crowd = |opponent, request| NewGame {
        fen: Some("4k3/8/8/8/8/PPPPPPPP/PPPPPPPP/4K3 w - - 0 1".to_owned()),
        ..new_game(opponent, request)
    };
    let against = crowd(NewOpponent::Engine(strength(3)), "engine");
    assert!(refusal(table.games.start(table.user, against).await).contains("16 men"));
    let alone = crowd(NewOpponent::Nobody, "nobody");
    assert!(table.games.start(table.user, alone).await.is_ok());
}

#[tokio::test]
async fn moves_that_are_brought_along_are_kept_and_make_no_second_game() {
    let table = Table::new().await;
    let request = NewGame {
        moves: Some("e4 e5".to_owned()),
        ..new_game(NewOpponent::Engine(Strength::AsLastTime), "brought")
    };
    let first = table.games.start(table.user, request.clone()).await.unwrap();
    let same = table.games.start(table.user, request).await.unwrap();
    assert_eq!((same.repeated, same.stored.id), (true, first.stored.id));
    table.against_engine().await;
    let kept = table.games.show(table.user, Some(first.stored.id)).await.unwrap();
    assert!(kept.is_some(), "nothing of the person's is lost");
}

#[tokio::test]
async fn a_new_game_discards_an_engine_game_without_a_move_of_the_person() {
    let table = Table::new().await;
    let empty = table.against_engine().await.stored.id;
    let played = table.against_engine().await.stored.id;
    let text = refusal(table.play("e4", Some(empty), None).await);
    assert!(text.contains("There is no game"), "{text}");
    table.play("e4", Some(played), Some(0)).await.unwrap();
    table.against_engine().await;
    assert!(
        table
            .games
            .show(table.user, Some(played))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn the_level_is_as_last_time_and_beginners_are_coached() {
    let table = Table::new().await;
    let start = |level, request: &'static str| {
        table.games.start(
            table.user,
            new_game(NewOpponent::Engine(strength(level)), request),
        )
    };
    let first = start(0, "first").await.unwrap().stored;
    assert_eq!(
        (first.opponent, first.coach),
        (
            Opponent::Engine {
                level: 2,
                adaptive: true
            },
            true
        )
    );
    let strong = start(7, "strong").await.unwrap().stored;
    assert_eq!(
        (strong.opponent, strong.coach),
        (
            Opponent::Engine {
                level: 7,
                adaptive: false
            },
            false
        )
    );
    assert_eq!(
        start(0, "as last time").await.unwrap().stored.opponent,
        Opponent::Engine {
            level: 7,
            adaptive: false
        }
    );
}

#[tokio::test]
async fn games_begin_where_they_are_told_to() {
    let table = Table::new().await;
    let line = NewGame {
        moves: Some("1. e4 c5 2. Nf3".to_owned()),
        ..new_game(NewOpponent::Nobody, "line")
    };
    let line = table.games.start(table.user, line).await.unwrap();
    assert_eq!(uci(&line), "e2e4 c7c5 g1f3");
    assert_eq!(line.stored.opening.as_ref().unwrap().eco, "B27");
    let from = |ply, request| NewGame {
        from_game: Some((line.stored.id, ply)),
        ..new_game(NewOpponent::Nobody, request)
    };
    let whole = table.games.start(table.user, from(None, "whole")).await.unwrap();
    assert_eq!(
        (uci(&whole).as_str(), whole.stored.person),
        ("e2e4 c7c5 g1f3", PersonSide::Both)
    );
    assert_eq!(
        uci(&table
            .games
            .start(table.user, from(Some(1), "part"))
            .await
            .unwrap()),
        "e2e4"
    );
    assert!(refusal(table.games.start(table.user, from(Some(9), "late")).await).contains("only to ply 3"));
    let bad = NewGame {
        moves: Some("e4 e4".to_owned()),
        ..new_game(NewOpponent::Nobody, "bad")
    };
    assert!(refusal(table.games.start(table.user, bad).await).contains("not legal"));
    let over = NewGame {
        moves: Some("f3 e5 g4 Qh4#".to_owned()),
        ..new_game(NewOpponent::Engine(Strength::AsLastTime), "over")
    };
    assert!(refusal(table.games.start(table.user, over).await).contains("already over by checkmate"));
}

#[tokio::test]
async fn a_line_stops_at_its_first_bad_move() {
    let table = Table::new().await;
    let game = Some(table.board().await.stored.id);
    let line = |moves: &str| table.games.play_line(table.user, game, moves.to_owned());
    let shown = line("1. e4 e5 2. Ke3 Nc6").await.unwrap();
    assert_eq!((shown.played_count, uci(&shown).as_str()), (2, "e2e4 e7e5"));
    assert!(shown.notes[0].contains("`Ke3`, move 3 of 4"), "{:?}", shown.notes);
    assert!(refusal(line("Ke3").await).contains("not legal"));
    assert!(refusal(line("1. {only words}").await).contains("no moves"));
    let engine = Some(table.against_engine().await.stored.id);
    let text = refusal(table.games.play_line(table.user, engine, "e4".to_owned()).await);
    assert!(text.contains("has an opponent"), "{text}");
}

#[tokio::test]
async fn taking_back_is_not_repeated_by_accident() {
    let table = Table::new().await;
    let game = Some(table.board().await.stored.id);
    for text in ["e4", "e5", "Nf3"] {
        table.play(text, game, None).await.unwrap();
    }
    let undo = |ply| table.games.take_back(table.user, back(game, ply));
    let back = undo(Some(3)).await.unwrap();
    assert_eq!((back.repeated, back.stored.game.ply()), (false, 2));
    let again = undo(Some(3)).await.unwrap();
    assert_eq!((again.repeated, again.stored.game.ply()), (true, 2));
    assert!(refusal(undo(Some(7)).await).contains("out of date"));
    undo(None).await.unwrap();
    undo(None).await.unwrap();
    assert!(refusal(undo(None).await).contains("no move"));
}

#[tokio::test]
async fn an_end_is_kept_and_can_be_taken_back() {
    let table = Table::new().await;
    let game = Some(table.against_engine().await.stored.id);
    table.play("e4", game, Some(0)).await.unwrap();
    let resigned = table
        .games
        .finish(table.user, game, Finish::Resign)
        .await
        .unwrap();
    assert_eq!(resigned.stored.game.score().as_str(), "0-1");
    let again = table.games.finish(table.user, game, Finish::Abort).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.stored.game.ending().unwrap().reason, Reason::Resignation);
    let back = table
        .games
        .take_back(table.user, back(game, Some(1)))
        .await
        .unwrap();
    assert!(back.stored.game.is_ongoing() && back.notes.iter().any(|note| note.contains("open again")));
    assert_eq!(back.stored.game.ply(), 0);
    let board = Some(table.board().await.stored.id);
    for (how, part) in [
        (Finish::Resign, "nobody to resign to"),
        (Finish::OfferDraw, "nobody to offer a draw to"),
        (Finish::AcceptDraw, "nobody to accept a draw from"),
        (Finish::ClaimDraw, "no draw to claim"),
    ] {
        assert!(refusal(table.games.finish(table.user, board, how).await).contains(part));
    }
}

#[tokio::test]
async fn an_engine_that_is_away_costs_no_move() {
    let table = Table::new().await;
    let game = Some(table.against_engine().await.stored.id);
    let shown = table.play("e4", game, Some(0)).await.unwrap();
    assert!(shown.stored.owes_reply() && shown.reply.is_none());
    assert_eq!(shown.played, Some(0));
    let text = refusal(table.play("d4", game, None).await);
    assert!(text.contains("engine's turn"), "{text}");
    let repeated = table.play("e4", game, Some(0)).await.unwrap();
    assert!(repeated.repeated && repeated.stored.owes_reply());
    let back = table
        .games
        .take_back(table.user, back(game, Some(1)))
        .await
        .unwrap();
    assert_eq!((back.stored.game.ply(), back.stored.owes_reply()), (0, false));
}

#[cfg(unix)]
#[tokio::test]
async fn an_engine_answers_in_the_same_call() {
    let table = Table::new().await;
    table.engine_arrives("e7e5");
    let game = Some(table.against_engine().await.stored.id);
    let shown = table.play("e4", game, Some(0)).await.unwrap();
    // The level may stray to any legal move; that there is one is what counts here.
    assert_eq!(
        (shown.played, shown.reply, shown.stored.game.ply()),
        (Some(0), Some(1), 2)
    );
    let again = table.play("e4", game, Some(0)).await.unwrap();
    assert_eq!(
        (again.repeated, again.reply, uci(&again)),
        (true, Some(1), uci(&shown))
    );
    let back = table
        .games
        .take_back(table.user, back(game, Some(2)))
        .await
        .unwrap();
    assert_eq!(back.stored.game.ply(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn an_engine_with_white_opens_at_once_and_only_once() {
    let table = Table::new().await;
    table.engine_arrives("e2e4");
    let black = || NewGame {
        side: SideChoice::Black,
        ..new_game(NewOpponent::Engine(strength(3)), "black")
    };
    let first = table.games.start(table.user, black()).await.unwrap();
    assert_eq!(
        (first.reply, first.stored.game.ply(), first.repeated),
        (Some(0), 1, false)
    );
    let again = table.games.start(table.user, black()).await.unwrap();
    assert_eq!(
        (again.reply, again.stored.id, again.repeated),
        (Some(0), first.stored.id, true)
    );
    assert_eq!(uci(&again), uci(&first));
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn an_owed_reply_is_made_as_soon_as_an_engine_runs() {
    let table = Table::new().await;
    let game = table.against_engine().await.stored.id;
    assert!(
        table
            .play("e4", Some(game), Some(0))
            .await
            .unwrap()
            .stored
            .owes_reply()
    );
    let shutdown = CancellationToken::new();
    // As after a restart: nobody calls, the row alone says that a reply is owed.
    let running = tokio::spawn(table.games.clone().run(shutdown.clone()));
    table.engine_arrives("e7e5");
    let answered = async {
        loop {
            let shown = table.games.show(table.user, Some(game)).await.unwrap().unwrap();
            if !shown.stored.owes_reply() {
                return shown;
            }
            tokio::time::advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
        }
    };
    let shown = answered.await;
    assert_eq!(shown.stored.game.ply(), 2);
    shutdown.cancel();
    running.await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_engine_takes_a_draw_late_in_an_even_game() {
    let table = Table::new().await;
    let endgame = |number: u32, request: &str| NewGame {
        fen: Some(format!("4k3/4p3/8/8/8/8/4P3/4K3 w - - 0 {number}")),
        ..new_game(NewOpponent::Engine(strength(3)), request)
    };
    let game = Some(
        table
            .games
            .start(table.user, endgame(21, "late"))
            .await
            .unwrap()
            .stored
            .id,
    );
    let offer = || table.games.finish(table.user, game, Finish::OfferDraw);
    assert!(refusal(offer().await).contains("cannot answer a draw offer just now"));
    table.engine_arrives("e2e4");
    let agreed = offer().await.unwrap();
    assert!(agreed.answered.unwrap().accepted);
    assert_eq!(agreed.stored.game.ending().unwrap().reason, Reason::Agreement);
    let early = Some(
        table
            .games
            .start(table.user, endgame(20, "early"))
            .await
            .unwrap()
            .stored
            .id,
    );
    let declined = table
        .games
        .finish(table.user, early, Finish::OfferDraw)
        .await
        .unwrap();
    assert_eq!(
        (declined.answered.unwrap().accepted, declined.stored.revision),
        (false, 1)
    );
    assert!(declined.stored.game.is_ongoing());
}

#[tokio::test]
async fn somebody_else_s_game_does_not_exist() {
    let table = Table::new().await;
    let game = table.board().await.stored.id;
    let ben = UserId::new(Timestamp::from_seconds(5), [9; 10]);
    let play = PlayMove {
        game: Some(game),
        text: MoveText::from("e4"),
        expected_ply: Some(0),
        by: Mover::Person,
    };
    assert!(refusal(table.games.play(ben, play).await).contains("There is no game"));
    assert!(refusal(table.games.show(ben, Some(game)).await).contains("There is no game"));
    assert!(table.games.show(ben, None).await.unwrap().is_none());
    assert!(refusal(table.games.take_back(ben, back(Some(game), None)).await).contains("There is no game"));
    assert!(refusal(table.games.finish(ben, Some(game), Finish::Abort).await).contains("There is no game"));
    assert!(refusal(table.games.export(ben, Some(game)).await).contains("There is no game"));
    let from = NewGame {
        from_game: Some((game, None)),
        ..new_game(NewOpponent::Nobody, "x")
    };
    assert!(refusal(table.games.start(ben, from).await).contains("There is no game"));
    let all = GameFilter {
        limit: 10,
        ..GameFilter::default()
    };
    assert!(table.games.list(ben, all).await.unwrap().games.is_empty());
}

#[tokio::test]
async fn a_guest_who_comes_too_late_leaves_nothing_behind() {
    let table = Table::new().await;
    let friend = NewOpponent::Friend { days_per_move: None };
    let started = table
        .games
        .start(table.user, new_game(friend, &random_request()))
        .await;
    let stored = started.unwrap().stored;
    assert!(stored.rated);
    let code = stored.friend.unwrap().invitation.unwrap().code;
    let sit = async |n: u8| {
        let guest = User {
            id: UserId::new(table.clock.now(), [n; 10]),
            name: "Ben".to_owned(),
            created_at: table.clock.now(),
            disabled_at: None,
            is_guest: true,
        };
        let seated = table
            .games
            .join_as_guest(guest.id, &code, move |tx, _| tx.insert_user(&guest));
        seated.await
    };
    assert_eq!(sit(1).await.unwrap(), stored.id);
    assert!(refusal(sit(2).await).contains("has been used"));
    let people = table.games.0.store.read(|tx| tx.users()).await.unwrap();
    assert_eq!(people.iter().filter(|(user, _)| user.is_guest).count(), 1);
    let shown = table
        .games
        .show(table.user, Some(stored.id))
        .await
        .unwrap()
        .unwrap();
    assert!(!shown.stored.rated, "nobody is rated against a guest");
    assert_eq!(shown.stored.friend.unwrap().name.as_deref(), Some("Ben"));
}

#[tokio::test]
async fn an_end_is_told_again_to_a_call_that_names_no_game() {
    let table = Table::new().await;
    let game = table.against_engine().await.stored.id;
    let resign = || table.games.finish(table.user, None, Finish::Resign);
    assert!(!resign().await.unwrap().repeated);
    let again = resign().await.unwrap();
    assert_eq!((again.repeated, again.stored.id), (true, game));
    let reopened = table.games.take_back(table.user, back(None, None)).await.unwrap();
    assert!(reopened.stored.game.is_ongoing());
    table.pass(61);
    resign().await.unwrap();
    table.pass(61);
    assert!(refusal(resign().await).contains("no unfinished game"));
}

#[tokio::test]
async fn a_repeated_request_makes_no_move_the_engines_that_was_brought_along() {
    let table = Table::new().await;
    let request = NewGame {
        side: SideChoice::Black,
        moves: Some("e4".to_owned()),
        ..new_game(NewOpponent::Engine(strength(3)), "brought")
    };
    for repeated in [false, true] {
        let shown = table.games.start(table.user, request.clone()).await.unwrap();
        assert_eq!((shown.repeated, shown.reply), (repeated, None));
    }
}

#[tokio::test]
async fn a_game_from_elsewhere_stays_as_it_was_played() {
    let table = Table::new().await;
    let request = ImportRequest {
        pgn: "[White \"Ben\"]\n[Black \"Cleo\"]\n\n1. e4 e5 2. Nf3 *".to_owned(),
        person: Some(PersonSide::Black),
    };
    let id = table.games.import(table.user, request).await.unwrap().games[0].id;
    let kept = table
        .games
        .show(table.user, Some(id))
        .await
        .unwrap()
        .unwrap()
        .stored;
    assert_eq!((kept.person, kept.is_persons_turn()), (PersonSide::Black, false));
    let stays = "was played elsewhere and stays as it is";
    assert!(refusal(table.play("Nc6", Some(id), None).await).contains(stays));
    let line = table.games.play_line(table.user, Some(id), "Nc6 Bb5".to_owned());
    assert!(refusal(line.await).contains(stays));
    assert!(refusal(table.games.take_back(table.user, back(Some(id), None)).await).contains(stays));
    assert!(refusal(table.games.finish(table.user, Some(id), Finish::Abort).await).contains(stays));
    assert!(refusal(table.games.hint(table.user, Some(id), None).await).contains(stays));
    let own = table.board().await.stored.id;
    let played = table.play("e4", None, None).await.unwrap();
    assert_eq!(
        played.stored.id, own,
        "no call takes it for the game that is meant"
    );
}

#[tokio::test]
async fn a_game_does_not_grow_for_ever() {
    let table = Table::new().await;
    let request = NewGame {
        fen: Some("k7/pppppppp/8/8/8/8/PPPPPPPP/K7 w - - 0 1".to_owned()),
        ..new_game(NewOpponent::Nobody, "long")
    };
    let game = Some(table.games.start(table.user, request).await.unwrap().stored.id);
    for (i, pawn) in "abcdefgh".chars().enumerate() {
        let line = format!("{pawn}3 {}", wandering_kings(i));
        table.games.play_line(table.user, game, line).await.unwrap();
    }
    let shown = table.games.show(table.user, game).await.unwrap().unwrap();
    assert_eq!(shown.stored.game.ply(), LONGEST);
    let more = table.play("Kb1", game, None).await;
    assert!(refusal(more).contains("at most 1000 moves"));
}

/// Moves of both kings along the first and last ranks and back, 63 of Black and 62 of White; `i` such walks went
/// before. Their turns are of unequal length, so that no position comes too often.
fn wandering_kings(i: usize) -> String {
    let step = |walk: &str, rank: char, made: usize| {
        let files: Vec<char> = walk.chars().collect();
        format!("K{}{rank}", files[(made + 1) % files.len()])
    };
    let pairs = (0..63).map(|n| {
        let black = step("abcdefgfedcb", '8', 63 * i + n);
        let white = step("abcdefghgfedcb", '1', 62 * i + n);
        if n < 62 { format!("{black} {white}") } else { black }
    });
    pairs.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn only_so_many_calls_of_one_person_wait() {
    let table = Table::new().await;
    let game = table.board().await.stored;
    let wait = || {
        table.games.changed(
            table.user,
            Some(game.id),
            Some(game.revision),
            Duration::from_mins(10),
        )
    };
    let mut calls: FuturesUnordered<_> = (0..9).map(|_| wait()).collect();
    let one_too_many = calls.next().await.unwrap().unwrap();
    assert_eq!(one_too_many.stored.revision, game.revision, "answered at once");
    table.play("e4", Some(game.id), Some(0)).await.unwrap();
    while let Some(call) = calls.next().await {
        assert!(call.unwrap().stored.revision > game.revision, "it waited");
    }
}
