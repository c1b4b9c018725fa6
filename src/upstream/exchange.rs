//! Codes for tokens (RFC 6749 section 4.1.3, RFC 7636), through the `oauth2` crate.
//!
//! What that crate says of a failure may hold the whole answer, tokens included: none of it goes any further.

use std::fmt;
use std::pin::Pin;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::http::StatusCode;
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse,
    TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::UpstreamError;
use super::provider::Provider;
use crate::json;
use crate::net::Net;
use crate::secret::Secret;

const TOKEN_ENDPOINT: &str = "the provider's token endpoint";

type Answer = StandardTokenResponse<IdTokenField, BasicTokenType>;
type Relying = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Where a provider's two endpoints are, and how it wants to hear our secret.
pub(super) struct Endpoints {
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) secret_in_body: bool,
}

/// What a provider gave for a code. Dropped as soon as the person is known.
pub(super) struct Tokens {
    pub(super) access: Secret,
    pub(super) id: Option<Secret>,
}

/// What is asked of an authorization endpoint.
pub(super) struct Request<'a> {
    pub(super) state: &'a Secret,
    pub(super) verifier: &'a Secret,
    /// Parameters beyond OAuth 2.0.
    pub(super) more: Vec<(&'static str, String)>,
}

#[derive(Deserialize, Serialize)]
struct IdTokenField {
    id_token: Option<String>,
}

impl fmt::Debug for IdTokenField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdTokenField(…)")
    }
}

impl ExtraTokenFields for IdTokenField {}

/// Our side of a provider's endpoints.
pub(super) struct Exchange<'a> {
    provider: &'a Provider,
    client: Relying,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(provider: &'a Provider, endpoints: Endpoints, callback: String) -> Self {
        let auth_type = if endpoints.secret_in_body {
            AuthType::RequestBody
        } else {
            AuthType::BasicAuth
        };
        let callback = RedirectUrl::new(callback).expect("the public address makes URLs");
        let client = Client::new(ClientId::new(provider.client_id.clone()))
            .set_client_secret(ClientSecret::new(provider.client_secret.expose().to_owned()))
            .set_auth_uri(AuthUrl::from_url(endpoints.authorize))
            .set_token_uri(TokenUrl::from_url(endpoints.token))
            .set_redirect_uri(callback)
            .set_auth_type(auth_type);
        Self { provider, client }
    }

    /// Where to send the browser.
    pub(super) fn destination(&self, request: &Request<'_>) -> String {
        let state = CsrfToken::new(request.state.expose().to_owned());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier(request.verifier));
        let mut url = self.client.authorize_url(|| state).set_pkce_challenge(challenge);
        if !self.provider.scope.is_empty() {
            url = url.add_scope(Scope::new(self.provider.scope.clone()));
        }
        for (name, value) in &request.more {
            url = url.add_extra_param(*name, value);
        }
        url.url().0.into()
    }

    /// The tokens for a code.
    pub(super) async fn redeem(
        &self,
        net: &Net,
        code: &Secret,
        pkce: &Secret,
    ) -> Result<Tokens, UpstreamError> {
        let code = AuthorizationCode::new(code.expose().to_owned());
        let request = self.client.exchange_code(code).set_pkce_verifier(verifier(pkce));
        let client = OneDoor(net);
        let answer = request.request_async(&client).await.map_err(understood)?;
        Ok(Tokens {
            access: Secret::new(answer.access_token().secret().clone()),
            id: answer.extra_fields().id_token.clone().map(Secret::new),
        })
    }
}

fn verifier(secret: &Secret) -> PkceCodeVerifier {
    PkceCodeVerifier::new(secret.expose().to_owned())
}

/// Our one HTTP client, as the `oauth2` crate asks for it.
struct OneDoor<'n>(&'n Net);

impl<'c> AsyncHttpClient<'c> for OneDoor<'_> {
    type Error = UpstreamError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, UpstreamError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0, request))
    }
}

async fn send(net: &Net, request: HttpRequest) -> Result<HttpResponse, UpstreamError> {
    let fetched = net.fetch_trusted(request).await;
    let mut response = fetched.map_err(|error| UpstreamError::fetch(TOKEN_ENDPOINT, &error))?;
    let status = response.status();
    if !(status.is_success() || status.is_client_error()) || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(UpstreamError::status(TOKEN_ENDPOINT, status.as_u16()));
    }
    let Ok(fields) = json::object(response.body()) else {
        return Err(UpstreamError::misbehaved(format!(
            "{TOKEN_ENDPOINT} answered with something that is no JSON object"
        )));
    };
    // GitHub reports errors with status 200.
    if fields.contains_key("error") && status.is_success() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    Ok(response)
}

fn understood(error: RequestTokenError<UpstreamError, BasicErrorResponse>) -> UpstreamError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(answer) => {
            let code = answer.error().as_ref();
            let plain =
                code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let code = if plain {
                code
            } else {
                "an error that is not known here"
            };
            UpstreamError::misbehaved(format!("{TOKEN_ENDPOINT} answered {code}"))
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => UpstreamError::misbehaved(format!(
            "{TOKEN_ENDPOINT} answered with something that is no token"
        )),
    }
}
