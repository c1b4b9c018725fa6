//! An app on the other side of the authorization server: registers, sends people to sign in, redeems,
//! refreshes, revokes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Browser, Reply, Server};

/// The callback of the apps in these tests. Nobody listens there: the browser stops at the door.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:3999/callback";

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A registered client.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) redirect_uri: String,
}

/// A verifier and its S256 challenge.
#[derive(Debug, Clone)]
pub(crate) struct Pkce {
    pub(crate) verifier: String,
    pub(crate) challenge: String,
}

impl Pkce {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("verifier {number}")));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        Self { verifier, challenge }
    }
}

/// The parameters of an authorization request, in order; any may be changed, removed or doubled.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) pkce: Pkce,
}

impl Request {
    /// A request without fault.
    pub(crate) fn of(app: &App, server: &Server) -> Self {
        let pkce = Pkce::new();
        let parameters = [
            ("response_type", "code"),
            ("client_id", &app.id),
            ("redirect_uri", &app.redirect_uri),
            ("scope", "chess offline_access"),
            ("state", "st/4te+~%&="),
            ("code_challenge", &pkce.challenge),
            ("code_challenge_method", "S256"),
            ("resource", &server.resource()),
        ];
        let parameters = parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        Self { parameters, pkce }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self.add(name, value)
    }

    pub(crate) fn add(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.parameters.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn url(&self, server: &Server) -> String {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .finish();
        format!("{}/oauth/authorize?{query}", server.origin())
    }
}

/// What an app learns at its callback.
pub(crate) type Callback = BTreeMap<String, String>;

/// The parameters of the address a browser left for, each of them once.
#[track_caller]
pub(crate) fn callback(browser: &Browser) -> Callback {
    let page = &browser.page;
    let Some(left) = &page.left_for else {
        panic!("still on {} ({}): {}", page.url, page.status, page.text())
    };
    let mut parameters = Callback::new();
    for (name, value) in left.query_pairs() {
        assert!(
            parameters.insert(name.clone().into(), value.into()).is_none(),
            "{name} twice in {left}"
        );
    }
    parameters
}

/// A code that was granted, with all that is needed to redeem it.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) code: String,
    pub(crate) pkce: Pkce,
    pub(crate) app: App,
}

impl Granted {
    /// The form of a redemption without fault.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        let mut form = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), self.code.clone()),
            ("redirect_uri".to_owned(), self.app.redirect_uri.clone()),
            ("code_verifier".to_owned(), self.pkce.verifier.clone()),
        ];
        self.app.sign(&mut form);
        form
    }
}

/// The tokens of one grant.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    #[track_caller]
    pub(crate) fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let body = reply.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }

    pub(crate) fn claims(&self) -> Value {
        claims(&self.access)
    }
}

/// What an access token says; its signature is not looked at.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

#[track_caller]
pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token
        .split('.')
        .nth(index)
        .unwrap_or_else(|| panic!("not a JWT: {token}"));
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .expect("a part of a JWT is base64url");
    serde_json::from_slice(&bytes).expect("a part of a JWT is JSON")
}

impl App {
    /// Adds this client's credentials to a form: its id, and its secret if it has one.
    pub(crate) fn sign(&self, form: &mut Vec<(String, String)>) {
        form.push(("client_id".to_owned(), self.id.clone()));
        if let Some(secret) = &self.secret {
            form.push(("client_secret".to_owned(), secret.clone()));
        }
    }

    /// The value of an `Authorization` header as RFC 6749 §2.3.1 wants it.
    pub(crate) fn basic(&self) -> String {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = self.secret.as_deref().unwrap_or_default();
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", encode(&self.id), encode(secret)))
        )
    }
}

/// A registration without fault; `changes` is laid over it, null removes.
pub(crate) fn registration(changes: &Value) -> Value {
    let mut metadata = json!({
        "client_name": "Test App",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    });
    let fields = metadata.as_object_mut().expect("it is an object");
    for (name, value) in changes.as_object().expect("changes are an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    metadata
}

impl Server {
    pub(crate) async fn register(&self, metadata: &Value) -> Reply {
        Reply::to(self.http().post(self.url("/oauth/register")).json(metadata)).await
    }

    /// A public client of its own.
    pub(crate) async fn app(&self, name: &str) -> App {
        self.app_with(&json!({ "client_name": name })).await
    }

    /// A client registered with these changes to the usual metadata.
    pub(crate) async fn app_with(&self, changes: &Value) -> App {
        let body = self.register(&registration(changes)).await.expect(201).json();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        App {
            id: text(&body["client_id"]).expect("a client id"),
            secret: text(&body["client_secret"]),
            redirect_uri: text(&body["redirect_uris"][0]).expect("a redirect URI"),
        }
    }

    /// Makes a local account beside the running server.
    pub(crate) async fn person(&self, name: &str) {
        let stdin = format!("{PASSWORD}\n");
        self.home()
            .run_with(&["users", "add", name, "--password-stdin"], &stdin)
            .await
            .ok();
    }

    /// Walks the pages of one authorization as this person: allow, then sign in if asked.
    pub(crate) async fn walk(&self, browser: &mut Browser, request: &Request, person: &str) -> Callback {
        browser.open(&request.url(self)).await;
        browser.press_allow().await;
        if browser.page.left_for.is_none() {
            browser
                .press("Sign in", &[("username", person), ("password", PASSWORD)])
                .await;
        }
        callback(browser)
    }

    /// A code for this app from this person, in a fresh browser.
    pub(crate) async fn code(&self, app: &App, person: &str) -> Granted {
        let request = Request::of(app, self);
        let answer = self.walk(&mut Browser::new(self), &request, person).await;
        let code = answer
            .get("code")
            .unwrap_or_else(|| panic!("no code: {answer:?}"))
            .clone();
        Granted {
            code,
            pkce: request.pkce,
            app: app.clone(),
        }
    }

    /// A whole sign-in: code and tokens.
    pub(crate) async fn sign_in(&self, app: &App, person: &str) -> Tokens {
        Tokens::of(&self.token(&self.code(app, person).await.form()).await)
    }

    /// A whole sign-in with a request of one's own: what the token endpoint answered.
    pub(crate) async fn redeem(&self, app: &App, request: Request, person: &str) -> Reply {
        let answer = self.walk(&mut Browser::new(self), &request, person).await;
        let granted = Granted {
            code: answer
                .get("code")
                .unwrap_or_else(|| panic!("no code: {answer:?}"))
                .clone(),
            pkce: request.pkce,
            app: app.clone(),
        };
        self.token(&granted.form()).await
    }

    /// A whole sign-in for these scopes.
    pub(crate) async fn sign_in_for(&self, app: &App, person: &str, scope: &str) -> Reply {
        self.redeem(app, Request::of(app, self).set("scope", scope), person)
            .await
    }

    /// Posts a form to the token endpoint.
    pub(crate) async fn token(&self, form: &[(String, String)]) -> Reply {
        Reply::to(self.http().post(self.url("/oauth/token")).form(form)).await
    }

    pub(crate) async fn refresh(&self, app: &App, refresh_token: &str) -> Reply {
        self.token(&refreshing(app, refresh_token)).await
    }

    pub(crate) async fn revoke(&self, app: &App, token: &str) -> Reply {
        self.about("/oauth/revoke", app, token).await
    }

    pub(crate) async fn introspect(&self, app: &App, token: &str) -> Reply {
        self.about("/oauth/introspect", app, token).await
    }

    async fn about(&self, path: &str, app: &App, token: &str) -> Reply {
        let mut form = vec![("token".to_owned(), token.to_owned())];
        app.sign(&mut form);
        Reply::to(self.http().post(self.url(path)).form(&form)).await
    }

    /// What the userinfo endpoint tells the bearer of this token.
    pub(crate) async fn userinfo(&self, token: &str) -> Reply {
        Reply::to(self.http().get(self.url("/oauth/userinfo")).bearer_auth(token)).await
    }

    pub(crate) async fn published_keys(&self) -> Vec<Value> {
        let reply = Reply::to(self.http().get(self.url("/oauth/jwks.json"))).await;
        let keys = reply.expect(200).json()["keys"].clone();
        keys.as_array().expect("a list of keys").clone()
    }
}

/// The form of a refresh without fault.
pub(crate) fn refreshing(app: &App, refresh_token: &str) -> Vec<(String, String)> {
    let mut form = vec![
        ("grant_type".to_owned(), "refresh_token".to_owned()),
        ("refresh_token".to_owned(), refresh_token.to_owned()),
    ];
    app.sign(&mut form);
    form
}

impl Browser {
    /// Presses the consent page's main button, whatever its label.
    pub(crate) async fn press_allow(&mut self) -> &super::browser::Page {
        let forms = self.page.forms();
        let buttons = forms.iter().flat_map(|form| &form.buttons);
        let allow = buttons
            .into_iter()
            .find(|button| button.name == "decision" && button.value == "allow");
        let Some(allow) = allow else {
            panic!(
                "nothing to allow on {} ({}): {}",
                self.page.url,
                self.page.status,
                self.page.text()
            )
        };
        let label = allow.label.clone();
        self.press(&label, &[]).await
    }
}
