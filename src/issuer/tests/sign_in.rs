//! Signing in with a password: the same work for everybody.

use super::Place;
use crate::clock::Seconds;
use crate::issuer::sign_in::session;
use crate::issuer::{Accounts, Browser, Issuer, Wrong};
use crate::secret::{Secret, random};
use crate::store::StoreError;

const RIGHT: &str = "the right one";

#[tokio::test]
async fn every_attempt_costs_one_hash_whoever_it_names() {
    let place = Place::new().await;
    let issuer = place.issuer();
    let accounts = Accounts::new(place.store.clone(), place.clock.clone());
    let secret = |text: &str| Secret::new(text.to_owned());
    accounts.add("known", &secret("the right one")).await.unwrap();
    accounts.add("disabled", &secret("the right one")).await.unwrap();
    accounts.disable("disabled").await.unwrap();
    let attempts = [
        ("nobody", "the right one", false),
        ("no name at all / \u{202e}", "the right one", false),
        ("known", "a wrong one", false),
        ("disabled", "the right one", false),
        ("disabled", "a wrong one", false),
        ("known", "the right one", true),
    ];
    for (number, (name, password, good)) in (1..).zip(attempts) {
        let judged = issuer
            .check_password(name, secret(password), &Browser::default(), place.clock.now())
            .await;
        assert_eq!(judged.unwrap().is_ok(), good, "{name}");
        assert_eq!(issuer.0.passwords.computed(), number, "{name}");
        place.pass(1);
    }
}

/// Somebody who tries passwords under the name `known`.
struct Known {
    place: Place,
    issuer: Issuer,
    accounts: Accounts,
}

impl Known {
    async fn new() -> Self {
        let place = Place::new().await;
        let accounts = Accounts::new(place.store.clone(), place.clock.clone());
        accounts
            .add("known", &Secret::new(RIGHT.to_owned()))
            .await
            .unwrap();
        Self {
            issuer: place.issuer(),
            accounts,
            place,
        }
    }

    /// What an attempt with this password comes to, in the name's network `network`.
    async fn attempt(&self, password: &str, network: &str) -> Result<(), Wrong> {
        let (password, browser) = (Secret::new(password.to_owned()), in_network(network));
        let now = self.place.clock.now();
        let judged = self.issuer.check_password("known", password, &browser, now);
        judged.await.unwrap().map(drop)
    }

    /// Guesses until there is a wait.
    async fn guess(&self, network: &str) -> Seconds {
        for _ in 0..50 {
            if let Err(Wrong::Wait(wait)) = self.attempt("a wrong one", network).await {
                return wait;
            }
        }
        panic!("fifty guesses at once")
    }
}

fn in_network(network: &str) -> Browser {
    Browser {
        network: network.to_owned(),
        ..Browser::default()
    }
}

#[tokio::test]
async fn whoever_fails_elsewhere_does_not_keep_the_owner_out() {
    let known = Known::new().await;
    let mut waited = Seconds(0);
    while waited < Seconds(900) {
        waited = known.guess("203.0.113.0/24").await;
        known.place.pass(waited.0);
    }
    assert_eq!(known.guess("203.0.113.0/24").await, Seconds(900));
    let refused = known.attempt(RIGHT, "203.0.113.0/24").await;
    assert_eq!(refused, Err(Wrong::Wait(Seconds(900))), "nor is it guessed there");
    let refused = known.attempt(RIGHT, "198.51.100.0/24").await;
    assert_eq!(refused, Err(Wrong::Wait(Seconds(10))));
    known.place.pass(10);
    assert_eq!(known.attempt(RIGHT, "198.51.100.0/24").await, Ok(()));
}

#[tokio::test]
async fn guesses_from_everywhere_are_slowed_down_together() {
    let known = Known::new().await;
    let mut judged = 0;
    for second in 0..100 {
        for number in 0..3 {
            let network = format!("10.{second}.{number}.0/24");
            judged += u32::from(known.attempt("a wrong one", &network).await == Err(Wrong::Password));
        }
        known.place.pass(1);
    }
    assert!((5..20).contains(&judged), "{judged}");
}

#[tokio::test]
async fn where_the_owner_is_signed_in_the_guesses_of_others_do_not_count() {
    let known = Known::new().await;
    let (user, cookie) = (known.accounts.active("known").await.unwrap(), random());
    let (session, now) = (Secret::bearer("ss", cookie), known.place.clock.now());
    let digest = session.digest();
    let open = known.place.store.write(move |tx| -> Result<(), StoreError> {
        session::open(tx, digest, user, &in_network("198.51.100.0/24"), 5, now)
    });
    open.await.unwrap();
    known.guess("203.0.113.0/24").await;
    let wait = known.attempt(RIGHT, "192.0.2.0/24").await;
    assert!(matches!(wait, Err(Wrong::Wait(_))), "{wait:?}");
    assert_eq!(known.attempt(RIGHT, "198.51.100.0/24").await, Ok(()));

    known.guess("203.0.114.0/24").await;
    let elsewhere = Browser {
        session: Some(session),
        ..in_network("192.0.2.0/24")
    };
    let password = Secret::new(RIGHT.to_owned());
    let judged = known
        .issuer
        .check_password("known", password, &elsewhere, now)
        .await
        .unwrap();
    assert_eq!(judged, Ok(user), "in another place with the same browser");

    let wait = known.guess("198.51.100.0/24").await;
    let own = known.attempt(RIGHT, "198.51.100.0/24").await;
    assert_eq!(own, Err(Wrong::Wait(wait)), "one's own count there as well");
}

#[tokio::test]
async fn with_a_new_password_nobody_waits_for_the_old_one() {
    let known = Known::new().await;
    known.guess("198.51.100.0/24").await;
    let new = Secret::new("another right one".to_owned());
    known.accounts.set_password("known", &new).await.unwrap();
    assert_eq!(
        known.attempt("another right one", "198.51.100.0/24").await,
        Ok(())
    );
}
