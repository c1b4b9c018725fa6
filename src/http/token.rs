//! `POST /oauth/token` and `POST /oauth/revoke`: form and client authentication in, JSON out.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::form::Form;
use super::{Door, error};
use crate::issuer::{ClientProof, Exchange, IssuerError, Renewal, Tokens};
use crate::oauth::{TokenCode, TokenError};
use crate::secret::Secret;

pub(super) async fn token(State(door): State<Door>, request: Request) -> Response {
    let basic = request.headers().contains_key(AUTHORIZATION);
    match answer(&door, request).await {
        Ok(tokens) => issued(&tokens),
        Err(fault) => error::token(fault, basic),
    }
}

pub(super) async fn revoke(State(door): State<Door>, request: Request) -> Response {
    let headers = request.headers().clone();
    let basic = headers.contains_key(AUTHORIZATION);
    let revoked = async {
        let form = read(request).await?;
        let proof = client_proof(&headers, &form)?;
        let token = form
            .secret("token")
            .ok_or(TokenError::request("token is required"))?;
        door.0.issuer.revoke(proof, token).await
    };
    match revoked.await {
        Ok(()) => (StatusCode::OK, error::no_store()).into_response(),
        Err(fault) => error::token(fault, basic),
    }
}

async fn answer(door: &Door, request: Request) -> Result<Tokens, IssuerError> {
    let headers = request.headers().clone();
    let form = read(request).await?;
    let proof = client_proof(&headers, &form)?;
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
                redirect_uri: required(&form, "redirect_uri", "redirect_uri is required")?,
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

async fn read(request: Request) -> Result<Form, TokenError> {
    Form::read(request)
        .await
        .map_err(|bad| TokenError::request(bad.0))
}

fn required(form: &Form, name: &str, missing: &'static str) -> Result<String, TokenError> {
    form.get(name)
        .map(str::to_owned)
        .ok_or(TokenError::request(missing))
}

/// RFC 6749 section 2.3.1: HTTP Basic, or in the form; not both.
fn client_proof(headers: &HeaderMap, form: &Form) -> Result<ClientProof, TokenError> {
    let in_form = form.get("client_id");
    let secret = form.secret("client_secret");
    let Some(header) = headers.get(AUTHORIZATION) else {
        let id = in_form
            .ok_or(TokenError::client("client_id is required"))?
            .to_owned();
        return Ok(ClientProof { id, secret });
    };
    let malformed =
        TokenError::client("the Authorization header must be Basic with the client's id and secret");
    let basic = header
        .to_str()
        .ok()
        .and_then(basic_credentials)
        .ok_or(malformed)?;
    if secret.is_some() {
        return Err(TokenError::request(
            "the client authenticates twice: use the header or the form",
        ));
    }
    if in_form.is_some_and(|id| id != basic.id) {
        return Err(TokenError::client(
            "client_id differs from the one in the Authorization header",
        ));
    }
    Ok(basic)
}

pub(super) fn basic_credentials(header: &str) -> Option<ClientProof> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let plus = text.replace('+', " ");
        percent_encoding::percent_decode_str(&plus)
            .decode_utf8()
            .ok()
            .map(std::borrow::Cow::into_owned)
    };
    let secret = decode(secret)?;
    Some(ClientProof {
        id: decode(id)?,
        secret: (!secret.is_empty()).then(|| Secret::new(secret)),
    })
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
    (StatusCode::OK, error::no_store(), Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded_first() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let proof = basic_credentials(&header("a%3Ab:c+d%25")).unwrap();
        assert_eq!(
            (proof.id.as_str(), proof.secret.unwrap().expose()),
            ("a:b", "c d%")
        );
        assert!(basic_credentials(&header("a:")).unwrap().secret.is_none());
        for bad in [
            "Basic",
            "Basic !",
            "Bearer x",
            &header("nocolon"),
            &header("a:%ff"),
        ] {
            assert!(basic_credentials(bad).is_none(), "{bad}");
        }
    }
}
