//! What a stronger engine says about a move that a review called a blunder.

use std::time::Duration;

use anyhow::{Context as _, Result};
use chess_mcp::chess::{
    Assessment, Color, Evaluated, Game, Judgement, ReviewedMove, Start, Variant, fen_of, review,
};
use chess_mcp::clock::Timestamp;
use chess_mcp::engine::{EngineOptions, Engines, Line, Score};
use chess_mcp::id::UserId;

/// An engine with more time than the review had.
pub(crate) struct SecondOpinion {
    pub(crate) engines: Engines,
    think: Duration,
}

impl SecondOpinion {
    pub(crate) fn new(options: EngineOptions, think: Duration) -> Self {
        Self {
            engines: Engines::new(options),
            think,
        }
    }

    /// Looks back on the move of this ply alone.
    pub(crate) async fn on(&self, game: &Game, ply: usize) -> Result<ReviewedMove> {
        let position = game.position_at(ply).context("the move was played")?;
        let start = Start::from_fen(&fen_of(position), Variant::Standard)?;
        let mut alone = Game::new(&start);
        alone.play(*game.moves().get(ply).context("the move was played")?)?;
        let evaluated = [self.judge(game, ply).await?, self.judge(game, ply + 1).await?];
        let reviewed = review(&alone, &evaluated).moves.into_iter().next();
        reviewed.context("a move that was evaluated is looked back on")
    }

    async fn judge(&self, game: &Game, ply: usize) -> Result<Evaluated> {
        if let Some(assessment) = game.position_at(ply).and_then(Assessment::of_end) {
            let line = Vec::new();
            return Ok(Evaluated { assessment, line });
        }
        let mut before = game.clone();
        before.take_back_to(ply);
        let (start, moves) = before.line();
        let line = Line {
            start,
            moves,
            chess960: false,
        };
        let person = UserId::new(Timestamp::default(), [0; 10]);
        let found = self.engines.evaluate(person, &line, 1, self.think).await?;
        let best = found.into_iter().next().context("an engine says something")?;
        Ok(Evaluated {
            assessment: assessment(best.score, before.turn()),
            line: best.moves,
        })
    }
}

fn assessment(score: Score, turn: Color) -> Assessment {
    match score {
        Score::Centipawns(centipawns) => Assessment::centipawns_for(turn, centipawns),
        Score::Mate(moves) => Assessment::mate_for(turn, moves),
    }
}

/// A blunder is confirmed where the move is at least a mistake, which is one step less.
pub(crate) fn confirms(opinion: &ReviewedMove) -> bool {
    let judgement = opinion.slip.as_ref().map(|slip| slip.judgement);
    judgement.is_some_and(|judgement| judgement >= Judgement::Mistake)
}
