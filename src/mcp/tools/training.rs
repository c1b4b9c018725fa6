//! Tools that teach: puzzles, hints, reviews.

use rmcp::model::JsonObject;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::super::input::{
    DifficultyArgument, HintArgument, HintArguments, PuzzleArguments, ReviewArguments, SideArgument,
};
use super::super::text::count;
use super::super::view::{OpeningView, Purpose};
use super::{Call, Outcome, for_board, result};
use crate::chess::{
    Assessment, Color, Counts, HintStep, Moment, PersonSide, Refusal, Review, ReviewedMove, Theme, color_name,
};
use crate::games::{Difficulty, HintKind, Hinted, PuzzleRequest, ReviewRequest, Reviewed};

type Arguments = Option<JsonObject>;

/// Moments that a review names, where both sides are asked for: of each.
const MOMENTS: usize = 5;

impl Call<'_> {
    pub(super) async fn puzzle(&self, arguments: Arguments) -> Outcome {
        let asked: PuzzleArguments = self.read(arguments)?;
        let request = PuzzleRequest {
            id: asked.puzzle_id,
            theme: asked.theme.as_deref().map(theme).transpose()?,
            difficulty: match asked.difficulty {
                Some(DifficultyArgument::Easy) => Difficulty::Easy,
                None | Some(DifficultyArgument::Normal) => Difficulty::Normal,
                Some(DifficultyArgument::Hard) => Difficulty::Hard,
            },
            daily: asked.daily,
            another: asked.another,
        };
        let shown = self.games.puzzle(self.user, request).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn hint(&self, arguments: Arguments) -> Outcome {
        let asked: HintArguments = self.read(arguments)?;
        let kind = asked.kind.map(|kind| match kind {
            HintArgument::Idea => HintKind::Step(HintStep::Idea),
            HintArgument::Piece => HintKind::Step(HintStep::Piece),
            HintArgument::Move => HintKind::Step(HintStep::Move),
            HintArgument::Solution => HintKind::Solution,
        });
        let hinted = self.games.hint(self.user, asked.game_id, kind).await?;
        let next = after_hint(&hinted);
        let structured = json!({
            "game_id": hinted.stored.id,
            "ply": hinted.stored.game.ply(),
            "kind": kind_word(hinted.kind),
            "text": hinted.text,
            "move": hinted.san,
            "cost": hinted.cost,
            "next": next,
        });
        let lines = [Some(hinted.text.as_str()), hinted.cost.as_deref(), Some(&next)];
        let text = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
        Ok(result(text, structured))
    }

    pub(super) async fn review(&self, arguments: Arguments) -> Outcome {
        let asked: ReviewArguments = self.read(arguments)?;
        let request = ReviewRequest { game: asked.game_id };
        let (tell, told) = watch::channel((0, 0));
        let (reviewed, ()) = tokio::join!(self.games.review(self.user, request, tell), self.pass_on(told));
        let reviewed = reviewed?;
        let side = match asked.side {
            Some(SideArgument::White) => PersonSide::White,
            Some(SideArgument::Black) => PersonSide::Black,
            Some(SideArgument::Both) => PersonSide::Both,
            None => reviewed.stored.person,
        };
        Ok(review_result(&reviewed, side, asked.all))
    }

    /// Tells the client how far a call is, until the call drops its end.
    async fn pass_on(&self, mut told: watch::Receiver<(usize, usize)>) {
        let Some(progress) = &self.progress else { return };
        while told.changed().await.is_ok() {
            let (done, total) = *told.borrow_and_update();
            progress.tell(done, total).await;
        }
    }
}

fn theme(text: &str) -> Result<Theme, Refusal> {
    text.parse()
        .map_err(|fault: crate::chess::UnknownTheme| Refusal::Other(format!("{fault}.")))
}

const fn kind_word(kind: HintKind) -> &'static str {
    match kind {
        HintKind::Step(step) => step.as_str(),
        HintKind::Solution => "solution",
    }
}

fn after_hint(hinted: &Hinted) -> String {
    let id = hinted.stored.id;
    let ply = hinted.stored.game.ply();
    match hinted.kind {
        HintKind::Solution => {
            "Explain it if the person asks; chess_puzzle with another true sets up the next one.".to_owned()
        }
        HintKind::Step(HintStep::Move) => format!(
            "Nothing was played: if the person wants that move, call chess_move with game_id {id} and expected_ply {ply}."
        ),
        HintKind::Step(_) => format!(
            "Tell the person just this and let them think; chess_hint with game_id {id} again says more."
        ),
    }
}

fn review_result(reviewed: &Reviewed, side: PersonSide, all: bool) -> rmcp::model::CallToolResult {
    let review = &reviewed.review;
    let mut moments = review.moments(side);
    moments.truncate(MOMENTS);
    let moves: Vec<Value> = review.moves.iter().map(every_move).collect();
    let opening = review.opening.as_ref();
    let mut structured = json!({
        "game_id": reviewed.stored.id,
        "side": side.as_str(),
        "accuracy": of_sides(side, |color| json!(rounded(review.accuracy[color]))),
        "counts": of_sides(side, |color| counts(review.counts[color])),
        "moments": moments.iter().map(moment).collect::<Vec<_>>(),
        "opening": opening.map(|left| OpeningView::of(&left.opening)),
        "left_opening": opening.and_then(|left| left.san.as_ref().map(|san| json!({"ply": left.ply, "san": san}))),
        "result": reviewed.stored.game.score().as_str(),
        "next": NEXT,
    });
    if all {
        structured["moves"] = json!(moves);
    }
    let mut meta = JsonObject::new();
    meta.insert("moves".to_owned(), json!(moves));
    for_board(
        result(in_words(reviewed, side, &moments, all), structured),
        Some(meta),
    )
}

/// What is said of one side as it is, of both by their names.
fn of_sides(side: PersonSide, of: impl Fn(Color) -> Value) -> Value {
    match side.color() {
        Some(color) => of(color),
        None => json!({"white": of(Color::White), "black": of(Color::Black)}),
    }
}

const NEXT: &str = "Talk about the moments one at a time, with these words only; chess_show with ply shows one, \
                    chess_puzzle with theme myMistakes practises them.";

fn moment(moment: &Moment) -> Value {
    json!({
        "ply": moment.ply,
        "played": moment.played,
        "better": moment.better,
        "line": moment.line,
        "loss": (moment.loss * 10.0).round() / 10.0,
        "words": moment.words,
    })
}

fn every_move(reviewed: &ReviewedMove) -> Value {
    json!({
        "ply": reviewed.ply,
        "san": reviewed.san,
        "white": in_pawns(reviewed.after),
        "mate": mate(reviewed.after),
        "accuracy": reviewed.accuracy.round(),
        "judgement": reviewed.slip.as_ref().map(|slip| slip.judgement.as_str()),
        "better": reviewed.slip.as_ref().and_then(|slip| slip.better.clone()),
    })
}

fn in_pawns(assessment: Assessment) -> Option<f64> {
    assessment
        .centipawns(Color::White)
        .map(|centipawns| f64::from(centipawns) / 100.0)
}

fn mate(assessment: Assessment) -> Option<i64> {
    let white = assessment.mate_by(Color::White).map(i64::from);
    white.or(assessment.mate_by(Color::Black).map(|moves| -i64::from(moves)))
}

fn rounded(accuracy: Option<f64>) -> Option<f64> {
    accuracy.map(|percent| (percent * 10.0).round() / 10.0)
}

fn counts(counts: Counts) -> Value {
    json!({
        "inaccuracies": counts.inaccuracies, "mistakes": counts.mistakes, "blunders": counts.blunders,
    })
}

fn in_words(reviewed: &Reviewed, side: PersonSide, moments: &[Moment], all: bool) -> String {
    let review = &reviewed.review;
    let mut lines = vec![format!(
        "Review of game {}, {}.",
        reviewed.stored.id,
        of_side(side)
    )];
    lines.extend(Color::ALL.into_iter().map(|color| summary(review, color)));
    if let Some(left) = &review.opening {
        let after = left
            .san
            .as_ref()
            .map(|san| format!("; {san} left what has a name"))
            .unwrap_or_default();
        lines.push(format!(
            "Opening: {} ({}){after}.",
            left.opening.name, left.opening.eco
        ));
    }
    if moments.is_empty() {
        lines.push("No move lost much.".to_owned());
    }
    lines.extend(
        moments
            .iter()
            .map(|moment| format!("Ply {}: {}{}", moment.ply, moment.words, line(moment))),
    );
    if all {
        let moves = review.moves.iter().map(|reviewed| {
            let slip = reviewed
                .slip
                .as_ref()
                .map(|slip| format!(" ({})", slip.judgement.as_str()));
            format!("{}{}", reviewed.san, slip.unwrap_or_default())
        });
        lines.push(format!("Every move: {}", moves.collect::<Vec<_>>().join(" ")));
    }
    lines.push(NEXT.to_owned());
    lines.join("\n")
}

fn line(moment: &Moment) -> String {
    if moment.line.is_empty() {
        return String::new();
    }
    format!(" Line: {}.", moment.line)
}

fn of_side(side: PersonSide) -> &'static str {
    match side {
        PersonSide::White => "White's moves",
        PersonSide::Black => "Black's moves",
        PersonSide::Both => "both sides",
    }
}

fn summary(review: &Review, color: Color) -> String {
    let counts = &review.counts[color];
    let accuracy =
        review.accuracy[color].map_or_else(|| "no moves".to_owned(), |percent| format!("{percent:.1} %"));
    format!(
        "{}: accuracy {accuracy}, {}, {}, {}.",
        color_name(color),
        count(counts.inaccuracies, "inaccuracy", "inaccuracies"),
        count(counts.mistakes, "mistake", "mistakes"),
        count(counts.blunders, "blunder", "blunders")
    )
}
