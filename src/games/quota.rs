//! How many games a person may keep.

use super::Result;
use crate::chess::Refusal;
use crate::id::UserId;
use crate::store::GameRows;

/// Whether the person may keep `more` games; asked in the unit that adds them.
pub(super) fn check(rows: &mut dyn GameRows, user: UserId, more: u32, quota: u32) -> Result<()> {
    let kept = rows.count_games(user)?;
    if kept.saturating_add(more) <= quota {
        return Ok(());
    }
    Err(Refusal::Other(format!(
        "The person keeps {kept} games, and this server keeps {quota} of each at most. They can delete some on their \
         page /account of this server, then it goes on."
    ))
    .into())
}
