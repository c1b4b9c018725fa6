//! What pages say about times, games and faults, in words.

use std::fmt;

use axum::http::StatusCode;

use crate::chess::{Color, Opponent, Reason, Score};
use crate::clock::{Seconds, Timestamp};
use crate::games::{GameSummary, StoredGame};
use crate::id::GameId;
use crate::issuer::{AccountFault, Failure, SignUpFault, Wrong};
use crate::oauth::AuthorizeCode;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// How long before the second time the first one was: `2 hours ago`. What is older than a month is a day.
pub(super) struct Ago<'a>(pub(super) &'a Timestamp, pub(super) &'a Timestamp);

impl fmt::Display for Ago<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seconds(age) = self.1.since(*self.0);
        let (number, unit) = match age {
            _ if age < MINUTE => return f.write_str("just now"),
            _ if age < HOUR => (age / MINUTE, "minute"),
            _ if age < DAY => (age / HOUR, "hour"),
            _ if age < 31 * DAY => (age / DAY, "day"),
            _ => return Day(self.0).fmt(f),
        };
        let plural = if number == 1 { "" } else { "s" };
        write!(f, "{number} {unit}{plural} ago")
    }
}

/// A day as people write it: `21 Nov 2026`.
pub(super) struct Day<'a>(pub(super) &'a Timestamp);

impl fmt::Display for Day<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0.date();
        let mut parts = date.rsplitn(3, '-');
        let (day, month, year) = (parts.next(), parts.next(), parts.next());
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<usize>().ok());
        let name = number(month).and_then(|month| MONTHS.get(month.checked_sub(1)?));
        match (number(day), name, year) {
            (Some(day), Some(month), Some(year)) => write!(f, "{day} {month} {year}"),
            _ => f.write_str(&date),
        }
    }
}

/// A game in a list.
#[derive(Debug)]
pub(super) struct GameLine {
    pub(super) id: GameId,
    pub(super) opponent: String,
    pub(super) outcome: String,
    pub(super) opening: Option<String>,
    pub(super) moves: String,
    pub(super) changed_at: Timestamp,
}

impl GameLine {
    pub(super) fn of(game: &GameSummary) -> Self {
        let standing = Standing {
            score: game.score,
            reason: game.reason,
            own: game.person.color(),
            to_move: game.is_persons_turn(),
        };
        Self {
            id: game.id,
            opponent: opponent(game.opponent, game.name.as_deref(), game.is_imported),
            outcome: standing.to_string(),
            opening: game.opening.as_ref().map(|opening| opening.name.clone()),
            moves: moves(game.ply),
            changed_at: game.changed_at,
        }
    }

    pub(super) fn of_stored(stored: &StoredGame) -> Self {
        let standing = Standing {
            score: stored.game.score(),
            reason: stored.game.ending().map(|ending| ending.reason),
            own: stored.person.color(),
            to_move: stored.is_persons_turn(),
        };
        Self {
            id: stored.id,
            opponent: opponent(
                stored.opponent,
                name_of(stored).as_deref(),
                stored.imported.is_some(),
            ),
            outcome: standing.to_string(),
            opening: stored.opening.as_ref().map(|opening| opening.name.clone()),
            moves: moves(stored.game.ply()),
            changed_at: stored.changed_at,
        }
    }
}

fn name_of(stored: &StoredGame) -> Option<String> {
    let friend = stored.friend.as_ref().and_then(|friend| friend.name.clone());
    friend.or_else(|| stored.imported.as_ref()?.other_than(stored.person))
}

fn opponent(opponent: Opponent, name: Option<&str>, is_imported: bool) -> String {
    match (opponent, name) {
        (Opponent::Engine { level, .. }, _) => format!("Engine, level {level}"),
        (Opponent::Assistant, _) => "Assistant".to_owned(),
        (Opponent::Friend, None) => "A friend who has not joined yet".to_owned(),
        (Opponent::Puzzle, _) => "Puzzle".to_owned(),
        (Opponent::Friend | Opponent::Nobody, Some(name)) => name.to_owned(),
        (Opponent::Nobody, None) if is_imported => "Imported game".to_owned(),
        (Opponent::Nobody, None) => "Analysis board".to_owned(),
    }
}

/// Full moves, as players count them.
fn moves(ply: usize) -> String {
    match ply.div_ceil(2) {
        0 => "no move yet".to_owned(),
        1 => "1 move".to_owned(),
        number => format!("{number} moves"),
    }
}

/// How a game stands, for its person.
struct Standing {
    score: Score,
    reason: Option<Reason>,
    own: Option<Color>,
    to_move: bool,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(reason) = self.reason else {
            return f.write_str(match (self.own, self.to_move) {
                (None, _) => "Open",
                (Some(_), true) => "Your move",
                (Some(_), false) => "Unfinished",
            });
        };
        let verdict = match (self.score, self.own) {
            (Score::None, _) => return f.write_str("Called off"),
            (Score::Draw, _) => "Drawn",
            (Score::White, Some(Color::White)) | (Score::Black, Some(Color::Black)) => "You won",
            (Score::White | Score::Black, Some(_)) => "You lost",
            (Score::White, None) => "White won",
            (Score::Black, None) => "Black won",
        };
        write!(f, "{verdict} {}", reason.words())
    }
}

/// Why nobody came back from a provider: what a person is told, and what an app is.
#[derive(Debug)]
pub(super) struct ProviderTrouble {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) text: String,
    /// The app's error code, when the person goes back to it.
    pub(super) code: &'static str,
}

impl ProviderTrouble {
    pub(super) fn of(failure: Failure, provider: &str) -> Self {
        let (status, title, code) = match failure {
            Failure::Denied => (
                StatusCode::FORBIDDEN,
                "You are not signed in",
                AuthorizeCode::AccessDenied,
            ),
            Failure::Refused => (
                StatusCode::FORBIDDEN,
                "This account is not let in",
                AuthorizeCode::AccessDenied,
            ),
            Failure::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "No answer just now",
                AuthorizeCode::TemporarilyUnavailable,
            ),
            Failure::Misbehaved => (
                StatusCode::BAD_GATEWAY,
                "That did not work",
                AuthorizeCode::ServerError,
            ),
        };
        let text = match failure {
            Failure::Denied => format!("{provider} says that the sign-in was cancelled. Nothing was shared."),
            Failure::Refused => format!(
                "{provider} told this server who you are, but the person who runs it lets only certain people in, and \
                 this account is not among them. Try another account, or ask that person."
            ),
            Failure::Unavailable => {
                format!("{provider} does not answer, so nobody can say who you are. Try again in a moment.")
            }
            Failure::Misbehaved => format!(
                "The answer of {provider} does not prove who you are, so you were not signed in. Try again; if it \
                 happens again, tell the person who runs this server."
            ),
        };
        Self {
            status,
            title,
            text,
            code: code.as_str(),
        }
    }
}

/// Why a form is shown again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The name of the field to mend; none, where it is no single one.
    pub(super) field: &'static str,
    pub(super) text: String,
    /// For how long the next attempt has to wait.
    pub(super) wait: Option<Seconds>,
}

impl Fault {
    fn at(field: &'static str, text: impl fmt::Display) -> Self {
        Self {
            field,
            text: text.to_string(),
            wait: None,
        }
    }

    pub(super) fn of_sign_in(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Password => Self::at("", "That name and password do not belong together."),
            Wrong::Wait(time) => Self::waiting(time),
        }
    }

    pub(super) fn of_sign_up(fault: SignUpFault) -> Self {
        match fault {
            SignUpFault::Name | SignUpFault::Taken => Self::at("username", fault),
            SignUpFault::Weak(_) => Self::at("password", fault),
            SignUpFault::Differs => Self::at("again", fault),
            SignUpFault::Wait(time) => Self::waiting(time),
        }
    }

    pub(super) fn of_account(fault: &AccountFault) -> Self {
        match fault {
            AccountFault::Wrong(Wrong::Password) => Self::at("current", "That is not your password."),
            AccountFault::Wrong(Wrong::Wait(time)) => Self::waiting(*time),
            AccountFault::Weak(_) => Self::at("password", fault),
            AccountFault::Differs => Self::at("again", fault),
            AccountFault::OtherName => Self::at("name", fault),
            AccountFault::SignedOut
            | AccountFault::NotRecent
            | AccountFault::LastWay
            | AccountFault::Stale
            | AccountFault::Unknown
            | AccountFault::Store(_) => Self::at("", "Nothing was changed. Try again."),
        }
    }

    fn waiting(time: Seconds) -> Self {
        let text = match whole_wait(time) {
            1 => "Too many attempts. Try again in 1 second.".to_owned(),
            seconds => format!("Too many attempts. Try again in {seconds} seconds."),
        };
        Self {
            wait: Some(time),
            ..Self::at("", text)
        }
    }

    /// The attributes that tie a field to its fault; nothing for the others. Holds nothing that anybody wrote.
    pub(super) fn mark(fault: Option<&Self>, field: &str) -> &'static str {
        if fault.is_some_and(|fault| fault.field == field) {
            " aria-describedby=\"fault\" aria-invalid=\"true\""
        } else {
            ""
        }
    }
}

/// Never zero: `Retry-After: 0` would invite the attempt that is to wait.
pub(super) fn whole_wait(Seconds(seconds): Seconds) -> i64 {
    seconds.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_as_people_tell_them() {
        let now = Timestamp::from_seconds(1_700_000_000);
        for (age, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3599, "59 minutes ago"),
            (7200, "2 hours ago"),
            (DAY, "1 day ago"),
            (30 * DAY, "30 days ago"),
            (31 * DAY, "14 Oct 2023"),
        ] {
            assert_eq!(Ago(&(now - Seconds(age)), &now).to_string(), words, "{age}");
        }
    }

    #[test]
    fn games_are_told_from_their_person_s_side() {
        let standing = |score, reason, own, to_move| {
            let standing = Standing {
                score,
                reason,
                own,
                to_move,
            };
            standing.to_string()
        };
        let (white, black) = (Some(Color::White), Some(Color::Black));
        let mate = Some(Reason::Checkmate);
        for (told, words) in [
            (standing(Score::White, mate, white, false), "You won by checkmate"),
            (
                standing(Score::White, mate, black, false),
                "You lost by checkmate",
            ),
            (
                standing(Score::Black, mate, None, false),
                "Black won by checkmate",
            ),
            (
                standing(Score::Draw, Some(Reason::Stalemate), white, false),
                "Drawn by stalemate",
            ),
            (
                standing(Score::None, Some(Reason::Aborted), white, false),
                "Called off",
            ),
            (standing(Score::None, None, white, true), "Your move"),
            (standing(Score::None, None, white, false), "Unfinished"),
            (standing(Score::None, None, None, true), "Open"),
        ] {
            assert_eq!(told, words);
        }
        assert_eq!(
            [moves(0), moves(1), moves(2), moves(3)],
            ["no move yet", "1 move", "1 move", "2 moves"]
        );
    }
}
