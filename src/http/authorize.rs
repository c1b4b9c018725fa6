//! The authorization endpoint and its two forms.

use axum::extract::{RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::{Door, cookies, error};
use crate::issuer::{Browser, ConsentForm, Decision, IssuerError, Next, SignInForm};
use crate::oauth::ScopeSet;

/// `GET /oauth/authorize`: asks for consent.
pub(super) async fn authorize(
    State(door): State<Door>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let secure = door.0.issuer.public_url().is_secure();
    let browser = door.browser(&request);
    match door.0.issuer.begin(&query.unwrap_or_default(), browser).await {
        Ok(consent) => {
            let mut response = door.0.pages.consent(&consent.page);
            cookies::set_browser(&mut response, &consent.browser, secure);
            response
        }
        Err(fault) => error::page(&door, fault),
    }
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

/// `POST /oauth/sign-in`
pub(super) async fn sign_in(State(door): State<Door>, request: Request) -> Response {
    let (form, browser) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let Some(handle) = form.secret("sign_in") else {
        return error::page(&door, IssuerError::Stale);
    };
    let form = SignInForm {
        handle,
        csrf: form.get("csrf").unwrap_or_default().to_owned(),
        username: form.get("username").unwrap_or_default().to_owned(),
        password: form
            .secret("password")
            .unwrap_or_else(|| crate::secret::Secret::new(String::new())),
    };
    let next = door.0.issuer.sign_in(form, browser).await;
    follow(&door, next)
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
