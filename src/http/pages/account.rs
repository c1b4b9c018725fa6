//! The pages of a person's own account, and the way into it.

use askama::Template;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::words::{Ago, Day, Fault, GameLine, whole_wait};
use super::{Pages, Shell, Surface};
use crate::account::Username;
use crate::games::{Page, StoredGame};
use crate::http::account::Notice;
use crate::http::destination::Destination;
use crate::issuer::{AccountFault, AccountForm, AccountPage, EntryPage, SignUpFor, SignUpPage, Way};
use crate::urls::path;

impl Pages {
    /// Lets a person into their account: 200 the first time, and afterwards as [`Pages::sign_in`].
    pub(in crate::http) fn entry(
        &self,
        page: &EntryPage,
        notice: Option<Notice>,
        then: Option<&Destination>,
    ) -> Response {
        let fault = page.wrong.map(Fault::of_sign_in);
        let surface = gate(&page.providers);
        let template = EntryTemplate {
            shell: self.shell(surface, None),
            page,
            notice: notice.filter(|notice| notice.is_for_strangers()),
            then,
            mismatch: fault.as_ref().is_some_and(|fault| fault.wait.is_none()),
            fault: fault.as_ref(),
        };
        self.show_form(surface, StatusCode::UNAUTHORIZED, fault.as_ref(), &template)
    }

    /// Asks for the name and password of a new account.
    pub(in crate::http) fn new_account(&self, page: &EntryPage, then: Option<&Destination>) -> Response {
        let fault = page.fault.map(Fault::of_sign_up);
        let template = SignUpTemplate {
            shell: self.shell(Surface::Own, None),
            app: None,
            then,
            csrf: page.forms.csrf(AccountForm::SignUp),
            username: &page.username,
            fault: fault.as_ref(),
            action: path::ACCOUNT_SIGN_UP,
            account: path::ACCOUNT,
        };
        self.show_form(
            Surface::Own,
            StatusCode::UNPROCESSABLE_ENTITY,
            fault.as_ref(),
            &template,
        )
    }

    /// The same, on the way through an app's sign-in.
    pub(in crate::http) fn sign_up(&self, page: &SignUpPage) -> Response {
        let fault = page.fault.map(Fault::of_sign_up);
        let reference = page.sign_in.as_ref().map(|sign_in| sign_in.reference);
        let template = SignUpTemplate {
            shell: self.shell(Surface::SignIn, reference),
            app: page.sign_in.as_ref(),
            then: None,
            csrf: page.csrf.clone(),
            username: &page.username,
            fault: fault.as_ref(),
            action: path::SIGN_UP,
            account: path::ACCOUNT,
        };
        self.show_form(
            Surface::SignIn,
            StatusCode::UNPROCESSABLE_ENTITY,
            fault.as_ref(),
            &template,
        )
    }

    /// The account, with the games changed last.
    pub(in crate::http) fn account(
        &self,
        page: &AccountPage,
        games: &Page,
        notice: Option<Notice>,
    ) -> Response {
        let surface = gate(&page.linkable);
        let template = AccountTemplate {
            shell: self.shell(surface, None),
            page,
            games: games.games.iter().map(GameLine::of).collect(),
            more: games.next.is_some(),
            notice,
            resource: self.public_url.resource(),
            all_games: path::ACCOUNT_GAMES,
        };
        self.show(surface, StatusCode::OK, &template)
    }

    /// A page of the person's games.
    pub(in crate::http) fn games(&self, games: &Page) -> Response {
        let template = GamesTemplate {
            shell: self.shell(Surface::Own, None),
            games: games.games.iter().map(GameLine::of).collect(),
            next: games.next,
            all_games: path::ACCOUNT_GAMES,
            account: path::ACCOUNT,
        };
        self.show(Surface::Own, StatusCode::OK, &template)
    }

    /// Asks whether a game is to be deleted.
    pub(in crate::http) fn delete_game(&self, page: &AccountPage, stored: &StoredGame) -> Response {
        let template = DeleteGameTemplate {
            shell: self.shell(Surface::Own, None),
            page,
            game: GameLine::of_stored(stored),
            account: path::ACCOUNT,
        };
        self.show(Surface::Own, StatusCode::OK, &template)
    }

    /// Asks for the password and a new one.
    pub(in crate::http) fn password(&self, page: &AccountPage, fault: Option<&AccountFault>) -> Response {
        let (status, fault) = told(fault);
        let template = PasswordTemplate {
            shell: self.shell(Surface::Own, None),
            page,
            username: sign_in_name(page),
            fault: fault.as_ref(),
            account: path::ACCOUNT,
        };
        self.show_form(Surface::Own, status, fault.as_ref(), &template)
    }

    /// Says what goes with the account, and asks whether it is to.
    pub(in crate::http) fn delete_account(
        &self,
        page: &AccountPage,
        fault: Option<&AccountFault>,
    ) -> Response {
        let (status, fault) = told(fault);
        let template = DeleteAccountTemplate {
            shell: self.shell(Surface::Own, None),
            page,
            username: page.username.as_ref().map_or(&page.name, Username::as_str),
            fault: fault.as_ref(),
            account: path::ACCOUNT,
        };
        self.show_form(Surface::Own, status, fault.as_ref(), &template)
    }

    /// Shows a form: 200 without a fault; with one `status`, or 429 while the next attempt has to wait.
    pub(super) fn show_form(
        &self,
        surface: Surface,
        status: StatusCode,
        fault: Option<&Fault>,
        template: &impl Template,
    ) -> Response {
        let wait = fault.and_then(|fault| fault.wait);
        let status = match (fault, wait) {
            (None, _) => StatusCode::OK,
            (Some(_), None) => status,
            (Some(_), Some(_)) => StatusCode::TOO_MANY_REQUESTS,
        };
        let mut response = self.show(surface, status, template);
        if let Some(time) = wait {
            let seconds = HeaderValue::from(whole_wait(time));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// Where a page that offers these providers leads.
fn gate(providers: &[Way]) -> Surface {
    if providers.is_empty() {
        Surface::Own
    } else {
        Surface::Gate
    }
}

fn told(fault: Option<&AccountFault>) -> (StatusCode, Option<Fault>) {
    let status = match fault {
        Some(AccountFault::Wrong(_)) => StatusCode::UNAUTHORIZED,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, fault.map(Fault::of_account))
}

fn sign_in_name(page: &AccountPage) -> &str {
    page.username.as_ref().map_or("", Username::as_str)
}

#[derive(Template)]
#[template(path = "entry.html", config = "assets/pages/askama.toml")]
struct EntryTemplate<'a> {
    shell: Shell<'a>,
    page: &'a EntryPage,
    notice: Option<Notice>,
    then: Option<&'a Destination>,
    fault: Option<&'a Fault>,
    mismatch: bool,
}

#[derive(Template)]
#[template(path = "sign_up.html", config = "assets/pages/askama.toml")]
struct SignUpTemplate<'a> {
    shell: Shell<'a>,
    app: Option<&'a SignUpFor>,
    then: Option<&'a Destination>,
    csrf: String,
    username: &'a str,
    fault: Option<&'a Fault>,
    action: &'static str,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "account.html", config = "assets/pages/askama.toml")]
struct AccountTemplate<'a> {
    shell: Shell<'a>,
    page: &'a AccountPage,
    games: Vec<GameLine>,
    more: bool,
    notice: Option<Notice>,
    resource: String,
    all_games: &'static str,
}

#[derive(Template)]
#[template(path = "games.html", config = "assets/pages/askama.toml")]
struct GamesTemplate<'a> {
    shell: Shell<'a>,
    games: Vec<GameLine>,
    next: Option<i64>,
    all_games: &'static str,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "delete_game.html", config = "assets/pages/askama.toml")]
struct DeleteGameTemplate<'a> {
    shell: Shell<'a>,
    page: &'a AccountPage,
    game: GameLine,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "password.html", config = "assets/pages/askama.toml")]
struct PasswordTemplate<'a> {
    shell: Shell<'a>,
    page: &'a AccountPage,
    username: &'a str,
    fault: Option<&'a Fault>,
    account: &'static str,
}

#[derive(Template)]
#[template(path = "delete_account.html", config = "assets/pages/askama.toml")]
struct DeleteAccountTemplate<'a> {
    shell: Shell<'a>,
    page: &'a AccountPage,
    username: &'a str,
    fault: Option<&'a Fault>,
    account: &'static str,
}
