//! Guests with a clock: who they are taken for, and until when.

use super::Place;
use crate::chess::{Color, Game, Opponent, PersonSide};
use crate::clock::Seconds;
use crate::id::GameId;
use crate::issuer::{AccountFault, Browser, Guest, Issuer, Player};
use crate::secret::Secret;
use crate::store::{FriendGame, StoreError, StoredGame, Tx};

const DAY: i64 = 86_400;

/// The browser of somebody who was shown an invitation.
fn visitor(issuer: &Issuer) -> (Browser, String) {
    let stranger = issuer.stranger(&Browser::default());
    let browser = Browser {
        cookie: Some(stranger.browser),
        ..Browser::default()
    };
    (browser, stranger.csrf.unwrap())
}

/// A guest at a game of the place's person.
async fn seated(place: &Place, game: GameId) -> Guest {
    let issuer = place.issuer();
    let (browser, csrf) = visitor(&issuer);
    let guest = issuer.guest(&csrf, "Ben", &browser).unwrap();
    let (host, now, coming) = (place.user, place.clock.now(), guest.clone());
    let unit = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
        let stored = StoredGame {
            friend: Some(FriendGame::default()),
            ..StoredGame::new(game, Opponent::Friend, PersonSide::White, Game::default(), now)
        };
        tx.insert_game(host, &stored)?;
        coming.insert(tx, game)?;
        tx.take_seat(game, coming.id())
    };
    place.store.write(unit).await.unwrap();
    guest
}

async fn player(place: &Place, cookie: &Secret) -> Option<Player> {
    let players = place.issuer().guests(std::slice::from_ref(cookie)).await;
    players.unwrap().pop()
}

#[tokio::test]
async fn a_guest_is_nobody_s_account() {
    let place = Place::new().await;
    let game = GameId::new([1; 8]);
    let guest = seated(&place, game).await;
    let found = player(&place, guest.cookie()).await.unwrap();
    assert_eq!(
        (found.user, found.name.as_str(), found.seat),
        (guest.id(), "Ben", Some(game))
    );
    let issuer = place.issuer();
    let as_session = Browser {
        session: Some(guest.cookie().clone()),
        ..Browser::default()
    };
    assert!(issuer.player(&as_session).await.unwrap().is_none());
    let account = issuer.account_page(&as_session).await;
    assert!(matches!(account, Err(AccountFault::SignedOut)));

    let csrf = found.csrf;
    let cookies = [guest.cookie().clone()];
    let nobody = Browser::default();
    let caller = issuer.caller(&nobody, &cookies, &csrf).await.unwrap();
    assert_eq!(caller.user, guest.id());
    for (browser, cookies, csrf, stale) in [
        (&nobody, &cookies[..], "", true),
        (&nobody, &cookies[..], "AAAA", true),
        (&nobody, &[][..], csrf.as_str(), false),
        (&as_session, &[][..], csrf.as_str(), false),
        (&as_session, &[][..], "AAAA", true),
    ] {
        let fault = issuer.caller(browser, cookies, csrf).await.unwrap_err();
        assert_eq!(matches!(fault, AccountFault::Stale), stale, "{fault}");
        assert_eq!(matches!(fault, AccountFault::SignedOut), !stale, "{fault}");
    }
}

#[tokio::test]
async fn a_form_for_guests_belongs_to_the_browser_that_was_shown_it() {
    let place = Place::new().await;
    let issuer = place.issuer();
    let (browser, csrf) = visitor(&issuer);
    assert!(issuer.guest(&csrf, "", &browser).is_ok());
    let (other, others) = visitor(&issuer);
    for (browser, csrf) in [(&browser, others.as_str()), (&other, &csrf), (&browser, "")] {
        let fault = issuer.guest(csrf, "", browser).unwrap_err();
        assert!(matches!(fault, AccountFault::Stale), "{fault}");
    }
    let fault = issuer.guest(&csrf, "", &Browser::default()).unwrap_err();
    assert!(matches!(fault, AccountFault::Stale), "{fault}");
}

#[tokio::test]
async fn a_guest_who_comes_back_now_and_then_stays() {
    let place = Place::new().await;
    let guest = seated(&place, GameId::new([2; 8])).await;
    for _ in 0..3 {
        place.pass(80 * DAY);
        assert!(player(&place, guest.cookie()).await.is_some(), "seen in time");
    }
    place.pass(90 * DAY + 1);
    assert!(
        player(&place, guest.cookie()).await.is_none(),
        "away for too long"
    );
}

#[tokio::test]
async fn a_guest_looks_back_for_a_month_after_the_end() {
    let place = Place::new().await;
    let game = GameId::new([3; 8]);
    let guest = seated(&place, game).await;
    place.pass(DAY);
    let (host, now) = (place.user, place.clock.now());
    let unit = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
        let mut stored = tx.game(host, game)?.unwrap();
        stored.game.resign(Color::White).unwrap();
        stored.changed_at = now;
        tx.update_game(host, &stored)
    };
    place.store.write(unit).await.unwrap();
    place.pass(30 * DAY);
    assert!(player(&place, guest.cookie()).await.is_some());
    place.pass(1);
    assert!(player(&place, guest.cookie()).await.is_none());
}

#[tokio::test]
async fn a_guest_whom_the_operator_shuts_out_is_out() {
    let place = Place::new().await;
    let guest = seated(&place, GameId::new([4; 8])).await;
    let (id, now) = (guest.id(), place.clock.now() - Seconds(1));
    let unit = move |tx: &mut dyn Tx| -> Result<(), StoreError> { tx.set_disabled(id, Some(now)) };
    place.store.write(unit).await.unwrap();
    assert!(player(&place, guest.cookie()).await.is_none());
}
