//! Clients whose id is the address of a metadata document (draft-ietf-oauth-client-id-metadata-document): which
//! addresses, which documents, and for how long one is good.
//!
//! # Design
//!
//! Whoever controls the address vouches for the client, so nothing is registered and nothing has to be kept
//! secret: such a client is public. Its document is written for many servers at once; what does not concern us
//! (other grant types, other ways to authenticate beside `none`, pictures and policies) is passed over, and
//! nothing it points to is ever fetched.
//!
//! Documents of well-known apps come with the program (`data/client-documents.json`). Some hosts answer programs
//! in data centres with a challenge for browsers, and some servers have no way out; people sign in all the same.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::client::{AuthMethod, Client, ClientId, ClientMetadata};
use super::error::RegistrationError;
use super::registration::{name, redirect_uris, refreshes, strings, text};
use super::scope::ScopeSet;
use crate::clock::{Seconds, Timestamp};
use crate::json::{self, InvalidObject};
use crate::urls::is_loopback;

/// Longest address of a document, in bytes.
const MAX_LENGTH: usize = 512;

/// A document is fresh for as long as its server says, within these bounds; for the last where it says nothing.
const FRESH: (Seconds, Seconds, Seconds) = (Seconds(300), Seconds(24 * 3600), Seconds(3600));

/// For how long the last good copy stands in for a document that cannot be read (RFC 5861 section 4).
pub const STAND_IN: Seconds = Seconds(30 * 24 * 3600);

/// Why no document is looked for at an address. The sentences follow "it".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocumentUrl {
    /// More than [`MAX_LENGTH`].
    #[error("is longer than 512 bytes")]
    TooLong,
    /// Not a URL, or one that is written in another way than its readers would write it.
    #[error("is not a URL in its normal form")]
    NotNormal,
    /// Not https; plain http is for this machine alone.
    #[error("does not begin with https://")]
    Insecure,
    /// A name or password in front of the host.
    #[error("has a user name or password")]
    UserInfo,
    /// A fragment.
    #[error("has a fragment")]
    Fragment,
    /// An address in the place of a name.
    #[error("gives the address of a machine instead of its name")]
    Address,
    /// A name that only a local network knows.
    #[error("does not have a full domain name")]
    LocalName,
    /// A port other than 443.
    #[error("names a port")]
    Port,
    /// Nothing behind the host.
    #[error("has no path")]
    NoPath,
}

/// Whether a metadata document may be at `raw`. Compared are letters, so only the normal form counts: an address
/// that could be written in two ways would be two clients.
pub(super) fn check_url(raw: &str) -> Result<(), InvalidDocumentUrl> {
    if raw.len() > MAX_LENGTH {
        return Err(InvalidDocumentUrl::TooLong);
    }
    let url = Url::parse(raw).map_err(|_| InvalidDocumentUrl::NotNormal)?;
    let local = url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !local {
        return Err(InvalidDocumentUrl::Insecure);
    }
    if url.fragment().is_some() {
        return Err(InvalidDocumentUrl::Fragment);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidDocumentUrl::UserInfo);
    }
    if !local {
        check_host(&url)?;
    }
    if url.as_str() != raw {
        return Err(InvalidDocumentUrl::NotNormal);
    }
    if url.path() == "/" {
        return Err(InvalidDocumentUrl::NoPath);
    }
    Ok(())
}

fn check_host(url: &Url) -> Result<(), InvalidDocumentUrl> {
    let Some(Host::Domain(name)) = url.host() else {
        return Err(InvalidDocumentUrl::Address);
    };
    // A final dot would be a second spelling of the same host.
    if !name.contains('.') || name.ends_with('.') || name.ends_with(".localhost") {
        return Err(InvalidDocumentUrl::LocalName);
    }
    if url.port().is_some() {
        return Err(InvalidDocumentUrl::Port);
    }
    Ok(())
}

/// Why a document does not describe a client of ours. The sentences follow "The app describes itself at …, but".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDocument {
    /// Not an object, a name twice, too deep.
    #[error("that is not a JSON object with every name once: {0}")]
    NotAnObject(#[from] InvalidObject),
    /// Its `client_id` is not, byte for byte, where it was found.
    #[error("the client_id in it is not that address")]
    Mismatch,
    /// A secret that everybody can read, or a way to authenticate that needs one.
    #[error("it speaks of a client secret, which a public document cannot keep")]
    Secret,
    /// The client will not come without authentication.
    #[error("it does not offer the token_endpoint_auth_method none")]
    AuthMethod,
    /// Anything that would not be registered either.
    #[error("what it says is not acceptable: {0}")]
    Metadata(#[from] RegistrationError),
}

/// Judges the document that was found at the address `id`.
pub fn validate_document(id: &ClientId, document: &[u8]) -> Result<ClientMetadata, InvalidDocument> {
    described(id, &json::object(document)?)
}

fn described(id: &ClientId, fields: &Map<String, Value>) -> Result<ClientMetadata, InvalidDocument> {
    if fields.get("client_id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(InvalidDocument::Mismatch);
    }
    check_authentication(fields)?;
    let scopes = ScopeSet::parse(text(fields, "scope")?.unwrap_or_default());
    Ok(ClientMetadata {
        name: name(fields)?,
        redirect_uris: redirect_uris(fields)?,
        auth_method: AuthMethod::None,
        refreshes: refreshes(fields)?,
        scopes: if scopes.is_empty() {
            ScopeSet::all()
        } else {
            scopes
        },
        descriptive: Map::new(),
    })
}

/// A client that could also authenticate in a stronger way names it in the singular and lists all its ways in
/// the plural (ChatGPT does), so the list counts where there is one.
fn check_authentication(fields: &Map<String, Value>) -> Result<(), InvalidDocument> {
    let single = text(fields, "token_endpoint_auth_method")?;
    let listed = strings(fields, "token_endpoint_auth_methods_supported")?;
    let needs_secret = |method: &str| method.starts_with("client_secret_");
    let holds = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    let mut named = single.iter().chain(listed.iter().flatten());
    if holds("client_secret") || holds("client_secret_expires_at") || named.any(|method| needs_secret(method))
    {
        return Err(InvalidDocument::Secret);
    }
    let none = match listed {
        Some(methods) => methods.contains(&"none"),
        None => single.is_none_or(|method| method == "none"),
    };
    none.then_some(()).ok_or(InvalidDocument::AuthMethod)
}

/// A document as it was last read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDocument {
    /// Its address.
    pub id: ClientId,
    /// What it says.
    pub document: String,
    /// When it was read.
    pub fetched_at: Timestamp,
    /// Until when it is taken as it is.
    pub fresh_until: Timestamp,
    /// When a client last came with it, to the hour.
    pub last_used_at: Timestamp,
}

impl KeptDocument {
    /// A document that was just read; `max_age` is what its server said (RFC 9111 section 5.2.2.1).
    pub fn new(id: ClientId, document: String, max_age: Option<Seconds>, now: Timestamp) -> Self {
        let (least, most, unsaid) = FRESH;
        Self {
            id,
            document,
            fetched_at: now,
            fresh_until: now + max_age.unwrap_or(unsaid).clamp(least, most),
            last_used_at: now,
        }
    }

    /// Whether it is taken as it is.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether it may stand in while its address does not answer.
    pub fn may_stand_in(&self, now: Timestamp) -> bool {
        now.since(self.fetched_at) <= STAND_IN
    }

    /// The client it describes.
    pub fn client(&self) -> Result<Client, InvalidDocument> {
        let metadata = validate_document(&self.id, self.document.as_bytes())?;
        Ok(document_client(self.id.clone(), metadata, self.fetched_at))
    }
}

/// The client that a document describes, which was read at `read_at`. It is never unused: it can come back as
/// long as its document is there.
pub fn document_client(id: ClientId, metadata: ClientMetadata, read_at: Timestamp) -> Client {
    Client {
        id,
        metadata,
        secret: None,
        created_at: read_at,
        activated_at: Some(read_at),
        added: false,
    }
}

/// What the document of a well-known client said when this program was made.
pub fn well_known_document(id: &ClientId) -> Option<ClientMetadata> {
    static WELL_KNOWN: LazyLock<HashMap<ClientId, ClientMetadata>> = LazyLock::new(|| {
        let documents: Vec<Map<String, Value>> =
            serde_json::from_str(include_str!("../../data/client-documents.json"))
                .expect("the documents that come with the program are JSON");
        let read = |fields: Map<String, Value>| {
            let id: ClientId = fields["client_id"].as_str()?.parse().ok()?;
            let metadata = described(&id, &fields).ok()?;
            Some((id, metadata))
        };
        documents.into_iter().filter_map(read).collect()
    });
    WELL_KNOWN.get(id).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AT: &str = "https://h.example/client.json";

    fn judge(changes: &Value) -> Result<ClientMetadata, InvalidDocument> {
        let mut document = json!({
            "client_id": AT, "client_name": "An app", "redirect_uris": ["https://h.example/cb"],
            "token_endpoint_auth_method": "none",
        });
        let fields = document.as_object_mut().unwrap();
        for (name, value) in changes.as_object().unwrap() {
            fields.insert(name.clone(), value.clone());
        }
        validate_document(&AT.parse().unwrap(), document.to_string().as_bytes())
    }

    #[test]
    fn documents_are_looked_for_at_addresses_of_public_hosts() {
        for good in [
            "https://chatgpt.com/oauth/client.json",
            "https://chatgpt.com/oauth/3f9a_b-c/client.json",
            "https://h.example/a?b=c",
            "https://xn--bcher-kva.example/%20x",
            "http://localhost:8080/client.json",
            "http://127.0.0.1/client.json",
            "http://[::1]:1/client.json",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        use InvalidDocumentUrl::{
            Address, Fragment, Insecure, LocalName, NoPath, NotNormal, Port, TooLong, UserInfo,
        };
        let long = format!("https://h.example/{}", "a".repeat(MAX_LENGTH));
        for (bad, fault) in [
            (":", NotNormal),
            ("https://", NotNormal),
            ("http://h.example/c", Insecure),
            ("http://localhost.evil.example/c", Insecure),
            ("http://192.168.0.1/c", Insecure),
            ("ftp://h.example/c", Insecure),
            ("javascript:alert(1)", Insecure),
            ("data:application/json,{}", Insecure),
            ("file:///etc/passwd", Insecure),
            ("https://h.example/c#f", Fragment),
            ("https://h.example/c#", Fragment),
            ("https://u@h.example/c", UserInfo),
            ("https://u:p@h.example/c", UserInfo),
            ("http://u@localhost/c", UserInfo),
            ("https://127.0.0.1/c", Address),
            ("https://2130706433/c", Address),
            ("https://0x7f.1/c", Address),
            ("https://[::1]/c", Address),
            ("https://8.8.8.8/c", Address),
            ("https://localhost/c", LocalName),
            ("https://intranet/c", LocalName),
            ("https://h.example./c", LocalName),
            ("https://x.localhost/c", LocalName),
            ("https://h.example:8443/c", Port),
            ("https://h.example:80/c", Port),
            ("https://h.example:443/c", NotNormal),
            ("https://H.example/c", NotNormal),
            ("HTTPS://h.example/c", NotNormal),
            ("https://h.example/a/../c", NotNormal),
            ("https://h.example/./c", NotNormal),
            ("https://h.example/%2e%2e/c", NotNormal),
            ("https://h.example/a b", NotNormal),
            ("https://h.example\\c", NotNormal),
            (" https://h.example/c", NotNormal),
            ("https://h.example/c\n", NotNormal),
            ("https:/h.example/c", NotNormal),
            ("https://hé.example/c", NotNormal),
            ("http://127.1/c", NotNormal),
            ("https://h.example", NotNormal),
            ("https://h.example/", NoPath),
            ("https://h.example/?x", NoPath),
            (&long, TooLong),
        ] {
            assert_eq!(check_url(bad), Err(fault), "{bad:?}");
        }
    }

    #[test]
    fn what_does_not_concern_us_is_passed_over() {
        let metadata = judge(&json!({
            "client_name": " An\u{202e} app", "scope": "read write", "logo_uri": "data:image/png;base64,x",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://h.example/jwks.json",
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
            "x_unknown": {"redirect_uris": ["https://evil.example/cb"]},
        }))
        .unwrap();
        assert_eq!(metadata.name.as_deref(), Some("An app"));
        assert_eq!(metadata.auth_method, AuthMethod::None);
        assert_eq!(metadata.scopes, ScopeSet::all());
        assert!(metadata.refreshes && metadata.descriptive.is_empty());
        let least =
            judge(&json!({"token_endpoint_auth_method": null, "client_name": null, "scope": "chess x"}));
        assert_eq!(least.unwrap().scopes.to_string(), "chess");
        assert!(
            !judge(&json!({"grant_types": ["authorization_code"]}))
                .unwrap()
                .refreshes
        );
    }

    #[test]
    fn what_does_not_hold_is_refused() {
        use InvalidDocument::{AuthMethod, Mismatch, Secret};
        for (changes, fault) in [
            (json!({"client_id": null}), Mismatch),
            (json!({"client_id": 1}), Mismatch),
            (json!({"client_id": "https://h.example/client.jsoo"}), Mismatch),
            (json!({"client_id": "https://h.example/client.json "}), Mismatch),
            (json!({"client_id": "https://H.example/client.json"}), Mismatch),
            (json!({"client_secret": "x"}), Secret),
            (json!({"client_secret_expires_at": 0}), Secret),
            (
                json!({"token_endpoint_auth_method": "client_secret_basic"}),
                Secret,
            ),
            (json!({"token_endpoint_auth_method": "client_secret_jwt"}), Secret),
            (
                json!({"token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}),
                Secret,
            ),
            (
                json!({"token_endpoint_auth_method": "private_key_jwt"}),
                AuthMethod,
            ),
            (json!({"token_endpoint_auth_methods_supported": []}), AuthMethod),
            (
                json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}),
                AuthMethod,
            ),
        ] {
            assert_eq!(judge(&changes), Err(fault), "{changes}");
        }
        for changes in [
            json!({"redirect_uris": null}),
            json!({"redirect_uris": []}),
            json!({"redirect_uris": "https://h.example/cb"}),
            json!({"redirect_uris": ["https://h.example/cb", "http://h.example/cb"]}),
            json!({"redirect_uris": vec!["https://h.example/cb"; 11]}),
            json!({"client_name": ["x"]}),
            json!({"client_name": "x".repeat(600)}),
            json!({"grant_types": ["implicit"]}),
            json!({"response_types": ["token"]}),
            json!({"token_endpoint_auth_method": ["none"]}),
        ] {
            let judged = judge(&changes);
            assert!(
                matches!(judged, Err(InvalidDocument::Metadata(_))),
                "{changes}: {judged:?}"
            );
        }
        let twice = format!(
            r#"{{"client_id": "{AT}", "redirect_uris": ["https://h.example/cb"], "client_id": "x"}}"#
        );
        let judged = validate_document(&AT.parse().unwrap(), twice.as_bytes());
        assert!(
            matches!(judged, Err(InvalidDocument::NotAnObject(_))),
            "{judged:?}"
        );
    }

    #[test]
    fn documents_are_fresh_for_a_bounded_time() {
        let now = Timestamp::from_seconds(1_000_000);
        let kept = |max_age| KeptDocument::new(AT.parse().unwrap(), String::new(), max_age, now);
        for (max_age, fresh) in [
            (None, 3600),
            (Some(0), 300),
            (Some(-1), 300),
            (Some(300), 300),
            (Some(7200), 7200),
            (Some(86_400), 86_400),
            (Some(i64::MAX), 86_400),
        ] {
            let kept = kept(max_age.map(Seconds));
            assert!(kept.is_fresh(now + Seconds(fresh - 1)), "{max_age:?}");
            assert!(!kept.is_fresh(now + Seconds(fresh)), "{max_age:?}");
        }
        assert!(kept(None).may_stand_in(now + STAND_IN));
        assert!(!kept(None).may_stand_in(now + STAND_IN + Seconds(1)));
    }

    #[test]
    fn every_document_that_comes_with_the_program_holds() {
        let documents: Vec<Value> =
            serde_json::from_str(include_str!("../../data/client-documents.json")).unwrap();
        assert_eq!(documents.len(), 8);
        for document in documents {
            let id: ClientId = document["client_id"].as_str().unwrap().parse().unwrap();
            let metadata = validate_document(&id, document.to_string().as_bytes()).unwrap();
            assert!(metadata.name.is_some() && metadata.refreshes, "{id}");
            assert_eq!(well_known_document(&id), Some(metadata));
        }
        assert_eq!(well_known_document(&AT.parse().unwrap()), None);
    }
}
