//! Tools that start, show and change a game.

use std::time::Duration;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::super::input::{
    ActionArgument, AnswerArgument, ColorArgument, FinishArguments, JoinArguments, LineArguments,
    MoveArguments, MoverArgument, NewGameArguments, OpponentArgument, ShowArguments, StatusArguments,
    SyncArguments, UndoArguments, VariantArgument,
};
use super::super::view::{Detail, Purpose, Rendered};
use super::{Call, Fault, Outcome, board_data, board_of_nothing, for_board, halves};
use crate::chess::{Refusal, Variant};
use crate::engine::Level;
use crate::games::{
    Finish, Mover, NewGame, NewOpponent, PlayMove, Shown, SideChoice, Strength, TakeBack, UndoAnswer,
};

/// Longest wait for a change, in seconds; well below what a call may take.
const MOST_WAIT: u8 = 20;

type Arguments = Option<JsonObject>;

impl Call<'_> {
    pub(super) async fn new_game(&self, arguments: Arguments) -> Outcome {
        let request = Value::Object(without_nulls(arguments.clone())).to_string();
        let asked: NewGameArguments = self.read(arguments)?;
        let opponent = opponent_of(&asked)?;
        if asked.ply.is_some() && asked.from_game.is_none() {
            return Err(Refusal::other("`ply` says how much of `from_game` to keep; give both.").into());
        }
        let side = match asked.color {
            None | Some(ColorArgument::White) => SideChoice::White,
            Some(ColorArgument::Black) => SideChoice::Black,
            Some(ColorArgument::Random) => SideChoice::Random,
        };
        let new = NewGame {
            opponent,
            side,
            moves: asked.moves,
            variant: asked.variant.map_or(Variant::Standard, VariantArgument::variant),
            fen: asked.fen,
            from_game: asked.from_game.map(|id| (id, asked.ply)),
            coach: asked.coach,
            request,
        };
        let shown = self.games.start(self.user, new).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn play_move(&self, arguments: Arguments) -> Outcome {
        let asked: MoveArguments = self.read(arguments)?;
        let request = PlayMove {
            game: asked.game_id,
            text: asked.text,
            expected_ply: asked.expected_ply,
            by: match asked.by {
                None | Some(MoverArgument::Person) => Mover::Person,
                Some(MoverArgument::Assistant) => Mover::Assistant,
            },
        };
        let shown = self.games.play(self.user, request).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn play_line(&self, arguments: Arguments) -> Outcome {
        let asked: LineArguments = self.read(arguments)?;
        let shown = self
            .games
            .play_line(self.user, asked.game_id, asked.moves)
            .await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn show(&self, arguments: Arguments) -> Outcome {
        let asked: ShowArguments = self.read(arguments)?;
        let Some(shown) = self.games.show(self.user, asked.game_id).await? else {
            return Ok(for_board(
                halves(&Rendered::empty(self.has_board)),
                board_of_nothing(),
            ));
        };
        let now = shown.stored.game.ply();
        match asked.ply {
            Some(ply) if ply > now => {
                Err(Refusal::other(format!("Game {} has only {now} moves.", shown.stored.id)).into())
            }
            Some(ply) if ply < now => Ok(self.look_back(&shown, ply)),
            _ => Ok(self.game(shown, Purpose::Show)),
        }
    }

    pub(super) async fn status(&self, arguments: Arguments) -> Outcome {
        let asked: StatusArguments = self.read(arguments)?;
        let Some(shown) = self.games.show(self.user, asked.game_id).await? else {
            return Err(Refusal::other("There is no game yet. Start one with chess_new_game.").into());
        };
        Ok(self.game(shown, Purpose::Read))
    }

    pub(super) async fn undo(&self, arguments: Arguments) -> Outcome {
        let asked: UndoArguments = self.read(arguments)?;
        let request = TakeBack {
            game: asked.game_id,
            expected_ply: asked.expected_ply,
            answer: asked.answer.map(|answer| match answer {
                AnswerArgument::Accept => UndoAnswer::Accept,
                AnswerArgument::Decline => UndoAnswer::Decline,
            }),
        };
        let shown = self.games.take_back(self.user, request).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn finish(&self, arguments: Arguments) -> Outcome {
        let asked: FinishArguments = self.read(arguments)?;
        let how = match asked.action {
            ActionArgument::Resign => Finish::Resign,
            ActionArgument::OfferDraw => Finish::OfferDraw,
            ActionArgument::AcceptDraw => Finish::AcceptDraw,
            ActionArgument::DeclineDraw => Finish::DeclineDraw,
            ActionArgument::ClaimDraw => Finish::ClaimDraw,
            ActionArgument::Abort => Finish::Abort,
        };
        let shown = self.games.finish(self.user, asked.game_id, how).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    pub(super) async fn join(&self, arguments: Arguments) -> Outcome {
        let asked: JoinArguments = self.read(arguments)?;
        let shown = self.games.join(self.user, &asked.code).await?;
        Ok(self.game(shown, Purpose::Report))
    }

    /// An earlier position of a game, with nothing to do in it.
    fn look_back(&self, shown: &Shown, ply: usize) -> rmcp::model::CallToolResult {
        let now = shown.stored.game.ply();
        let mut earlier = shown.clone();
        earlier.stored.game.take_back_to(ply);
        earlier.since = ply.saturating_sub(1);
        earlier.stored.coach = false;
        earlier.notes.push(format!(
            "This is the position after ply {ply}; the game stands at ply {now}."
        ));
        let detail = Detail {
            has_board: self.has_board,
            purpose: Purpose::Show,
        };
        let mut rendered = Rendered::of(earlier, detail, self.url);
        rendered.view.look_back_from(&shown.stored);
        for_board(halves(&rendered), board_data(&shown.stored))
    }

    /// What changed in a game, as soon as something did.
    pub(super) async fn board_sync(&self, arguments: Arguments) -> Outcome {
        let asked: SyncArguments = self.read(arguments)?;
        let wait = Duration::from_secs(u64::from(asked.wait_s.unwrap_or_default().min(MOST_WAIT)));
        let shown = self
            .games
            .changed(self.user, asked.game_id, asked.since_revision, wait)
            .await?;
        Ok(self.game(shown, Purpose::Report))
    }
}

fn without_nulls(arguments: Arguments) -> JsonObject {
    let mut object = arguments.unwrap_or_default();
    object.retain(|_, value| !value.is_null());
    object
}

fn opponent_of(asked: &NewGameArguments) -> Result<NewOpponent, Fault> {
    let strength = strength_of(asked)?;
    let opponent = asked.opponent.unwrap_or(OpponentArgument::Engine);
    if asked.days_per_move.is_some() && opponent != OpponentArgument::Friend {
        return Err(Refusal::other("`days_per_move` is for games against a friend; leave it out.").into());
    }
    match opponent {
        OpponentArgument::Engine => Ok(NewOpponent::Engine(strength.unwrap_or(Strength::AsLastTime))),
        _ if strength.is_some() => {
            Err(Refusal::other("Only the engine has a level; leave `level` and `rating` out.").into())
        }
        OpponentArgument::Assistant => Ok(NewOpponent::Assistant),
        OpponentArgument::Nobody => Ok(NewOpponent::Nobody),
        OpponentArgument::Friend => match asked.days_per_move {
            None | Some(1..=14) => Ok(NewOpponent::Friend {
                days_per_move: asked.days_per_move,
            }),
            Some(_) => Err(Refusal::other("`days_per_move` goes from 1 to 14.").into()),
        },
    }
}

fn strength_of(asked: &NewGameArguments) -> Result<Option<Strength>, Fault> {
    match (asked.level, asked.rating) {
        (Some(_), Some(_)) => Err(Refusal::other("Give either `level` or `rating`, not both.").into()),
        (Some(0), None) => Ok(Some(Strength::Adaptive)),
        (Some(number), None) => {
            let level = Level::new(number).ok_or_else(|| {
                Refusal::other(format!(
                    "There is no level {number}; levels go from 1 (first day) to 10 (full strength), and 0 adapts."
                ))
            })?;
            Ok(Some(Strength::Fixed(level)))
        }
        (None, Some(rating)) => Ok(Some(Strength::Fixed(Level::from_rating(rating)))),
        (None, None) => Ok(None),
    }
}
