//! The authorization request (OAuth 2.1 section 4.1.1): from a raw query to something that may go on.

use super::client::{Client, ClientId, InvalidClientId};
use super::error::{AuthorizeCode, AuthorizeError, ErrorResponse, LocalFault};
use super::pkce::{self, CodeChallenge};
use super::redirect::RedirectUri;
use super::resource;
use super::scope::{Scope, ScopeSet};
use crate::clock::Seconds;
use crate::urls::PublicUrl;

/// Longest `state` that is carried, in bytes.
const MAX_STATE: usize = 4096;

/// Longest `nonce` that is carried, in bytes.
const MAX_NONCE: usize = 512;

/// The parameters as they came, not yet believed.
#[derive(Debug, Clone, Default)]
pub struct RawRequest(Vec<(String, String)>);

/// How the person is to be asked (OpenID Connect Core section 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Show nothing: answer with an error where a page would be needed.
    pub none: bool,
    /// Sign in again, whatever session there is.
    pub login: bool,
    /// Ask in full, whatever was granted before.
    pub consent: bool,
}

/// A request whose every part was checked. Whoever holds one may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
    /// Where the answer goes.
    pub redirect_uri: RedirectUri,
    /// Handed back byte for byte.
    pub state: Option<String>,
    /// What the code is bound to.
    pub challenge: CodeChallenge,
    /// What is asked for.
    pub scopes: ScopeSet,
    /// For the id_token, byte for byte (OpenID Connect Core section 3.1.2.1).
    pub nonce: Option<String>,
    /// How to ask.
    pub prompt: Prompt,
    /// Greatest age of the sign-in that is good enough.
    pub max_age: Option<Seconds>,
}

impl RawRequest {
    /// Splits a query string.
    pub fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Who claims to ask. `Ok(None)` is an id that is none of ours.
    pub fn client_id(&self) -> Result<Option<ClientId>, LocalFault> {
        match self.exactly_one("client_id")?.parse() {
            Ok(id) => Ok(Some(id)),
            Err(InvalidClientId::Foreign) => Ok(None),
            Err(InvalidClientId::Address(fault)) => Err(LocalFault::DocumentUrl(fault)),
        }
    }

    /// Checks everything against the client that was found under [`RawRequest::client_id`].
    pub fn validate(
        &self,
        client: &Client,
        public_url: &PublicUrl,
    ) -> Result<AuthorizationRequest, AuthorizeError> {
        let redirect_uri = self.redirect_uri(client).map_err(AuthorizeError::Local)?;
        self.parameters(client, &redirect_uri, public_url)
            .map_err(|(code, description)| {
                let state = self.exactly_one("state").ok().map(str::to_owned);
                AuthorizeError::Redirect(Box::new(ErrorResponse {
                    redirect_uri,
                    state,
                    code,
                    description,
                }))
            })
    }

    fn redirect_uri(&self, client: &Client) -> Result<RedirectUri, LocalFault> {
        let raw = self.exactly_one("redirect_uri")?;
        let asked = RedirectUri::parse(raw).map_err(|_| LocalFault::RedirectMismatch)?;
        client
            .allows(&asked)
            .then_some(asked)
            .ok_or(LocalFault::RedirectMismatch)
    }

    fn parameters(
        &self,
        client: &Client,
        redirect_uri: &RedirectUri,
        public_url: &PublicUrl,
    ) -> Result<AuthorizationRequest, (AuthorizeCode, &'static str)> {
        use AuthorizeCode::{InvalidRequest, InvalidScope, InvalidTarget, UnsupportedResponseType};
        if self.has_repeated() {
            return Err((InvalidRequest, "a parameter occurs more than once"));
        }
        if self.any("request") || self.any("request_uri") {
            return Err((
                InvalidRequest,
                "request objects are not supported; send the parameters themselves",
            ));
        }
        match self.one("response_type") {
            Some("code") => {}
            Some(_) => return Err((UnsupportedResponseType, "response_type must be code")),
            None => return Err((InvalidRequest, "response_type=code is required")),
        }
        if self.one("response_mode").is_some_and(|mode| mode != "query") {
            return Err((InvalidRequest, "response_mode must be query"));
        }
        let state = self.one("state");
        if state.is_some_and(|state| state.len() > MAX_STATE) {
            return Err((InvalidRequest, "state is longer than 4096 bytes"));
        }
        let nonce = self.one("nonce");
        if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
            return Err((InvalidRequest, "nonce is longer than 512 bytes"));
        }
        let challenge = match (self.one("code_challenge"), self.one("code_challenge_method")) {
            (Some(challenge), Some("S256")) => CodeChallenge::parse(challenge).ok_or((
                InvalidRequest,
                "code_challenge must be 43 characters of base64url",
            ))?,
            _ => return Err((InvalidRequest, pkce::REQUIRED)),
        };
        if self
            .all("resource")
            .any(|asked| !resource::means_ours(asked, public_url))
        {
            return Err((InvalidTarget, "resource is not this server's MCP endpoint"));
        }
        Ok(AuthorizationRequest {
            client: client.id.clone(),
            redirect_uri: redirect_uri.clone(),
            state: state.map(str::to_owned),
            challenge,
            scopes: self
                .scopes(client)
                .ok_or((InvalidScope, "no requested scope is known; ask for chess"))?,
            nonce: nonce.map(str::to_owned),
            prompt: self
                .prompt()
                .ok_or((InvalidRequest, "prompt=none cannot be combined"))?,
            max_age: self.max_age()?,
        })
    }

    fn scopes(&self, client: &Client) -> Option<ScopeSet> {
        let Some(asked) = self.one("scope").filter(|scope| !scope.trim().is_empty()) else {
            return Some(ScopeSet::of(Scope::Chess));
        };
        let known = ScopeSet::parse(asked);
        let allowed = known
            .iter()
            .filter(|scope| client.metadata.scopes.contains(*scope));
        let granted = allowed.fold(ScopeSet::default(), ScopeSet::with);
        (!granted.is_empty()).then_some(granted)
    }

    fn prompt(&self) -> Option<Prompt> {
        let words: Vec<&str> = self
            .one("prompt")
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let none = words.contains(&"none");
        if none && words.len() > 1 {
            return None;
        }
        Some(Prompt {
            none,
            login: words.contains(&"login") || words.contains(&"select_account"),
            consent: words.contains(&"consent"),
        })
    }

    fn max_age(&self) -> Result<Option<Seconds>, (AuthorizeCode, &'static str)> {
        let Some(text) = self.one("max_age") else {
            return Ok(None);
        };
        let fault = (
            AuthorizeCode::InvalidRequest,
            "max_age must be a number of seconds",
        );
        text.parse::<u32>()
            .map(|age| Some(Seconds(age.into())))
            .map_err(|_| fault)
    }

    /// RFC 6749 section 3.1: no parameter twice. `resource` may repeat (RFC 8707 section 2).
    fn has_repeated(&self) -> bool {
        let mut names: Vec<&str> = self
            .0
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| *name != "resource")
            .collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }

    fn exactly_one(&self, name: &'static str) -> Result<&str, LocalFault> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            _ => Err(LocalFault::Parameter(name)),
        }
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn any(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::oauth::registration::validate_registration;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn client() -> Client {
        let body = json!({"redirect_uris": ["https://h.example/cb", "http://localhost/cb"]}).to_string();
        Client {
            added: false,
            id: ClientId::registered([1; 16]),
            metadata: validate_registration(body.as_bytes()).unwrap(),
            secret: None,
            created_at: Timestamp::from_seconds(0),
            activated_at: None,
        }
    }

    fn ask(changes: &[(&str, Option<&str>)]) -> Result<AuthorizationRequest, AuthorizeError> {
        let client = client();
        let mut parameters: Vec<(&str, &str)> = vec![
            ("client_id", client.id.as_str()),
            ("redirect_uri", "https://h.example/cb"),
            ("response_type", "code"),
            ("state", "s=1 &x"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            match value {
                Some(value) if parameters.iter().any(|(n, _)| n == name) && *name != "twice" => {
                    parameters
                        .iter_mut()
                        .filter(|(n, _)| n == name)
                        .for_each(|p| p.1 = value);
                }
                Some(value) => parameters.push((name, value)),
                None => parameters.retain(|(n, _)| n != name),
            }
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        RawRequest::parse(&query).validate(&client, &PublicUrl::parse("https://chess.example").unwrap())
    }

    fn redirected(changes: &[(&str, Option<&str>)]) -> (AuthorizeCode, Option<String>) {
        match ask(changes) {
            Err(AuthorizeError::Redirect(answer)) => (answer.code, answer.state),
            other => panic!("{changes:?}: {other:?}"),
        }
    }

    #[test]
    fn a_whole_request_goes_on() {
        let request = ask(&[
            ("resource", Some("https://chess.example/mcp/")),
            ("nonsense", Some("x")),
        ])
        .unwrap();
        assert_eq!(request.state.as_deref(), Some("s=1 &x"));
        assert_eq!(request.scopes, ScopeSet::of(Scope::Chess));
        assert_eq!(
            ask(&[("scope", Some("offline_access chess x"))]).unwrap().scopes,
            ScopeSet::of(Scope::Chess).with(Scope::OfflineAccess)
        );
        assert_eq!(
            ask(&[("max_age", Some("60"))]).unwrap().max_age,
            Some(Seconds(60))
        );
        assert!(ask(&[("prompt", Some("login"))]).unwrap().prompt.login);
        ask(&[("redirect_uri", Some("http://localhost:51212/cb"))]).unwrap();
    }

    #[test]
    fn without_a_proven_redirect_uri_nothing_is_redirected() {
        for redirect in [
            None,
            Some("https://h.example/other"),
            Some("https://evil.example/cb"),
            Some("x"),
            Some(""),
        ] {
            assert!(
                matches!(ask(&[("redirect_uri", redirect)]), Err(AuthorizeError::Local(_))),
                "{redirect:?}"
            );
        }
        assert_eq!(
            RawRequest::parse("client_id=a&client_id=a").client_id(),
            Err(LocalFault::Parameter("client_id"))
        );
        assert_eq!(
            RawRequest::parse("").client_id(),
            Err(LocalFault::Parameter("client_id"))
        );
        assert_eq!(RawRequest::parse("client_id=other").client_id(), Ok(None));
    }

    #[test]
    fn every_other_fault_goes_to_the_client_with_its_state() {
        use AuthorizeCode::{InvalidRequest, InvalidScope, InvalidTarget, UnsupportedResponseType};
        let long = "x".repeat(5000);
        for (name, value, code) in [
            ("response_type", None, InvalidRequest),
            ("response_type", Some("token"), UnsupportedResponseType),
            ("response_type", Some("code id_token"), UnsupportedResponseType),
            ("response_mode", Some("fragment"), InvalidRequest),
            ("request", Some("x"), InvalidRequest),
            ("request_uri", Some("https://x.example"), InvalidRequest),
            ("code_challenge", None, InvalidRequest),
            ("code_challenge", Some(""), InvalidRequest),
            ("code_challenge", Some("short"), InvalidRequest),
            ("code_challenge_method", None, InvalidRequest),
            ("code_challenge_method", Some("plain"), InvalidRequest),
            ("code_challenge_method", Some("s256"), InvalidRequest),
            ("resource", Some("https://evil.example/mcp"), InvalidTarget),
            ("scope", Some("admin"), InvalidScope),
            ("prompt", Some("none login"), InvalidRequest),
            ("max_age", Some("-1"), InvalidRequest),
            ("max_age", Some("99999999999999999999"), InvalidRequest),
        ] {
            assert_eq!(
                redirected(&[(name, value)]),
                (code, Some("s=1 &x".to_owned())),
                "{name}={value:?}"
            );
        }
        assert_eq!(redirected(&[("state", Some(&long))]).0, InvalidRequest);
    }

    #[test]
    fn only_resource_may_repeat() {
        let ours = "resource=https%3A%2F%2Fchess.example%2Fmcp";
        let client = client();
        let public_url = PublicUrl::parse("https://chess.example").unwrap();
        let base = format!(
            "client_id={}&redirect_uri=https%3A%2F%2Fh.example%2Fcb&response_type=code&code_challenge={CHALLENGE}\
             &code_challenge_method=S256",
            client.id
        );
        let validate = |query: String| RawRequest::parse(&query).validate(&client, &public_url);
        validate(format!("{base}&{ours}&{ours}")).unwrap();
        assert!(validate(format!("{base}&{ours}&resource=https%3A%2F%2Fevil.example")).is_err());
        for twice in [
            "response_type=code",
            "state=a&state=a",
            "scope=chess&scope=chess",
            "prompt=&prompt=",
        ] {
            let answer = validate(format!("{base}&{twice}"));
            assert!(matches!(answer, Err(AuthorizeError::Redirect(_))), "{twice}");
        }
    }

    #[test]
    fn a_query_full_of_parameters_is_read_in_a_moment() {
        let mut request = RawRequest((0..60_000).map(|n| (n.to_string(), String::new())).collect());
        let began = std::time::Instant::now();
        assert!(!request.has_repeated());
        request.0.push(("7".to_owned(), String::new()));
        assert!(request.has_repeated());
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    }
}
