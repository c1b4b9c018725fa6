//! A provider of identity on loopback: real OpenID Connect and OAuth over HTTP, in the ways of the well-known ones. It
//! remembers what it was asked, checks what a provider checks, and does wrong what it is told to do wrong.

mod answers;
mod fault;
mod id_token;
mod keys;
mod lookalike;
mod person;
mod walk;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::http::{HeaderMap, Method};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub(crate) use answers::{MARKUP, MOVED};
pub(crate) use fault::Fault;
pub(crate) use lookalike::{Kind, OTHER_TENANT};
pub(crate) use person::Person;

use super::Home;

/// What the server is called at every provider, and how it proves that it is meant.
pub(crate) const CLIENT_ID: &str = "chess-at-the-provider";
pub(crate) const CLIENT_SECRET: &str = "the secret/of the client+at~the%20provider&=";

/// Part of every token that a provider hands out.
pub(crate) const MARKER: &str = "upstreamtokenmarker";

/// A running provider. Dropping it closes it.
pub(crate) struct Provider {
    house: Arc<House>,
    task: JoinHandle<()>,
}

/// What its connections share.
struct House {
    kind: Kind,
    origin: String,
    desk: Mutex<Desk>,
}

/// How it is at the moment.
struct Desk {
    person: Person,
    fault: Option<Fault>,
    away: bool,
    ways: Vec<Way>,
    rotations: usize,
    count: usize,
    codes: HashMap<String, Code>,
    bearers: HashMap<String, Person>,
    issued: Vec<String>,
    asked: Vec<Asked>,
}

/// What providers may do either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Promises to name itself on the way back (RFC 9207), and does it.
    NamesItself,
    /// Takes the secret of a client in the form alone.
    WantsSecretPosted,
    /// Says no more in an ID token than it must; the rest is told at its userinfo endpoint.
    ThinIdTokens,
    /// Publishes its document as an authorization server of RFC 8414 does, and not as OpenID Connect does.
    PublishesForOAuth,
}

/// A code on its way.
struct Code {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    openid: bool,
    person: Person,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// The query of a GET, the form of a POST.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Provider {
    /// A provider of this kind, at which Alice is signed in.
    pub(crate) async fn open(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let desk = Desk {
            person: Person::alice(),
            fault: None,
            away: false,
            ways: Vec::new(),
            rotations: 0,
            count: 0,
            codes: HashMap::new(),
            bearers: HashMap::new(),
            issued: Vec::new(),
            asked: Vec::new(),
        };
        let house = Arc::new(House {
            kind,
            origin: format!("http://127.0.0.1:{port}"),
            desk: Mutex::new(desk),
        });
        let task = tokio::spawn(receive(listener, Arc::clone(&house)));
        Self { house, task }
    }

    /// Adds the settings of this provider to those of a server.
    pub(crate) fn join(&self, home: Home) -> Home {
        let (prefix, paths) = (self.kind().prefix(), self.kind().paths());
        let home = match self.kind() {
            Kind::GitHub => home.set("GITHUB_BASE_URL", self.url("")),
            Kind::Plain => home
                .set("OAUTH_CLUB_AUTHORIZE_URL", self.url(paths.authorize))
                .set("OAUTH_CLUB_TOKEN_URL", self.url(paths.token))
                .set("OAUTH_CLUB_USERINFO_URL", self.url(paths.person)),
            _ => home.set(&format!("{prefix}_ISSUER"), self.url(paths.issuer)),
        };
        home.set(&format!("{prefix}_CLIENT_ID"), CLIENT_ID)
            .set(&format!("{prefix}_CLIENT_SECRET"), CLIENT_SECRET)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.house.kind
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.house.origin)
    }

    /// The label of its button.
    pub(crate) fn button(&self) -> String {
        format!("Continue with {}", self.kind().label())
    }

    /// How it tells this person apart.
    pub(crate) fn subject(&self, person: &Person) -> String {
        self.kind().subject(person)
    }

    /// What the commands call somebody who comes from here: `slug:subject`.
    pub(crate) fn name_of(&self, person: &Person) -> String {
        format!("{}:{}", self.kind().slug(), self.subject(person))
    }

    /// From now on, this is who is signed in at the provider.
    pub(crate) fn person(&self, person: Person) {
        self.house.desk().person = person;
    }

    pub(crate) fn misbehave(&self, fault: Fault) {
        self.house.desk().fault = Some(fault);
    }

    pub(crate) fn behave(&self) {
        self.house.desk().fault = None;
    }

    /// Hangs up on everybody.
    pub(crate) fn go_away(&self) {
        self.house.desk().away = true;
    }

    pub(crate) fn come_back(&self) {
        self.house.desk().away = false;
    }

    /// Signs with a new key from now on, and publishes that one alone.
    pub(crate) fn rotate(&self) {
        self.house.desk().rotations += 1;
    }

    /// Does this as some providers do, and others do not.
    pub(crate) fn does(&self, way: Way) {
        self.house.desk().ways.push(way);
    }

    /// Every request to this path so far.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        let desk = self.house.desk();
        desk.asked
            .iter()
            .filter(|asked| asked.path == path)
            .cloned()
            .collect()
    }

    /// The requests that sent somebody here to sign in.
    pub(crate) fn visits(&self) -> Vec<Asked> {
        self.asked(self.kind().paths().authorize)
    }

    /// The requests for tokens.
    pub(crate) fn exchanges(&self) -> Vec<Asked> {
        self.asked(self.kind().paths().token)
    }

    /// The requests for keys.
    pub(crate) fn looks_at_keys(&self) -> usize {
        self.asked(self.kind().paths().keys).len()
    }

    /// The requests for what is known of a person.
    pub(crate) fn questions(&self) -> Vec<Asked> {
        self.asked(self.kind().paths().person)
    }

    /// Every token it ever handed out, whole, and the parts by which one would know it.
    pub(crate) fn issued(&self) -> Vec<String> {
        self.house.desk().issued.clone()
    }
}

impl Asked {
    /// A parameter that came once; empty if it did not come.
    #[track_caller]
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let mut found = self.parameters.iter().filter(|(known, _)| known == name);
        let value = found.next().map_or("", |(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice in {:?}", self.parameters);
        value
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    async fn read(request: hyper::Request<Incoming>) -> Self {
        let (parts, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map_or_else(|_| Vec::new(), |body| body.to_bytes().to_vec());
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let text = if parts.method == Method::POST {
            &body
        } else {
            query
        };
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            parameters: form_urlencoded::parse(text).into_owned().collect(),
        }
    }
}

impl House {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("no test panics while it holds this")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

impl Desk {
    fn does(&self, way: Way) -> bool {
        self.ways.contains(&way)
    }

    /// A value that was never given out before and that everybody knows for a token of a provider.
    fn token(&mut self, kind: &str) -> String {
        self.count += 1;
        let token = format!("{MARKER}-{kind}-{}", self.count);
        self.issued.push(token.clone());
        token
    }
}

/// Why a connection ended without an answer.
#[derive(Debug, thiserror::Error)]
#[error("nobody is here")]
struct Away;

async fn receive(listener: TcpListener, house: Arc<House>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let house = Arc::clone(&house);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let house = Arc::clone(&house);
                async move {
                    if house.desk().away {
                        return Err(Away);
                    }
                    let asked = Asked::read(request).await;
                    Ok(house.answer(&asked).await)
                }
            });
            // How a connection ends is the business of whoever made it.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}
