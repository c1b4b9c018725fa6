//! Clients, and what they may register (RFC 7591).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use super::error::RegistrationError;
use super::redirect::RedirectUri;
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::secret::{Digest, Secret, equal, hex};

/// How long a registration waits for its first use.
pub const UNUSED_LIFE: Seconds = Seconds(24 * 3600);

const PREFIX: &str = "chess-mcp-";
const MAX_REDIRECT_URIS: usize = 10;
const MAX_NAME: usize = 64;
const MAX_TEXT: usize = 512;

/// What people see of a client that gave no name.
const NAMELESS: &str = "An app without a name";

/// The public name of a client. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Arc<str>);

/// Not a client id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a client id of this server")]
pub struct InvalidClientId;

impl ClientId {
    /// A new registered client.
    pub fn registered(random: [u8; 16]) -> Self {
        Self(format!("{PREFIX}{}", hex(&random)).into())
    }

    /// The client of the command line, for tokens made by `chess-mcp token`.
    pub fn command_line() -> Self {
        Self(format!("{PREFIX}cli").into())
    }

    /// The id on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the URL of a metadata document.
    pub fn is_document(&self) -> bool {
        self.0.contains(':')
    }

    /// The host of its metadata document, which vouches for it; `None` for a registered client.
    pub fn document_host(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok()?;
        url.host_str().map(str::to_owned)
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let legal = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let ours = text.starts_with(PREFIX) && text.len() <= 64;
        (legal && ours).then(|| Self(text.into())).ok_or(InvalidClientId)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({})", self.0)
    }
}

/// How a client proves who it is at the token endpoint (RFC 7591 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client.
    None,
    /// HTTP Basic.
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
}

impl AuthMethod {
    /// Every method this server takes.
    pub const ALL: [Self; 3] = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// What a client said about itself, reduced to what we keep and with the values in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMetadata {
    /// How it calls itself; cleaned, but still the client's own word.
    pub name: Option<String>,
    /// Where it may be answered.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Whether it takes refresh tokens.
    pub refreshes: bool,
    /// The scopes it may ask for.
    pub scopes: ScopeSet,
    /// Descriptive fields that are echoed: `client_uri`, `software_id` …
    pub descriptive: Map<String, Value>,
}

impl ClientMetadata {
    /// Names these metadata: equal for equal ones, different as soon as anything a person was told changed.
    pub fn fingerprint(&self) -> String {
        let uris: Vec<&str> = self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let canonical = json!([
            self.name,
            uris,
            self.auth_method.name(),
            self.refreshes,
            self.scopes.to_string(),
            self.descriptive,
        ]);
        let digest = Digest::of(canonical.to_string().as_bytes());
        hex(&digest.as_bytes()[..16])
    }
}

/// What a sign-in and a grant remember of their client, so that later changes of the client do not reach them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientSnapshot {
    /// How it called itself.
    pub name: Option<String>,
    /// Whether it takes refresh tokens.
    pub refreshes: bool,
    /// Names the metadata it had; another one means that something changed.
    pub fingerprint: String,
}

impl ClientSnapshot {
    /// What people see.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(NAMELESS)
    }
}

/// A client that may ask people for access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its metadata.
    pub metadata: ClientMetadata,
    /// Digest of its secret; `None` for a public client.
    pub secret: Option<Digest>,
    /// When it registered.
    pub created_at: Timestamp,
    /// When a person first let it in.
    pub activated_at: Option<Timestamp>,
    /// Whether the operator added it; such a client never lapses.
    pub added: bool,
}

impl Client {
    /// Whether the registration lapsed because nobody used it in time.
    pub fn is_lapsed(&self, now: Timestamp) -> bool {
        !self.added && self.activated_at.is_none() && now.since(self.created_at) > UNUSED_LIFE
    }

    /// Whether `presented` is what this client has to show: its secret, or nothing for a public client.
    pub fn accepts(&self, presented: Option<&Secret>) -> bool {
        match (self.secret, presented) {
            (Some(kept), Some(shown)) => equal(kept.as_bytes(), shown.digest().as_bytes()),
            (None, None) => true,
            _ => false,
        }
    }

    /// The registered redirect URI that allows `asked`.
    pub fn allows(&self, asked: &RedirectUri) -> bool {
        self.metadata
            .redirect_uris
            .iter()
            .any(|registered| registered.matches(asked))
    }

    /// What people see.
    pub fn display_name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or(NAMELESS)
    }

    /// What sign-ins and grants remember of it.
    pub fn snapshot(&self) -> ClientSnapshot {
        ClientSnapshot {
            name: self.metadata.name.clone(),
            refreshes: self.metadata.refreshes,
            fingerprint: self.metadata.fingerprint(),
        }
    }

    /// The answer to a registration (RFC 7591 section 3.2.1): every field with its value in effect.
    pub fn registration_response(&self, secret: Option<&Secret>) -> Value {
        let metadata = &self.metadata;
        let uris: Vec<&str> = metadata.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let mut grant_types = vec!["authorization_code"];
        if metadata.refreshes {
            grant_types.push("refresh_token");
        }
        let mut answer = json!({
            "client_id": self.id.as_str(),
            "client_id_issued_at": self.created_at.seconds(),
            "redirect_uris": uris,
            "token_endpoint_auth_method": metadata.auth_method.name(),
            "grant_types": grant_types,
            "response_types": ["code"],
            "scope": metadata.scopes.to_string(),
        });
        let fields = answer.as_object_mut().expect("the answer is an object");
        if let Some(name) = &metadata.name {
            fields.insert("client_name".to_owned(), json!(name));
        }
        if let Some(secret) = secret {
            fields.insert("client_secret".to_owned(), json!(secret.expose()));
            fields.insert("client_secret_expires_at".to_owned(), json!(0));
        }
        fields.extend(metadata.descriptive.clone());
        answer
    }
}

/// Judges the body of a registration request (RFC 7591 section 2). Unknown fields are ignored, as the RFC
/// asks; known ones must make sense.
pub fn validate_registration(body: &[u8]) -> Result<ClientMetadata, RegistrationError> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(invalid(
            "the body must be a JSON object with at least redirect_uris",
        ));
    };
    let auth_method = match text(&fields, "token_endpoint_auth_method")? {
        None => AuthMethod::ClientSecretBasic,
        Some(name) => AuthMethod::from_name(name).ok_or_else(|| {
            invalid("token_endpoint_auth_method must be none, client_secret_basic or client_secret_post")
        })?,
    };
    let grant_types = strings(&fields, "grant_types")?;
    if grant_types
        .as_ref()
        .is_some_and(|types| !types.contains(&"authorization_code"))
    {
        return Err(invalid("grant_types must contain authorization_code"));
    }
    if strings(&fields, "response_types")?.is_some_and(|types| !types.contains(&"code")) {
        return Err(invalid("response_types must contain code"));
    }
    Ok(ClientMetadata {
        name: text(&fields, "client_name")?
            .map(clean_name)
            .filter(|name| !name.is_empty()),
        redirect_uris: redirect_uris(&fields)?,
        auth_method,
        refreshes: grant_types.is_none_or(|types| types.contains(&"refresh_token")),
        scopes: registered_scopes(text(&fields, "scope")?)?,
        descriptive: descriptive(&fields)?,
    })
}

/// A name as it may be shown: NFC, no control, direction or invisible characters, 64 characters at most.
pub fn clean_name(name: &str) -> String {
    let visible = |c: &char| !c.is_control() && !is_invisible(*c);
    let spaced = name
        .nfc()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(visible);
    let cleaned: String = spaced.take(MAX_NAME).collect();
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

fn redirect_uris(fields: &Map<String, Value>) -> Result<Vec<RedirectUri>, RegistrationError> {
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
        return Err(invalid(
            "scope names nothing that this server has; it knows chess and offline_access",
        ));
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

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, RegistrationError> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(value)) if value.len() <= MAX_TEXT => Ok(Some(value)),
        Some(Value::String(_)) => Err(invalid(&format!("{name} is longer than {MAX_TEXT} bytes"))),
        Some(_) => Err(invalid(&format!("{name} must be a string"))),
    }
}

fn strings<'a>(
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
    fn values_in_effect_are_answered() {
        let metadata = register(&json!({
            "redirect_uris": ["http://localhost:1/cb", "cursor://a/cb"], "client_name": "  An\u{202e} app\n",
            "token_endpoint_auth_method": "none", "application_type": "native", "x_unknown": {"a": 1},
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "scope": "chess admin", "client_uri": "https://h.example",
        }))
        .unwrap();
        let client = Client {
            id: ClientId::registered([0xab; 16]),
            metadata,
            secret: None,
            created_at: Timestamp::from_seconds(5),
            activated_at: None,
            added: false,
        };
        assert_eq!(
            client.registration_response(None),
            json!({
                "client_id": "chess-mcp-abababababababababababababababab", "client_id_issued_at": 5,
                "redirect_uris": ["http://localhost:1/cb", "cursor://a/cb"], "client_name": "An app",
                "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
                "response_types": ["code"], "scope": "chess", "application_type": "native",
                "client_uri": "https://h.example",
            })
        );
        assert_eq!(client.id.as_str().parse(), Ok(client.id.clone()));
        assert!(!client.is_lapsed(Timestamp::from_seconds(5) + UNUSED_LIFE));
        assert!(client.is_lapsed(Timestamp::from_seconds(6) + UNUSED_LIFE));
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
    fn secrets_are_demanded_of_confidential_clients_and_of_nobody_else() {
        let secret = Secret::bearer("cs", [1; 32]);
        let metadata = register(&json!({"redirect_uris": ["https://h.example/cb"]})).unwrap();
        let at = Timestamp::from_seconds(0);
        let id = ClientId::registered([1; 16]);
        let mut client = Client {
            id,
            metadata,
            secret: Some(secret.digest()),
            created_at: at,
            activated_at: None,
            added: false,
        };
        assert!(client.accepts(Some(&secret)));
        assert!(!client.accepts(None));
        assert!(!client.accepts(Some(&Secret::bearer("cs", [2; 32]))));
        client.secret = None;
        assert!(client.accepts(None));
        assert!(!client.accepts(Some(&secret)));
    }

    #[test]
    fn names_are_what_they_look_like() {
        for (raw, shown) in [
            ("ChatGPT", "ChatGPT"),
            ("a\u{200b}b\u{202e}c\u{0}", "abc"),
            ("\u{feff}", ""),
            ("e\u{301}", "é"),
            ("a \t\n b", "a b"),
        ] {
            assert_eq!(clean_name(raw), shown, "{raw:?}");
        }
        assert_eq!(clean_name(&"x".repeat(100)).len(), MAX_NAME);
    }
}
