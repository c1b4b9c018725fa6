//! A grant as an app gets one: registration, the pages of consent and sign-in, the code.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, ORIGIN, SET_COOKIE};
use hyper::{Method, Uri};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::server::{PASSWORD, PUBLIC_URL, Server};
use crate::wire::{Connection, Reply, token_of};

/// Where the app waits for its answer. Nobody listens there: the walk ends at the door.
const CALLBACK: &str = "http://127.0.0.1:3999/callback";

/// What an app holds of a person's permission.
pub struct Grant {
    pub client_id: String,
    pub refresh_token: String,
}

/// Registers a public client.
pub async fn register(server: &Server) -> Result<String> {
    let mut connection = Connection::open(&server.address).await?;
    let metadata = json!({
        "client_name": "Bench",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    });
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let path = Uri::from_static("/oauth/register");
    let body = Bytes::from(metadata.to_string());
    let reply = connection.send(Method::POST, &path, &headers, body).await?;
    anyhow::ensure!(
        reply.status == 201,
        "registration: {}: {}",
        reply.status,
        reply.text()
    );
    let body: serde_json::Value = serde_json::from_slice(&reply.body)?;
    Ok(body["client_id"]
        .as_str()
        .context("a client has an id")?
        .to_owned())
}

/// Signs a person in for this client.
pub async fn grant(server: &Server, client_id: &str, person: &str, number: usize) -> Result<Grant> {
    let code = code(server, client_id, person, number).await?;
    let mut connection = Connection::open(&server.address).await?;
    let tokens = Tokens::of(&connection.post_form("/oauth/token", code.form).await?)?;
    Ok(Grant {
        client_id: client_id.to_owned(),
        refresh_token: tokens.refresh_token,
    })
}

/// What the token endpoint answers.
#[derive(Debug, Clone, Deserialize)]
pub struct Tokens {
    pub access_token: String,
    pub refresh_token: String,
}

impl Tokens {
    /// The tokens in a successful answer.
    pub fn of(reply: &Reply) -> Result<Self> {
        anyhow::ensure!(
            reply.status == 200,
            "no tokens: {}: {}",
            reply.status,
            reply.text()
        );
        Ok(serde_json::from_slice(&reply.body)?)
    }
}

/// The form that refreshes a token.
pub fn refreshing(client_id: &str, refresh_token: &str) -> String {
    form(&[
        ("grant_type", "refresh_token"),
        ("client_id", client_id),
        ("refresh_token", refresh_token),
    ])
}

/// A code that was granted and not redeemed.
pub struct Code {
    /// The form that redeems it.
    pub form: String,
}

/// Signs a person in for this client, up to the code.
pub async fn code(server: &Server, client_id: &str, person: &str, number: usize) -> Result<Code> {
    let left = Waiting::at_password(server, client_id, number)
        .await?
        .answer(person, PASSWORD)
        .await?;
    let location = left
        .headers
        .get(LOCATION)
        .with_context(|| format!("not sent back: {}", left.text()))?;
    let (_, query) = location
        .to_str()?
        .split_once('?')
        .context("sent back without a query")?;
    let mut answer = form_urlencoded::parse(query.as_bytes());
    let code = answer
        .find_map(|(name, value)| (name == "code").then_some(value))
        .context("no code")?;
    Ok(Code {
        form: form(&[
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", &code),
            ("code_verifier", &token_of(number)),
            ("redirect_uri", CALLBACK),
            ("resource", &format!("{PUBLIC_URL}/mcp")),
        ]),
    })
}

/// A browser that shows the page which asks for name and password.
pub struct Waiting {
    browser: Browser,
    page: Reply,
}

impl Waiting {
    /// Walks there in a fresh browser.
    pub async fn at_password(server: &Server, client_id: &str, number: usize) -> Result<Self> {
        let mut browser = Browser {
            connection: Connection::open(&server.address).await?,
            cookies: Vec::new(),
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(token_of(number)));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", CALLBACK),
            ("scope", "chess"),
            ("state", "bench"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", &format!("{PUBLIC_URL}/mcp")),
        ]);
        let consent = browser.open(&format!("/oauth/authorize?{query}")).await?;
        anyhow::ensure!(consent.status == 200, "{}: {}", consent.status, consent.text());
        let page = browser.post(&consent, &[("decision", "allow")]).await?;
        anyhow::ensure!(page.status == 200, "{}: {}", page.status, page.text());
        Ok(Self { browser, page })
    }

    /// Types name and password. The page stays good for another try as long as they are wrong.
    pub async fn answer(&mut self, person: &str, password: &str) -> Result<Reply> {
        self.browser
            .post(&self.page, &[("username", person), ("password", password)])
            .await
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Just enough of a browser for two forms.
struct Browser {
    connection: Connection,
    cookies: Vec<String>,
}

impl Browser {
    async fn open(&mut self, path: &str) -> Result<Reply> {
        self.send(Method::GET, path, String::new()).await
    }

    /// Posts the first form of a page: its hidden fields, and what the person typed or pressed.
    async fn post(&mut self, page: &Reply, typed: &[(&str, &str)]) -> Result<Reply> {
        let html = page.text();
        let form_tag = tags(&html, "form")
            .next()
            .with_context(|| format!("a page without form: {html}"))?;
        let action = attribute(form_tag, "action").context("a form without action")?;
        let hidden = tags(&html, "input").filter(|tag| attribute(tag, "type") == Some("hidden"));
        let hidden = hidden.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
        let fields: Vec<_> = hidden.chain(typed.iter().copied()).collect();
        let path = action.strip_prefix(PUBLIC_URL).unwrap_or(action);
        self.send(Method::POST, path, form(&fields)).await
    }

    async fn send(&mut self, method: Method, path: &str, form: String) -> Result<Reply> {
        let mut headers = HeaderMap::new();
        if method == Method::POST {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            );
            headers.insert(ORIGIN, HeaderValue::from_static(PUBLIC_URL));
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        }
        if !self.cookies.is_empty() {
            headers.insert(COOKIE, HeaderValue::try_from(self.cookies.join("; "))?);
        }
        let reply = self
            .connection
            .send(method, &path.parse()?, &headers, Bytes::from(form))
            .await?;
        for cookie in reply.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            self.cookies.push(pair.to_owned());
        }
        Ok(reply)
    }
}

/// The tags of this name, without their angle brackets.
fn tags<'h>(html: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    let opening = format!("<{name} ");
    let starts: Vec<_> = html.match_indices(&opening).map(|(at, _)| at + 1).collect();
    starts.into_iter().filter_map(|at| html[at..].split('>').next())
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}
