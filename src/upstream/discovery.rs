//! What an OpenID provider says about itself (OpenID Connect Discovery 1.0, RFC 8414). Pure.

use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::issuer::IssuerRule;
use super::provider::OpenId;
use crate::json;
use crate::urls::is_loopback;

/// A provider's metadata, as far as it is of use.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// Which `iss` it may call itself by.
    pub(super) issuer: IssuerRule,
    /// Authorization endpoint.
    pub(super) authorize: Url,
    /// Token endpoint.
    pub(super) token: Url,
    /// Where its keys are.
    pub(super) jwks: Url,
    /// Tells more about a person, where there is such a thing.
    pub(super) userinfo: Option<Url>,
    /// What its ID tokens may be signed with.
    pub(super) algorithms: Vec<Algorithm>,
    /// Whether our secret goes into the body of a token request, since the header is not read.
    pub(super) secret_in_body: bool,
    /// Whether its answers name it (RFC 9207).
    pub(super) names_itself: bool,
    /// Whether it lets people choose an account when it is asked to.
    pub(super) offers_accounts: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    prompt_values_supported: Option<Vec<String>>,
}

/// Where a provider may describe itself, the usual place first: OpenID Connect appends the well-known path, RFC 8414
/// inserts another one.
pub(super) fn addresses(issuer: &Url) -> [Url; 2] {
    let path = issuer.path().trim_end_matches('/');
    [
        format!("{path}/.well-known/openid-configuration"),
        format!("/.well-known/oauth-authorization-server{path}"),
    ]
    .map(|path| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url.set_query(None);
        url
    })
}

/// Reads a provider's description of itself; `Err` says what is wrong with it.
pub(super) fn read(document: &[u8], provider: &OpenId) -> Result<Metadata, String> {
    let fields = json::object(document)
        .map_err(|fault| format!("the discovery document is no JSON object: {fault}"))?;
    let document: Document = serde_json::from_value(Value::Object(fields))
        .map_err(|fault| format!("the discovery document does not hold: {fault}"))?;
    let issuer = IssuerRule::of(provider, &document.issuer)
        .ok_or_else(|| "the discovery document names another issuer".to_owned())?;
    let local = Url::parse(&provider.issuer).is_ok_and(|url| url.scheme() == "http" && is_loopback(&url));
    let endpoint = |name: &str, text: &str| {
        let url = Url::parse(text).map_err(|_| format!("{name} is no URL"))?;
        let fit = url.scheme() == "https" || (local && url.scheme() == "http" && is_loopback(&url));
        fit.then_some(url).ok_or_else(|| format!("{name} is not https"))
    };
    let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
    let knows = |method: &str| methods.iter().any(|known| known == method);
    let prompts = document.prompt_values_supported.unwrap_or_default();
    Ok(Metadata {
        issuer,
        authorize: endpoint("authorization_endpoint", &document.authorization_endpoint)?,
        token: endpoint("token_endpoint", &document.token_endpoint)?,
        jwks: endpoint("jwks_uri", &document.jwks_uri)?,
        userinfo: document
            .userinfo_endpoint
            .map(|text| endpoint("userinfo_endpoint", &text))
            .transpose()?,
        algorithms: algorithms(document.id_token_signing_alg_values_supported)?,
        secret_in_body: knows("client_secret_post") && !knows("client_secret_basic"),
        names_itself: document.authorization_response_iss_parameter_supported,
        offers_accounts: provider.offers_accounts || prompts.iter().any(|known| known == "select_account"),
    })
}

/// What ID tokens may be signed with: never nothing, and never a secret that we hold too.
fn algorithms(named: Option<Vec<String>>) -> Result<Vec<Algorithm>, String> {
    let Some(named) = named else {
        return Ok(vec![Algorithm::RS256]);
    };
    let symmetric = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    let known: Vec<Algorithm> = named
        .iter()
        .filter_map(|name| name.parse().ok())
        .filter(|algorithm| !symmetric.contains(algorithm))
        .collect();
    if known.is_empty() {
        return Err("it signs ID tokens with nothing that can be verified".to_owned());
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(changes: &Value) -> Vec<u8> {
        let mut document = json!({
            "issuer": "https://idp.example/realms/a",
            "authorization_endpoint": "https://idp.example/authorize",
            "token_endpoint": "https://idp.example/token",
            "jwks_uri": "https://idp.example/keys",
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        document.to_string().into_bytes()
    }

    fn provider() -> OpenId {
        OpenId::any("https://idp.example/realms/a".to_owned())
    }

    #[test]
    fn both_well_known_places_are_known() {
        let at = |issuer: &str| addresses(&Url::parse(issuer).unwrap()).map(String::from);
        assert_eq!(
            at("https://idp.example"),
            [
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server"
            ]
        );
        assert_eq!(
            at("https://idp.example/realms/a/"),
            [
                "https://idp.example/realms/a/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server/realms/a"
            ]
        );
    }

    #[test]
    fn a_document_is_taken_by_its_word() {
        let metadata = read(&document(&json!({})), &provider()).unwrap();
        assert_eq!(metadata.algorithms, [Algorithm::RS256]);
        assert!(!metadata.secret_in_body && !metadata.names_itself && metadata.userinfo.is_none());
        let more = json!({
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256", "RS256", "ES256K"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "authorization_response_iss_parameter_supported": true,
            "userinfo_endpoint": "https://idp.example/me",
        });
        let metadata = read(&document(&more), &provider()).unwrap();
        assert_eq!(metadata.algorithms, [Algorithm::ES256, Algorithm::RS256]);
        assert!(metadata.secret_in_body && metadata.names_itself && metadata.userinfo.is_some());
    }

    #[test]
    fn a_document_that_does_not_hold_is_refused() {
        for bad in [
            json!({"issuer": "https://idp.example/realms/a/"}),
            json!({"issuer": "https://other.example"}),
            json!({"issuer": 1}),
            json!({"token_endpoint": null}),
            json!({"token_endpoint": "http://idp.example/token"}),
            json!({"token_endpoint": "http://127.0.0.1/token"}),
            json!({"jwks_uri": "file:///etc/passwd"}),
            json!({"authorization_endpoint": "javascript:alert(1)"}),
            json!({"id_token_signing_alg_values_supported": ["none", "HS256"]}),
            json!({"id_token_signing_alg_values_supported": []}),
        ] {
            assert!(read(&document(&bad), &provider()).is_err(), "{bad}");
        }
        for bad in ["", "<html>", "[]", r#"{"issuer": "a", "issuer": "b"}"#] {
            assert!(read(bad.as_bytes(), &provider()).is_err(), "{bad}");
        }
    }
}
