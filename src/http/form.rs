//! Form bodies (`application/x-www-form-urlencoded`): bounded, and no parameter twice (RFC 6749 section 3.2).

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::secret::Secret;

/// Largest form that is read, in bytes.
const MAX_FORM: usize = 32 * 1024;

/// A form as it came.
pub(super) struct Form(Vec<(String, String)>);

/// Why a body is not a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadForm(pub(super) &'static str);

impl Form {
    /// Reads the body of a request to an endpoint; only `resource` may repeat (RFC 8707 section 2).
    pub(super) async fn read(request: Request) -> Result<Self, BadForm> {
        Self::read_but_once(request, "resource").await
    }

    /// Reads the form of one of our pages; only the checkboxes of `scope` may repeat.
    pub(super) async fn read_page(request: Request) -> Result<Self, BadForm> {
        Self::read_but_once(request, "scope").await
    }

    async fn read_but_once(request: Request, may_repeat: &str) -> Result<Self, BadForm> {
        let (parts, body) = request.into_parts();
        if !is_form(&parts.headers) {
            return Err(BadForm("the body must be application/x-www-form-urlencoded"));
        }
        let body = read_at_most(body, MAX_FORM)
            .await
            .ok_or(BadForm("the body is too large or incomplete"))?;
        Self::parse(&body, may_repeat)
    }

    pub(super) fn parse(body: &[u8], may_repeat: &str) -> Result<Self, BadForm> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let mut names: Vec<&str> = pairs
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| *name != may_repeat)
            .collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(BadForm("a parameter occurs more than once"));
        }
        Ok(Self(pairs))
    }

    /// Every parameter, as it came.
    #[cfg(feature = "fuzzing")]
    pub(super) fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// The value of a parameter; an empty one counts as absent (RFC 6749 section 3.2).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// The value of a parameter that is a secret.
    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(|value| Secret::new(value.to_owned()))
    }

    /// Every value of a parameter.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The whole body, unless it is larger than `limit` bytes or breaks off.
pub(super) async fn read_at_most(body: Body, limit: usize) -> Option<Bytes> {
    axum::body::to_bytes(body, limit).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_parameter_but_resource_occurs_twice() {
        let form = Form::parse(b"a=1&resource=x&resource=y&b=&c=%20", "resource")
            .unwrap_or_else(|bad| panic!("{bad:?}"));
        assert_eq!(form.get("a"), Some("1"));
        assert_eq!(form.get("b"), None);
        assert_eq!(form.get("c"), Some(" "));
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["x", "y"]);
        assert!(Form::parse(b"a=1&b=2&a=1", "resource").is_err());
        assert!(Form::parse(b"a=&a=", "resource").is_err());
    }
}
