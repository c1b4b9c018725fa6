//! Everything of a person's in one file.

use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{own_form, refuse};
use crate::games::{ExportedGame, GamesError};
use crate::http::{Door, error};
use crate::issuer::{AccountExport, IssuerError};

/// The file.
#[derive(Debug, Serialize)]
struct Everything {
    server: String,
    exported_at: String,
    #[serde(flatten)]
    kept: AccountExport,
    games: Vec<ExportedGame>,
}

/// `POST /account/export`
pub(super) async fn export(State(door): State<Door>, request: Request) -> Response {
    let (_, post) = match own_form(&door, request).await {
        Ok(both) => both,
        Err(refusal) => return refusal,
    };
    let kept = match door.0.issuer.export(&post).await {
        Ok(kept) => kept,
        Err(fault) => return refuse(&door, fault),
    };
    match door.0.games.everything(kept.user.id).await {
        Ok(games) => file(&door, kept, games),
        Err(GamesError::Store(fault)) => error::page(&door, IssuerError::Store(fault)),
        Err(GamesError::Refused(fault)) => error::broken_page(&door, &fault),
    }
}

fn file(door: &Door, kept: AccountExport, games: Vec<ExportedGame>) -> Response {
    let name = format!("attachment; filename=\"chess-{}.json\"", kept.at.date());
    let everything = Everything {
        server: door.0.issuer.public_url().origin().to_owned(),
        exported_at: kept.at.iso8601(),
        kept,
        games,
    };
    match serde_json::to_string_pretty(&everything) {
        Ok(text) => {
            let headers = [
                (CONTENT_TYPE, "application/json".to_owned()),
                (CONTENT_DISPOSITION, name),
            ];
            (headers, download(), text).into_response()
        }
        Err(fault) => error::broken_page(door, &fault),
    }
}

/// What every file of a person's carries: it is theirs alone, and never a page.
pub(super) fn download() -> [(HeaderName, &'static str); 3] {
    [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
    ]
}
