//! The discovery documents: made once, the same whatever a request says of itself.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::{Door, error};
use crate::id::BootId;
use crate::issuer::{Issuer, Registration};
use crate::oauth;
use crate::urls::BOOT_HEADER;

pub(super) struct Documents {
    authorization_server: Bytes,
    protected_resource: Bytes,
    boot: HeaderValue,
}

impl Documents {
    pub(super) fn new(issuer: &Issuer, boot: BootId) -> Self {
        let url = issuer.public_url();
        let registration = issuer.policy().registration != Registration::Off;
        Self {
            authorization_server: oauth::authorization_server(url, registration).to_string().into(),
            protected_resource: oauth::protected_resource(url).to_string().into(),
            boot: HeaderValue::from_str(boot.as_str()).expect("letters and digits"),
        }
    }
}

pub(super) async fn authorization_server(State(door): State<Door>) -> Response {
    document(door.0.documents.authorization_server.clone())
}

pub(super) async fn protected_resource(State(door): State<Door>) -> Response {
    let documents = &door.0.documents;
    let mut response = document(documents.protected_resource.clone());
    let boot = documents.boot.clone();
    response.headers_mut().insert(BOOT_HEADER, boot);
    response
}

pub(super) async fn jwks(State(door): State<Door>) -> Response {
    match door.0.issuer.jwks().await {
        Ok(keys) => document(keys.to_string().into()),
        Err(fault) => error::broken_json(&fault),
    }
}

fn document(body: Bytes) -> Response {
    (
        [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "public, max-age=300"),
        ],
        body,
    )
        .into_response()
}
