//! What a client may say about itself: registration (RFC 7591 section 2), and the rules it shares with metadata
//! documents.

use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::client::{AuthMethod, ClientMetadata};
use super::error::RegistrationError;
use super::redirect::RedirectUri;
use super::scope::ScopeSet;
use crate::json;

/// Most redirect URIs of one client.
pub const MAX_REDIRECT_URIS: usize = 10;

const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 512;

/// Most that is kept of one registration, in bytes. Anybody may register, and rows stay for a day or for ever: what
/// apps in the wild send takes a few hundred.
const MAX_KEPT: usize = 4096;

/// Judges the body of a registration request (RFC 7591 section 2). Unknown fields are ignored, as the RFC
/// asks; known ones must make sense.
pub fn validate_registration(body: &[u8]) -> Result<ClientMetadata, RegistrationError> {
    let fields = json::object(body).map_err(|fault| {
        invalid(&format!(
            "the body must be a JSON object with at least redirect_uris: {fault}"
        ))
    })?;
    let auth_method = match text(&fields, "token_endpoint_auth_method")? {
        None => AuthMethod::ClientSecretBasic,
        Some(name) => AuthMethod::from_name(name).ok_or_else(|| {
            invalid("token_endpoint_auth_method must be none, client_secret_basic or client_secret_post")
        })?,
    };
    let metadata = ClientMetadata {
        name: name(&fields)?,
        redirect_uris: redirect_uris(&fields)?,
        auth_method,
        refreshes: refreshes(&fields)?,
        scopes: registered_scopes(text(&fields, "scope")?)?,
        descriptive: descriptive(&fields)?,
    };
    if metadata.size() > MAX_KEPT {
        return Err(invalid(&format!(
            "the metadata are longer than {MAX_KEPT} bytes in all; shorten redirect_uris, contacts and the addresses of pages"
        )));
    }
    Ok(metadata)
}

/// `client_name`, as it may be shown.
pub(super) fn name(fields: &Map<String, Value>) -> Result<Option<String>, RegistrationError> {
    let name = text(fields, "client_name")?.map(clean_name);
    Ok(name.filter(|name| !name.is_empty()))
}

/// Whether the client takes refresh tokens, by its `grant_types`; it must be able to take a code. Types that we
/// do not know are no harm.
pub(super) fn refreshes(fields: &Map<String, Value>) -> Result<bool, RegistrationError> {
    let grant_types = strings(fields, "grant_types")?;
    if grant_types
        .as_ref()
        .is_some_and(|types| !types.contains(&"authorization_code"))
    {
        return Err(invalid("grant_types must contain authorization_code"));
    }
    if strings(fields, "response_types")?.is_some_and(|types| !types.contains(&"code")) {
        return Err(invalid("response_types must contain code"));
    }
    Ok(grant_types.is_none_or(|types| types.contains(&"refresh_token")))
}

/// A name as it may be shown: NFC, no control, direction or invisible characters, 64 characters at most.
pub fn clean_name(name: &str) -> String {
    let visible = |c: &char| !c.is_control() && !is_invisible(*c);
    let spaced = name.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    // Composed last: what is taken out may have kept a letter and its accent apart.
    let cleaned: String = spaced.filter(visible).nfc().take(MAX_NAME).collect();
    cleaned.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that hide or turn what stands beside them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `redirect_uris`: at least one, and each of them fit to be redirected to.
pub(super) fn redirect_uris(fields: &Map<String, Value>) -> Result<Vec<RedirectUri>, RegistrationError> {
    let uris = strings(fields, "redirect_uris")?.unwrap_or_default();
    if uris.is_empty() {
        return Err(RegistrationError::InvalidRedirectUri(
            "redirect_uris must name at least one URI".to_owned(),
        ));
    }
    if uris.len() > MAX_REDIRECT_URIS {
        let limit = format!("redirect_uris must not name more than {MAX_REDIRECT_URIS} URIs");
        return Err(RegistrationError::InvalidRedirectUri(limit));
    }
    let parse = |(index, raw): (usize, &str)| {
        RedirectUri::parse(raw)
            .map_err(|fault| RegistrationError::InvalidRedirectUri(format!("redirect_uris[{index}] {fault}")))
    };
    uris.into_iter().enumerate().map(parse).collect()
}

fn registered_scopes(scope: Option<&str>) -> Result<ScopeSet, RegistrationError> {
    let Some(scope) = scope else {
        return Ok(ScopeSet::all());
    };
    let known = ScopeSet::parse(scope);
    if known.is_empty() && !scope.trim().is_empty() {
        let known = ScopeSet::all();
        return Err(invalid(&format!(
            "scope names nothing that this server has; it knows {known}"
        )));
    }
    Ok(if known.is_empty() { ScopeSet::all() } else { known })
}

/// Fields that are kept for the answer alone. Nothing they point to is ever fetched.
fn descriptive(fields: &Map<String, Value>) -> Result<Map<String, Value>, RegistrationError> {
    let mut kept = Map::new();
    for name in ["client_uri", "logo_uri", "policy_uri", "tos_uri"] {
        let Some(raw) = text(fields, name)? else { continue };
        let web = Url::parse(raw).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if !web {
            return Err(invalid(&format!("{name} must be an https URL")));
        }
        kept.insert(name.to_owned(), json!(raw));
    }
    for name in ["software_id", "software_version"] {
        if let Some(value) = text(fields, name)? {
            kept.insert(name.to_owned(), json!(value));
        }
    }
    match text(fields, "application_type")? {
        None => {}
        Some(kind @ ("web" | "native")) => _ = kept.insert("application_type".to_owned(), json!(kind)),
        Some(_) => return Err(invalid("application_type must be web or native")),
    }
    if let Some(contacts) = strings(fields, "contacts")? {
        kept.insert("contacts".to_owned(), json!(contacts));
    }
    Ok(kept)
}

/// A field that is a string, if it is there.
pub(super) fn text<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a str>, RegistrationError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) if value.len() <= MAX_TEXT => Ok(Some(value)),
        Some(Value::String(_)) => Err(invalid(&format!("{name} is longer than {MAX_TEXT} bytes"))),
        Some(_) => Err(invalid(&format!("{name} must be a string"))),
    }
}

/// A field that is a list of strings, if it is there.
pub(super) fn strings<'a>(
    fields: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<Vec<&'a str>>, RegistrationError> {
    let wrong = || invalid(&format!("{name} must be a list of at most 20 strings"));
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(values)) if values.len() <= 20 => values
            .iter()
            .map(|value| value.as_str().ok_or_else(wrong))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(wrong()),
    }
}

fn invalid(fault: &str) -> RegistrationError {
    RegistrationError::InvalidClientMetadata(fault.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register(body: &Value) -> Result<ClientMetadata, RegistrationError> {
        validate_registration(body.to_string().as_bytes())
    }

    #[test]
    fn the_least_that_can_be_registered() {
        let metadata = register(&json!({"redirect_uris": ["https://h.example/cb"]})).unwrap();
        assert_eq!(metadata.auth_method, AuthMethod::ClientSecretBasic);
        assert!(metadata.refreshes);
        assert_eq!(metadata.scopes, ScopeSet::all());
        assert_eq!(metadata.name, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let uri = "https://h.example/cb";
        for (body, code) in [
            (json!([]), "invalid_client_metadata"),
            (json!({}), "invalid_redirect_uri"),
            (json!({"redirect_uris": []}), "invalid_redirect_uri"),
            (
                json!({"redirect_uris": "https://h.example/cb"}),
                "invalid_client_metadata",
            ),
            (json!({"redirect_uris": [1]}), "invalid_client_metadata"),
            (
                json!({"redirect_uris": [uri, "javascript:x"]}),
                "invalid_redirect_uri",
            ),
            (json!({"redirect_uris": vec![uri; 11]}), "invalid_redirect_uri"),
            (
                json!({"redirect_uris": [uri], "client_name": 1}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "client_name": "x".repeat(600)}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "token_endpoint_auth_method": "private_key_jwt"}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "grant_types": ["implicit"]}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "response_types": ["token"]}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "scope": "admin"}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "logo_uri": "javascript:x"}),
                "invalid_client_metadata",
            ),
            (
                json!({"redirect_uris": [uri], "application_type": "tv"}),
                "invalid_client_metadata",
            ),
        ] {
            assert_eq!(register(&body).unwrap_err().code(), code, "{body}");
        }
        assert_eq!(
            validate_registration(b"{").unwrap_err().code(),
            "invalid_client_metadata"
        );
    }

    #[test]
    fn one_registration_takes_little_room() {
        let uri = |length: usize| format!("https://h.example/{}", "x".repeat(length));
        let ten: Vec<String> = (0..10).map(|n| uri(300 + n)).collect();
        register(&json!({"redirect_uris": ten, "contacts": ["a@h.example"], "policy_uri": uri(400)}))
            .unwrap();
        for body in [
            json!({"redirect_uris": [uri(1)], "contacts": ["x".repeat(5000)]}),
            json!({"redirect_uris": [uri(1)], "contacts": vec!["x".repeat(300); 20]}),
            json!({"redirect_uris": [uri(1500), uri(1501), uri(1502)]}),
        ] {
            let refused = register(&body).unwrap_err();
            assert_eq!(refused.code(), "invalid_client_metadata");
            assert!(refused.to_string().contains("4096 bytes"), "{refused}");
        }
    }

    #[test]
    fn names_are_what_they_look_like() {
        for (raw, shown) in [
            ("ChatGPT", "ChatGPT"),
            ("a\u{200b}b\u{202e}c\u{0}", "abc"),
            ("\u{feff}", ""),
            ("e\u{301}", "é"),
            ("e\u{200b}\u{301}", "é"),
            ("a \t\n b", "a b"),
        ] {
            assert_eq!(clean_name(raw), shown, "{raw:?}");
        }
        assert_eq!(clean_name(&"x".repeat(100)).len(), MAX_NAME);
    }
}
