//! The authorization endpoint and its two forms.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::{Door, cookies, error};
use crate::id::ProviderId;
use crate::issuer::{
    Browser, Consent, ConsentForm, Decision, GiveUp, IssuerError, Next, ProviderForm, SignInForm,
};
use crate::oauth::{AuthorizeCode, ScopeSet};
use crate::secret::Secret;

/// `GET /oauth/authorize`: asks for consent.
pub(super) async fn authorize(
    State(door): State<Door>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let browser = door.browser(&request);
    match door.0.issuer.begin(&query.unwrap_or_default(), browser).await {
        Ok(asked) => ask(&door, &asked),
        Err(fault) => error::page(&door, fault),
    }
}

/// The consent page, with the cookie that its form belongs to.
pub(super) fn ask(door: &Door, asked: &Consent) -> Response {
    let mut response = door.0.pages.consent(&asked.page);
    cookies::set_browser(&mut response, &asked.browser, door.secure());
    response
}

/// `POST /oauth/consent`
pub(super) async fn consent(State(door): State<Door>, request: Request) -> Response {
    let (form, browser) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let decision = match form.get("decision") {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        Some("another") => Decision::AllowAsAnother,
        _ => return error::page(&door, IssuerError::Stale),
    };
    let Some(handle) = form.secret("sign_in") else {
        return error::page(&door, IssuerError::Stale);
    };
    let csrf = form.get("csrf").unwrap_or_default().to_owned();
    let ticked = form.all("scope").map(ScopeSet::parse);
    let scopes = ticked.fold(ScopeSet::default(), ScopeSet::or);
    let next = door
        .0
        .issuer
        .decide(
            ConsentForm {
                handle,
                csrf,
                decision,
                scopes,
            },
            browser,
        )
        .await;
    follow(&door, next)
}

/// `POST /oauth/sign-in`: name and password, or a provider's button, or the way back.
pub(super) async fn sign_in(State(door): State<Door>, request: Request) -> Response {
    let (form, browser) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let Some(handle) = form.secret("sign_in") else {
        return error::page(&door, IssuerError::Stale);
    };
    let csrf = form.get("csrf").unwrap_or_default().to_owned();
    let issuer = &door.0.issuer;
    let next = match Pressed::of(&form) {
        Pressed::Provider(provider) => {
            let another = form.get("another").is_some();
            let form = ProviderForm {
                handle,
                csrf,
                provider,
                another,
            };
            issuer.choose(form, browser).await
        }
        Pressed::GiveUp(code) => issuer.give_up(GiveUp { handle, csrf, code }, browser).await,
        Pressed::Instead => issuer.choose_again(handle, &csrf, browser).await,
        Pressed::SignIn => {
            let form = SignInForm {
                handle,
                csrf,
                username: form.get("username").unwrap_or_default().to_owned(),
                password: form
                    .secret("password")
                    .unwrap_or_else(|| Secret::new(String::new())),
            };
            issuer.sign_in(form, browser).await
        }
        Pressed::Unknown => Err(IssuerError::Stale),
    };
    follow(&door, next)
}

/// Which button of a sign-in page was pressed.
enum Pressed {
    Provider(ProviderId),
    GiveUp(AuthorizeCode),
    Instead,
    SignIn,
    Unknown,
}

impl Pressed {
    fn of(form: &Form) -> Self {
        if let Some(slug) = form.get("provider") {
            return slug.parse().map_or(Self::Unknown, Self::Provider);
        }
        if let Some(code) = form.get("give_up") {
            let codes = [
                AuthorizeCode::AccessDenied,
                AuthorizeCode::TemporarilyUnavailable,
                AuthorizeCode::ServerError,
            ];
            let known = codes.into_iter().find(|known| known.as_str() == code);
            return known.map_or(Self::Unknown, Self::GiveUp);
        }
        if form.get("instead").is_some() {
            return Self::Instead;
        }
        Self::SignIn
    }
}

/// A form that was posted from one of our own pages.
pub(super) async fn own_form(door: &Door, request: Request) -> Result<(Form, Browser), Response> {
    let refuse = |status, text| door.0.pages.message(status, "Please start again", text, None);
    if !door.0.hosts.is_own_form(request.headers()) {
        let text = "This form was not sent from a page of this server. Go back to the app and connect again.";
        return Err(refuse(StatusCode::FORBIDDEN, text));
    }
    let browser = door.browser(&request);
    let form = Form::read_page(request)
        .await
        .map_err(|bad| refuse(StatusCode::BAD_REQUEST, bad.0))?;
    Ok((form, browser))
}

/// The page or redirect that comes next.
pub(super) fn follow(door: &Door, next: Result<Next, IssuerError>) -> Response {
    match next {
        Ok(Next::SignIn(page)) => door.0.pages.sign_in(&page),
        Ok(Next::SignUp(page)) => door.0.pages.sign_up(&page),
        Ok(Next::Fault(page)) => door.0.pages.provider_fault(&page),
        Ok(Next::Leave { url, session }) => {
            let mut response = error::leave(&url);
            if let Some(session) = session {
                cookies::set_session(&mut response, &session, door.0.issuer.public_url().is_secure());
            }
            response
        }
        Err(fault) => error::page(door, fault),
    }
}
