//! `POST /oauth/register` (RFC 7591).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::form::read_at_most;
use super::{Door, error, mcp};
use crate::issuer::RegisterError;
use crate::metrics;
use crate::oauth::RegistrationError;

/// Largest registration that is read, in bytes.
const MAX_BODY: usize = 16 * 1024;

pub(super) async fn register(State(door): State<Door>, request: Request) -> Response {
    let token = mcp::bearer_token(request.headers());
    let Some(body) = read_at_most(request.into_body(), MAX_BODY).await else {
        let fault = RegistrationError::InvalidClientMetadata("the body is larger than 16 KiB".to_owned());
        return error::registration(&RegisterError::Metadata(fault));
    };
    match door.0.issuer.register(&body, token.ok().as_ref()).await {
        Ok(registered) => {
            metrics::registration("registered");
            (StatusCode::CREATED, error::no_store(), Json(registered.0)).into_response()
        }
        Err(fault) => {
            metrics::registration("refused");
            error::registration(&fault)
        }
    }
}
