//! Where browsers come back from a provider.

use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;

use super::account::{Notice, done, entered, provider_failed};
use super::{Door, authorize, cookies, error};
use crate::issuer::{Arrival, IssuerError};

/// `GET /oauth/callback/{provider}`
pub(super) async fn callback(
    State(door): State<Door>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let Ok(provider) = provider.parse() else {
        return error::page(&door, IssuerError::Stale);
    };
    let browser = door.browser(&request);
    let then = cookies::destination(request.headers(), door.secure());
    let arrived = door
        .0
        .issuer
        .arrive(provider, &query.unwrap_or_default(), browser)
        .await;
    match arrived {
        Ok(Arrival::SignIn(next)) => authorize::follow(&door, Ok(next)),
        Ok(Arrival::Consent(asked)) => authorize::ask(&door, &asked),
        Ok(Arrival::Entered(session)) => entered(&door, &session, then.as_ref()),
        Ok(Arrival::Linked) => done(&door, Notice::ProviderLinked),
        Ok(Arrival::Taken) => done(&door, Notice::ProviderTaken),
        Ok(Arrival::Failed { provider, failure }) => provider_failed(&door, &provider, failure),
        Err(fault) => error::page(&door, fault),
    }
}
