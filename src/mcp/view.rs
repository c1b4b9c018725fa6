//! What a tool that shows a game returns: the structured half, and the parts that the text half shares.

mod parts;

use serde::Serialize;
use serde_json::Value;

use self::parts::{InvitationView, OfferView, RatingView, TimeView};
use super::may;
use crate::board;
use crate::chess::{Coaching, Color, Game, Material, Opponent, PersonSide, diagram, facts, numbered_sans};
use crate::games::{GameSummary, Shown, StoredGame};
use crate::id::GameId;
use crate::urls::{PublicUrl, path};

pub(super) use self::parts::{MoveView, OpeningView, OpponentView, rounded};

/// How many plies `recent` shows.
const RECENT: usize = 8;

/// How many plies the text tells where the game is shown to the person; `moves` always has them all.
const TOLD: usize = 40;

/// The structured half.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GameView {
    pub(super) game_id: Option<GameId>,
    pub(super) kind: &'static str,
    pub(super) opponent: OpponentView,
    person_plays: &'static str,
    pub(super) fen: String,
    pub(super) ply: usize,
    revision: u32,
    pub(super) turn: &'static str,
    pub(super) status: &'static str,
    pub(super) result: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) check: bool,
    pub(super) recent: String,
    pub(super) played: Option<MoveView>,
    pub(super) played_count: usize,
    pub(super) reply: Option<MoveView>,
    pub(super) reply_pending: bool,
    pub(super) legal_moves: Vec<String>,
    pub(super) opening: Option<OpeningView>,
    pub(super) facts: Vec<String>,
    can: Vec<&'static str>,
    pub(super) offer: Option<OfferView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invitation: Option<InvitationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<TimeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rating: Option<RatingView>,
    pub(super) repeated: bool,
    pub(super) notes: Vec<String>,
    pub(super) next: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diagram: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moves: Option<Vec<String>>,
}

/// What a result shows beyond the present position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detail {
    /// The host draws a board itself.
    pub(super) has_board: bool,
    pub(super) purpose: Purpose,
}

/// What a result is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To tell what a call did.
    Report,
    /// To show the person the game.
    Show,
    /// To let the model read the game before it answers.
    Read,
}

impl Detail {
    const fn all_moves(self) -> bool {
        !matches!(self.purpose, Purpose::Report)
    }
}

impl GameView {
    /// Shows an earlier position of `now`: what may be done and how it ended is said of the game itself.
    pub(super) fn look_back_from(&mut self, now: &StoredGame) {
        self.status = status_of(now);
        self.result = now.game.score().as_str();
        self.reason = now.game.ending().map(|ending| ending.reason.as_str());
        self.reply_pending = now.owes_reply();
        self.legal_moves.clear();
        self.can.clear();
        self.offer = None;
        self.next = format!(
            "To play on, call chess_show with game_id {} and without ply.",
            now.id
        );
    }
}

pub(super) const fn color_word(color: Color) -> &'static str {
    match color {
        Color::White => "white",
        Color::Black => "black",
    }
}

pub(super) const fn kind_of(opponent: Opponent, is_imported: bool) -> &'static str {
    match opponent {
        Opponent::Puzzle => "puzzle",
        Opponent::Nobody if !is_imported => "analysis",
        _ => "game",
    }
}

fn status_of(stored: &StoredGame) -> &'static str {
    match &stored.puzzle {
        Some(attempt) => attempt.state.as_str(),
        None if stored.game.is_ongoing() => "ongoing",
        None => "finished",
    }
}

/// A game as it is shown, and the parts that its text needs besides.
pub(super) struct Rendered {
    pub(super) view: GameView,
    pub(super) diagram: String,
    pub(super) material: String,
    /// The moves so far, or the last of them.
    pub(super) moves: String,
    pub(super) tells_all_moves: bool,
    pub(super) person: PersonSide,
    pub(super) purpose: Purpose,
    /// The model is the person's opponent and has to move.
    pub(super) is_models_turn: bool,
    /// Another game that waits for the person.
    pub(super) elsewhere: Option<GameSummary>,
    /// Where the person can play it in a browser, if the host draws no board.
    pub(super) link: Option<String>,
}

impl Rendered {
    /// Renders what a call did, and how the game stands.
    pub(super) fn of(shown: Shown, detail: Detail, url: &PublicUrl) -> Self {
        let stored = &shown.stored;
        let game = &stored.game;
        let board = diagram(game.position(), stored.person.view());
        let last = game.ply();
        let recent = last.saturating_sub(RECENT);
        let first = if detail.all_moves() { 0 } else { recent };
        let sans: Vec<String> = (first..last).filter_map(|ply| game.san(ply)).collect();
        let told = match detail.purpose {
            Purpose::Report => recent,
            Purpose::Show => last.saturating_sub(TOLD),
            Purpose::Read => 0,
        };
        let moves = numbered_sans(game, told, &sans[told - first..]);
        let view = GameView {
            game_id: Some(stored.id),
            kind: kind_of(stored.opponent, stored.imported.is_some()),
            opponent: OpponentView::of_game(stored),
            person_plays: stored.person.as_str(),
            fen: game.fen(),
            ply: game.ply(),
            revision: stored.revision,
            turn: color_word(game.turn()),
            status: status_of(stored),
            result: game.score().as_str(),
            reason: game.ending().map(|ending| ending.reason.as_str()),
            check: game.is_check(),
            recent: numbered_sans(game, recent, &sans[recent - first..]),
            played: shown.played.and_then(|ply| MoveView::of(stored, ply)),
            played_count: shown.played_count,
            reply: shown.reply.and_then(|ply| MoveView::of(stored, ply)),
            reply_pending: stored.owes_reply(),
            legal_moves: if may::is_somebody_here_to_move(stored) {
                game.legal_moves()
            } else {
                Vec::new()
            },
            opening: stored.opening.as_ref().map(OpeningView::of),
            facts: facts(game, shown.since, coaching(stored)),
            can: may::can(stored),
            offer: OfferView::of(&shown),
            invitation: InvitationView::of(stored, url),
            time: TimeView::of(stored),
            rating: RatingView::of(stored),
            repeated: shown.repeated,
            next: may::next(stored),
            diagram: (!detail.has_board).then(|| narrow(&board)),
            moves: detail.all_moves().then_some(sans),
            notes: shown.notes,
        };
        let material = Material::of(game.position()).words();
        let is_models_turn = may::is_assistants_turn(stored);
        let plain = !detail.has_board && board::document().is_some();
        let link = plain.then(|| url.at(&path::game(stored.id)));
        Self {
            view,
            diagram: board,
            material,
            moves,
            tells_all_moves: told == 0,
            person: stored.person,
            purpose: detail.purpose,
            is_models_turn,
            elsewhere: shown.elsewhere,
            link,
        }
    }

    /// The structured half as JSON.
    pub(super) fn structured(&self) -> Value {
        serde_json::to_value(&self.view).unwrap_or_else(|fault| unreachable!("a view is plain data: {fault}"))
    }

    /// What a person without a game is shown.
    pub(super) fn empty(has_board: bool) -> Self {
        let game = Game::default();
        let board = diagram(game.position(), Color::White);
        let view = GameView {
            game_id: None,
            kind: "analysis",
            opponent: OpponentView::of(Opponent::Nobody, None),
            person_plays: PersonSide::Both.as_str(),
            fen: game.fen(),
            ply: 0,
            revision: 0,
            turn: "white",
            status: "ongoing",
            result: "*",
            reason: None,
            check: false,
            recent: String::new(),
            played: None,
            played_count: 0,
            reply: None,
            reply_pending: false,
            legal_moves: Vec::new(),
            opening: None,
            facts: Vec::new(),
            can: Vec::new(),
            offer: None,
            invitation: None,
            time: None,
            rating: None,
            repeated: false,
            notes: vec!["There is no game yet.".to_owned()],
            next: "Offer the person a new game (chess_new_game) or a puzzle (chess_puzzle).".to_owned(),
            diagram: (!has_board).then(|| narrow(&board)),
            moves: Some(Vec::new()),
        };
        let material = Material::of(game.position()).words();
        Self {
            view,
            diagram: board,
            material,
            moves: String::new(),
            tells_all_moves: true,
            person: PersonSide::Both,
            purpose: Purpose::Show,
            is_models_turn: false,
            elsewhere: None,
            link: None,
        }
    }
}

/// The diagram without the blanks between its squares, which cost a model as much as the pieces do.
fn narrow(diagram: &str) -> String {
    let mut narrow = String::with_capacity(100);
    for line in diagram.lines() {
        let (rank, squares) = line.split_at(1);
        if !narrow.is_empty() {
            narrow.push('\n');
        }
        narrow.push_str(rank);
        narrow.push(' ');
        narrow.extend(squares.chars().filter(|c| *c != ' '));
    }
    narrow
}

fn coaching(stored: &StoredGame) -> Coaching {
    match stored.person.color() {
        Some(color) if stored.coach => Coaching::For(color),
        None if stored.coach => Coaching::For(stored.game.turn()),
        _ => Coaching::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::super::text;
    use super::*;
    use crate::chess::{Opening, Start, Variant};
    use crate::clock::Timestamp;

    /// Result text of this kind has at least this many characters for each token of current models; it was
    /// measured over hundreds of real results.
    const CHARACTERS_PER_TOKEN: f64 = 2.45;
    const BUDGET: f64 = 600.0;

    fn tokens(text: &str) -> f64 {
        f64::from(u32::try_from(text.chars().count()).unwrap()) / CHARACTERS_PER_TOKEN
    }

    fn shown(fen: Option<&str>, moves: &str) -> Shown {
        let start = fen
            .map(|fen| Start::from_fen(fen, Variant::Standard).unwrap())
            .unwrap_or_default();
        let mut game = Game::new(&start);
        for text in moves.split_whitespace() {
            game.play(game.read(text).unwrap()).unwrap();
        }
        let ply = game.ply();
        let opponent = Opponent::Engine {
            level: 2,
            adaptive: false,
        };
        let person = PersonSide::from(game.turn());
        let id = "qk2m8d4h".parse().unwrap();
        let stored = StoredGame {
            coach: true,
            opening: Some(Opening {
                eco: "A29".to_owned(),
                name: "English Opening: King's English Variation, Four Knights Variation, Fianchetto Line, with .. d6"
                    .to_owned(),
            }),
            revision: 240,
            touched: true,
            ..StoredGame::new(id, opponent, person, game, Timestamp::from_seconds(1))
        };
        Shown {
            stored,
            since: ply.saturating_sub(2),
            played: ply.checked_sub(2),
            played_count: 1,
            reply: ply.checked_sub(1),
            repeated: true,
            answered: None,
            elsewhere: None,
            notes: vec![
                "Taken for a repeated call and not played again; to play it again send expected_ply 22."
                    .to_owned(),
            ],
        }
    }

    fn url() -> PublicUrl {
        PublicUrl::parse("https://chess.example.org").unwrap()
    }

    const PLAIN: Detail = Detail {
        has_board: false,
        purpose: Purpose::Report,
    };

    #[test]
    fn each_half_keeps_to_its_budget_with_forty_moves_to_choose_from() {
        let forty = "r1b2rk1/1pq1bppp/p1n1pn2/2pp4/3P4/2PBPN2/PP1N1PPP/R2QK2R w KQ - 4 60";
        let rendered = Rendered::of(shown(Some(forty), "dxc5 Bxc5"), PLAIN, &url());
        let moves = rendered.view.legal_moves.len();
        assert!((40..=46).contains(&moves), "{moves}");
        assert!(!rendered.view.facts.is_empty() && rendered.view.reply.is_some());
        let structured = rendered.structured().to_string();
        assert!(
            tokens(&structured) < BUDGET,
            "{} {structured}",
            tokens(&structured)
        );
        let text = text::of_game(&rendered);
        assert!(tokens(&text) < BUDGET, "{} {text}", tokens(&text));
    }

    #[test]
    fn a_long_game_costs_no_more_than_a_short_one() {
        let shuffle = "Nf3 Nf6 Nc3 Nc6 e4 e5 Bc4 Bc5 d3 d6 Be3 Bb6 Qd2 Be6 Bb3 Qd7 h3 h6 a3 a6 \
             Ke2 Ke7 Ke1 Ke8 Rb1 Rb8 Ra1 Ra8 Rg1 Rg8 Rh1 Rh8 g3 g6 g4 g5 Rb1 Rb8 Ra1 Ra8 \
             Ne2 Ne7 Nc3 Nc6 Nh2 Nh7 Nf3 Nf6 Nd1 Nd8 Nc3 Nc6";
        let long = Rendered::of(shown(None, shuffle), PLAIN, &url());
        assert!(long.view.ply >= 52, "{}", long.view.ply);
        assert!(tokens(&long.structured().to_string()) < BUDGET);
        for purpose in [Purpose::Report, Purpose::Show, Purpose::Read] {
            let detail = Detail {
                has_board: false,
                purpose,
            };
            let rendered = Rendered::of(shown(None, shuffle), detail, &url());
            assert_eq!(rendered.tells_all_moves, purpose == Purpose::Read);
            let mut text = text::of_game(&rendered);
            if rendered.tells_all_moves {
                text = text.replace(&rendered.moves, "");
            }
            assert!(tokens(&text) < BUDGET, "{purpose:?}: {} {text}", tokens(&text));
        }
        assert_eq!(long.view.recent.matches('.').count(), 4, "{}", long.view.recent);
    }

    #[test]
    fn a_host_with_a_board_gets_no_diagram() {
        let bare = Detail {
            has_board: true,
            purpose: Purpose::Report,
        };
        let structured = |detail| Rendered::of(shown(None, "e4 e5"), detail, &url()).structured();
        assert!(structured(bare).get("diagram").is_none());
        let drawn = structured(PLAIN);
        assert!(
            drawn["diagram"]
                .as_str()
                .unwrap()
                .starts_with("8 rnbqkbnr\n7 pppp.ppp\n"),
            "{drawn}"
        );
        assert!(drawn.get("moves").is_none());
        let all = Detail {
            has_board: false,
            purpose: Purpose::Show,
        };
        assert_eq!(structured(all)["moves"], serde_json::json!(["e4", "e5"]));
    }

    #[test]
    fn what_the_person_may_do_is_said_and_no_more() {
        let can = |moves| Rendered::of(shown(None, moves), PLAIN, &url()).view.can;
        assert_eq!(can(""), ["move", "hint", "resign", "abort", "offer_draw"]);
        assert_eq!(can("e4 e5"), ["move", "undo", "hint", "resign", "offer_draw"]);
        assert_eq!(can("f3 e5 g4 Qh4#"), ["undo"]);
        let thrice = "Nf3 Nf6 Ng1 Ng8 Nf3 Nf6 Ng1 Ng8";
        assert_eq!(
            can(thrice),
            ["move", "undo", "hint", "resign", "offer_draw", "claim_draw"]
        );
    }
}
