//! The tool that asks the engine.

use std::time::Duration;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::super::input::AnalyzeArguments;
use super::{Call, Outcome, result};
use crate::chess::Refusal;
use crate::games::{Analysis, Analyze, Evaluation, Subject};

impl Call<'_> {
    pub(super) async fn analyze(&self, arguments: Option<JsonObject>) -> Outcome {
        let asked: AnalyzeArguments = self.read(arguments)?;
        let lines = asked.lines.unwrap_or(1);
        if !(1..=5).contains(&lines) {
            return Err(Refusal::other("`lines` goes from 1 to 5.").into());
        }
        let seconds = asked.seconds.unwrap_or(1.0);
        if !(0.1..=10.0).contains(&seconds) {
            return Err(Refusal::other("`seconds` goes from 0.1 to 10.").into());
        }
        let subject = match (asked.game_id, asked.fen) {
            (Some(_), Some(_)) => {
                return Err(Refusal::other("Give either `game_id` or `fen`, not both.").into());
            }
            (None, Some(fen)) => Subject::Fen(fen),
            (id, None) => Subject::Game(id),
        };
        let think = Duration::from_secs_f64(seconds);
        let request = Analyze {
            subject,
            ply: asked.ply,
            moves: asked.moves,
            lines,
            think,
        };
        let analysis = self.games.analyze(self.user, request).await?;
        Ok(result(in_words(&analysis), structured(&analysis)))
    }
}

fn structured(analysis: &Analysis) -> Value {
    let lines: Vec<Value> = analysis
        .lines
        .iter()
        .map(
            |line| json!({"moves": line.moves, "white": line.evaluation.white, "mate": line.evaluation.mate}),
        )
        .collect();
    let evaluation = analysis.evaluation;
    json!({
        "game_id": analysis.game,
        "fen": analysis.position.fen(),
        "ply": analysis.position.ply(),
        "eval": {"white": evaluation.white, "mate": evaluation.mate, "words": evaluation.words()},
        "best": analysis.best,
        "lines": lines,
        "notes": analysis.notes,
    })
}

fn in_words(analysis: &Analysis) -> String {
    let mut lines: Vec<String> = analysis.notes.clone();
    match analysis.position.ending() {
        Some(ending) => lines.push(format!(
            "The game is over here: {} {}.",
            ending.score,
            ending.reason.words()
        )),
        None => lines.push(format!(
            "Evaluation: {} ({}).",
            analysis.evaluation.words(),
            number(analysis.evaluation)
        )),
    }
    if let Some(best) = &analysis.best {
        lines.push(format!("Best move: {best}."));
    }
    lines.extend(
        analysis
            .lines
            .iter()
            .map(|line| format!("{}: {}", number(line.evaluation), line.moves)),
    );
    lines.push(format!(
        "Position at ply {}: {}",
        analysis.position.ply(),
        analysis.position.fen()
    ));
    lines.push("Evaluations are from White's side, in pawns. Nothing was recorded.".to_owned());
    lines.join("\n")
}

fn number(evaluation: Evaluation) -> String {
    match (evaluation.mate, evaluation.white) {
        (Some(mate), _) => format!(
            "mate in {}, {}",
            mate.abs(),
            if mate > 0 { "White" } else { "Black" }
        ),
        (None, Some(white)) => format!("{white:+.2}"),
        (None, None) => "unknown".to_owned(),
    }
}
