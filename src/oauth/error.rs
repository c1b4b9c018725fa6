//! What can be refused, in the words of the RFCs.

use super::client::ClientId;
use super::document::InvalidDocumentUrl;
use super::redirect::RedirectUri;

/// Codes of an authorization error response (RFC 6749 section 4.1.2.1, RFC 8707 section 2, OpenID Connect
/// Core section 3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizeCode {
    /// Malformed, repeated or missing parameter.
    InvalidRequest,
    /// The person said no.
    AccessDenied,
    /// Anything but `code`.
    UnsupportedResponseType,
    /// No scope that we know is left.
    InvalidScope,
    /// A resource that is not ours.
    InvalidTarget,
    /// `prompt=none` without a session.
    LoginRequired,
    /// `prompt=none` with a session: consent always takes a click.
    ConsentRequired,
    /// Our own fault, or that of a provider we rely on.
    ServerError,
    /// A provider we rely on does not answer.
    TemporarilyUnavailable,
}

impl AuthorizeCode {
    /// The code on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// Why an authorization request goes no further. The variant says where the answer may go: only one that
/// carries a proven [`RedirectUri`] may leave this server (OAuth 2.1 section 7.12.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeError {
    /// Shown as a page of our own; nothing is redirected.
    Local(LocalFault),
    /// Sent to the client.
    Redirect(Box<ErrorResponse>),
}

/// Faults of a request whose client or redirect URI is not proven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocalFault {
    /// A required parameter is missing or occurs twice.
    #[error("The request from the app has no {0}, or more than one.")]
    Parameter(&'static str),
    /// No such client.
    #[error(
        "This server does not know the app that sent you here. Remove the connection in the app and add it again."
    )]
    UnknownClient,
    /// No metadata document is looked for at the address that the client gave as its id.
    #[error("The app names itself by an address that {0}, so this server does not look there.")]
    DocumentUrl(InvalidDocumentUrl),
    /// The metadata document of the client cannot be used.
    #[error(
        "The app describes itself at {id}, but {why}. Try again in a minute; if that does not help, tell the makers of the app."
    )]
    Document {
        /// Where it is.
        id: ClientId,
        /// What is wrong with it.
        why: String,
    },
    /// The client did not register this redirect URI.
    #[error(
        "The app asked to be answered at an address that it did not register. Remove the connection in the app and add it again."
    )]
    RedirectMismatch,
}

/// An authorization error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorResponse {
    /// Where it goes.
    pub redirect_uri: RedirectUri,
    /// The client's `state`, byte for byte.
    pub state: Option<String>,
    /// The code.
    pub code: AuthorizeCode,
    /// One sentence for the developer of the client.
    pub description: &'static str,
}

/// Why the token, revocation or registration endpoint refuses (RFC 6749 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct TokenError {
    /// The code.
    pub code: TokenCode,
    /// One sentence for the developer of the client.
    pub description: &'static str,
}

impl TokenError {
    /// `invalid_request`
    pub const fn request(description: &'static str) -> Self {
        Self {
            code: TokenCode::InvalidRequest,
            description,
        }
    }

    /// `invalid_client`
    pub const fn client(description: &'static str) -> Self {
        Self {
            code: TokenCode::InvalidClient,
            description,
        }
    }

    /// `invalid_grant`
    pub const fn grant(description: &'static str) -> Self {
        Self {
            code: TokenCode::InvalidGrant,
            description,
        }
    }
}

/// Codes of a token error response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenCode {
    /// Malformed, repeated or missing parameter.
    InvalidRequest,
    /// Unknown client, or it did not prove who it is.
    InvalidClient,
    /// The code or refresh token does not hold.
    InvalidGrant,
    /// The client did not register this grant type.
    UnauthorizedClient,
    /// A grant type that this server does not have.
    UnsupportedGrantType,
    /// More than was granted.
    InvalidScope,
    /// A resource that is not ours.
    InvalidTarget,
}

impl TokenCode {
    /// The code on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
        }
    }
}

/// Why a client is not registered (RFC 7591 section 3.2.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// One of the redirect URIs is not acceptable.
    #[error("{0}")]
    InvalidRedirectUri(String),
    /// Anything else in the metadata.
    #[error("{0}")]
    InvalidClientMetadata(String),
}

impl RegistrationError {
    /// The code on the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRedirectUri(_) => "invalid_redirect_uri",
            Self::InvalidClientMetadata(_) => "invalid_client_metadata",
        }
    }
}
