//! The parsers of this door by themselves.

use super::client_proof::basic_credentials;
use super::form::Form;

/// The parameters of a form body, if it is one that is accepted.
pub fn form(body: &[u8]) -> Option<Vec<(String, String)>> {
    Form::parse(body, "resource").ok().map(Form::into_pairs)
}

/// Id and secret in the value of an `Authorization` header.
pub fn basic(header: &str) -> Option<(String, Option<String>)> {
    let proof = basic_credentials(header)?;
    Some((proof.id, proof.secret.map(|secret| secret.expose().to_owned())))
}
