//! `/oauth/userinfo`: an access token in, claims about its person out (OpenID Connect Core section 5.3).

use axum::Json;
use axum::extract::State;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::mcp::{NoToken, bearer_token};
use super::{Door, error};
use crate::issuer::{BearerError, UserinfoError};
use crate::oauth::{Challenge, userinfo_challenge};

pub(super) async fn userinfo(State(door): State<Door>, headers: HeaderMap) -> Response {
    let token = match bearer_token(&headers) {
        Ok(token) => token,
        Err(NoToken::Absent) => return challenged(Challenge::NoToken),
        Err(NoToken::Malformed) => return challenged(Challenge::InvalidToken),
    };
    match door.0.issuer.userinfo(token.expose()).await {
        Ok(claims) => (StatusCode::OK, error::no_store(), Json(claims)).into_response(),
        Err(UserinfoError::InsufficientScope) => challenged(Challenge::InsufficientScope),
        Err(UserinfoError::Bearer(BearerError::Invalid(why))) => {
            tracing::info!(%why, "token refused");
            challenged(Challenge::InvalidToken)
        }
        Err(UserinfoError::Bearer(BearerError::Key(error))) => error::broken_json(&error),
        Err(UserinfoError::Bearer(BearerError::Store(error))) => error::broken_json(&error),
    }
}

fn challenged(why: Challenge) -> Response {
    let (status, code, description) = match why {
        Challenge::NoToken | Challenge::InvalidToken => (
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "an access token of this server is needed",
        ),
        Challenge::InsufficientScope => (
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "the access token does not allow openid",
        ),
    };
    let body = Json(json!({"error": code, "error_description": description}));
    let mut response = (status, error::no_store(), body).into_response();
    if let Ok(header) = HeaderValue::try_from(userinfo_challenge(why)) {
        response.headers_mut().insert(WWW_AUTHENTICATE, header);
    }
    response
}
