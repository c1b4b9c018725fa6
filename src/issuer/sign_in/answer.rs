//! The authorization response: where the browser goes, with `state` and `iss`.

use crate::id::Reference;
use crate::issuer::Issuer;
use crate::oauth::{AuthorizationRequest, AuthorizeCode, ErrorResponse, PKCE_REQUIRED};
use crate::secret::Secret;

impl Issuer {
    pub(super) fn granted(&self, request: &AuthorizationRequest, code: &Secret) -> String {
        self.answer(request, &[("code", code.expose())])
    }

    pub(super) fn denied(&self, request: &AuthorizationRequest, reference: Reference) -> String {
        let code = AuthorizeCode::AccessDenied.as_str();
        let description = described("the person denied the access", reference);
        self.answer(request, &[("error", code), ("error_description", &description)])
    }

    fn answer(&self, request: &AuthorizationRequest, parameters: &[(&str, &str)]) -> String {
        with_issuer(self, &request.redirect_uri, request.state.as_deref(), parameters)
    }

    /// The URL of an authorization error response.
    pub fn error_url(&self, answer: &ErrorResponse, reference: Reference) -> String {
        let description = described(answer.description, reference);
        let parameters = [
            ("error", answer.code.as_str()),
            ("error_description", description.as_str()),
        ];
        with_issuer(self, &answer.redirect_uri, answer.state.as_deref(), &parameters)
    }
}

/// One description is known word for word to those who write clients; the others lead to our record.
fn described(description: &str, reference: Reference) -> String {
    if description == PKCE_REQUIRED {
        return description.to_owned();
    }
    format!("{description} (reference {})", reference.as_str())
}

/// Every authorization response carries `state` and `iss` (RFC 9207 section 2).
fn with_issuer(
    issuer: &Issuer,
    redirect_uri: &crate::oauth::RedirectUri,
    state: Option<&str>,
    parameters: &[(&str, &str)],
) -> String {
    let mut all = parameters.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", issuer.public_url().origin()));
    redirect_uri.with_query(&all)
}

/// `prompt=none`: no page may be shown, and consent always takes one.
pub(super) fn silent(request: AuthorizationRequest, session: bool) -> ErrorResponse {
    let (code, description) = if session {
        (AuthorizeCode::ConsentRequired, "consent always takes a click")
    } else {
        (AuthorizeCode::LoginRequired, "nobody is signed in")
    };
    ErrorResponse {
        redirect_uri: request.redirect_uri,
        state: request.state,
        code,
        description,
    }
}

/// The person did not get in through a provider.
pub(super) fn provider_error(request: AuthorizationRequest, code: AuthorizeCode) -> ErrorResponse {
    let description = match code {
        AuthorizeCode::AccessDenied => "the person was not let in",
        AuthorizeCode::TemporarilyUnavailable => "the provider at which the person signs in does not answer",
        _ => "the provider at which the person signs in gave an answer that proves nothing",
    };
    ErrorResponse {
        redirect_uri: request.redirect_uri,
        state: request.state,
        code,
        description,
    }
}
