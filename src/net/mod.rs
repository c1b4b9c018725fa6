//! The one HTTP client, for everything that is fetched from elsewhere.
//!
//! Two kinds of URLs, two profiles. What a stranger supplied ([`Net::fetch_public`]) must not make the server
//! talk to the network it stands in (SSRF): https on port 443, full host names, public addresses alone, one
//! short JSON document. What the operator configured ([`Net::fetch_trusted`]) may lead anywhere; only time and
//! size are bounded. Neither follows redirects, keeps cookies or unpacks what is compressed.

mod address;
mod error;
mod resolve;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hyper::{Request, Response};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, ClientBuilder, redirect};
use tokio::time::timeout;
use url::{Host, Url};

pub use error::{FetchError, UnfitUrl};
pub use resolve::{Addresses, Resolve, SystemResolver};

/// For a document that a stranger named, from the look-up of its host to its last byte.
const PUBLIC_TIMEOUT: Duration = Duration::from_secs(3);
/// Largest such document, in bytes.
const PUBLIC_BYTES: usize = 10_000;
/// For a request that the operator's settings lead to.
const TRUSTED_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest answer to one.
const TRUSTED_BYTES: usize = 512 * 1024;
/// The only port that a stranger's URL may lead to.
const PUBLIC_PORT: u16 = 443;

/// Fetches. Cheap to clone.
#[derive(Clone)]
pub struct Net(Arc<Parts>);

struct Parts {
    rules: Rules,
    guarded: Lazy,
    trusted: Lazy,
    direct: Lazy,
}

/// Where strangers' URLs may lead.
struct Rules {
    resolver: Arc<dyn Resolve>,
    permits: fn(IpAddr) -> bool,
    port: u16,
    loopback: bool,
}

/// Made when it is first needed: reading all certificates takes a moment. `None`: there are none to read.
type Lazy = OnceLock<Option<Client>>;

/// A document as its server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The bytes, said to be JSON.
    pub body: Vec<u8>,
    /// For how long its server lets it be kept (RFC 9111 section 5.2.2); `None`: it does not say.
    pub max_age: Option<Duration>,
}

impl Net {
    /// A client that asks `resolver` where public hosts are. With `loopback_allowed`, which is for a server
    /// that is itself reached on loopback alone, strangers' URLs may also be plain http on this machine.
    pub fn new(resolver: impl Resolve, loopback_allowed: bool) -> Self {
        Self::with(Rules {
            resolver: Arc::new(resolver),
            permits: address::is_public,
            port: PUBLIC_PORT,
            loopback: loopback_allowed,
        })
    }

    fn with(rules: Rules) -> Self {
        let [guarded, trusted, direct] = [(); 3].map(|()| Lazy::new());
        Self(Arc::new(Parts {
            rules,
            guarded,
            trusted,
            direct,
        }))
    }

    /// Fetches the JSON document at a URL that a stranger supplied.
    pub async fn fetch_public(&self, url: &Url) -> Result<Document, FetchError> {
        let client = match self.0.rules.judge(url)? {
            Reach::Public => self.0.guarded(),
            Reach::ThisMachine => self.0.direct(),
        };
        let client = client.ok_or(FetchError::NoAuthorities)?;
        let request = client.get(url.clone()).header(ACCEPT, "application/json");
        in_time(PUBLIC_TIMEOUT, async {
            let response = request
                .send()
                .await
                .map_err(|error| FetchError::from_library(&error))?;
            check(&response)?;
            let max_age = max_age(response.headers());
            let body = read_at_most(response, PUBLIC_BYTES).await?;
            Ok(Document { body, max_age })
        })
        .await
    }

    /// Sends a request that the operator's settings lead to, whatever is answered.
    ///
    /// A proxy in the environment is used, except on the way to this machine.
    pub async fn fetch_trusted(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let unreachable = |error: &reqwest::Error| FetchError::from_library(error);
        let request = reqwest::Request::try_from(request).map_err(|error| unreachable(&error))?;
        let client = if is_this_machine(request.url()) {
            self.0.direct()
        } else {
            self.0.trusted()
        };
        let client = client.ok_or(FetchError::NoAuthorities)?;
        in_time(TRUSTED_TIMEOUT, async {
            let response = client
                .execute(request)
                .await
                .map_err(|error| unreachable(&error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut whole = Response::new(read_at_most(response, TRUSTED_BYTES).await?);
            *whole.status_mut() = status;
            *whole.headers_mut() = headers;
            Ok(whole)
        })
        .await
    }
}

impl Parts {
    fn guarded(&self) -> Option<&Client> {
        let guard = || resolve::Guard {
            resolver: Arc::clone(&self.rules.resolver),
            permits: self.rules.permits,
        };
        let build_it = || build(builder().no_proxy().https_only(true).dns_resolver(guard()));
        self.guarded.get_or_init(build_it).as_ref()
    }

    fn trusted(&self) -> Option<&Client> {
        self.trusted.get_or_init(|| build(builder())).as_ref()
    }

    /// On this machine plain http is usual, which needs no certificates.
    fn direct(&self) -> Option<&Client> {
        let direct = || builder().no_proxy();
        let build_it = || build(direct()).or_else(|| build(direct().tls_certs_only([])));
        self.direct.get_or_init(build_it).as_ref()
    }
}

impl Rules {
    /// Whether a stranger's URL may be fetched at all, from its letters alone.
    fn judge(&self, url: &Url) -> Result<Reach, UnfitUrl> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UnfitUrl::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(UnfitUrl::Fragment);
        }
        if url.scheme() == "http" && self.loopback && is_this_machine(url) {
            return Ok(Reach::ThisMachine);
        }
        if url.scheme() != "https" {
            return Err(UnfitUrl::Insecure);
        }
        let Some(Host::Domain(name)) = url.host() else {
            return Err(UnfitUrl::Address);
        };
        // A name with a final dot is the same host under a second spelling.
        if !name.contains('.') || name.ends_with('.') || name.ends_with(".localhost") {
            return Err(UnfitUrl::LocalName);
        }
        if url.port_or_known_default() != Some(self.port) {
            return Err(UnfitUrl::Port);
        }
        Ok(Reach::Public)
    }
}

/// Where a stranger's URL leads.
enum Reach {
    Public,
    ThisMachine,
}

/// What all clients have in common.
#[expect(clippy::disallowed_methods, reason = "the one place that makes clients")]
fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(redirect::Policy::none())
        .user_agent(concat!("chess-mcp/", env!("CARGO_PKG_VERSION")))
        .referer(false)
        // A kept connection would outlive the check of the address it leads to.
        .pool_max_idle_per_host(0)
}

fn build(client: ClientBuilder) -> Option<Client> {
    client
        .build()
        .inspect_err(|error| tracing::debug!(%error, "no client for outgoing requests"))
        .ok()
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    timeout(limit, work).await.unwrap_or(Err(FetchError::Late))
}

fn check(response: &reqwest::Response) -> Result<(), FetchError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(FetchError::Redirected);
    }
    if status != reqwest::StatusCode::OK {
        return Err(FetchError::Status(status.as_u16()));
    }
    if !is_json(response.headers()) {
        return Err(FetchError::NotJson);
    }
    if response.headers().contains_key(CONTENT_ENCODING) {
        return Err(FetchError::Compressed);
    }
    Ok(())
}

/// `application/json`, or a type with the suffix `+json` (RFC 6839 section 3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(Ok(kind)), None) = (types.next().map(|kind| kind.to_str()), types.next()) else {
        return false;
    };
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind == "application/json"
        || kind
            .strip_prefix("application/")
            .is_some_and(|kind| kind.ends_with("+json"))
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut kept = None;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().unwrap_or_default().to_ascii_lowercase().split(',') {
            match directive.trim().split_once('=') {
                Some(("max-age", seconds)) => kept = seconds.trim_matches('"').parse().ok(),
                None if matches!(directive.trim(), "no-store" | "no-cache") => return Some(Duration::ZERO),
                _ => {}
            }
        }
    }
    kept.map(Duration::from_secs)
}

/// Reads chunk by chunk: what is too large is left where it is.
async fn read_at_most(mut response: reqwest::Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| FetchError::from_library(&error))?
    {
        if body.len() + chunk.len() > limit {
            return Err(FetchError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
