//! Refreshing, over random histories, on the real units of work.

use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;

use super::{Place, REDIRECT_URI};
use crate::clock::{Seconds, Timestamp};
use crate::id::GrantId;
use crate::issuer::tokens::MOST_LINKS;
use crate::issuer::{ClientProof, Exchange, Issuer, IssuerError, Renewal, Tokens};
use crate::oauth::model::{self, Answer, Caller, Subject};
use crate::oauth::{
    AuthorizationCode, ClientId, ClientSnapshot, CodeChallenge, Grant, RedirectUri, RefreshToken, ScopeSet,
    TokenCode,
};
use crate::secret::{Digest, Secret, random};
use crate::store::StoreError;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// One grant of the server, and every token that ever came of it.
struct Connection<'p> {
    place: &'p Place,
    runtime: &'p Runtime,
    issuer: Issuer,
    clients: &'p [ClientId; 2],
    grant: GrantId,
    refresh: Vec<Secret>,
    access: Vec<Secret>,
}

impl<'p> Connection<'p> {
    /// A grant as a sign-in leaves it, whose code is redeemed at once.
    fn new(place: &'p Place, runtime: &'p Runtime, clients: &'p [ClientId; 2]) -> Self {
        let (grant, code) = (grant(place, &clients[0]), Secret::bearer("ac", random()));
        let row = AuthorizationCode {
            digest: code.digest(),
            grant: grant.id,
            client: clients[0].clone(),
            redirect_uri: RedirectUri::parse(REDIRECT_URI).unwrap(),
            challenge: CodeChallenge::from_digest(Digest::of(VERIFIER.as_bytes())),
            nonce: None,
            expires_at: place.clock.now() + Seconds(60),
            redeemed_at: None,
        };
        let id = grant.id;
        let insert = place.store.write(move |tx| -> Result<(), StoreError> {
            tx.insert_grant(&grant)?;
            tx.insert_code(&row)
        });
        runtime.block_on(insert).unwrap();
        let mut connection = Self {
            place,
            runtime,
            issuer: place.issuer(),
            clients,
            grant: id,
            refresh: Vec::new(),
            access: Vec::new(),
        };
        let exchange = Exchange {
            code,
            redirect_uri: REDIRECT_URI.to_owned(),
            verifier: Secret::new(VERIFIER.to_owned()),
            resources: Vec::new(),
        };
        let proof = connection.proof(Caller::Own);
        let first = runtime.block_on(connection.issuer.exchange(proof, exchange));
        assert_eq!(connection.keep(first.unwrap()), Answer::New(0));
        connection
    }

    fn proof(&self, by: Caller) -> ClientProof {
        ClientProof {
            id: self.clients[usize::from(by == Caller::Stranger)].to_string(),
            secret: None,
        }
    }

    fn token(&self, number: Option<usize>) -> Secret {
        number.map_or_else(
            || Secret::bearer("rt", random()),
            |number| self.refresh[number].clone(),
        )
    }

    fn keep(&mut self, tokens: Tokens) -> Answer {
        self.access.push(tokens.access);
        let refresh = tokens.refresh.unwrap();
        if let Some(known) = self.refresh.iter().position(|known| *known == refresh) {
            return Answer::Known(known);
        }
        self.refresh.push(refresh);
        Answer::New(self.refresh.len() - 1)
    }
}

fn grant(place: &Place, client: &ClientId) -> Grant {
    let now = place.clock.now();
    Grant {
        id: GrantId::new(now, random()),
        user: place.user,
        client: client.clone(),
        snapshot: ClientSnapshot {
            refreshes: true,
            ..ClientSnapshot::default()
        },
        destination: "h.example".to_owned(),
        scopes: ScopeSet::all(),
        auth_time: now,
        created_at: now,
        expires_at: now + Seconds(model::GRANT_LIFE),
        last_used_at: now,
        used_generation: 0,
        revoked_at: None,
    }
}

impl Subject for Connection<'_> {
    type State = (Grant, Vec<RefreshToken>);

    fn present(&mut self, token: Option<usize>, by: Caller, now: i64) -> Answer {
        self.place.clock.set(Timestamp::from_seconds(now));
        let was_revoked = self.is_revoked();
        let renewal = Renewal {
            token: self.token(token),
            scope: None,
            resources: Vec::new(),
        };
        let answer = self.issuer.refresh(self.proof(by), renewal);
        match self.runtime.block_on(answer) {
            Ok(tokens) => self.keep(tokens),
            Err(IssuerError::Token(error)) => {
                assert_eq!(error.code, TokenCode::InvalidGrant);
                if self.is_revoked() && !was_revoked {
                    Answer::Ended
                } else {
                    Answer::Refused
                }
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn use_access(&mut self, answer: usize, now: i64) -> bool {
        self.place.clock.set(Timestamp::from_seconds(now));
        let caller = self.issuer.authenticate(self.access[answer].expose());
        self.runtime.block_on(caller).is_ok()
    }

    fn revoke(&mut self, token: Option<usize>, by: Caller, now: i64) {
        self.place.clock.set(Timestamp::from_seconds(now));
        let revoked = self.issuer.revoke(self.proof(by), self.token(token));
        self.runtime.block_on(revoked).unwrap();
    }

    fn flush(&mut self) {
        self.runtime.block_on(self.issuer.flush_uses()).unwrap();
    }

    fn restart(&mut self) {
        self.issuer = self.place.issuer();
    }

    fn live(&self) -> Vec<usize> {
        let (_, tokens) = self.state();
        let live = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.retired.is_none());
        live.map(|(number, _)| number).collect()
    }

    fn is_revoked(&self) -> bool {
        self.state().0.revoked_at.is_some()
    }

    fn state(&self) -> Self::State {
        let (grant, digests) = (
            self.grant,
            self.refresh.iter().map(Secret::digest).collect::<Vec<_>>(),
        );
        let unit = move |tx: &mut dyn crate::store::Tx| -> Result<_, StoreError> {
            let row = tx.grant(grant)?.expect("the grant stays");
            let rows = digests.iter().map(|digest| tx.refresh_token(*digest));
            let rows: Vec<RefreshToken> = rows
                .map(|row| Ok(row?.expect("every token stays")))
                .collect::<Result<_, StoreError>>()?;
            let live = tx.live_refresh_token(grant)?;
            assert_eq!(live.as_ref(), rows.iter().find(|row| row.retired.is_none()));
            Ok((row, rows))
        };
        self.runtime.block_on(self.place.store.read(unit)).unwrap()
    }
}

#[test]
fn every_history_goes_as_the_model_says() {
    let runtime = Runtime::new().unwrap();
    let place = runtime.block_on(Place::new());
    let clients = [runtime.block_on(place.client()), runtime.block_on(place.client())];
    TestRunner::new(model::real())
        .run(&model::histories(24), |history| {
            let began = place.clock.now().seconds();
            model::agrees(&mut Connection::new(&place, &runtime, &clients), &history, began)
        })
        .unwrap();
}

#[test]
fn a_chain_is_followed_so_far_and_no_further() {
    let runtime = Runtime::new().unwrap();
    let place = runtime.block_on(Place::new());
    let clients = [runtime.block_on(place.client()), runtime.block_on(place.client())];
    let mut connection = Connection::new(&place, &runtime, &clients);
    let now = place.clock.now().seconds();
    let last = usize::try_from(MOST_LINKS).unwrap() + 1;
    for number in 0..last {
        assert_eq!(
            connection.present(Some(number), Caller::Own, now),
            Answer::New(number + 1)
        );
    }
    assert_eq!(connection.present(Some(0), Caller::Own, now), Answer::Refused);
    assert_eq!(connection.present(Some(1), Caller::Own, now), Answer::Known(last));
    assert_eq!(
        connection.present(Some(last), Caller::Own, now),
        Answer::New(last + 1),
        "the live token is none the worse"
    );
}
