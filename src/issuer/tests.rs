//! The authorization server on a real store, at a time of our choosing.

mod documents;
mod guests;
mod refresh;
mod sign_in;

use tempfile::TempDir;

use super::{Admission, Issuer, Parts, Policy, Registration};
use crate::account::User;
use crate::clock::{Clock, Seconds, Timestamp};
use crate::id::UserId;
use crate::keys::KeyRing;
use crate::net::{Net, SystemResolver};
use crate::oauth::{Client, ClientId, model, validate_registration};
use crate::secret::{MasterKey, random};
use crate::store::{Store, StoreError};
use crate::upstream::Providers;
use crate::urls::PublicUrl;

const REDIRECT_URI: &str = "https://h.example/cb";

/// A server without doors, with one person and as many public clients as are asked for.
struct Place {
    _dir: TempDir,
    store: Store,
    keys: KeyRing,
    clock: Clock,
    user: UserId,
}

impl Place {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.db");
        let store = Store::open(&format!("sqlite:{}", path.display()).parse().unwrap()).unwrap();
        let now = Timestamp::from_seconds(1_000_000);
        let keys = KeyRing::open(store.clone(), master().sealer(), now)
            .await
            .unwrap();
        let user = User {
            id: UserId::new(now, random()),
            name: "Ana".to_owned(),
            created_at: now,
            disabled_at: None,
            is_guest: false,
        };
        let id = user.id;
        let insert = store.write(move |tx| -> Result<(), StoreError> { tx.insert_user(&user) });
        insert.await.unwrap();
        Self {
            _dir: dir,
            store,
            keys,
            clock: Clock::manual(now),
            user: id,
        }
    }

    /// The server as it is right after a start.
    fn issuer(&self) -> Issuer {
        let url = PublicUrl::parse("https://chess.example").unwrap();
        self.issuer_at(url, Net::new(SystemResolver, false))
    }

    /// The same at another address, with another way to the documents of clients.
    fn issuer_at(&self, url: PublicUrl, net: Net) -> Issuer {
        let policy = Policy {
            local_sign_up: false,
            invited_guests: true,
            admission: Admission::default(),
            access_token_ttl: Seconds(model::ACCESS_LIFE),
            refresh_token_idle_ttl: Seconds(model::IDLE_LIFE),
            refresh_token_ttl: Seconds(model::GRANT_LIFE),
            code_ttl: Seconds(60),
            refresh_replay_window: Seconds(model::WINDOW),
            sessions_per_user: 5,
            grants_per_client: 20,
            registration: Registration::Open,
            local_sign_in: true,
        };
        let parts = Parts {
            store: self.store.clone(),
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            policy,
            providers: Providers::new(Vec::new(), net.clone(), &master(), url.clone()),
            public_url: url,
            net,
        };
        Issuer::new(parts, &master())
    }

    /// A public client that was used before.
    async fn client(&self) -> ClientId {
        let metadata =
            format!(r#"{{"redirect_uris":["{REDIRECT_URI}"],"token_endpoint_auth_method":"none"}}"#);
        let client = Client {
            id: ClientId::registered(random()),
            metadata: validate_registration(metadata.as_bytes()).unwrap(),
            secret: None,
            created_at: self.clock.now(),
            activated_at: Some(self.clock.now()),
            added: false,
        };
        let id = client.id.clone();
        let insert = self
            .store
            .write(move |tx| -> Result<(), StoreError> { tx.insert_client(&client) });
        insert.await.unwrap();
        id
    }

    fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + Seconds(seconds));
    }
}

fn master() -> MasterKey {
    MasterKey::new([1; 32])
}
