//! `POST /oauth/token` and `POST /oauth/revoke`: form and client authentication in, JSON out.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::client_proof::{authenticated_form, client_proof, presented, read_form};
use super::form::Form;
use super::{Door, error};
use crate::issuer::{Exchange, IssuerError, Renewal, Tokens};
use crate::metrics;
use crate::oauth::{TokenCode, TokenError};

pub(super) async fn token(State(door): State<Door>, request: Request) -> Response {
    let basic = request.headers().contains_key(AUTHORIZATION);
    let answer = answer(&door, request).await;
    count(&answer);
    match answer.1 {
        Ok(tokens) => issued(&tokens),
        Err(fault) => error::token(fault, basic),
    }
}

pub(super) async fn revoke(State(door): State<Door>, request: Request) -> Response {
    let basic = request.headers().contains_key(AUTHORIZATION);
    let revoked = async {
        let (form, proof) = authenticated_form(request).await?;
        door.0.issuer.revoke(proof, presented(&form)?).await
    };
    match revoked.await {
        Ok(()) => (StatusCode::OK, error::no_store()).into_response(),
        Err(fault) => error::token(fault, basic),
    }
}

/// What was asked for, by the name that metrics know it by, and what came of it.
type Answer = (&'static str, Result<Tokens, IssuerError>);

fn count((grant_type, result): &Answer) {
    let outcome = match result {
        Ok(_) => "issued",
        Err(IssuerError::Token(error)) => error.code.as_str(),
        Err(_) => "server_error",
    };
    metrics::token(grant_type, outcome);
}

async fn answer(door: &Door, request: Request) -> Answer {
    let headers = request.headers().clone();
    let form = match read_form(request).await {
        Ok(form) => form,
        Err(error) => return ("other", Err(error.into())),
    };
    let grant_type = match form.get("grant_type") {
        Some("authorization_code") => "authorization_code",
        Some("refresh_token") => "refresh_token",
        _ => "other",
    };
    (grant_type, grant(door, &headers, &form).await)
}

async fn grant(door: &Door, headers: &HeaderMap, form: &Form) -> Result<Tokens, IssuerError> {
    let proof = client_proof(headers, form)?;
    let resources = form
        .all("resource")
        .filter(|resource| !resource.is_empty())
        .map(str::to_owned)
        .collect();
    match form.get("grant_type") {
        Some("authorization_code") => {
            let exchange = Exchange {
                code: form
                    .secret("code")
                    .ok_or(TokenError::request("code is required"))?,
                redirect_uri: required(form, "redirect_uri", "redirect_uri is required")?,
                verifier: form
                    .secret("code_verifier")
                    .ok_or(TokenError::request("code_verifier is required"))?,
                resources,
            };
            door.0.issuer.exchange(proof, exchange).await
        }
        Some("refresh_token") => {
            let token = form
                .secret("refresh_token")
                .ok_or(TokenError::request("refresh_token is required"))?;
            let scope = form.get("scope").map(str::to_owned);
            door.0
                .issuer
                .refresh(
                    proof,
                    Renewal {
                        token,
                        scope,
                        resources,
                    },
                )
                .await
        }
        Some(_) => {
            let description = "grant_type must be authorization_code or refresh_token";
            Err(TokenError {
                code: TokenCode::UnsupportedGrantType,
                description,
            }
            .into())
        }
        None => Err(TokenError::request("grant_type is required").into()),
    }
}

fn required(form: &Form, name: &str, missing: &'static str) -> Result<String, TokenError> {
    form.get(name)
        .map(str::to_owned)
        .ok_or(TokenError::request(missing))
}

fn issued(tokens: &Tokens) -> Response {
    let mut body = json!({
        "access_token": tokens.access.expose(),
        "token_type": "Bearer",
        "expires_in": tokens.expires_in.0,
        "scope": tokens.scopes.to_string(),
    });
    if let Some(refresh) = &tokens.refresh {
        body["refresh_token"] = json!(refresh.expose());
    }
    if let Some(id_token) = &tokens.id_token {
        body["id_token"] = json!(id_token.expose());
    }
    (StatusCode::OK, error::no_store(), Json(body)).into_response()
}
