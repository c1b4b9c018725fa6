//! From reasons to answers: JSON for clients, a page for people. Rich reasons go to the log, poor ones outside.

use axum::Json;
use axum::http::header::{CACHE_CONTROL, LOCATION, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Door;
use crate::issuer::{IssuerError, RegisterError};
use crate::oauth::{AuthorizeError, SignInFault, TokenCode, TokenError};

/// The answer to a form or an authorization request that went wrong.
pub(super) fn page(door: &Door, error: IssuerError) -> Response {
    let pages = &door.0.pages;
    let refuse =
        |title: &str, text: &str, reference| pages.message(StatusCode::BAD_REQUEST, title, text, reference);
    match error {
        IssuerError::Authorize {
            error: AuthorizeError::Local(fault),
            reference,
        } => refuse(
            "This app cannot be connected",
            &fault.to_string(),
            Some(reference),
        ),
        IssuerError::Authorize {
            error: AuthorizeError::Redirect(answer),
            reference,
        } => leave(&door.0.issuer.error_url(&answer, reference)),
        IssuerError::Form {
            fault: fault @ SignInFault::Done,
            reference,
        } => pages.message(StatusCode::OK, "All done", &fault.to_string(), Some(reference)),
        IssuerError::Form { fault, reference } => {
            refuse("Please start again", &fault.to_string(), Some(reference))
        }
        error @ IssuerError::Stale => refuse("Please start again", &error.to_string(), None),
        IssuerError::Token(error) => refuse("This app cannot be connected", error.description, None),
        IssuerError::Key(error) => broken_page(door, &error),
        IssuerError::Store(error) => broken_page(door, &error),
    }
}

pub(super) fn broken_page(door: &Door, error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a page could not be made");
    let text = "Something went wrong on this server. Nothing was changed; please try again in a moment.";
    door.0
        .pages
        .message(StatusCode::INTERNAL_SERVER_ERROR, "That did not work", text, None)
}

/// 303, so that the browser follows with GET and posts nothing anywhere else (OAuth 2.1 section 7.5.4).
pub(super) fn leave(url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(mut url) => {
            url.set_sensitive(true);
            let headers = [
                (LOCATION, url),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// The answer of the token and revocation endpoints (RFC 6749 section 5.2).
pub(super) fn token(error: IssuerError, basic: bool) -> Response {
    match error {
        IssuerError::Token(error) => refused(error, basic),
        IssuerError::Key(error) => broken_json(&error),
        IssuerError::Store(error) => broken_json(&error),
        error @ (IssuerError::Authorize { .. } | IssuerError::Form { .. } | IssuerError::Stale) => {
            broken_json(&error)
        }
    }
}

pub(super) fn refused(error: TokenError, basic: bool) -> Response {
    tracing::info!(
        code = error.code.as_str(),
        why = error.description,
        "token request refused"
    );
    let status = match error.code {
        TokenCode::InvalidClient => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let body = json!({"error": error.code.as_str(), "error_description": error.description});
    let mut response = (status, no_store(), Json(body)).into_response();
    if basic && status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"chess-mcp\", charset=\"UTF-8\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The answer of the registration endpoint (RFC 7591 section 3.2.2).
pub(super) fn registration(error: &RegisterError) -> Response {
    let (status, code) = match error {
        RegisterError::Metadata(fault) => (StatusCode::BAD_REQUEST, fault.code()),
        RegisterError::Token => (StatusCode::UNAUTHORIZED, "invalid_token"),
        RegisterError::Off => (StatusCode::FORBIDDEN, "access_denied"),
        RegisterError::Full => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        RegisterError::Store(error) => return broken_json(error),
    };
    tracing::info!(code, why = %error, "registration refused");
    let body = json!({"error": code, "error_description": error.to_string()});
    let mut response = (status, no_store(), Json(body)).into_response();
    match error {
        RegisterError::Token => {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        RegisterError::Full => {
            let ten_minutes = HeaderValue::from_static("600");
            response.headers_mut().insert(RETRY_AFTER, ten_minutes);
        }
        RegisterError::Metadata(_) | RegisterError::Off | RegisterError::Store(_) => {}
    }
    response
}

pub(super) fn broken_json(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a request could not be served");
    let body = json!({"error": "server_error", "error_description": "something went wrong on this server; try again"});
    (StatusCode::INTERNAL_SERVER_ERROR, no_store(), Json(body)).into_response()
}

/// RFC 6749 section 5.1
pub(super) fn no_store() -> [(axum::http::HeaderName, &'static str); 2] {
    [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")]
}
