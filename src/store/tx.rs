//! What can be stored: plain synchronous verbs over the domain's own types.
//!
//! A unit of work gets a [`Tx`]; a function that needs only grants asks for `&mut dyn GrantRows`.

mod games;
mod puzzles;
mod ratings;
mod reviews;

use super::StoreError;
use crate::account::{
    BrowserSession, Departure, GuestSession, Identity, IdentityKey, LocalAccount, User, Username,
};
use crate::audit::{Event, EventFilter};
use crate::clock::Timestamp;
use crate::id::{GameId, GrantId, ProviderId, UserId};
use crate::oauth::{
    AuthorizationCode, Client, ClientId, Grant, KeptDocument, RefreshToken, Retired, RevokeReason, SignIn,
    Stage,
};
use crate::secret::Digest;

pub use games::{
    Attempt, AttemptState, Declined, FriendGame, GameFilter, GameRows, GameSummary, Grouping, HintGiven,
    Invitation, Kept, LastAdaptive, OpeningCount, OwedReply, SentMove, StoredGame, Tally,
};
pub use puzzles::{Mistake, PuzzleQuery, PuzzleRows, PuzzleSource, StoredPuzzle};
pub use ratings::{KeptRating, RatingChange, RatingKind, RatingRows};
pub use reviews::{ReviewRows, StoredReview};

type Result<T> = std::result::Result<T, StoreError>;

/// Everything that can be stored, inside one transaction.
pub trait Tx:
    GameRows
    + PuzzleRows
    + RatingRows
    + ReviewRows
    + AccountRows
    + IdentityRows
    + GuestRows
    + ClientRows
    + SignInRows
    + GrantRows
    + KeyRows
    + FactRows
    + AuditRows
    + CensusRows
    + Sweep
{
}

impl<T> Tx for T where
    T: GameRows
        + PuzzleRows
        + RatingRows
        + ReviewRows
        + AccountRows
        + IdentityRows
        + GuestRows
        + ClientRows
        + SignInRows
        + GrantRows
        + KeyRows
        + FactRows
        + AuditRows
        + CensusRows
        + Sweep
{
}

/// Failed attempts to sign in under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many in a row.
    pub count: u32,
    /// When the last one was.
    pub last_at: Timestamp,
}

/// People, their local accounts and the browsers they are signed in with.
pub trait AccountRows {
    /// The person with this id.
    fn user(&mut self, id: UserId) -> Result<Option<User>>;
    /// Everybody, oldest first, with the name of their local account.
    fn users(&mut self) -> Result<Vec<(User, Option<Username>)>>;
    /// Adds a person.
    fn insert_user(&mut self, user: &User) -> Result<()>;
    /// Shuts a person out, or lets them in again.
    fn set_disabled(&mut self, id: UserId, since: Option<Timestamp>) -> Result<()>;
    /// Removes a person and everything that is theirs.
    fn delete_user(&mut self, id: UserId) -> Result<()>;

    /// The name of a person's local account, if they have one.
    fn username(&mut self, user: UserId) -> Result<Option<Username>>;
    /// The local account with this name.
    fn local_account(&mut self, username: &Username) -> Result<Option<LocalAccount>>;
    /// Adds a local account; its user must exist.
    fn insert_local_account(&mut self, account: &LocalAccount) -> Result<()>;
    /// Changes the password of a local account.
    fn set_password_hash(&mut self, user: UserId, hash: &str) -> Result<()>;
    /// Failed attempts under a name, which need not exist.
    fn failures(&mut self, name: Digest) -> Result<Option<Failures>>;
    /// Remembers failed attempts; `None` forgets them.
    fn set_failures(&mut self, name: Digest, failures: Option<Failures>) -> Result<()>;

    /// The session of a browser, by the digest of its cookie.
    fn session(&mut self, cookie: Digest) -> Result<Option<BrowserSession>>;
    /// Adds a session and ends the oldest ones of the person beyond `keep`.
    fn insert_session(&mut self, cookie: Digest, session: &BrowserSession, keep: u32) -> Result<()>;
    /// The sessions of a person with the digests of their cookies, last seen first.
    fn sessions(&mut self, user: UserId) -> Result<Vec<(Digest, BrowserSession)>>;
    /// Notes when a browser was last seen.
    fn touch_session(&mut self, cookie: Digest, seen: Timestamp) -> Result<()>;
    /// Ends a session.
    fn delete_session(&mut self, cookie: Digest) -> Result<()>;
    /// Ends every session of a person.
    fn delete_sessions(&mut self, user: UserId) -> Result<()>;
}

/// Providers' accounts that lead to people, and browsers that are at a provider.
pub trait IdentityRows {
    /// The provider's account with this key.
    fn identity(&mut self, key: &IdentityKey) -> Result<Option<Identity>>;
    /// The providers' accounts that lead to this person, or to anybody, last used first.
    fn identities(&mut self, user: Option<UserId>) -> Result<Vec<Identity>>;
    /// Adds a provider's account, or renews what one that is there told; whose it is never changes.
    fn keep_identity(&mut self, identity: &Identity) -> Result<()>;
    /// Forgets a provider's account; the person stays.
    fn delete_identity(&mut self, key: &IdentityKey) -> Result<()>;

    /// Waits for a browser that leaves.
    fn insert_departure(&mut self, departure: &Departure) -> Result<()>;
    /// Ends the wait for the browser that left for `provider` with this state: only the first to ask gets it.
    fn take_departure(&mut self, state: Digest, provider: &ProviderId) -> Result<Option<Departure>>;
}

/// Browsers in which guests sit at their games.
pub trait GuestRows {
    /// The session of a guest, by the digest of its cookie.
    fn guest_session(&mut self, cookie: Digest) -> Result<Option<GuestSession>>;
    /// Lets a guest sit at a game, from `now` on.
    fn insert_guest_session(
        &mut self,
        cookie: Digest,
        user: UserId,
        game: GameId,
        now: Timestamp,
    ) -> Result<()>;
    /// Notes when a guest was last seen.
    fn touch_guest_session(&mut self, cookie: Digest, seen: Timestamp) -> Result<()>;
}

/// Clients: those that registered or were added, and the metadata documents of the others.
pub trait ClientRows {
    /// The registered or added client with this id.
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>>;
    /// Every registered or added client, oldest first.
    fn clients(&mut self) -> Result<Vec<Client>>;
    /// Adds a client.
    fn insert_client(&mut self, client: &Client) -> Result<()>;
    /// Lets an unused registration begin anew.
    fn renew_client(&mut self, id: &ClientId, now: Timestamp) -> Result<()>;
    /// Notes the first use; later ones change nothing.
    fn activate_client(&mut self, id: &ClientId, now: Timestamp) -> Result<()>;
    /// How many clients registered themselves and were never used. Reads a whole index.
    fn count_unused_clients(&mut self) -> Result<u32>;
    /// Deletes the oldest `count` registrations that were never used and have no sign-in under way at `now`;
    /// says which.
    fn evict_unused_clients(&mut self, count: u32, now: Timestamp) -> Result<Vec<ClientId>>;
    /// Deletes what is kept of a client, and its sign-ins under way; says whether there was anything. Its grants
    /// stay: they are to be revoked before.
    fn delete_client(&mut self, id: &ClientId) -> Result<bool>;

    /// The metadata document at this address, as it was last read.
    fn client_document(&mut self, id: &ClientId) -> Result<Option<KeptDocument>>;
    /// Every document that is kept, last used first.
    fn client_documents(&mut self) -> Result<Vec<KeptDocument>>;
    /// Keeps a document in the place of the former one; of all of them, the `keep` last used stay.
    fn keep_client_document(&mut self, document: &KeptDocument, keep: u32) -> Result<()>;
    /// Notes that a client came with its document.
    fn touch_client_document(&mut self, id: &ClientId, now: Timestamp) -> Result<()>;
    /// Forgets a document.
    fn delete_client_document(&mut self, id: &ClientId) -> Result<()>;
}

/// Sign-ins under way.
pub trait SignInRows {
    /// The sign-in with this handle.
    fn sign_in(&mut self, handle: Digest) -> Result<Option<SignIn>>;
    /// Adds a sign-in.
    fn insert_sign_in(&mut self, sign_in: &SignIn) -> Result<()>;
    /// Moves a sign-in on.
    fn set_stage(&mut self, handle: Digest, stage: Stage) -> Result<()>;
    /// Ends a sign-in.
    fn delete_sign_in(&mut self, handle: Digest) -> Result<()>;
}

/// Grants, codes and refresh tokens.
pub trait GrantRows {
    /// The grant with this id.
    fn grant(&mut self, id: GrantId) -> Result<Option<Grant>>;
    /// The unrevoked grants of a person and client, longest idle first.
    fn grants_of(&mut self, user: UserId, client: &ClientId) -> Result<Vec<Grant>>;
    /// Every grant that is not revoked, of one person or of everybody, last used first.
    fn unrevoked_grants(&mut self, user: Option<UserId>) -> Result<Vec<Grant>>;
    /// Unrevoked grants, at most `limit`, whose code ran out by `now` without anybody having redeemed it.
    fn unredeemed_grants(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Grant>>;
    /// When the last of a client's unrevoked grants that were made until `made_until` ends.
    fn last_end(&mut self, client: &ClientId, made_until: Timestamp) -> Result<Option<Timestamp>>;
    /// Adds a grant.
    fn insert_grant(&mut self, grant: &Grant) -> Result<()>;
    /// Cuts a grant; one that was cut stays as it is.
    fn revoke_grant(&mut self, id: GrantId, now: Timestamp, reason: RevokeReason) -> Result<()>;
    /// Notes a use: the time, and the generation of the access token where that is higher.
    fn touch_grant(&mut self, id: GrantId, now: Timestamp, generation: u32) -> Result<()>;

    /// The code with this digest.
    fn code(&mut self, digest: Digest) -> Result<Option<AuthorizationCode>>;
    /// The code of a grant that nobody redeemed yet.
    fn unredeemed_code(&mut self, grant: GrantId) -> Result<Option<AuthorizationCode>>;
    /// Adds a code.
    fn insert_code(&mut self, code: &AuthorizationCode) -> Result<()>;
    /// Marks a code redeemed.
    fn redeem_code(&mut self, digest: Digest, now: Timestamp) -> Result<()>;
    /// Forgets a code.
    fn delete_code(&mut self, digest: Digest) -> Result<()>;

    /// The refresh token with this digest.
    fn refresh_token(&mut self, digest: Digest) -> Result<Option<RefreshToken>>;
    /// The one live refresh token of a grant.
    fn live_refresh_token(&mut self, grant: GrantId) -> Result<Option<RefreshToken>>;
    /// Adds a live refresh token; the former one must be retired.
    fn insert_refresh_token(&mut self, token: &RefreshToken) -> Result<()>;
    /// Retires a refresh token, or changes the successor of a retired one.
    fn retire_refresh_token(&mut self, digest: Digest, retired: &Retired) -> Result<()>;
}

/// State of a signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that verifiers know it before it signs.
    Next,
    /// Signs.
    Active,
    /// Still verifies.
    Retiring,
}

impl KeyState {
    /// Every state, in the order of a key's life.
    pub const ALL: [Self; 3] = [Self::Next, Self::Active, Self::Retiring];

    /// The name in the store and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }
}

/// A signing key at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// Modulus of the public key, base64url.
    pub modulus: String,
    /// Exponent of the public key, base64url.
    pub exponent: String,
    /// The private key (PKCS#8 DER), sealed under the master key.
    pub sealed_private: String,
    /// What it is used for.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is in this state.
    pub state_since: Timestamp,
}

/// Signing keys.
pub trait KeyRows {
    /// Every key, newest first.
    fn keys(&mut self) -> Result<Vec<StoredKey>>;
    /// Adds a key.
    fn insert_key(&mut self, key: &StoredKey) -> Result<()>;
    /// Moves a key on in its life.
    fn set_key_state(&mut self, kid: &str, state: KeyState, now: Timestamp) -> Result<()>;
    /// Replaces the sealed form of a private key.
    fn reseal_key(&mut self, kid: &str, sealed_private: &str) -> Result<()>;
    /// Forgets a key.
    fn delete_key(&mut self, kid: &str) -> Result<()>;
}

/// Single values about the database as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The issuer of the last run of `serve`.
    Issuer,
    /// A known text sealed under the master key: whoever cannot open it has the wrong key.
    Canary,
    /// The id of that master key.
    MasterKeyId,
    /// Which file of shipped puzzles is in the database.
    Puzzles,
}

impl Fact {
    /// The name in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Canary => "canary",
            Self::MasterKeyId => "master_key_id",
            Self::Puzzles => "puzzles",
        }
    }
}

/// Facts about the database.
pub trait FactRows {
    /// A fact, if it is known.
    fn fact(&mut self, fact: Fact) -> Result<Option<String>>;
    /// States a fact.
    fn set_fact(&mut self, fact: Fact, value: &str) -> Result<()>;
}

/// The record of what happened.
pub trait AuditRows {
    /// Adds an event.
    fn record(&mut self, event: &Event) -> Result<()>;
    /// The events that `filter` asks for, newest first.
    fn events(&mut self, filter: &EventFilter) -> Result<Vec<Event>>;
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// Grants that are neither revoked nor expired.
    pub live_grants: u32,
    /// Games of everybody.
    pub games: u32,
}

/// Counting everything.
pub trait CensusRows {
    /// Reads whole indexes: for now and then.
    fn census(&mut self, now: Timestamp) -> Result<Census>;
}

/// How many rows of a kind that strangers can pile up are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Sign-ins under way; browsers at a provider as well.
    pub sign_ins: u32,
    /// Events of the record.
    pub events: u32,
    /// Of them, those of each kind that anybody can cause ([`crate::audit::EventKind::is_anybodys`]).
    pub anybodys_events: u32,
    /// Names, with networks, under which sign-ins failed.
    pub failures: u32,
}

/// Removal of what has expired, and of what piles up.
pub trait Sweep {
    /// Deletes at most `limit` rows of each kind that nothing needs any more; says how many went.
    fn sweep(&mut self, now: Timestamp, limit: u32) -> Result<usize>;
    /// Deletes the oldest rows beyond `most`, at most `limit` of each kind; says how many went.
    fn trim(&mut self, most: Most, limit: u32) -> Result<usize>;
}
