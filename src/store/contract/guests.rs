//! Guests: what opens their one game, when it ends, and what is left of them.

use super::{at, person};
use crate::account::{GUEST_AFTER_GAME, GUEST_IDLE, GuestSession, User};
use crate::chess::{Color, Game, Opponent, PersonSide};
use crate::clock::{Seconds, Timestamp};
use crate::id::GameId;
use crate::secret::Digest;
use crate::store::{FriendGame, Store, StoreError, StoredGame, Tx};

const COOKIE: &[u8] = b"a guest's cookie";

fn guest(n: u8) -> User {
    User {
        is_guest: true,
        ..person(n)
    }
}

/// A game of somebody's in which a guest has taken the free side.
fn sit(tx: &mut dyn Tx, game: GameId, host: &User, guest: &User, cookie: &[u8]) -> Result<(), StoreError> {
    let stored = StoredGame {
        friend: Some(FriendGame::default()),
        ..StoredGame::new(game, Opponent::Friend, PersonSide::White, Game::default(), at(10))
    };
    tx.insert_game(host.id, &stored)?;
    tx.insert_user(guest)?;
    tx.take_seat(game, guest.id)?;
    tx.insert_guest_session(Digest::of(cookie), guest.id, game, at(20))
}

async fn run<T: Send + 'static>(
    store: &Store,
    unit: impl Fn(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.write(unit).await.unwrap()
}

async fn session(store: &Store, cookie: &'static [u8]) -> Option<GuestSession> {
    run(store, move |tx| tx.guest_session(Digest::of(cookie))).await
}

async fn swept(store: &Store, now: Timestamp) {
    run(store, move |tx| {
        while tx.sweep(now, 100)? > 0 {}
        Ok(())
    })
    .await;
}

async fn is_kept(store: &Store, user: &User) -> bool {
    let id = user.id;
    run(store, move |tx| tx.user(id)).await.is_some()
}

pub(super) async fn guests(store: &Store) {
    let (host, ana) = (person(231), guest(232));
    let id = GameId::new([231; 8]);
    let (owner, newcomer) = (host.clone(), ana.clone());
    run(store, move |tx| {
        tx.insert_user(&owner)?;
        sit(tx, id, &owner, &newcomer, COOKIE)
    })
    .await;
    a_guest_is_found_by_their_cookie(store, &ana, id).await;
    a_session_ends_after_a_long_absence(store, &host).await;
    the_name_stays_with_the_host_s_game(store, &host, &ana, id).await;
    a_game_that_the_host_left_goes_with_the_guest(store, &host).await;
}

async fn a_guest_is_found_by_their_cookie(store: &Store, ana: &User, id: GameId) {
    let kept = run(store, {
        let id = ana.id;
        move |tx| tx.user(id)
    })
    .await;
    assert_eq!(kept.as_ref(), Some(ana), "marked as a guest");
    let expected = GuestSession {
        user: ana.id,
        game: id,
        last_seen_at: at(20),
        game_ended_at: None,
    };
    assert_eq!(session(store, COOKIE).await, Some(expected));
    assert_eq!(session(store, b"another cookie").await, None);
    let account = run(store, |tx| tx.session(Digest::of(COOKIE))).await;
    assert_eq!(account, None, "it opens no account");
    run(store, |tx| tx.touch_guest_session(Digest::of(COOKIE), at(30))).await;
    assert_eq!(session(store, COOKIE).await.unwrap().last_seen_at, at(30));
}

async fn a_session_ends_after_a_long_absence(store: &Store, host: &User) {
    let (host, away) = (host.clone(), guest(233));
    let (id, newcomer) = (GameId::new([233; 8]), away.clone());
    run(store, move |tx| sit(tx, id, &host, &newcomer, b"away")).await;
    swept(store, at(20) + GUEST_IDLE).await;
    assert!(session(store, b"away").await.is_some(), "not yet");
    swept(store, at(21) + GUEST_IDLE).await;
    assert!(session(store, b"away").await.is_none());
    assert!(
        is_kept(store, &away).await,
        "the game goes on, and shows the name"
    );
    assert!(session(store, COOKIE).await.is_some(), "who was seen later stays");
}

async fn the_name_stays_with_the_host_s_game(store: &Store, host: &User, ana: &User, id: GameId) {
    let (owner, ended) = (host.id, at(30) + GUEST_IDLE);
    run(store, move |tx| {
        let mut stored = tx.game(owner, id)?.unwrap();
        stored.game.resign(Color::White).unwrap();
        stored.changed_at = ended;
        tx.update_game(owner, &stored)?;
        tx.touch_guest_session(Digest::of(COOKIE), ended)
    })
    .await;
    assert_eq!(session(store, COOKIE).await.unwrap().game_ended_at, Some(ended));
    swept(store, ended + GUEST_AFTER_GAME).await;
    assert!(session(store, COOKIE).await.is_some(), "not yet");
    swept(store, ended + GUEST_AFTER_GAME + Seconds(1)).await;
    assert!(session(store, COOKIE).await.is_none());
    let stored = run(store, move |tx| tx.game(owner, id)).await.unwrap();
    assert_eq!(stored.friend.unwrap().name.as_ref(), Some(&ana.name));
    run(store, move |tx| tx.delete_game(owner, id)).await;
    swept(store, ended + GUEST_AFTER_GAME + Seconds(2)).await;
    assert!(!is_kept(store, ana).await, "nothing shows the name any more");
}

async fn a_game_that_the_host_left_goes_with_the_guest(store: &Store, host: &User) {
    let late = at(10_000_000_000);
    let (owner, ben, id) = (host.id, guest(234), GameId::new([234; 8]));
    let (host, newcomer) = (host.clone(), ben.clone());
    run(store, move |tx| {
        sit(tx, id, &host, &newcomer, b"left alone")?;
        tx.touch_guest_session(Digest::of(b"left alone"), late)?;
        tx.delete_user(owner)
    })
    .await;
    let kept = session(store, b"left alone").await.unwrap();
    assert!(kept.game_ended_at.is_some(), "whoever leaves, resigns");
    swept(store, late).await;
    assert!(session(store, b"left alone").await.is_none());
    assert!(!is_kept(store, &ben).await);
    let user = ben.id;
    assert!(run(store, move |tx| tx.game(user, id)).await.is_none());
}
