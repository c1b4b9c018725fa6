//! Providers at which people prove who they are: we are their client, as apps are ours.
//!
//! Decides whom an answer of a provider means; not whether that person may come in, nor what becomes of them here.
//!
//! | clause | file |
//! |---|---|
//! | OpenID Connect Discovery 1.0, RFC 8414 | `discovery`, `issuer` |
//! | RFC 6749 section 4.1, RFC 7636 | `callback`, `exchange` |
//! | OpenID Connect Core section 3.1.3.7, ID tokens | `id_token`, `jwks` |
//! | OpenID Connect Core section 5.3, userinfo | `person` |
//! | RFC 9207, `iss` | [`Providers::arrive`] |
//!
//! # Design
//!
//! PKCE verifier and nonce are not kept: both are an HMAC of the `state`, of which the store knows the digest
//! alone. Whoever reads a URL with a state cannot work them out, and there is nothing to seal.
//!
//! Tokens of providers live for the length of [`Providers::arrive`] and leave it in no form.

mod callback;
mod discovery;
mod error;
mod exchange;
mod id_token;
mod issuer;
mod jwks;
mod kept;
mod person;
mod provider;

use std::sync::Arc;
use std::time::Duration;

use oauth2::http::header::{ACCEPT, AUTHORIZATION};
use oauth2::http::{Request, StatusCode};
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

use self::discovery::Metadata;
use self::exchange::{Endpoints, Exchange, Tokens};
use self::id_token::{Expected, IdTokenClaims, InvalidIdToken, UnverifiedIdToken};
use self::jwks::Keys;
use self::kept::Kept;
use crate::account::UpstreamIdentity;
use crate::clock::{Seconds, Timestamp};
use crate::id::ProviderId;
use crate::json;
use crate::net::Net;
use crate::secret::{MacKey, MasterKey, Secret};
use crate::urls::PublicUrl;

pub use callback::{Callback, MalformedCallback};
pub use error::UpstreamError;
pub use provider::{GitHub, Kind, OpenId, Plain, Provider, Spelling};

/// For how long a provider's description of itself is good.
const METADATA_LIFE: Seconds = Seconds(24 * 3600);
/// For how long its keys are, unless a token names one that is not among them.
const KEYS_LIFE: Seconds = Seconds(3600);
/// Longest time from a browser's return until it is known who sits at it: less than a request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The providers that the operator set up. Cheap to clone.
#[derive(Clone)]
pub struct Providers(Arc<Inner>);

struct Inner {
    known: Vec<Known>,
    net: Net,
    mac: MacKey,
    public_url: PublicUrl,
}

/// A provider, and what was found out about it.
struct Known {
    provider: Provider,
    metadata: Kept<Arc<Metadata>>,
    keys: Kept<Keys>,
}

/// What is wished for besides knowing who somebody is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// The person wants to choose an account there.
    pub choose: bool,
    /// They shall prove who they are, whether or not they are signed in there.
    pub login: bool,
    /// They shall have done so within this time.
    pub max_age: Option<Seconds>,
}

impl Providers {
    /// These providers, in the order in which people see them.
    pub fn new(providers: Vec<Provider>, net: Net, master: &MasterKey, public_url: PublicUrl) -> Self {
        let known = providers.into_iter().map(|provider| Known {
            provider,
            metadata: Kept::for_at_most(METADATA_LIFE),
            keys: Kept::for_at_most(KEYS_LIFE),
        });
        Self(Arc::new(Inner {
            known: known.collect(),
            net,
            mac: master.mac("upstream"),
            public_url,
        }))
    }

    /// Every provider.
    pub fn all(&self) -> impl Iterator<Item = &Provider> {
        self.0.known.iter().map(|known| &known.provider)
    }

    /// Reads what discovery says about each provider where that is due. A provider that is down is asked again.
    pub async fn refresh(&self, now: Timestamp) {
        for known in &self.0.known {
            if let Kind::OpenId(provider) = &known.provider.kind
                && let Err(error) = self.metadata(known, provider, now).await
            {
                tracing::warn!(provider = %known.provider.id, %error, "a provider cannot be used now");
            }
        }
    }

    /// Whether each provider could be used when it was last looked at.
    pub fn states(&self) -> impl Iterator<Item = (&ProviderId, bool)> {
        self.0.known.iter().map(|known| {
            let usable = !known.provider.kind.is_discovered() || known.metadata.is_at_hand();
            (&known.provider.id, usable)
        })
    }

    /// What is wrong with a provider, if anything; asks it now.
    pub async fn examine(&self, id: &ProviderId, now: Timestamp) -> Result<(), UpstreamError> {
        let known = self.known(id)?;
        if let Kind::OpenId(provider) = &known.provider.kind {
            let metadata = self.metadata(known, provider, now).await?;
            self.keys(known, &metadata, now).await?;
        }
        Ok(())
    }

    /// Where to send a browser that is to come back with `state`.
    pub async fn depart(
        &self,
        id: &ProviderId,
        state: &Secret,
        wish: Wish,
        now: Timestamp,
    ) -> Result<String, UpstreamError> {
        let known = self.known(id)?;
        let request = exchange::Request {
            state,
            verifier: &self.verifier(state),
            more: self.more(known, state, wish, now).await?,
        };
        let exchange = self.exchange(known, now).await?;
        Ok(exchange.destination(&request))
    }

    /// Whom the answer of a provider means.
    pub async fn arrive(
        &self,
        id: &ProviderId,
        callback: Callback,
        max_age: Option<Seconds>,
        now: Timestamp,
    ) -> Result<UpstreamIdentity, UpstreamError> {
        let known = self.known(id)?;
        let code = callback.outcome.clone()?;
        let work = self.identify(known, &callback, &code, max_age, now);
        let late = |_| UpstreamError::Unavailable("the provider takes too long".to_owned());
        timeout(PATIENCE, work).await.map_err(late)?
    }

    async fn identify(
        &self,
        known: &Known,
        callback: &Callback,
        code: &Secret,
        max_age: Option<Seconds>,
        now: Timestamp,
    ) -> Result<UpstreamIdentity, UpstreamError> {
        let Kind::OpenId(provider) = &known.provider.kind else {
            let tokens = self.redeem(known, callback, code, now).await?;
            return self.look_up(&known.provider, &tokens).await;
        };
        let metadata = self.metadata(known, provider, now).await?;
        check_sender(&metadata, callback.iss.as_deref())?;
        let tokens = self.redeem(known, callback, code, now).await?;
        let token = tokens.id.as_ref();
        let token = token.ok_or_else(|| UpstreamError::misbehaved("the provider sent no ID token"))?;
        let nonce = self.nonce(&callback.state);
        let expected = Expected {
            issuer: &metadata.issuer,
            algorithms: &metadata.algorithms,
            client_id: &known.provider.client_id,
            nonce: nonce.expose(),
            max_age,
            tells_age: provider.tells_age,
            now,
        };
        let proven = self.prove(known, &metadata, token, &expected).await?;
        let more = self.more_about(&metadata, &proven, &tokens).await?;
        person::of_claims(&known.provider.id, provider, proven, more.as_ref())
            .ok_or_else(|| UpstreamError::misbehaved("the ID token names nobody"))
    }

    async fn redeem(
        &self,
        known: &Known,
        callback: &Callback,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Tokens, UpstreamError> {
        let exchange = self.exchange(known, now).await?;
        exchange
            .redeem(&self.0.net, code, &self.verifier(&callback.state))
            .await
    }

    /// Proves an ID token; with fresh keys where it is signed with one that is not known.
    async fn prove(
        &self,
        known: &Known,
        metadata: &Metadata,
        token: &Secret,
        expected: &Expected<'_>,
    ) -> Result<IdTokenClaims, UpstreamError> {
        let bad = |error: InvalidIdToken| UpstreamError::misbehaved(error.to_string());
        let unverified = UnverifiedIdToken::read(token, expected.algorithms).map_err(bad)?;
        let keys = self.keys(known, metadata, expected.now).await?;
        match unverified.verify(&keys, expected) {
            Err(InvalidIdToken::UnknownKey) => {}
            proven => return proven.map_err(bad),
        }
        let keys = known.keys.renew(expected.now, self.read_keys(metadata)).await?;
        unverified.verify(&keys, expected).map_err(bad)
    }

    /// What the userinfo endpoint adds to an ID token that does not say everything.
    async fn more_about(
        &self,
        metadata: &Metadata,
        proven: &IdTokenClaims,
        tokens: &Tokens,
    ) -> Result<Option<Map<String, Value>>, UpstreamError> {
        const PART: &str = "the provider's userinfo endpoint";
        let Some(url) = metadata
            .userinfo
            .as_ref()
            .filter(|_| !person::is_enough(&proven.claims))
        else {
            return Ok(None);
        };
        let fields = self.object(url, &tokens.access, PART).await?;
        // Tokens can be swapped (OpenID Connect Core section 5.3.2).
        if fields.get("sub").is_none() || fields.get("sub") != proven.claims.get("sub") {
            return Err(UpstreamError::misbehaved(format!(
                "{PART} tells about somebody else"
            )));
        }
        Ok(Some(fields))
    }

    /// Asks a provider that has no ID tokens who somebody is.
    async fn look_up(&self, provider: &Provider, tokens: &Tokens) -> Result<UpstreamIdentity, UpstreamError> {
        const PART: &str = "the provider's user endpoint";
        let person = match &provider.kind {
            Kind::GitHub(GitHub { base, api }) => {
                let user = self
                    .object(&url(&format!("{api}/user"))?, &tokens.access, PART)
                    .await?;
                let emails = self
                    .body(&url(&format!("{api}/user/emails"))?, Some(&tokens.access), PART)
                    .await?;
                let no_list =
                    |_| UpstreamError::misbehaved(format!("{PART} answered with no list of addresses"));
                let emails: Vec<Value> = serde_json::from_slice(&emails).map_err(no_list)?;
                person::of_github(&provider.id, base, &user, &emails)
            }
            Kind::Plain(Plain { userinfo, .. }) => {
                let fields = self.object(userinfo, &tokens.access, PART).await?;
                person::of_plain(&provider.id, userinfo.as_str(), &fields)
            }
            Kind::OpenId(_) => None,
        };
        person.ok_or_else(|| UpstreamError::misbehaved(format!("{PART} names nobody")))
    }

    async fn exchange<'a>(&self, known: &'a Known, now: Timestamp) -> Result<Exchange<'a>, UpstreamError> {
        let provider = &known.provider;
        let endpoints = match &provider.kind {
            Kind::OpenId(openid) => {
                let metadata = self.metadata(known, openid, now).await?;
                Endpoints {
                    authorize: metadata.authorize.clone(),
                    token: metadata.token.clone(),
                    secret_in_body: metadata.secret_in_body,
                }
            }
            Kind::GitHub(GitHub { base, .. }) => Endpoints {
                authorize: url(&format!("{base}/login/oauth/authorize"))?,
                token: url(&format!("{base}/login/oauth/access_token"))?,
                secret_in_body: true,
            },
            Kind::Plain(plain) => Endpoints {
                authorize: plain.authorize.clone(),
                token: plain.token.clone(),
                secret_in_body: true,
            },
        };
        let callback = self.0.public_url.callback(&provider.id);
        Ok(Exchange::new(provider, endpoints, callback))
    }

    /// What a request says beyond OAuth 2.0.
    async fn more(
        &self,
        known: &Known,
        state: &Secret,
        wish: Wish,
        now: Timestamp,
    ) -> Result<Vec<(&'static str, String)>, UpstreamError> {
        let choose = || ("prompt", "select_account".to_owned());
        Ok(match &known.provider.kind {
            Kind::OpenId(openid) => {
                let mut more = vec![("nonce", self.nonce(state).expose().to_owned())];
                // Who does not know the word refuses the whole request; everybody knows `login`.
                let offered = wish.choose && self.metadata(known, openid, now).await?.offers_accounts;
                // Who will not say how long ago that was is asked to let them sign in now.
                let login = wish.login || (wish.max_age.is_some() && !openid.tells_age);
                if offered && !login {
                    more.push(choose());
                } else if login || wish.choose {
                    more.push(("prompt", "login".to_owned()));
                }
                more.extend(wish.max_age.map(|age| ("max_age", age.0.to_string())));
                more
            }
            Kind::GitHub(_) if wish.login || wish.choose => vec![choose()],
            Kind::GitHub(_) | Kind::Plain(_) => Vec::new(),
        })
    }

    async fn metadata(
        &self,
        known: &Known,
        provider: &OpenId,
        now: Timestamp,
    ) -> Result<Arc<Metadata>, UpstreamError> {
        known.metadata.get(now, self.discover(provider)).await
    }

    /// Asks at both well-known places. Where neither helps, the first one's answer is told.
    async fn discover(&self, provider: &OpenId) -> Result<Arc<Metadata>, UpstreamError> {
        let [usual, other] = discovery::addresses(&url(&provider.issuer)?);
        let first = self.described_at(&usual, provider).await;
        let Err(fault) = first else { return first };
        self.described_at(&other, provider).await.map_err(|_| fault)
    }

    async fn described_at(&self, place: &Url, provider: &OpenId) -> Result<Arc<Metadata>, UpstreamError> {
        let document = self
            .body(place, None, "the provider's discovery document")
            .await?;
        discovery::read(&document, provider)
            .map(Arc::new)
            .map_err(UpstreamError::Misbehaved)
    }

    async fn keys(&self, known: &Known, metadata: &Metadata, now: Timestamp) -> Result<Keys, UpstreamError> {
        known.keys.get(now, self.read_keys(metadata)).await
    }

    async fn read_keys(&self, metadata: &Metadata) -> Result<Keys, UpstreamError> {
        let document = self.body(&metadata.jwks, None, "the provider's key set").await?;
        Keys::read(&document).map_err(UpstreamError::Misbehaved)
    }

    async fn object(
        &self,
        url: &Url,
        token: &Secret,
        part: &str,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let body = self.body(url, Some(token), part).await?;
        json::object(&body)
            .map_err(|_| UpstreamError::misbehaved(format!("{part} answered with no JSON object")))
    }

    async fn body(&self, url: &Url, token: Option<&Secret>, part: &str) -> Result<Vec<u8>, UpstreamError> {
        let mut request = Request::get(url.as_str()).header(ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let unfit = |_| UpstreamError::misbehaved(format!("{part} cannot be asked"));
        let request = request.body(Vec::new()).map_err(unfit)?;
        let fetched = self.0.net.fetch_trusted(request).await;
        let response = fetched.map_err(|error| UpstreamError::fetch(part, &error))?;
        if response.status() != StatusCode::OK {
            return Err(UpstreamError::status(part, response.status().as_u16()));
        }
        Ok(response.into_body())
    }

    fn known(&self, id: &ProviderId) -> Result<&Known, UpstreamError> {
        let found = self.0.known.iter().find(|known| known.provider.id == *id);
        found.ok_or_else(|| UpstreamError::Unavailable("there is no such provider any more".to_owned()))
    }

    /// RFC 7636 section 4.1: 43 characters.
    fn verifier(&self, state: &Secret) -> Secret {
        Secret::new(self.0.mac.tag(&["verifier", state.expose()]))
    }

    fn nonce(&self, state: &Secret) -> Secret {
        Secret::new(self.0.mac.tag(&["nonce", state.expose()]))
    }
}

/// The answer has to come from the provider that was asked (RFC 9207 section 2.4).
fn check_sender(metadata: &Metadata, iss: Option<&str>) -> Result<(), UpstreamError> {
    match iss {
        Some(iss) if metadata.issuer.accept(iss, None).is_none() => {
            Err(UpstreamError::misbehaved("the answer is of another issuer"))
        }
        None if metadata.names_itself => {
            Err(UpstreamError::misbehaved("the answer does not name its issuer"))
        }
        _ => Ok(()),
    }
}

fn url(text: &str) -> Result<Url, UpstreamError> {
    Url::parse(text).map_err(|_| UpstreamError::misbehaved("a configured address is no URL"))
}
