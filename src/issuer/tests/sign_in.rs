//! Signing in with a password: the same work for everybody.

use super::Place;
use crate::issuer::Accounts;
use crate::secret::Secret;

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
            .check_password(name, secret(password), place.clock.now())
            .await;
        assert_eq!(judged.unwrap().is_ok(), good, "{name}");
        assert_eq!(issuer.0.passwords.computed(), number, "{name}");
        place.pass(1);
    }
}
