//! The pages people see: consent, sign-in, their account, messages and the front page.
//!
//! Decides how they look and which headers they carry; not what they say about whom, which comes from
//! [`crate::issuer`]. The templates lie in `assets/pages`.
//!
//! # Design
//!
//! Strangers choose the client's name and its address, so nothing a page shows is markup (askama escapes it),
//! nothing is fetched from elsewhere, and no script runs: the policy allows our one style sheet, by its
//! digest, and our own icon. Two headers are left out of the pages of a sign-in on purpose. `form-action` makes
//! Chromium drop the redirect that leads from an allowed consent back to the client, and
//! `Cross-Origin-Opener-Policy` cuts a sign-in popup off from the host that opened it. The other pages never lead
//! anywhere else and carry both, but for those from which a form leads to a provider.

use askama::Template;
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::words::{Fault, ProviderTrouble};
use crate::board;
use crate::id::Reference;
use crate::issuer::{ConsentPage, Failure, ProviderFault, SignInPage, Way, Wrong};
use crate::secret::Digest;
use crate::urls::{PublicUrl, path};

mod account;
mod play;
mod words;

pub(super) use self::play::{BoardPage, Invitee};

#[cfg(test)]
mod tests;

/// Where [`Pages::favicon`] is to be served: every page names it.
pub(super) const FAVICON: &str = "/favicon.svg";

const STYLE: &str = include_str!("../../assets/pages/style.css");
const MARK: &str = include_str!("../../assets/pages/mark.svg");

/// Nothing that a page of ours ever asks a browser for.
const CLOSED_FEATURES: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), \
     fullscreen=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), \
     magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), \
     usb=(), web-share=(), xr-spatial-tracking=()";

/// Renders every page of one server.
#[derive(Debug)]
pub(super) struct Pages {
    public_url: PublicUrl,
    sign_in_headers: HeaderMap,
    own_headers: HeaderMap,
    gate_headers: HeaderMap,
    board_headers: HeaderMap,
}

/// What a page is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Surface {
    /// A sign-in, which leads back to a client and may run in a window that one opened.
    SignIn,
    /// This server alone.
    Own,
    /// This server, whose forms may lead to a provider.
    Gate,
}

impl Pages {
    /// The pages of the server that people reach at `public_url`.
    pub(super) fn new(public_url: &PublicUrl) -> Self {
        Self {
            public_url: public_url.clone(),
            sign_in_headers: page_headers(Surface::SignIn, public_url.is_secure()),
            own_headers: page_headers(Surface::Own, public_url.is_secure()),
            gate_headers: page_headers(Surface::Gate, public_url.is_secure()),
            board_headers: play::headers(board::document(), public_url.is_secure()),
        }
    }

    /// Asks whether the client may come in.
    pub(super) fn consent(&self, page: &ConsentPage) -> Response {
        let template = ConsentTemplate {
            shell: self.shell(Surface::SignIn, Some(page.reference)),
            page,
            kind: Kind::of(page),
            again: page
                .account
                .as_ref()
                .filter(|account| account.let_in)
                .map(|account| &*account.name),
            resource: self.public_url.resource(),
            action: path::CONSENT,
        };
        self.show(Surface::SignIn, StatusCode::OK, &template)
    }

    /// Asks how to sign in, or for a name and a password: 200 the first time, 401 after a wrong password, and 429 with
    /// `Retry-After` while the next attempt has to wait.
    pub(super) fn sign_in(&self, page: &SignInPage) -> Response {
        let fault = page.wrong.map(Fault::of_sign_in);
        let template = SignInTemplate {
            shell: self.shell(Surface::SignIn, Some(page.reference)),
            page,
            fault: fault.as_ref(),
            mismatch: page.wrong == Some(Wrong::Password),
            action: path::SIGN_IN,
            sign_up: path::SIGN_UP,
            providers: page.providers.as_slice(),
        };
        self.show_form(
            Surface::SignIn,
            StatusCode::UNAUTHORIZED,
            fault.as_ref(),
            &template,
        )
    }

    /// Says why nobody came back from a provider, and offers another try and the way back to the app.
    pub(super) fn provider_fault(&self, page: &ProviderFault) -> Response {
        let told = ProviderTrouble::of(page.failure, &page.provider.label);
        let template = ProviderFaultTemplate {
            shell: self.shell(Surface::SignIn, Some(page.reference)),
            page,
            told: &told,
            action: path::SIGN_IN,
        };
        self.show(Surface::SignIn, told.status, &template)
    }

    /// The same, for somebody who was on the way to their account page.
    pub(super) fn account_provider_fault(&self, provider: &Way, failure: Failure) -> Response {
        let told = ProviderTrouble::of(failure, &provider.label);
        self.account_message(told.status, told.title, &told.text)
    }

    /// Says one thing in a sign-in, with nothing to press: an error or a notice. Line breaks in `text` are kept.
    pub(super) fn message(
        &self,
        status: StatusCode,
        title: &str,
        text: &str,
        reference: Option<Reference>,
    ) -> Response {
        let template = MessageTemplate {
            shell: self.shell(Surface::SignIn, reference),
            title,
            text,
            account: path::ACCOUNT,
        };
        self.show(Surface::SignIn, status, &template)
    }

    /// Says one thing to a person who looks after their account, and leads them back there.
    pub(super) fn account_message(&self, status: StatusCode, title: &str, text: &str) -> Response {
        let template = MessageTemplate {
            shell: self.shell(Surface::Own, None),
            title,
            text,
            account: path::ACCOUNT,
        };
        self.show(Surface::Own, status, &template)
    }

    /// What this server is and which URL to paste. 200 even when not `ready`: the page says so itself.
    pub(super) fn home(&self, ready: bool) -> Response {
        let template = HomeTemplate {
            shell: self.shell(Surface::Own, None),
            resource: self.public_url.resource(),
            loopback: self.public_url.is_loopback(),
            ready,
            account: path::ACCOUNT,
        };
        // It has no form, and may well be what an app's window shows first.
        self.show(Surface::SignIn, StatusCode::OK, &template)
    }

    /// The mark of every page, as the browser's icon.
    #[expect(
        clippy::unused_self,
        reason = "one object answers for everything a browser shows"
    )]
    pub(super) fn favicon(&self) -> Response {
        let mut response = Response::new(Body::from(MARK));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
        response
    }

    fn shell(&self, surface: Surface, reference: Option<Reference>) -> Shell<'_> {
        Shell {
            surface,
            style: STYLE,
            favicon: FAVICON,
            host: self.public_url.host(),
            reference,
            board: board::document().map(|_| path::PLAY),
        }
    }

    fn show(&self, surface: Surface, status: StatusCode, template: &impl Template) -> Response {
        let headers = match surface {
            Surface::SignIn => &self.sign_in_headers,
            Surface::Own => &self.own_headers,
            Surface::Gate => &self.gate_headers,
        };
        let html = template
            .render()
            .expect("a template of texts that writes to a string cannot fail");
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        response.headers_mut().clone_from(headers);
        response
    }
}

/// What surrounds every page.
struct Shell<'a> {
    surface: Surface,
    style: &'static str,
    favicon: &'static str,
    host: &'a str,
    reference: Option<Reference>,
    /// Where the board is, if there is one.
    board: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "consent.html", config = "assets/pages/askama.toml")]
struct ConsentTemplate<'a> {
    shell: Shell<'a>,
    page: &'a ConsentPage,
    kind: Kind,
    again: Option<&'a str>,
    resource: String,
    action: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in.html", config = "assets/pages/askama.toml")]
struct SignInTemplate<'a> {
    shell: Shell<'a>,
    page: &'a SignInPage,
    fault: Option<&'a Fault>,
    mismatch: bool,
    action: &'static str,
    sign_up: &'static str,
    providers: &'a [Way],
}

#[derive(Template)]
#[template(path = "provider_fault.html", config = "assets/pages/askama.toml")]
struct ProviderFaultTemplate<'a> {
    shell: Shell<'a>,
    page: &'a ProviderFault,
    told: &'a ProviderTrouble,
    action: &'static str,
}

#[derive(Template)]
#[template(path = "message.html", config = "assets/pages/askama.toml")]
struct MessageTemplate<'a> {
    shell: Shell<'a>,
    title: &'a str,
    text: &'a str,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "home.html", config = "assets/pages/askama.toml")]
struct HomeTemplate<'a> {
    shell: Shell<'a>,
    resource: String,
    loopback: bool,
    ready: bool,
    account: &'static str,
}

impl ConsentTemplate<'_> {
    /// Whether the access goes to the host that vouches for the app. Where it goes elsewhere, that is what a person
    /// must see first: many hosts serve what strangers wrote.
    fn comes_home(&self) -> bool {
        self.page.verified_host.as_ref() == Some(&self.page.destination)
    }
}

/// What the destination of a consent page tells about the client. Only a site is vouched for, by its
/// certificate: a port or a scheme belongs to whichever program took it first (RFC 8252 section 8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Site,
    LocalProgram,
    NativeApp,
}

impl Kind {
    fn of(page: &ConsentPage) -> Self {
        if page.local_app {
            return Self::LocalProgram;
        }
        // A host never ends with a colon, a scheme as `RedirectUri::destination` writes it always does.
        if page.destination.ends_with(':') {
            return Self::NativeApp;
        }
        Self::Site
    }

    /// What stands above the destination.
    fn leads_to(self) -> &'static str {
        match self {
            Self::Site => "You will be sent back to",
            Self::LocalProgram => "The access goes to a program on this computer",
            Self::NativeApp => "The access goes to whichever app on this device opens links that begin with",
        }
    }
}

fn page_headers(surface: Surface, secure: bool) -> HeaderMap {
    let digest = STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
    let forms = match surface {
        Surface::SignIn | Surface::Gate => "",
        Surface::Own => "; form-action 'self'",
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'{forms}"
    );
    headers_with(&policy, surface, secure)
}

/// What every page carries besides its policy.
fn headers_with(policy: &str, surface: Surface, secure: bool) -> HeaderMap {
    let policy = HeaderValue::try_from(policy).expect("base64 is plain ASCII");
    let mut headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, policy),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // With `no-referrer` browsers would post our own forms with `Origin: null`.
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(CLOSED_FEATURES),
        ),
    ]);
    if surface != Surface::SignIn {
        headers.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
    }
    if secure {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers
}
