//! Forms that a client posts for itself: what it asks, and how it proves who it is (RFC 6749 section 2.3).

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::form::Form;
use crate::issuer::ClientProof;
use crate::oauth::TokenError;
use crate::secret::Secret;

/// The form of a request, and the proof in its header or in the form. Nothing is checked yet.
pub(super) async fn authenticated_form(request: Request) -> Result<(Form, ClientProof), TokenError> {
    let headers = request.headers().clone();
    let form = read_form(request).await?;
    let proof = client_proof(&headers, &form)?;
    Ok((form, proof))
}

/// The form alone.
pub(super) async fn read_form(request: Request) -> Result<Form, TokenError> {
    Form::read(request)
        .await
        .map_err(|bad| TokenError::request(bad.0))
}

/// The `token` that revocation and introspection are about.
pub(super) fn presented(form: &Form) -> Result<Secret, TokenError> {
    form.secret("token")
        .ok_or(TokenError::request("token is required"))
}

/// RFC 6749 section 2.3.1: HTTP Basic, or in the form; not both.
pub(super) fn client_proof(headers: &HeaderMap, form: &Form) -> Result<ClientProof, TokenError> {
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
