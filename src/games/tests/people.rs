//! Between two people: the clock, the end of a game, and who may call it off.

use super::*;
use crate::id::InvitationCode;
use crate::store::Tx;

struct Pair {
    table: Table,
    ben: UserId,
    game: GameId,
}

impl Table {
    async fn invite(&self, moves: Option<&str>) -> StoredGame {
        let friend = NewOpponent::Friend {
            days_per_move: Some(1),
        };
        let request = NewGame {
            moves: moves.map(str::to_owned),
            ..new_game(friend, &random_request())
        };
        self.games.start(self.user, request).await.unwrap().stored
    }

    async fn shown(&self, game: GameId) -> StoredGame {
        let shown = self.games.show(self.user, Some(game)).await.unwrap();
        shown.unwrap().stored
    }
}

impl Pair {
    /// Ana with White and Ben with Black, a day a move.
    async fn new() -> Self {
        let table = Table::new().await;
        let ben = User {
            id: UserId::new(table.clock.now(), [9; 10]),
            name: "Ben".to_owned(),
            created_at: table.clock.now(),
            disabled_at: None,
            is_guest: false,
        };
        let id = ben.id;
        let unit = move |tx: &mut dyn Tx| -> Result<()> { Ok(tx.insert_user(&ben)?) };
        table.games.0.store.write(unit).await.unwrap();
        let invited = table.invite(None).await;
        let code = code_of(&invited);
        table.games.join(id, &code).await.unwrap();
        Self {
            table,
            ben: id,
            game: invited.id,
        }
    }

    async fn play(&self, who: UserId, text: &str) -> Shown {
        let request = PlayMove {
            game: Some(self.game),
            text: MoveText::from(text),
            expected_ply: None,
            by: Mover::Person,
        };
        self.table.games.play(who, request).await.unwrap()
    }

    async fn take_back(&self, who: UserId, answer: Option<UndoAnswer>) -> Result<Shown> {
        let wish = TakeBack {
            answer,
            ..back(Some(self.game), None)
        };
        self.table.games.take_back(who, wish).await
    }

    async fn deadline(&self) -> Option<Timestamp> {
        self.table.shown(self.game).await.friend.unwrap().deadline
    }
}

fn code_of(stored: &StoredGame) -> String {
    let friend = stored.friend.as_ref().unwrap();
    friend.invitation.as_ref().unwrap().code.clone()
}

#[tokio::test]
async fn asking_for_a_move_back_buys_no_time() {
    let pair = Pair::new().await;
    let ana = pair.table.user;
    pair.play(ana, "e4").await;
    pair.play(pair.ben, "e5").await;
    let deadline = pair.deadline().await;
    pair.table.pass(3600);
    pair.take_back(ana, None).await.unwrap();
    pair.take_back(pair.ben, Some(UndoAnswer::Decline)).await.unwrap();
    assert_eq!(pair.deadline().await, deadline);
    pair.take_back(ana, None).await.unwrap();
    pair.take_back(pair.ben, Some(UndoAnswer::Accept)).await.unwrap();
    assert!(pair.deadline().await > deadline, "another move, another day");
}

#[tokio::test]
async fn nothing_saves_a_game_whose_time_is_over() {
    for way in 0..3 {
        let pair = Pair::new().await;
        let ana = pair.table.user;
        pair.play(ana, "e4").await;
        pair.play(pair.ben, "e5").await;
        pair.table.pass(2 * 86_400);
        let late = match way {
            0 => pair.take_back(ana, None).await,
            1 => {
                pair.table
                    .games
                    .finish(ana, Some(pair.game), Finish::OfferDraw)
                    .await
            }
            _ => {
                pair.table
                    .games
                    .finish(ana, Some(pair.game), Finish::Resign)
                    .await
            }
        };
        let late = late.unwrap();
        assert_eq!(
            late.stored.game.ending().unwrap().reason,
            Reason::Timeout,
            "{way}"
        );
        assert!(late.notes.concat().contains("Too late"), "{:?}", late.notes);
    }
}

#[tokio::test]
async fn whoever_wins_on_time_is_not_called_late() {
    let pair = Pair::new().await;
    pair.play(pair.table.user, "e4").await;
    pair.table.pass(2 * 86_400);
    let told = pair.play(pair.table.user, "d4").await;
    assert_eq!(told.stored.game.ending().unwrap().reason, Reason::Timeout);
    assert!(
        told.notes.concat().contains("friend's time had run out"),
        "{:?}",
        told.notes
    );
}

#[tokio::test]
async fn a_game_lost_on_time_leaves_no_wish_open() {
    let pair = Pair::new().await;
    let ana = pair.table.user;
    pair.play(ana, "e4").await;
    pair.take_back(ana, None).await.unwrap();
    pair.table.pass(2 * 86_400);
    pair.table.games.end_overdue().await.unwrap();
    let over = pair.table.shown(pair.game).await;
    assert!(!over.game.is_ongoing());
    assert_eq!(over.friend.unwrap().undo_offer, None);
}

#[tokio::test]
async fn deleting_a_game_that_goes_on_loses_it_with_its_points() {
    let pair = Pair::new().await;
    pair.play(pair.table.user, "e4").await;
    pair.play(pair.ben, "e5").await;
    assert!(pair.table.games.delete(pair.table.user, pair.game).await.unwrap());
    let kept = pair.table.games.show(pair.ben, Some(pair.game)).await;
    let kept = kept.unwrap().unwrap().stored;
    assert_eq!(kept.game.ending().unwrap().reason, Reason::Resignation);
    assert!(kept.rating.unwrap().by > 0.0);
}

#[tokio::test]
async fn a_game_that_nobody_joined_is_called_off_at_any_ply() {
    let table = Table::new().await;
    let waiting = table.invite(Some("e4 e5 Nf3")).await;
    let finish = |how| table.games.finish(table.user, Some(waiting.id), how);
    assert!(refusal(finish(Finish::Resign).await).contains("abort"));
    let over = finish(Finish::Abort).await.unwrap();
    assert_eq!(over.stored.game.ending().unwrap().reason, Reason::Aborted);
}

#[tokio::test]
async fn an_invitation_that_has_ended_is_not_shown() {
    let table = Table::new().await;
    let waiting = table.invite(None).await;
    let invitation = async || table.shown(waiting.id).await.friend.unwrap().invitation;
    assert!(invitation().await.is_some());
    table.pass(14 * 86_400);
    assert!(invitation().await.is_none());
}

#[tokio::test]
async fn a_link_is_read_with_a_slash_at_its_end() {
    let table = Table::new().await;
    let code = code_of(&table.invite(None).await);
    assert!(code.parse::<InvitationCode>().is_ok());
    let link = format!("https://chess.example.org/join/{code}/");
    let invited = table.games.invited(None, &link).await.unwrap();
    assert_eq!(invited.unwrap().host, "Ana");
}
