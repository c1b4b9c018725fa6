//! What the engine thinks of a position, in words and lines; recorded nowhere.

use std::time::Duration;

use super::{BEYOND_ENGINES, Games, Result, choice, fair_play, line_of};
use crate::chess::{
    Color, Game, Refusal, Score as Outcome, Start, Variant, color_name, movetext_tokens, numbered,
};
use crate::engine::{EngineError, Score, Variation};
use crate::id::{GameId, UserId};
use crate::store::Tx;

/// A position to be judged.
#[derive(Debug, Clone)]
pub struct Analyze {
    /// Which game or position.
    pub subject: Subject,
    /// After how many moves of it; without one, its end.
    pub ply: Option<usize>,
    /// Moves tried from there.
    pub moves: Option<String>,
    /// How many lines, best first.
    pub lines: usize,
    /// How long to think.
    pub think: Duration,
}

/// What is to be judged.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A game of the person's; without a name the one changed last.
    Game(Option<GameId>),
    /// A position.
    Fen(String),
}

/// A judgement, from White's side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluation {
    /// In pawns; none where somebody mates.
    pub white: Option<f64>,
    /// Moves until mate, negative when Black mates.
    pub mate: Option<i32>,
}

/// One way the game may go on.
#[derive(Debug, Clone)]
pub struct AnalysisLine {
    /// Numbered SAN.
    pub moves: String,
    /// What comes of it.
    pub evaluation: Evaluation,
}

/// What was found out about a position.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// The game it was taken from.
    pub game: Option<GameId>,
    /// The position, with its past.
    pub position: Game,
    /// The judgement; of a game that is over, its result.
    pub evaluation: Evaluation,
    /// The best move in SAN; none when the game is over.
    pub best: Option<String>,
    /// The lines, best first.
    pub lines: Vec<AnalysisLine>,
    /// What was changed in what was typed.
    pub notes: Vec<String>,
}

/// How much of a line is of use to a reader.
const LINE_PLIES: usize = 10;

impl Games {
    /// Judges a position.
    pub async fn analyze(&self, user: UserId, request: Analyze) -> Result<Analysis> {
        let (lines, think) = (request.lines, request.think);
        let (game, position, notes) = self.position_of(user, request).await?;
        if let Some(ending) = position.ending() {
            let evaluation = Evaluation::of_ending(ending.score);
            return Ok(Analysis {
                game,
                position,
                evaluation,
                best: None,
                lines: Vec::new(),
                notes,
            });
        }
        let found = match self
            .0
            .engines
            .evaluate(user, &line_of(&position), lines, think)
            .await
        {
            Ok(found) => found,
            Err(EngineError::BadLine) => {
                return Err(Refusal::other(BEYOND_ENGINES).into());
            }
            Err(error) => {
                tracing::warn!(%error, "no analysis");
                return Err(Refusal::other("No engine can be asked just now; try again in a moment.").into());
            }
        };
        let lines: Vec<AnalysisLine> = found.iter().map(|variation| line(&position, variation)).collect();
        let Some(evaluation) = lines.first().map(|line| line.evaluation) else {
            return Err(
                Refusal::other("The engine found nothing to say; try again with more seconds.").into(),
            );
        };
        let best = found
            .first()
            .and_then(|variation| first_san(&position, variation));
        Ok(Analysis {
            game,
            position,
            evaluation,
            best,
            lines,
            notes,
        })
    }

    async fn position_of(
        &self,
        user: UserId,
        request: Analyze,
    ) -> Result<(Option<GameId>, Game, Vec<String>)> {
        let (id, mut game, notes) = match request.subject {
            Subject::Fen(fen) => {
                let start = Start::from_fen(&fen, Variant::Standard)?;
                (None, Game::new(&start), start.notes().to_vec())
            }
            Subject::Game(id) => {
                let stored = self.0.store.read(move |tx| choice::to_read(tx, user, id)).await?;
                let Some(stored) = stored else {
                    return Err(Refusal::other("There is no game yet; give a `fen`, or start one.").into());
                };
                fair_play::check_game(&stored)?;
                (Some(stored.id), stored.game, Vec::new())
            }
        };
        if let Some(ply) = request.ply {
            if ply > game.ply() {
                return Err(Refusal::Other(format!("The game goes only to ply {}.", game.ply())).into());
            }
            game.take_back_to(ply);
        } else if request.moves.is_some() {
            // What is tried goes on after a resignation too.
            game.take_back_to(game.ply());
        }
        let base = game.ply();
        for text in movetext_tokens(request.moves.as_deref().unwrap_or_default())? {
            let m = game.read(&text)?;
            game.play(m)?;
        }
        let asked = game.clone();
        let fair = move |tx: &mut dyn Tx| fair_play::check_position(tx, user, &asked, base);
        self.0.store.read(fair).await?;
        Ok((id, game, notes))
    }
}

fn line(position: &Game, variation: &Variation) -> AnalysisLine {
    let mut game = position.clone();
    let from = game.ply();
    for uci in variation.moves.iter().take(LINE_PLIES) {
        if game.play_uci(uci).is_err() {
            break;
        }
    }
    let evaluation = Evaluation::for_white(variation.score, position.turn());
    AnalysisLine {
        moves: numbered(&game, from, game.ply()),
        evaluation,
    }
}

fn first_san(position: &Game, variation: &Variation) -> Option<String> {
    let mut game = position.clone();
    game.play_uci(variation.moves.first()?).ok()?;
    game.san(position.ply())
}

impl Evaluation {
    fn for_white(score: Score, turn: Color) -> Self {
        let sign = turn.fold_wb(1, -1);
        match score {
            Score::Centipawns(value) => Self {
                white: Some(f64::from(value * sign) / 100.0),
                mate: None,
            },
            Score::Mate(moves) => Self {
                white: None,
                mate: Some(moves * sign),
            },
        }
    }

    fn of_ending(score: Outcome) -> Self {
        match score.winner() {
            Some(_) => Self {
                white: None,
                mate: Some(0),
            },
            None => Self {
                white: Some(0.0),
                mate: None,
            },
        }
    }

    /// The judgement in words.
    pub fn words(&self) -> String {
        if let Some(mate) = self.mate {
            let side = if mate > 0 { Color::White } else { Color::Black };
            return match mate {
                0 => "the game is over".to_owned(),
                1 | -1 => format!("{} mates in one move", color_name(side)),
                moves => format!("{} mates in {} moves", color_name(side), moves.abs()),
            };
        }
        let white = self.white.unwrap_or_default();
        let side = color_name(if white < 0.0 { Color::Black } else { Color::White });
        let lead = white.abs();
        if lead < 0.3 {
            "about equal".to_owned()
        } else if lead < 1.0 {
            format!("{side} is slightly better")
        } else if lead < 2.5 {
            format!("{side} is clearly better")
        } else {
            format!("{side} is winning")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_are_given_from_white_s_side() {
        for (score, turn, white, mate, words) in [
            (
                Score::Centipawns(120),
                Color::White,
                Some(1.2),
                None,
                "White is clearly better",
            ),
            (
                Score::Centipawns(120),
                Color::Black,
                Some(-1.2),
                None,
                "Black is clearly better",
            ),
            (
                Score::Centipawns(-10),
                Color::Black,
                Some(0.1),
                None,
                "about equal",
            ),
            (
                Score::Centipawns(-50),
                Color::White,
                Some(-0.5),
                None,
                "Black is slightly better",
            ),
            (
                Score::Centipawns(900),
                Color::White,
                Some(9.0),
                None,
                "White is winning",
            ),
            (
                Score::Mate(2),
                Color::Black,
                None,
                Some(-2),
                "Black mates in 2 moves",
            ),
            (
                Score::Mate(-1),
                Color::Black,
                None,
                Some(1),
                "White mates in one move",
            ),
        ] {
            let evaluation = Evaluation::for_white(score, turn);
            assert_eq!(evaluation, Evaluation { white, mate });
            assert_eq!(evaluation.words(), words);
        }
    }
}
