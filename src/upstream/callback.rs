//! What a browser brings back from a provider (RFC 6749 section 4.1.2). Pure.

use super::UpstreamError;
use crate::secret::Secret;

/// Longest value that is looked at, in bytes; some providers' codes are long.
const MAX_VALUE: usize = 4096;

/// The answer of a provider's authorization endpoint, as a browser brought it.
#[derive(Debug)]
pub struct Callback {
    /// Which departure it answers.
    pub state: Secret,
    /// What the provider decided.
    pub outcome: Result<Secret, UpstreamError>,
    /// Which provider says so (RFC 9207).
    pub iss: Option<String>,
}

/// The query is not the answer of any provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedCallback;

impl Callback {
    /// Reads the query. No parameter of ours may occur twice; others are none of our business.
    pub fn parse(query: &str) -> Result<Self, MalformedCallback> {
        let once = |wanted: &str| -> Result<Option<String>, MalformedCallback> {
            let pairs = form_urlencoded::parse(query.as_bytes());
            let mut values = pairs.filter(|(name, _)| name == wanted).map(|(_, value)| value);
            let value = values.next();
            if values.next().is_some() || value.as_ref().is_some_and(|value| value.len() > MAX_VALUE) {
                return Err(MalformedCallback);
            }
            Ok(value
                .map(std::borrow::Cow::into_owned)
                .filter(|value| !value.is_empty()))
        };
        let (state, code, error, iss) = (once("state")?, once("code")?, once("error")?, once("iss")?);
        Ok(Self {
            state: Secret::new(state.ok_or(MalformedCallback)?),
            outcome: match (code, error) {
                (_, Some(error)) => Err(refusal(&error)),
                (Some(code), None) => Ok(Secret::new(code)),
                (None, None) => Err(UpstreamError::misbehaved(
                    "the provider's answer has neither code nor error",
                )),
            },
            iss,
        })
    }
}

/// What an error code of a provider means here. Codes that are not known are not repeated anywhere.
fn refusal(error: &str) -> UpstreamError {
    const KNOWN: [&str; 11] = [
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
        "application_suspended",
        "redirect_uri_mismatch",
    ];
    match error {
        "access_denied" => UpstreamError::Denied,
        "temporarily_unavailable" => {
            UpstreamError::Unavailable("the provider says that it is temporarily unavailable".to_owned())
        }
        known if KNOWN.contains(&known) => {
            UpstreamError::misbehaved(format!("the provider answered {known}"))
        }
        _ => UpstreamError::misbehaved("the provider answered with an error that is not known here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_code_or_an_error() {
        let callback = Callback::parse("code=c&state=s&iss=https%3A%2F%2Fi.example&scope=a&scope=b").unwrap();
        assert_eq!(callback.state.expose(), "s");
        assert_eq!(callback.outcome.unwrap().expose(), "c");
        assert_eq!(callback.iss.unwrap(), "https://i.example");
        let error = |query| Callback::parse(query).unwrap().outcome.unwrap_err();
        assert_eq!(error("error=access_denied&state=s&code=c"), UpstreamError::Denied);
        assert!(matches!(
            error("error=temporarily_unavailable&state=s"),
            UpstreamError::Unavailable(_)
        ));
        assert!(matches!(error("state=s"), UpstreamError::Misbehaved(_)));
        let strange = error("error=%3Cscript%3E&state=s").to_string();
        assert!(!strange.contains("script"), "{strange}");
    }

    #[test]
    fn anything_else_answers_nothing() {
        let long = format!("code={}&state=s", "c".repeat(MAX_VALUE + 1));
        for bad in [
            "",
            "code=c",
            "code=c&state=",
            "code=c&code=d&state=s",
            "code=c&state=s&state=s",
            &long,
        ] {
            assert!(Callback::parse(bad).is_err(), "{bad}");
        }
    }
}
