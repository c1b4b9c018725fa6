//! `chess-mcp keys …`

use super::say;
use crate::app;
use crate::config::Config;

pub(crate) async fn list(config: &Config) -> anyhow::Result<()> {
    let store = app::open_store(config)?;
    for (kid, state, created_at) in app::open_keys(config, &store).await?.1.list() {
        say(&format!(
            "{kid}\t{}\tmade {}",
            state.name(),
            created_at.date_time()
        ));
    }
    Ok(())
}
