//! How providers differ on the wire: paths, documents, claims, as each of them publishes it.

use serde_json::{Value, json};

use super::Person;

/// Whose ways the provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// OpenID Connect as written, with a path in the issuer.
    OpenId,
    Google,
    Microsoft,
    GitHub,
    /// OAuth without discovery and without ID tokens.
    Plain,
}

/// The directory of everybody in these tests, and another one.
const TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
pub(crate) const OTHER_TENANT: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3302";

/// Where what is answered.
pub(super) struct Paths {
    pub(super) issuer: &'static str,
    pub(super) authorize: &'static str,
    pub(super) token: &'static str,
    pub(super) keys: &'static str,
    pub(super) person: &'static str,
    pub(super) emails: &'static str,
}

impl Kind {
    pub(super) fn paths(self) -> Paths {
        let [issuer, authorize, token, keys, person, emails] = match self {
            Self::OpenId => [
                "/realms/chess",
                "/realms/chess/auth",
                "/realms/chess/token",
                "/realms/chess/certs",
                "/realms/chess/userinfo",
                "/none",
            ],
            Self::Google => [
                "",
                "/o/oauth2/v2/auth",
                "/token",
                "/oauth2/v3/certs",
                "/v1/userinfo",
                "/none",
            ],
            Self::Microsoft => [
                "/common/v2.0",
                "/common/oauth2/v2.0/authorize",
                "/common/oauth2/v2.0/token",
                "/common/discovery/v2.0/keys",
                "/oidc/userinfo",
                "/none",
            ],
            Self::GitHub => [
                "",
                "/login/oauth/authorize",
                "/login/oauth/access_token",
                "/none",
                "/api/v3/user",
                "/api/v3/user/emails",
            ],
            Self::Plain => ["", "/authorize", "/token", "/none", "/me", "/none"],
        };
        Paths {
            issuer,
            authorize,
            token,
            keys,
            person,
            emails,
        }
    }

    pub(super) fn has_discovery(self) -> bool {
        matches!(self, Self::OpenId | Self::Google | Self::Microsoft)
    }

    /// The label of its button.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::OpenId => "Keycloak",
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::GitHub => "GitHub",
            Self::Plain => "Club",
        }
    }

    /// Its name in addresses and commands.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::OpenId => "keycloak",
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::GitHub => "github",
            Self::Plain => "club",
        }
    }

    /// The name in front of its settings.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::OpenId => "OIDC_KEYCLOAK",
            Self::Google => "GOOGLE",
            Self::Microsoft => "MICROSOFT",
            Self::GitHub => "GITHUB",
            Self::Plain => "OAUTH_CLUB",
        }
    }

    /// How this provider tells its people apart.
    pub(super) fn subject(self, person: &Person) -> String {
        match self {
            Self::OpenId => format!("{:08}-aaaa-bbbb", person.number),
            Self::Microsoft => format!("00000000-0000-0000-0000-{:012}", person.number),
            Self::Google | Self::GitHub | Self::Plain => person.number.to_string(),
        }
    }

    /// The issuer as its discovery document spells it.
    pub(super) fn published_issuer(self, origin: &str) -> String {
        match self {
            Self::Microsoft => format!("{origin}/{{tenantid}}/v2.0"),
            _ => format!("{origin}{}", self.paths().issuer),
        }
    }

    /// The issuer as its ID tokens spell it.
    pub(super) fn signing_issuer(self, origin: &str) -> String {
        self.published_issuer(origin).replace("{tenantid}", TENANT)
    }

    /// What an ID token says about a person beside the protocol's own claims.
    pub(super) fn claims(self, person: &Person) -> Value {
        let (name, login, email) = (&person.name, person.login(), &person.email);
        let subject = self.subject(person);
        let mut claims = match self {
            Self::Microsoft => json!({
                "sub": format!("pairwise-{subject}"), "oid": subject, "tid": TENANT, "ver": "2.0",
                "name": name, "preferred_username": format!("{login}@tenant.example"),
            }),
            Self::Google => json!({ "sub": subject, "name": name, "given_name": name }),
            _ => json!({ "sub": subject, "name": name, "preferred_username": login }),
        };
        let Some(email) = email else {
            return claims;
        };
        claims["email"] = json!(email);
        match self {
            Self::Microsoft if person.verified => claims["xms_edov"] = json!(true),
            Self::Microsoft => {}
            Self::Google => {
                claims["email_verified"] = json!(person.verified);
                claims["hd"] = json!(email.split_once('@').map_or("", |(_, domain)| domain));
            }
            _ => claims["email_verified"] = json!(person.verified),
        }
        claims
    }

    /// What it tells the bearer of an access token.
    pub(super) fn told(self, person: &Person) -> Value {
        let (name, login, email) = (&person.name, person.login(), &person.email);
        match self {
            Self::GitHub => json!({
                "login": login, "id": person.number, "node_id": "MDQ6VXNlcjE=", "type": "User",
                "site_admin": false, "name": name, "email": null, "two_factor_authentication": true,
            }),
            Self::Plain => json!({ "id": person.number, "name": name, "username": login, "email": email }),
            Self::Microsoft => {
                let subject = format!("pairwise-{}", self.subject(person));
                json!({ "sub": subject, "name": name, "email": email })
            }
            _ => self.claims(person),
        }
    }

    /// The addresses of a person, the way GitHub lists them.
    pub(super) fn emails(person: &Person) -> Value {
        let mut emails = vec![json!({
            "email": "old-address@players.example", "primary": false, "verified": true, "visibility": null,
        })];
        if let Some(email) = &person.email {
            emails.push(json!({
                "email": email, "primary": true, "verified": person.verified, "visibility": "private",
            }));
        }
        Value::Array(emails)
    }
}
