//! Clients: their names, what is known of them, and how they prove who they are.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::document::{self, InvalidDocumentUrl};
use super::redirect::RedirectUri;
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::secret::{Digest, Secret, equal, hex};

/// How long a registration waits for its first use.
pub const UNUSED_LIFE: Seconds = Seconds(24 * 3600);

const PREFIX: &str = "chess-mcp-";

/// What people see of a client that gave no name.
const NAMELESS: &str = "An app without a name";

/// The public name of a client. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Arc<str>);

/// Not a client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientId {
    /// Neither one that this server gives out nor an address.
    #[error("not a client id of this server")]
    Foreign,
    /// An address at which no metadata document is looked for.
    #[error("not the address of a client's metadata document: it {0}")]
    Address(#[from] InvalidDocumentUrl),
}

impl ClientId {
    /// A client that registered, or that the operator added.
    pub fn registered(number: [u8; 16]) -> Self {
        Self(format!("{PREFIX}{}", hex(&number)).into())
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

    /// The address of its metadata document; `None` for a registered client.
    pub fn document_url(&self) -> Option<Url> {
        self.is_document().then(|| Url::parse(&self.0).ok()).flatten()
    }

    /// The host of its metadata document, which vouches for it; `None` for a registered client.
    pub fn document_host(&self) -> Option<String> {
        self.document_url()?.host_str().map(str::to_owned)
    }

    /// Whether its metadata document is on this machine, which only counts while the server itself is reached
    /// on loopback alone.
    pub fn is_local_document(&self) -> bool {
        self.0.starts_with("http://")
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        if text.contains(':') {
            document::check_url(text)?;
            return Ok(Self(text.into()));
        }
        let legal = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let ours = text.starts_with(PREFIX) && text.len() <= 64;
        (legal && ours)
            .then(|| Self(text.into()))
            .ok_or(InvalidClientId::Foreign)
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
    /// What makes an app the same one when it registers again. Ports of loopback redirect URIs do not belong to
    /// it: native apps take whichever is free (RFC 8252 section 7.3).
    pub fn identity(&self) -> String {
        let uris: BTreeSet<String> = self.redirect_uris.iter().map(RedirectUri::without_port).collect();
        self.canonical(&json!(uris))
    }

    /// Names these metadata: equal for equal ones, different as soon as anything a person was told changed.
    pub fn fingerprint(&self) -> String {
        let uris: Vec<&str> = self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let digest = Digest::of(self.canonical(&json!(uris)).as_bytes());
        hex(&digest.as_bytes()[..16])
    }

    /// How much room they take, in bytes.
    pub(super) fn size(&self) -> usize {
        let uris: Vec<&str> = self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        self.canonical(&json!(uris)).len()
    }

    fn canonical(&self, redirect_uris: &Value) -> String {
        let parts = json!([
            self.name,
            redirect_uris,
            self.auth_method.name(),
            self.refreshes,
            self.scopes.to_string(),
            self.descriptive,
        ]);
        parts.to_string()
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

/// A client that proved who it is, as far as it has to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedClient {
    /// Its id.
    pub id: ClientId,
    /// Whether it proved so with a secret; a public client has none.
    pub confidential: bool,
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
    ///
    /// `sent` is what was sent now: an app that registers again hears its own redirect URIs, even where they
    /// differ from the kept ones in their port.
    pub fn registration_response(&self, sent: &ClientMetadata, secret: Option<&Secret>) -> Value {
        let uris: Vec<&str> = sent.redirect_uris.iter().map(RedirectUri::as_str).collect();
        let mut grant_types = vec!["authorization_code"];
        if sent.refreshes {
            grant_types.push("refresh_token");
        }
        let mut answer = json!({
            "client_id": self.id.as_str(),
            "client_id_issued_at": self.created_at.seconds(),
            "redirect_uris": uris,
            "token_endpoint_auth_method": sent.auth_method.name(),
            "grant_types": grant_types,
            "response_types": ["code"],
            "scope": sent.scopes.to_string(),
        });
        let fields = answer.as_object_mut().expect("the answer is an object");
        if let Some(name) = &sent.name {
            fields.insert("client_name".to_owned(), json!(name));
        }
        if let Some(secret) = secret {
            fields.insert("client_secret".to_owned(), json!(secret.expose()));
            fields.insert("client_secret_expires_at".to_owned(), json!(0));
        }
        fields.extend(sent.descriptive.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::RegistrationError;
    use crate::oauth::registration::validate_registration;

    fn register(body: &Value) -> Result<ClientMetadata, RegistrationError> {
        validate_registration(body.to_string().as_bytes())
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
            client.registration_response(&client.metadata, None),
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
    fn ids_are_ours_or_addresses_of_documents() {
        for good in ["chess-mcp-cli", "chess-mcp-00ff"] {
            let id: ClientId = good.parse().unwrap();
            assert!(!id.is_document() && id.document_host().is_none(), "{good}");
        }
        let id: ClientId = "https://h.example/client.json".parse().unwrap();
        assert!(id.is_document() && !id.is_local_document());
        assert_eq!(id.document_host().as_deref(), Some("h.example"));
        let id: ClientId = "http://127.0.0.1:1/client.json".parse().unwrap();
        assert!(id.is_document() && id.is_local_document());
        for bad in [
            "",
            "chess",
            "chess-mcp-A",
            "chess-mcp-a b",
            "chess-mcp_a",
            "h.example/client.json",
        ] {
            assert_eq!(bad.parse::<ClientId>(), Err(InvalidClientId::Foreign), "{bad}");
        }
        let insecure = Err(InvalidClientId::Address(InvalidDocumentUrl::Insecure));
        assert_eq!("http://h.example/client.json".parse::<ClientId>(), insecure);
    }

    #[test]
    fn an_app_stays_the_same_on_another_port_and_nothing_else() {
        let identity = |changes: &Value| {
            let mut body = json!({
                "redirect_uris": ["http://localhost:1/cb", "cursor://a/cb"], "client_name": "An app",
                "token_endpoint_auth_method": "none",
            });
            let fields = changes.as_object().unwrap().clone();
            body.as_object_mut().unwrap().extend(fields);
            register(&body).unwrap().identity()
        };
        let first = identity(&json!({}));
        for same in [
            json!({"redirect_uris": ["http://localhost:2/cb", "cursor://a/cb"]}),
            json!({"redirect_uris": ["cursor://a/cb", "http://localhost/cb"]}),
            json!({"redirect_uris": ["http://localhost:1/cb", "http://localhost:3/cb", "cursor://a/cb"]}),
            json!({"client_name": " An app", "x_unknown": 1}),
        ] {
            assert_eq!(identity(&same), first, "{same}");
        }
        for other in [
            json!({"redirect_uris": ["http://localhost:1/cb"]}),
            json!({"redirect_uris": ["http://127.0.0.1:1/cb", "cursor://a/cb"]}),
            json!({"redirect_uris": ["http://localhost:1/cc", "cursor://a/cb"]}),
            json!({"client_name": "Another app"}),
            json!({"scope": "chess"}),
            json!({"grant_types": ["authorization_code"]}),
            json!({"client_uri": "https://h.example"}),
        ] {
            assert_ne!(identity(&other), first, "{other}");
        }
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
}
