//! The pages around the board: the board itself, and an invitation to a game.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::{Pages, Shell, Surface, headers_with};
use crate::account::MAX_GUEST_NAME;
use crate::board::{self, Document};
use crate::games::Invited;
use crate::id::GameId;
use crate::issuer::{AccountForm, AccountPage};
use crate::urls::path;

/// What the board has to know where no chat tells it.
#[derive(Debug, Serialize)]
pub(in crate::http) struct BoardPage<'a> {
    /// What its calls carry.
    pub(in crate::http) csrf: &'a str,
    /// Where they go.
    pub(in crate::http) call: &'static str,
    /// The game to begin with; without one, that which changed last.
    pub(in crate::http) game_id: Option<GameId>,
    /// Whether the person plays without an account.
    pub(in crate::http) guest: bool,
    /// How they are called.
    pub(in crate::http) name: &'a str,
    /// Where their account is.
    pub(in crate::http) account: &'static str,
}

/// Who looks at an invitation.
pub(in crate::http) enum Invitee<'a> {
    /// Somebody who is signed in.
    Person(&'a AccountPage),
    /// Somebody who is not.
    Stranger {
        /// For the form that makes a guest of them, where they may be one.
        csrf: Option<String>,
    },
}

impl Pages {
    /// The board.
    pub(in crate::http) fn board(&self, page: &BoardPage<'_>) -> Response {
        let Some(document) = board::document() else {
            return self.no_board();
        };
        let mut response = Response::new(Body::from(filled(document.html, page)));
        response.headers_mut().clone_from(&self.board_headers);
        response
    }

    /// Says that there is no board.
    pub(in crate::http) fn no_board(&self) -> Response {
        let text = "This server was built without the board for browsers. Play in your chat: it shows your games and \
                    takes your moves.";
        self.account_message(StatusCode::OK, "There is no board here", text)
    }

    /// What an invitation is to, and the ways to take the seat.
    pub(in crate::http) fn join(&self, invitee: &Invitee<'_>, invited: &Invited) -> Response {
        let template = JoinTemplate {
            shell: self.shell(Surface::Own, None),
            invitee,
            invited,
            state: format!("{}; {}", time(invited.days_per_move), played(invited.ply)),
            game: path::game(invited.game),
            sign_in: format!("{}/sign-in", path::invitation(&invited.code)),
            longest_name: MAX_GUEST_NAME,
        };
        self.show(Surface::Own, StatusCode::OK, &template)
    }
}

fn time(days_per_move: Option<u8>) -> String {
    match days_per_move {
        None => "No time limit".to_owned(),
        Some(1) => "One day a move".to_owned(),
        Some(days) => format!("{days} days a move"),
    }
}

fn played(ply: usize) -> String {
    match ply {
        0 => "nobody has moved yet".to_owned(),
        1 => "one move was made".to_owned(),
        ply => format!("{ply} moves were made"),
    }
}

/// The document with what the page says; nothing that somebody chose can end the element in which it stands.
fn filled(html: &str, page: &BoardPage<'_>) -> String {
    let said = serde_json::to_string(page).unwrap_or_else(|fault| unreachable!("it is plain data: {fault}"));
    let said = said.replace('<', "\\u003c");
    html.replacen(board::PAGE, &board::PAGE.replace("null", &said), 1)
}

/// The board runs its own script and shows its own style, pieces and nothing else, and speaks with us alone.
pub(super) fn headers(document: Option<&Document>, secure: bool) -> HeaderMap {
    let (script, style) = document.map_or(("", ""), |document| {
        (document.script_sha256.as_str(), document.style_sha256.as_str())
    });
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:; \
         connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    headers_with(&policy, Surface::Own, secure)
}

#[derive(Template)]
#[template(path = "join.html", config = "assets/pages/askama.toml")]
struct JoinTemplate<'a> {
    shell: Shell<'a>,
    invitee: &'a Invitee<'a>,
    invited: &'a Invited,
    state: String,
    game: String,
    sign_in: String,
    longest_name: usize,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_a_page_says_stays_inside_its_element() {
        let name = "</script><script>alert(1)</script><!-- \u{2028} \" \\";
        let page = BoardPage {
            csrf: "value",
            call: path::PLAY_CALL,
            game_id: Some("kfqm7382".parse().unwrap()),
            guest: true,
            name,
            account: path::ACCOUNT,
        };
        let html = format!("<html>{}<script>null</script></html>", board::PAGE);
        let filled = filled(&html, &page);
        let (_, rest) = filled.split_once(r#"id="page">"#).unwrap();
        let (said, rest) = rest.split_once("</script>").unwrap();
        assert_eq!(rest, "<script>null</script></html>");
        assert!(!said.contains('<'), "{said}");
        let said: Value = serde_json::from_str(said).unwrap();
        assert_eq!(
            said,
            serde_json::json!({
                "csrf": "value", "call": "/play/call", "game_id": "kfqm7382", "guest": true, "name": name,
                "account": "/account",
            })
        );
    }

    #[cfg(feature = "board")]
    #[test]
    fn the_document_has_its_place_for_words_once() {
        let document = board::document().unwrap();
        assert_eq!(document.html.matches(board::PAGE).count(), 1);
        assert_eq!(document.html.matches(r#"id="page""#).count(), 1);
    }
}
