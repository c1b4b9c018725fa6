//! How a game ends other than by a move: given up, called off, lost on time, drawn.

use shakmaty::{Color, Position};

use super::super::outcome::{Ending, Reason, Score};
use super::super::refusal::Refusal;
use super::super::wording::color_name;
use super::Game;

impl Game {
    /// `by` gives up.
    pub fn resign(&mut self, by: Color) -> Result<(), Refusal> {
        self.require_ongoing()?;
        self.end(Ending::win(by.other(), Reason::Resignation));
        Ok(())
    }

    /// `by` has run out of time: a loss, unless the other side could never mate (FIDE Laws 6.9).
    pub fn lose_on_time(&mut self, by: Color) -> Result<(), Refusal> {
        self.require_ongoing()?;
        let ending = if self.position().has_insufficient_material(by.other()) {
            Ending::draw(Reason::Timeout)
        } else {
            Ending::win(by.other(), Reason::Timeout)
        };
        self.end(ending);
        Ok(())
    }

    /// Calls the game off, which is possible until both sides have moved.
    pub fn abort(&mut self) -> Result<(), Refusal> {
        self.require_ongoing()?;
        if self.ply() >= 2 {
            return Err(Refusal::other(
                "Both sides have moved, so the game can no longer be called off; it can be resigned.",
            ));
        }
        self.call_off()
    }

    /// Calls the game off, whoever has moved: nobody has sat down on the other side.
    pub fn call_off(&mut self) -> Result<(), Refusal> {
        self.require_ongoing()?;
        self.end(Ending {
            score: Score::None,
            reason: Reason::Aborted,
        });
        Ok(())
    }

    /// `by` offers a draw. It stands until it is answered or the other side moves.
    pub fn offer_draw(&mut self, by: Color) -> Result<(), Refusal> {
        self.require_ongoing()?;
        if self.draw_offer == Some(by.other()) {
            return self.accept_draw(by);
        }
        self.draw_offer = Some(by);
        Ok(())
    }

    /// `by` takes the offered draw.
    pub fn accept_draw(&mut self, by: Color) -> Result<(), Refusal> {
        self.require_offer_to(by)?;
        self.end(Ending::draw(Reason::Agreement));
        Ok(())
    }

    /// `by` turns the offered draw down.
    pub fn decline_draw(&mut self, by: Color) -> Result<(), Refusal> {
        self.require_offer_to(by)?;
        self.draw_offer = None;
        Ok(())
    }

    /// The player to move claims a draw by repetition or the fifty-move rule.
    pub fn claim_draw(&mut self) -> Result<(), Refusal> {
        self.require_ongoing()?;
        let Some(claim) = self.claim() else {
            return Err(Refusal::Other(format!(
                "There is no draw to claim: this position has occurred {} of 3 times, and {} of 50 moves have \
                 passed without a capture or a pawn move.",
                self.occurrences(),
                self.position().halfmoves() / 2
            )));
        };
        self.end(Ending::draw(claim.reason()));
        Ok(())
    }

    /// Ends the game as it is known to have ended. What the rules ended stays as it is.
    pub(in crate::chess) fn conclude(&mut self, ending: Ending) {
        if self.is_ongoing() {
            self.end(ending);
        }
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.draw_offer = None;
    }

    fn require_offer_to(&self, by: Color) -> Result<(), Refusal> {
        self.require_ongoing()?;
        if self.draw_offer == Some(by.other()) {
            return Ok(());
        }
        Err(Refusal::Other(format!(
            "{} has not offered a draw.",
            color_name(by.other())
        )))
    }
}
