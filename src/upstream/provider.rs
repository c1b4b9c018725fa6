//! The providers, as data: where they are, what they are asked for, and how they name people.

use url::Url;

use crate::id::ProviderId;
use crate::secret::Secret;

/// A provider that the operator set up.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its slug, which is the end of its callback's path.
    pub id: ProviderId,
    /// How people know it.
    pub label: String,
    /// Who we are there.
    pub client_id: String,
    /// How we prove it.
    pub client_secret: Secret,
    /// What we ask for, as one `scope` (RFC 6749 section 3.3); empty for the provider's default.
    pub scope: String,
    /// How it works.
    pub kind: Kind,
}

/// How a provider works.
#[derive(Debug, Clone)]
pub enum Kind {
    /// OpenID Connect, found out about by discovery.
    OpenId(OpenId),
    /// GitHub: OAuth 2.0, and an API of its own that says who somebody is.
    GitHub(GitHub),
    /// OAuth 2.0 with an endpoint that says who somebody is.
    Plain(Plain),
}

/// An OpenID provider, and how it names people.
#[derive(Debug, Clone)]
pub struct OpenId {
    /// Its issuer, as the operator wrote it.
    pub issuer: String,
    /// How it spells that itself.
    pub spelling: Spelling,
    /// The claim that names a person for good.
    pub subject: &'static str,
    /// The claim by which it vouches for an e-mail address.
    pub vouches: &'static str,
    /// Whether it lets people choose an account when it is asked to, though its metadata does not say so.
    pub offers_accounts: bool,
    /// Whether its ID tokens say when the person signed in, where `max_age` asks for that.
    pub tells_age: bool,
}

/// How an issuer spells itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// As configured, byte for byte.
    Exact,
    /// As configured, or without `https://` in its ID tokens: Google's, which documents both.
    SchemeOptional,
    /// With the id of the person's organisation in the place of `{tenantid}`: Microsoft's.
    PerTenant,
}

/// Where GitHub, or a GitHub Enterprise Server, is.
#[derive(Debug, Clone)]
pub struct GitHub {
    /// Where its pages are; no trailing slash.
    pub base: String,
    /// Where its API is; no trailing slash.
    pub api: String,
}

/// The endpoints of a provider without discovery.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Authorization endpoint.
    pub authorize: Url,
    /// Token endpoint.
    pub token: Url,
    /// Says who the bearer of an access token is. It also stands for the issuer.
    pub userinfo: Url,
}

impl OpenId {
    /// Any OpenID provider.
    pub fn any(issuer: String) -> Self {
        Self {
            issuer,
            spelling: Spelling::Exact,
            subject: "sub",
            vouches: "email_verified",
            offers_accounts: false,
            tells_age: true,
        }
    }

    /// Google, or what stands in its place. It says when people signed in to verified apps alone, if those chose so.
    pub fn google(issuer: String) -> Self {
        Self {
            spelling: Spelling::SchemeOptional,
            offers_accounts: true,
            tells_age: false,
            ..Self::any(issuer)
        }
    }

    /// Microsoft. `sub` differs for each app there, `oid` does not. Whoever runs a tenant writes its people's
    /// addresses, so none is vouched for, unless the domain's owner is known to be theirs (`xms_edov`). It says when
    /// people signed in only to apps that are set up so (`auth_time` is an optional claim).
    pub fn microsoft(issuer: String) -> Self {
        Self {
            issuer,
            spelling: Spelling::PerTenant,
            subject: "oid",
            vouches: "xms_edov",
            offers_accounts: true,
            tells_age: false,
        }
    }
}

impl Kind {
    /// Whether the provider is found out about by discovery.
    pub fn is_discovered(&self) -> bool {
        matches!(self, Self::OpenId(_))
    }
}
