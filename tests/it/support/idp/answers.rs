//! What a provider answers: documents, the way back, tokens, and what it knows of a person.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Asked, CLIENT_ID, CLIENT_SECRET, Code, Desk, Fault, House, Kind, Person, Way, keys};

/// Larger than any answer that makes sense.
const HUGE: usize = 8 << 20;

/// What a hostile provider would like to see on our pages and in the hands of an app.
pub(crate) const MARKUP: &str = "<script>alert('from the provider')</script>";

const PAGE: &str = "<!doctype html><title>upstreamtokenmarker</title><p>Please sign in to the WLAN</p>";

/// Where nothing should follow.
pub(crate) const MOVED: &str = "/moved";

impl House {
    pub(super) async fn answer(&self, asked: &Asked) -> Response<Body> {
        let fault = {
            let mut desk = self.desk();
            desk.asked.push(asked.clone());
            desk.fault
        };
        let (path, paths) = (asked.path.as_str(), self.kind.paths());
        if path == paths.authorize {
            return self.authorize(asked);
        }
        if path == paths.token {
            if fault == Some(Fault::TokenSlow) {
                std::future::pending::<()>().await;
            }
            return self.token(asked);
        }
        if path == paths.person {
            return self.person(asked);
        }
        if path == paths.emails {
            return self.emails(asked);
        }
        if path == paths.keys {
            return self.published_keys();
        }
        if self.kind.has_discovery() && path == self.document_path() {
            return self.document();
        }
        status(404)
    }

    /// Where the document is, by OpenID Connect Discovery §4 or by RFC 8414 §3.
    fn document_path(&self) -> String {
        let issuer = self.kind.paths().issuer;
        if self.desk().does(Way::PublishesForOAuth) {
            format!("/.well-known/oauth-authorization-server{issuer}")
        } else {
            format!("{issuer}/.well-known/openid-configuration")
        }
    }

    fn document(&self) -> Response<Body> {
        let (desk, paths) = (self.desk(), self.kind.paths());
        let issuer = match desk.fault {
            Some(Fault::OtherIssuer) => format!("{}/somebody-else", self.origin),
            _ => self.kind.published_issuer(&self.origin),
        };
        let methods = if desk.does(Way::WantsSecretPosted) {
            json!(["client_secret_post"])
        } else {
            json!(["client_secret_post", "client_secret_basic"])
        };
        // Nobody is to take the latter two for good, whoever lists them.
        let algorithms = match self.kind {
            Kind::OpenId => json!(["RS256", "HS256", "none"]),
            _ => json!(["RS256"]),
        };
        let token = match desk.fault {
            Some(Fault::InsecureEndpoint) => "http://provider.example/token".to_owned(),
            _ => self.url(paths.token),
        };
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": self.url(paths.authorize),
            "token_endpoint": token,
            "jwks_uri": self.url(paths.keys),
            "userinfo_endpoint": self.url(paths.person),
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": algorithms,
            "token_endpoint_auth_methods_supported": methods,
            "code_challenge_methods_supported": ["plain", "S256"],
            "scopes_supported": ["openid", "profile", "email"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
        });
        if desk.does(Way::NamesItself) {
            document["authorization_response_iss_parameter_supported"] = json!(true);
        }
        match desk.fault {
            Some(Fault::DocumentTwice) => twice(&document),
            Some(Fault::DocumentHtml) => page(),
            Some(Fault::DocumentHuge) => huge(&document),
            Some(Fault::DocumentMoved) => moved(307, &self.url(MOVED)),
            Some(Fault::DocumentFails) => status(500),
            _ => said(200, &document),
        }
    }

    fn published_keys(&self) -> Response<Body> {
        let desk = self.desk();
        let keys = json!({ "keys": [keys::own(desk.rotations).jwk()] });
        match desk.fault {
            Some(Fault::KeysFail) => status(500),
            Some(Fault::KeysHtml) => page(),
            Some(Fault::KeysHuge) => huge(&keys),
            Some(Fault::KeysMoved) => moved(302, &self.url(MOVED)),
            _ => said(200, &keys),
        }
    }

    /// Whoever is signed in here agrees at once.
    fn authorize(&self, asked: &Asked) -> Response<Body> {
        let mut desk = self.desk();
        let fit = asked.parameter("response_type") == "code"
            && asked.parameter("client_id") == CLIENT_ID
            && asked.parameter("code_challenge_method") == "S256"
            && !asked.parameter("redirect_uri").is_empty();
        if !fit {
            return status(400);
        }
        let mut back: Vec<(&str, String)> = Vec::new();
        match desk.fault {
            Some(Fault::Denies) => back.push(("error", "access_denied".to_owned())),
            Some(Fault::Fails) => back.push(("error", "server_error".to_owned())),
            Some(Fault::FailsInMarkup) => back.push(("error", MARKUP.to_owned())),
            _ => back.push(("code", desk.code(asked))),
        }
        if back[0].0 == "error" {
            back.push(("error_description", MARKUP.to_owned()));
        }
        back.push(("state", asked.parameter("state").to_owned()));
        let named = desk.does(Way::NamesItself) && desk.fault != Some(Fault::MissingIss);
        let iss = match desk.fault {
            Some(Fault::ForeignIss) => Some("https://evil.example".to_owned()),
            _ => named.then(|| self.kind.signing_issuer(&self.origin)),
        };
        back.extend(iss.map(|iss| ("iss", iss)));
        let mut url = url::Url::parse(asked.parameter("redirect_uri")).expect("a redirect URI is an address");
        url.query_pairs_mut().extend_pairs(back);
        moved(303, url.as_str())
    }

    fn token(&self, asked: &Asked) -> Response<Body> {
        let mut desk = self.desk();
        match desk.fault {
            Some(Fault::TokenRefused) => return self.refused("invalid_grant"),
            Some(Fault::TokenFails) => return status(500),
            Some(Fault::TokenHtml) => return page(),
            Some(Fault::TokenMoved) => return moved(307, &self.url(MOVED)),
            _ => {}
        }
        let code = match desk.redeemed(asked) {
            Ok(code) => code,
            Err(error) => return self.refused(error),
        };
        let access = desk.token("access");
        desk.bearers.insert(access.clone(), code.person.clone());
        let mut answer = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": desk.token("refresh"), "scope": "openid profile email",
        });
        if code.openid && desk.fault != Some(Fault::NoIdToken) {
            let id_token = self.id_token(&mut desk, &code);
            // Its last part is what tells one from another, and what nobody may pass on.
            let signature = id_token.rsplit('.').next().unwrap_or_default().to_owned();
            desk.issued
                .extend([signature].into_iter().filter(|part| part.len() > 40));
            answer["id_token"] = json!(id_token);
        }
        match desk.fault {
            Some(Fault::NoAccessToken) => {
                answer.as_object_mut().expect("an object").remove("access_token");
                said(200, &answer)
            }
            Some(Fault::TokenTwice) => twice(&answer),
            Some(Fault::TokenHuge) => huge(&answer),
            // Without this header GitHub answers with a form.
            _ if self.kind == Kind::GitHub && !asked.header("accept").contains("json") => typed(
                "application/x-www-form-urlencoded",
                format!("access_token={access}"),
            ),
            _ => said(200, &answer),
        }
    }

    /// How a provider refuses a code: with 400, and GitHub with 200.
    fn refused(&self, error: &str) -> Response<Body> {
        let description = format!("The code passed is incorrect or expired. {MARKUP}");
        if self.kind == Kind::GitHub {
            let error = if error == "invalid_client" {
                "incorrect_client_credentials"
            } else {
                "bad_verification_code"
            };
            return said(
                200,
                &json!({
                    "error": error, "error_description": description,
                    "error_uri": "https://docs.github.com/apps/troubleshooting-oauth-app-access-token-request-errors",
                }),
            );
        }
        let status = if error == "invalid_client" { 401 } else { 400 };
        said(
            status,
            &json!({ "error": error, "error_description": description }),
        )
    }

    fn person(&self, asked: &Asked) -> Response<Body> {
        let desk = self.desk();
        let Some(person) = desk.bearer(asked, self.kind) else {
            return said(401, &json!({ "message": "Bad credentials" }));
        };
        let mut told = self.kind.told(person);
        let subject = if told["sub"].is_null() { "id" } else { "sub" };
        match desk.fault {
            Some(Fault::OtherPerson) => told[subject] = json!("somebody-else"),
            Some(Fault::Nobody) => told[subject] = Value::Null,
            Some(Fault::EmptyName) => told[subject] = json!(""),
            _ => {}
        }
        match desk.fault {
            Some(Fault::PersonFails) => status(500),
            Some(Fault::PersonHtml) => page(),
            Some(Fault::PersonHuge) => huge(&told),
            Some(Fault::PersonTwice) => twice(&told),
            Some(Fault::PersonMoved) => moved(307, &self.url(MOVED)),
            _ => said(200, &told),
        }
    }

    fn emails(&self, asked: &Asked) -> Response<Body> {
        let desk = self.desk();
        let bearer = desk.bearer(asked, self.kind);
        bearer.map_or_else(|| status(401), |person| said(200, &Kind::emails(person)))
    }
}

impl Desk {
    fn code(&mut self, asked: &Asked) -> String {
        self.count += 1;
        let code = format!("code-of-the-provider-{}", self.count);
        let scopes = asked.parameter("scope");
        let kept = Code {
            redirect_uri: asked.parameter("redirect_uri").to_owned(),
            challenge: asked.parameter("code_challenge").to_owned(),
            nonce: asked.parameter("nonce").to_owned(),
            openid: scopes.split(' ').any(|scope| scope == "openid"),
            person: self.person.clone(),
        };
        self.codes.insert(code.clone(), kept);
        code
    }

    /// The code of a request for tokens in which everything is right. It is good once.
    fn redeemed(&mut self, asked: &Asked) -> Result<Code, &'static str> {
        if !self.proves_itself(asked) {
            return Err("invalid_client");
        }
        let code = self
            .codes
            .remove(asked.parameter("code"))
            .ok_or("invalid_grant")?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(asked.parameter("code_verifier")));
        let fits = asked.parameter("grant_type") == "authorization_code"
            && asked.parameter("redirect_uri") == code.redirect_uri
            && challenge == code.challenge;
        fits.then_some(code).ok_or("invalid_grant")
    }

    /// Whether this is our client, in one of the two ways and not in both (RFC 6749 §2.3).
    fn proves_itself(&self, asked: &Asked) -> bool {
        let basic = asked.header("authorization");
        let posted = asked.parameter("client_secret");
        if basic.is_empty() {
            return posted == CLIENT_SECRET && asked.parameter("client_id") == CLIENT_ID;
        }
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let wanted = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET)));
        posted.is_empty() && !self.does(Way::WantsSecretPosted) && basic == format!("Basic {wanted}")
    }

    /// Whose token this is. GitHub talks to nobody who does not say what they are.
    fn bearer(&self, asked: &Asked, kind: Kind) -> Option<&Person> {
        if kind == Kind::GitHub && asked.header("user-agent").is_empty() {
            return None;
        }
        let (scheme, token) = asked.header("authorization").split_once(' ')?;
        let fits = scheme.eq_ignore_ascii_case("bearer");
        self.bearers.get(token).filter(|_| fits)
    }
}

fn said(status: u16, value: &Value) -> Response<Body> {
    let mut response = typed("application/json", value.to_string());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

fn typed(content_type: &str, body: String) -> Response<Body> {
    let response = Response::builder().header(CONTENT_TYPE, content_type);
    response.body(Body::from(body)).expect("a response")
}

fn status(status: u16) -> Response<Body> {
    said(
        status,
        &json!({ "error": "server_error", "error_description": MARKUP }),
    )
}

fn page() -> Response<Body> {
    typed("text/html", PAGE.to_owned())
}

fn moved(status: u16, to: &str) -> Response<Body> {
    let response = Response::builder().status(status).header(LOCATION, to);
    response.body(Body::empty()).expect("a response")
}

/// Right in every word, and too long.
fn huge(value: &Value) -> Response<Body> {
    let mut value = value.clone();
    value["padding"] = json!("x".repeat(HUGE));
    said(200, &value)
}

/// Says one thing twice, the second time as it is.
fn twice(value: &Value) -> Response<Body> {
    typed("application/json", doubled(value))
}

/// The text of an object in which each member that is a text occurs twice, first with another value.
pub(super) fn doubled(value: &Value) -> String {
    let members = value.as_object().expect("an object");
    let others = members
        .iter()
        .filter(|(_, value)| value.is_string())
        .map(|(name, _)| format!("{}:\"another\",", json!(name)));
    let others: String = others.collect();
    value.to_string().replacen('{', &format!("{{{others}"), 1)
}
