//! What every backend must do. Each backend calls [`every_backend`] with a way to open the same database.

mod companion;
mod games;
mod guests;
mod identities;

use std::path::Path;

use tokio::task::JoinSet;

use super::{Fact, Failures, Most, Store, StoreError, Tx};
use crate::account::{BrowserSession, LocalAccount, User, Username};
use crate::audit::{Event, EventFilter, EventKind};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, UserId};
use crate::oauth::{
    AuthorizationCode, Client, ClientId, ClientSnapshot, CodeChallenge, Grant, RedirectUri, RefreshToken,
    Retired, RevokeReason, ScopeSet, validate_registration,
};
use crate::secret::Digest;

/// Sits the whole exam.
pub(crate) async fn every_backend(open: impl Fn() -> Store) {
    let store = open();
    an_error_rolls_its_own_unit_back(&store).await;
    a_panic_ends_only_its_own_unit(&store).await;
    what_was_answered_is_seen_by_the_next_reader(&store).await;
    one_live_refresh_token_is_the_database_s_own_rule(&store).await;
    taking_out_of_use_is_noticed(&store, &open()).await;
    a_removed_person_leaves_nothing(&store).await;
    sessions_beyond_the_limit_end(&store).await;
    what_has_expired_is_swept(&store).await;
    what_piles_up_is_trimmed(&store).await;
    what_anybody_can_cause_pushes_nothing_else_out(&store).await;
    failures_are_trimmed_where_they_matter_least(&store).await;
    games::games(&store).await;
    companion::companion(&store).await;
    identities::identities(&store).await;
    guests::guests(&store).await;
    store.close().await;
    let again = open();
    what_was_answered_survives_a_restart(&again).await;
    a_copy_is_whole(&again).await;
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn person(n: u8) -> User {
    User {
        id: UserId::new(at(1), [n; 10]),
        name: format!("person {n}"),
        created_at: at(1),
        disabled_at: None,
        is_guest: false,
    }
}

fn grant(n: u8, user: &User) -> Grant {
    Grant {
        id: GrantId::new(at(i64::from(n)), [n; 10]),
        user: user.id,
        client: ClientId::registered([n; 16]),
        snapshot: ClientSnapshot::default(),
        destination: "h.example".to_owned(),
        scopes: ScopeSet::all(),
        auth_time: at(1),
        created_at: at(2),
        expires_at: at(1_000_000),
        last_used_at: at(2),
        used_generation: 0,
        revoked_at: None,
    }
}

async fn an_error_rolls_its_own_unit_back(store: &Store) {
    let mut neighbours = JoinSet::new();
    for n in 0..20_u8 {
        let (store, user) = (store.clone(), person(n));
        neighbours.spawn(async move {
            let unit = move |tx: &mut dyn Tx| {
                tx.insert_user(&user)?;
                if n % 2 == 0 {
                    Ok(())
                } else {
                    Err(StoreError::Stopped)
                }
            };
            (n, store.write(unit).await)
        });
    }
    for (n, outcome) in neighbours.join_all().await {
        assert_eq!(outcome.is_ok(), n % 2 == 0, "unit {n}");
    }
    let stored = store.read(|tx| tx.users()).await.unwrap();
    assert_eq!(stored.len(), 10);
    assert!(
        stored
            .iter()
            .all(|(user, name)| name.is_none() && user.is_active())
    );
}

async fn a_panic_ends_only_its_own_unit(store: &Store) {
    let outcome = store
        .write(|_| -> Result<(), StoreError> { panic!("a fault in a unit") })
        .await;
    assert!(matches!(outcome, Err(StoreError::Stopped)));
    store
        .write(|tx| tx.set_fact(Fact::Canary, "alive"))
        .await
        .unwrap();
}

async fn what_was_answered_is_seen_by_the_next_reader(store: &Store) {
    for n in 0..50 {
        let value = n.to_string();
        let written = value.clone();
        store
            .write(move |tx| tx.set_fact(Fact::Issuer, &written))
            .await
            .unwrap();
        let read = store.read(|tx| tx.fact(Fact::Issuer)).await.unwrap();
        assert_eq!(read, Some(value));
    }
    let refused = store.read(|tx| tx.set_fact(Fact::Issuer, "x")).await;
    assert!(refused.is_err(), "a reader cannot write");
}

async fn one_live_refresh_token_is_the_database_s_own_rule(store: &Store) {
    let grant = grant(1, &person(0));
    let id = grant.id;
    let token = move |n: u8| RefreshToken {
        digest: Digest::of(&[n]),
        grant: id,
        generation: u32::from(n),
        expires_at: at(500),
        retired: None,
    };
    store
        .write(move |tx| {
            tx.insert_grant(&grant)?;
            tx.insert_refresh_token(&token(1))
        })
        .await
        .unwrap();
    let second = store.write(move |tx| tx.insert_refresh_token(&token(2))).await;
    assert!(second.is_err());
    let retired = Retired {
        at: at(9),
        successor: Digest::of(&[2]),
        sealed: "sealed".to_owned(),
    };
    let kept = retired.clone();
    let live = store
        .write(move |tx| {
            tx.retire_refresh_token(Digest::of(&[1]), &retired)?;
            tx.insert_refresh_token(&token(2))?;
            tx.live_refresh_token(id)
        })
        .await
        .unwrap();
    assert_eq!(live, Some(token(2)));
    let first = store
        .read(|tx| tx.refresh_token(Digest::of(&[1])))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.retired, Some(kept));

    let code = AuthorizationCode {
        digest: Digest::of(b"code"),
        grant: id,
        client: ClientId::registered([1; 16]),
        redirect_uri: RedirectUri::parse("https://h.example/cb").unwrap(),
        challenge: CodeChallenge::from_digest(Digest::of(b"v")),
        nonce: None,
        expires_at: at(60),
        redeemed_at: None,
    };
    let expected = code.clone();
    let (open, redeemed, none) = store
        .write(move |tx| {
            tx.insert_code(&code)?;
            let open = tx.unredeemed_code(id)?;
            tx.redeem_code(code.digest, at(7))?;
            Ok::<_, StoreError>((open, tx.code(code.digest)?, tx.unredeemed_code(id)?))
        })
        .await
        .unwrap();
    assert_eq!(open, Some(expected));
    assert_eq!(redeemed.unwrap().redeemed_at, Some(at(7)));
    assert_eq!(none, None);
}

async fn taking_out_of_use_is_noticed(store: &Store, elsewhere: &Store) {
    let before = store.security_version().unwrap();
    store
        .write(|tx| tx.set_fact(Fact::Canary, "no matter"))
        .await
        .unwrap();
    assert_eq!(store.security_version().unwrap(), before);

    let id = grant(1, &person(0)).id;
    elsewhere
        .write(move |tx| tx.revoke_grant(id, at(9), RevokeReason::Client))
        .await
        .unwrap();
    let revoked = store.security_version().unwrap();
    assert!(revoked > before, "another process revoked");

    store
        .write(|tx| tx.set_disabled(person(2).id, Some(at(9))))
        .await
        .unwrap();
    assert!(store.security_version().unwrap() > revoked);
    let user = store.read(|tx| tx.user(person(2).id)).await.unwrap().unwrap();
    assert!(!user.is_active());
    let grant = store.read(move |tx| tx.grant(id)).await.unwrap().unwrap();
    assert!(!grant.is_live(at(10)));
}

async fn a_removed_person_leaves_nothing(store: &Store) {
    let ana = person(4);
    let username = Username::parse("ana").unwrap();
    let account = LocalAccount {
        user: ana.id,
        username: username.clone(),
        password_hash: "hash".to_owned(),
    };
    let session = BrowserSession {
        agent: String::new(),
        network: String::new(),
        user: ana.id,
        auth_time: at(1),
        expires_at: at(99),
        last_seen_at: at(1),
    };
    let cookie = Digest::of(b"cookie");
    let grant = grant(4, &ana);
    let grant_id = grant.id;
    let name = username.clone();
    let found = store
        .write(move |tx| {
            tx.insert_local_account(&account)?;
            tx.insert_session(cookie, &session, 5)?;
            tx.insert_grant(&grant)?;
            tx.local_account(&name)
        })
        .await
        .unwrap();
    assert!(found.is_some());
    store.write(move |tx| tx.delete_user(ana.id)).await.unwrap();
    let left = store
        .read(move |tx| {
            Ok::<_, StoreError>((
                tx.local_account(&username)?,
                tx.session(cookie)?,
                tx.grant(grant_id)?,
            ))
        })
        .await
        .unwrap();
    assert!(left.0.is_none() && left.1.is_none() && left.2.is_none());
}

async fn sessions_beyond_the_limit_end(store: &Store) {
    let user = person(6).id;
    for n in 0..4_u8 {
        let seen = at(10 + i64::from(n));
        let session = BrowserSession {
            agent: String::new(),
            network: String::new(),
            user,
            auth_time: seen,
            expires_at: at(99),
            last_seen_at: seen,
        };
        store
            .write(move |tx| tx.insert_session(Digest::of(&[n, n]), &session, 2))
            .await
            .unwrap();
    }
    for n in 0..4_u8 {
        let found = store
            .read(move |tx| tx.session(Digest::of(&[n, n])))
            .await
            .unwrap();
        assert_eq!(found.is_some(), n >= 2, "session {n}");
    }
}

async fn what_piles_up_is_trimmed(store: &Store) {
    let kept = store
        .write(|tx| -> Result<_, StoreError> {
            for second in 0..10 {
                tx.record(&Event::new(EventKind::LimitHit, at(second)))?;
            }
            let most = Most { events: 3, ..PLENTY };
            while tx.trim(most, 2)? > 0 {}
            tx.events(&EventFilter::default())
        })
        .await
        .unwrap();
    let times: Vec<_> = kept.iter().map(|event| event.at).collect();
    assert_eq!(times, [at(9), at(8), at(7)], "the newest stay");
}

const PLENTY: Most = Most {
    sign_ins: 0,
    events: 1000,
    anybodys_events: 1000,
    failures: 1000,
};

async fn what_anybody_can_cause_pushes_nothing_else_out(store: &Store) {
    let kept = store
        .write(|tx| -> Result<_, StoreError> {
            tx.record(&Event::new(EventKind::RefreshReuse, at(0)))?;
            tx.record(&Event::new(EventKind::LoginFailed, at(0)))?;
            for second in 1..10 {
                tx.record(&Event::new(EventKind::SignInRefused, at(second)))?;
                tx.record(&Event::new(EventKind::KeyRotated, at(second)))?;
            }
            let most = Most {
                anybodys_events: 3,
                ..PLENTY
            };
            while tx.trim(most, 2)? > 0 {}
            tx.events(&EventFilter::default())
        })
        .await
        .unwrap();
    let times = |kind| -> Vec<_> {
        let of_kind = kept.iter().filter(|event| event.kind == kind);
        of_kind.map(|event| event.at).collect()
    };
    assert_eq!(times(EventKind::SignInRefused), [at(9), at(8), at(7)]);
    assert_eq!(
        times(EventKind::KeyRotated).len(),
        9,
        "not everybody can cause those"
    );
    assert_eq!(times(EventKind::RefreshReuse).len(), 1);
    assert_eq!(times(EventKind::LoginFailed).len(), 1);
}

async fn failures_are_trimmed_where_they_matter_least(store: &Store) {
    let names = [(5, 0), (1, 9), (1, 8), (7, 1), (1, 7)];
    let key = |(count, second): (u32, i64)| Digest::of(format!("trimmed {count} {second}").as_bytes());
    let left = store
        .write(move |tx| -> Result<_, StoreError> {
            for (count, second) in names {
                let last_at = at(second);
                tx.set_failures(key((count, second)), Some(Failures { count, last_at }))?;
            }
            let most = Most {
                failures: 3,
                ..PLENTY
            };
            while tx.trim(most, 1)? > 0 {}
            let mut left = Vec::new();
            for name in names {
                left.extend(tx.failures(key(name))?.map(|_| name));
            }
            Ok(left)
        })
        .await
        .unwrap();
    assert_eq!(left, [(5, 0), (1, 9), (7, 1)]);
}

async fn what_has_expired_is_swept(store: &Store) {
    let body = br#"{"redirect_uris": ["https://h.example/cb"]}"#;
    let client = |n: u8, activated_at| Client {
        added: false,
        id: ClientId::registered([n; 16]),
        metadata: validate_registration(body).unwrap(),
        secret: Some(Digest::of(&[n])),
        created_at: at(0),
        activated_at,
    };
    let (unused, used) = (client(1, None), client(2, Some(at(5))));
    let expected = used.clone();
    store
        .write(move |tx| {
            tx.insert_client(&unused)?;
            tx.insert_client(&used)
        })
        .await
        .unwrap();
    let later = at(0) + Seconds(48 * 3600);
    let gone = store.write(move |tx| tx.sweep(later, 100)).await.unwrap();
    assert!(gone > 0);
    let left = store
        .read(|tx| {
            let session = tx.session(Digest::of(&[3, 3]))?;
            let unused = tx.client(&ClientId::registered([1; 16]))?;
            Ok::<_, StoreError>((session, unused, tx.client(&ClientId::registered([2; 16]))?))
        })
        .await
        .unwrap();
    assert!(left.0.is_none() && left.1.is_none());
    assert_eq!(left.2, Some(expected));
}

async fn what_was_answered_survives_a_restart(store: &Store) {
    assert_eq!(
        store.read(|tx| tx.fact(Fact::Issuer)).await.unwrap().as_deref(),
        Some("49")
    );
    store.check().await.unwrap();
}

async fn a_copy_is_whole(store: &Store) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("copy.db");
    store.backup(file.clone()).await.unwrap();
    assert!(
        store.backup(file.clone()).await.is_err(),
        "an existing file is never overwritten"
    );
    let url = format!("sqlite:{}", Path::new(&file).display()).parse().unwrap();
    super::inspect(&url).unwrap();
}
