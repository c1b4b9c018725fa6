//! [`decide_refresh`] over random histories: records in memory, and each decision carried out on them.

use proptest::test_runner::TestRunner;

use super::model::{self, Answer, Caller, Subject};
use super::{Refresh, RefreshDecision, RefreshToken, Retired, decide_refresh};
use crate::clock::{Seconds, Timestamp};
use crate::id::{GrantId, UserId};
use crate::oauth::{ClientId, ClientSnapshot, Grant, ScopeSet};
use crate::secret::Digest;

/// When every history begins.
const BEGAN: i64 = 1_000_000;

/// The rows of one grant.
struct Records {
    grant: Grant,
    tokens: Vec<RefreshToken>,
    /// Generation and end of each access token.
    access: Vec<(u32, Timestamp)>,
    /// Generation of the access tokens that were used since the last flush.
    used_generation: u32,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn client(of: Caller) -> ClientId {
    ClientId::registered([u8::from(of == Caller::Stranger); 16])
}

/// The digest of the token with this number.
fn digest(number: usize) -> Digest {
    Digest::of(&number.to_be_bytes())
}

impl Records {
    fn new() -> Self {
        let now = at(BEGAN);
        let grant = Grant {
            id: GrantId::new(now, [1; 10]),
            user: UserId::new(now, [1; 10]),
            client: client(Caller::Own),
            snapshot: ClientSnapshot::default(),
            destination: "h.example".to_owned(),
            scopes: ScopeSet::all(),
            auth_time: now,
            created_at: now,
            expires_at: now + Seconds(model::GRANT_LIFE),
            last_used_at: now,
            used_generation: 0,
            revoked_at: None,
        };
        let mut records = Self {
            grant,
            tokens: Vec::new(),
            access: Vec::new(),
            used_generation: 0,
        };
        records.insert(1, now);
        records.issue_access(1, now);
        records
    }

    fn insert(&mut self, generation: u32, now: Timestamp) -> usize {
        let number = self.tokens.len();
        self.tokens.push(RefreshToken {
            digest: digest(number),
            grant: self.grant.id,
            generation,
            expires_at: self.grant.expires_at.min(now + Seconds(model::IDLE_LIFE)),
            retired: None,
        });
        number
    }

    fn issue_access(&mut self, generation: u32, now: Timestamp) {
        let end = self.grant.expires_at.min(now + Seconds(model::ACCESS_LIFE));
        self.access.push((generation, end));
    }

    fn retire(&mut self, number: usize, successor: usize, at: Timestamp) {
        self.tokens[number].retired = Some(Retired {
            at,
            successor: digest(successor),
            sealed: String::new(),
        });
    }

    /// Follows the links from a token to the live one.
    fn head(&self, mut number: usize) -> usize {
        while let Some(retired) = &self.tokens[number].retired {
            let successor = |token: &RefreshToken| token.digest == retired.successor;
            number = self.tokens.iter().position(successor).unwrap();
        }
        number
    }
}

impl Subject for Records {
    type State = (Grant, Vec<RefreshToken>);

    fn present(&mut self, token: Option<usize>, by: Caller, now: i64) -> Answer {
        let (Some(token), now) = (token, at(now)) else {
            return Answer::Refused;
        };
        let mut grant = self.grant.clone();
        grant.used_generation = grant.used_generation.max(self.used_generation);
        let live = self.live()[0];
        let generation = self.tokens[live].generation;
        let facts = Refresh {
            client: &client(by),
            presented: &self.tokens[token],
            live: &self.tokens[live],
            grant: &grant,
            user_active: true,
            replay_window: Seconds(model::WINDOW),
        };
        match decide_refresh(&facts, now) {
            RefreshDecision::Refuse(_) => Answer::Refused,
            RefreshDecision::Revoke(..) => {
                self.grant.revoked_at = Some(now);
                Answer::Ended
            }
            RefreshDecision::Repeat => {
                self.issue_access(generation, now);
                Answer::Known(self.head(token))
            }
            RefreshDecision::Rotate => {
                let new = self.insert(generation + 1, now);
                self.retire(token, new, now);
                self.issue_access(generation + 1, now);
                Answer::New(new)
            }
            RefreshDecision::Replace => {
                let since = self.tokens[token].retired.as_ref().unwrap().at;
                let new = self.insert(generation + 1, now);
                self.retire(token, new, since);
                self.retire(live, new, now);
                self.issue_access(generation + 1, now);
                Answer::New(new)
            }
        }
    }

    fn use_access(&mut self, answer: usize, now: i64) -> bool {
        let (generation, end) = self.access[answer];
        let good = self.grant.is_live(at(now)) && at(now) < end;
        if good {
            self.used_generation = self.used_generation.max(generation);
        }
        good
    }

    fn revoke(&mut self, token: Option<usize>, by: Caller, now: i64) {
        if token.is_some() && client(by) == self.grant.client {
            self.grant.revoked_at.get_or_insert(at(now));
        }
    }

    fn flush(&mut self) {
        self.grant.used_generation = self.grant.used_generation.max(self.used_generation);
    }

    fn restart(&mut self) {
        self.used_generation = 0;
    }

    fn live(&self) -> Vec<usize> {
        let live = |number: &usize| self.tokens[*number].retired.is_none();
        (0..self.tokens.len()).filter(live).collect()
    }

    fn is_revoked(&self) -> bool {
        self.grant.revoked_at.is_some()
    }

    fn state(&self) -> Self::State {
        (self.grant.clone(), self.tokens.clone())
    }
}

#[test]
fn every_history_goes_as_the_model_says() {
    TestRunner::new(model::pure())
        .run(&model::histories(20), |history| {
            model::agrees(&mut Records::new(), &history, BEGAN)
        })
        .unwrap();
}
