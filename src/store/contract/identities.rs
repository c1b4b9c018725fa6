//! Providers' accounts, and browsers that are at a provider.

use super::{at, person};
use crate::account::{Departure, Email, Errand, Identity, IdentityKey, UpstreamIdentity, User};
use crate::secret::Digest;
use crate::store::{Store, StoreError, Tx};

fn identity(user: &User, subject: &str) -> Identity {
    Identity {
        user: user.id,
        told: UpstreamIdentity {
            provider: "test".parse().unwrap(),
            key: IdentityKey {
                issuer: "https://idp.example".to_owned(),
                subject: subject.to_owned(),
            },
            login: Some("ana".to_owned()),
            name: None,
            email: Some(Email {
                address: "ana@x.example".to_owned(),
                verified: true,
            }),
        },
        linked_at: at(10),
        last_used_at: at(20),
    }
}

async fn run<T: Send + 'static>(
    store: &Store,
    unit: impl Fn(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.write(unit).await.unwrap()
}

pub(super) async fn identities(store: &Store) {
    a_providers_account_stays_the_same_persons(store).await;
    a_departure_is_taken_once_and_for_its_provider(store).await;
}

async fn a_providers_account_stays_the_same_persons(store: &Store) {
    let (first, other) = (person(201), person(202));
    let (mine, theirs) = (identity(&first, "s-1"), identity(&other, "s-2"));
    let (a, b) = (first.clone(), other.clone());
    let (one, two) = (mine.clone(), theirs.clone());
    run(store, move |tx| {
        tx.insert_user(&a)?;
        tx.insert_user(&b)?;
        tx.keep_identity(&one)?;
        tx.keep_identity(&two)
    })
    .await;
    let mut renewed = Identity {
        user: other.id,
        last_used_at: at(30),
        ..mine.clone()
    };
    renewed.told.email = None;
    let key = mine.told.key.clone();
    let kept = run(store, move |tx| {
        tx.keep_identity(&renewed)?;
        tx.identity(&key)
    })
    .await
    .unwrap();
    assert_eq!(
        (kept.user, kept.linked_at, kept.last_used_at),
        (first.id, at(10), at(30))
    );
    assert_eq!(kept.told.email, None);
    let (id, key) = (first.id, mine.told.key.clone());
    let left = run(store, move |tx| {
        tx.delete_identity(&key)?;
        tx.delete_user(id)?;
        Ok((tx.identities(Some(id))?, tx.identities(None)?))
    })
    .await;
    assert_eq!(left, (vec![], vec![theirs]));
    let id = other.id;
    let left = run(store, move |tx| {
        tx.delete_user(id)?;
        tx.identities(None)
    })
    .await;
    assert!(left.is_empty(), "they go with their person");
}

async fn a_departure_is_taken_once_and_for_its_provider(store: &Store) {
    for (n, errand) in [
        Errand::Enter,
        Errand::SignIn {
            sealed_handle: "sealed".to_owned(),
        },
    ]
    .into_iter()
    .enumerate()
    {
        let departure = Departure {
            state: Digest::of(&n.to_be_bytes()),
            provider: "test".parse().unwrap(),
            browser: Digest::of(b"browser"),
            errand,
            expires_at: at(601),
        };
        let (kept, state) = (departure.clone(), departure.state);
        let taken = run(store, move |tx| {
            tx.insert_departure(&kept)?;
            Ok([
                tx.take_departure(state, &"other".parse().unwrap())?,
                tx.take_departure(state, &kept.provider)?,
                tx.take_departure(state, &kept.provider)?,
            ])
        })
        .await;
        assert_eq!(taken, [None, Some(departure), None]);
    }
}
