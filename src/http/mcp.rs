//! `/mcp`: Origin, token, method and size are checked before the MCP service sees a message.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, AUTHORIZATION, CONTENT_TYPE, ORIGIN, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form::read_at_most;
use super::hosts::Origin;
use super::{Door, cors, error};
use crate::issuer::BearerError;
use crate::oauth::{Challenge, Principal, Scope, challenge};
use crate::secret::Secret;

/// Largest message that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// Why no token was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoToken {
    /// There is no Authorization header.
    Absent,
    /// There is one, but it holds no single bearer token.
    Malformed,
}

/// The endpoint, whatever the method.
pub(super) async fn endpoint(State(door): State<Door>, request: Request) -> Response {
    let headers = request.headers();
    if door.0.hosts.origin(headers) == Origin::Foreign {
        let text = "Pages of this origin may not call this server; ALLOWED_ORIGINS can name it.\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    let preflight =
        request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let origin = headers.get(ORIGIN).cloned();
    let mut response = if preflight {
        cors::preflight()
    } else {
        serve(&door, request).await
    };
    cors::open_to_origin(origin, &mut response);
    response
}

async fn serve(door: &Door, request: Request) -> Response {
    let principal = match caller(door, request.headers()).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal,
    };
    if let Err(wait) = door.0.limits.person(principal.user) {
        let message =
            "too many calls in a short time; wait as long as Retry-After says, then repeat this one";
        let mut response = rpc_error(StatusCode::TOO_MANY_REQUESTS, -32000, message);
        wait.tell(&mut response);
        return response;
    }
    if request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST")]).into_response();
    }
    let (mut parts, body) = request.into_parts();
    let Some(body) = read_at_most(body, MAX_BODY).await else {
        let message = "the message is larger than 256 KiB, or incomplete";
        return rpc_error(StatusCode::PAYLOAD_TOO_LARGE, -32600, message);
    };
    accept_both(&mut parts.headers);
    parts.extensions.insert(principal);
    let request = axum::http::Request::from_parts(parts, body);
    door.0.mcp.answer(request).await.map(Body::new)
}

/// The authenticated caller, or the challenge (RFC 6750 section 3, RFC 9728 section 5.1).
async fn caller(door: &Door, headers: &HeaderMap) -> Result<Principal, Response> {
    let token = bearer_token(headers).map_err(|why| match why {
        NoToken::Absent => challenged(door, Challenge::NoToken),
        NoToken::Malformed => challenged(door, Challenge::InvalidToken),
    })?;
    match door.0.issuer.authenticate(token.expose()).await {
        Ok(principal) if principal.scopes.contains(Scope::Chess) => Ok(principal),
        Ok(_) => Err(challenged(door, Challenge::InsufficientScope)),
        Err(BearerError::Invalid(why)) => {
            tracing::info!(%why, "token refused");
            Err(challenged(door, Challenge::InvalidToken))
        }
        Err(BearerError::Key(error)) => Err(error::broken_json(&error)),
        Err(BearerError::Store(error)) => Err(error::broken_json(&error)),
    }
}

fn challenged(door: &Door, why: Challenge) -> Response {
    let header = challenge(door.0.issuer.public_url(), why);
    let (status, code, description) = match why {
        Challenge::NoToken | Challenge::InvalidToken => (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "sign in to use this server",
        ),
        Challenge::InsufficientScope => (
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "the access token does not allow chess; ask for that scope",
        ),
    };
    let body = axum::Json(json!({"error": code, "error_description": description}));
    let mut response = (status, error::no_store(), body).into_response();
    if let Ok(header) = HeaderValue::try_from(header) {
        response.headers_mut().insert(WWW_AUTHENTICATE, header);
    }
    response
}

/// The one bearer token of the header (RFC 6750 section 2.1); tokens elsewhere are not looked for.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<Secret, NoToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(NoToken::Absent)?;
    if values.next().is_some() {
        return Err(NoToken::Malformed);
    }
    let text = value.to_str().map_err(|_| NoToken::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(NoToken::Malformed)?;
    let token = token.trim();
    let bearer = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    bearer
        .then(|| Secret::new(token.to_owned()))
        .ok_or(NoToken::Malformed)
}

/// We always answer with JSON or, before a notification, with a stream. A client that takes JSON, or says
/// nothing, is not turned away for not naming both.
fn accept_both(headers: &mut HeaderMap) {
    let accepted = headers
        .get(ACCEPT)
        .map(|accept| accept.to_str().unwrap_or_default());
    let takes_json = accepted.is_none_or(|accept| {
        ["*/*", "application/*", "application/json"]
            .iter()
            .any(|kind| accept.contains(kind))
    });
    if takes_json {
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
    }
}

fn rpc_error(status: StatusCode, code: i32, message: &str) -> Response {
    let body = json!({"jsonrpc": "2.0", "error": {"code": code, "message": message}});
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_token_and_no_other_place() {
        let headers = |values: &[&str]| {
            values
                .iter()
                .map(|value| (AUTHORIZATION, value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        assert_eq!(bearer_token(&headers(&["bearer  abc"])).unwrap().expose(), "abc");
        assert_eq!(bearer_token(&headers(&[])).unwrap_err(), NoToken::Absent);
        for bad in [
            &["Bearer"][..],
            &["Bearer "],
            &["Basic abc"],
            &["Bearer a", "Bearer b"],
        ] {
            assert_eq!(
                bearer_token(&headers(bad)).unwrap_err(),
                NoToken::Malformed,
                "{bad:?}"
            );
        }
    }
}
