//! The refresh tokens of one grant, told a second time and in other terms: what the rules of the module above
//! and the units of work around them are held against, over random histories.
//!
//! The model keeps no links between tokens. It numbers them as they are issued, knows the one live number and
//! which numbers gave way to it, and counts what was used.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;

/// Histories that the pure rules go through; `PROPTEST_CASES` asks for more.
const INTERLEAVINGS: u32 = 10_000;
/// One in so many of them goes through the real units of work too, which write to a disk each time.
const REAL: u32 = 50;

/// Lengths of time, in seconds, of the grant whose history this is.
pub(crate) const WINDOW: i64 = 600;
pub(crate) const ACCESS_LIFE: i64 = 900;
pub(crate) const IDLE_LIFE: i64 = 5_000;
pub(crate) const GRANT_LIFE: i64 = 20_000;

/// How many histories, and nothing kept of them: a failure prints the shortest one that shows it.
pub(crate) fn pure() -> ProptestConfig {
    with_cases(ProptestConfig::default().cases.max(INTERLEAVINGS))
}

/// As [`pure`], for the real units of work.
pub(crate) fn real() -> ProptestConfig {
    with_cases(pure().cases / REAL)
}

fn with_cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Which refresh token is shown.
#[derive(Debug, Clone)]
pub(crate) enum Which {
    /// The last one that an answer brought to the client.
    Held,
    /// Any that was ever issued, by whatever way somebody came by it.
    Any(Index),
    /// One that was never issued.
    Unknown,
}

/// Who shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The client of the grant.
    Own,
    /// Another client of this server.
    Stranger,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A refresh. An answer that is not `heard` was committed and got lost on the way.
    Present { which: Which, by: Caller, heard: bool },
    /// A call with one of the access tokens that were ever issued; `None` is the newest.
    Use(Option<Index>),
    /// A revocation (RFC 7009).
    Revoke { which: Which, by: Caller },
    /// Time passes.
    Pass(i64),
    /// What was used is written down, as it is from time to time.
    Flush,
    /// The server is killed and starts again: what stood in memory alone is gone.
    Restart,
}

/// What comes back for a refresh token. Tokens are numbered in the order of their first appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This token, which was never seen before.
    New(usize),
    /// This token, which was issued earlier.
    Known(usize),
    /// `invalid_grant`, and everything stays as it was.
    Refused,
    /// `invalid_grant`, and the grant is over.
    Ended,
}

/// What is put to the test: the rules on records in memory, or the whole authorization server.
pub(crate) trait Subject {
    /// All that it keeps of the grant.
    type State: PartialEq + Debug;

    fn present(&mut self, token: Option<usize>, by: Caller, now: i64) -> Answer;
    /// Whether the access token of the nth answer opens the door.
    fn use_access(&mut self, answer: usize, now: i64) -> bool;
    fn revoke(&mut self, token: Option<usize>, by: Caller, now: i64);
    fn flush(&mut self);
    fn restart(&mut self);
    /// The numbers of the tokens that did not give way to another.
    fn live(&self) -> Vec<usize>;
    fn is_revoked(&self) -> bool;
    fn state(&self) -> Self::State;
}

/// Random histories of at most this many events.
pub(crate) fn histories(longest: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(event(), 1..=longest)
}

fn event() -> impl Strategy<Value = Event> {
    let present = (which(), caller(), prop::bool::weighted(0.6));
    let revoke = (which(), caller());
    prop_oneof![
        12 => present.prop_map(|(which, by, heard)| Event::Present { which, by, heard }),
        5 => prop::option::of(any::<Index>()).prop_map(Event::Use),
        1 => revoke.prop_map(|(which, by)| Event::Revoke { which, by }),
        8 => passing().prop_map(Event::Pass),
        1 => Just(Event::Flush),
        1 => Just(Event::Restart),
    ]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        6 => Just(Which::Held),
        5 => any::<Index>().prop_map(Which::Any),
        1 => Just(Which::Unknown),
    ]
}

fn caller() -> impl Strategy<Value = Caller> {
    prop_oneof![7 => Just(Caller::Own), 1 => Just(Caller::Stranger)]
}

/// Mostly moments, often just within or beyond a limit.
fn passing() -> impl Strategy<Value = i64> {
    let limits = vec![WINDOW, WINDOW + 1, ACCESS_LIFE - 1, ACCESS_LIFE, IDLE_LIFE - 1];
    prop_oneof![
        6 => 0_i64..60,
        3 => WINDOW / 2..WINDOW,
        4 => prop::sample::select(limits),
        1 => Just(IDLE_LIFE),
    ]
}

/// What ought to be.
struct Model {
    /// When each token gave way to another.
    retired: Vec<Option<i64>>,
    live: usize,
    /// The tokens that gave way to the live one itself, and not to one before it.
    before: BTreeSet<usize>,
    idle_until: i64,
    ends: i64,
    revoked: bool,
    /// With which live token each access token came, and until when it is good.
    access: Vec<(usize, i64)>,
    /// Tokens whose access tokens were used: as it is known now, and after a restart.
    used: BTreeSet<usize>,
    written: BTreeSet<usize>,
    /// The token that the client believes to be the live one.
    held: usize,
}

impl Model {
    /// A grant whose first tokens were just issued.
    fn new(now: i64) -> Self {
        Self {
            retired: vec![None],
            live: 0,
            before: BTreeSet::new(),
            idle_until: now + IDLE_LIFE,
            ends: now + GRANT_LIFE,
            revoked: false,
            access: vec![(0, now + ACCESS_LIFE)],
            used: BTreeSet::new(),
            written: BTreeSet::new(),
            held: 0,
        }
    }

    fn number(&self, which: &Which) -> Option<usize> {
        match which {
            Which::Held => Some(self.held),
            Which::Any(index) => Some(index.index(self.retired.len())),
            Which::Unknown => None,
        }
    }

    fn is_over(&self, now: i64) -> bool {
        self.revoked || now >= self.ends
    }

    fn present(&mut self, token: Option<usize>, by: Caller, now: i64) -> Answer {
        let Some(token) = token.filter(|_| by == Caller::Own) else {
            return Answer::Refused;
        };
        if self.is_over(now) || now >= self.idle_until {
            return Answer::Refused;
        }
        let Some(retired) = self.retired[token] else {
            return self.issue(BTreeSet::from([token]), now);
        };
        if now - retired <= WINDOW {
            self.grant_access(now);
            return Answer::Known(self.live);
        }
        if self.before.contains(&token) && !self.used.contains(&self.live) {
            return self.issue(BTreeSet::from([token, self.live]), now);
        }
        self.revoked = true;
        Answer::Ended
    }

    fn issue(&mut self, before: BTreeSet<usize>, now: i64) -> Answer {
        self.retired[self.live] = Some(now);
        self.retired.push(None);
        self.before = before;
        self.live = self.retired.len() - 1;
        self.idle_until = self.ends.min(now + IDLE_LIFE);
        self.grant_access(now);
        Answer::New(self.live)
    }

    fn grant_access(&mut self, now: i64) {
        self.access.push((self.live, self.ends.min(now + ACCESS_LIFE)));
    }

    fn use_access(&mut self, answer: usize, now: i64) -> bool {
        let (token, until) = self.access[answer];
        let good = !self.is_over(now) && now < until;
        if good {
            self.used.insert(token);
        }
        good
    }

    fn revoke(&mut self, token: Option<usize>, by: Caller) {
        self.revoked |= token.is_some() && by == Caller::Own;
    }
}

/// Lets a history happen to a subject whose first tokens were issued at `began`, and compares at every step.
pub(crate) fn agrees<S: Subject>(
    subject: &mut S,
    history: &[Event],
    began: i64,
) -> Result<(), TestCaseError> {
    let (mut model, mut now) = (Model::new(began), began);
    for event in history {
        match event {
            Event::Present { which, by, heard } => {
                let (token, before) = (model.number(which), subject.state());
                let expected = model.present(token, *by, now);
                let answer = subject.present(token, *by, now);
                prop_assert_eq!(answer, expected, "{:?} at {}", event, now - began);
                match answer {
                    Answer::Refused => prop_assert_eq!(subject.state(), before, "{:?}", event),
                    Answer::New(token) | Answer::Known(token) if *heard => model.held = token,
                    _ => {}
                }
            }
            Event::Use(index) => {
                let count = model.access.len();
                let answer = index.map_or(count - 1, |index| index.index(count));
                let expected = model.use_access(answer, now);
                prop_assert_eq!(subject.use_access(answer, now), expected, "{:?}", event);
            }
            Event::Revoke { which, by } => {
                let token = model.number(which);
                model.revoke(token, *by);
                subject.revoke(token, *by, now);
            }
            Event::Pass(seconds) => now += seconds,
            Event::Flush => {
                model.written.clone_from(&model.used);
                subject.flush();
            }
            Event::Restart => {
                model.used.clone_from(&model.written);
                subject.restart();
            }
        }
        prop_assert_eq!(subject.live(), vec![model.live], "after {:?}", event);
        prop_assert_eq!(subject.is_revoked(), model.revoked, "after {:?}", event);
    }
    Ok(())
}
