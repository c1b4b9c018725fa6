//! `chess-mcp doctor`: looks for what is wrong and says how to mend it. Changes nothing, and runs with
//! settings that are wrong too.
//!
//! Each part is looked at by itself, so that one fault does not hide the next; what depends on a part that
//! is broken is skipped and says so.

mod providers;
mod reach;
mod state;

use std::borrow::Cow;

use anyhow::bail;
use serde::Serialize;

use super::say;
use crate::config::{Config, Fault};
use crate::engine::{self, EngineOptions, Engines};

/// How it stands with one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Problem,
    /// Nothing can be said, or there is nothing to say.
    Skipped,
}

/// What was found about one part.
#[derive(Debug, Serialize)]
struct Check {
    #[serde(rename = "check")]
    part: Cow<'static, str>,
    state: State,
    detail: String,
    remedy: Option<String>,
}

impl Check {
    fn ok(part: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            state: State::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn problem(
        part: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            part: part.into(),
            state: State::Problem,
            detail: detail.into(),
            remedy: Some(remedy.into()),
        }
    }

    fn skipped(part: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self {
            part: part.into(),
            state: State::Skipped,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn line(&self) -> String {
        let state = match self.state {
            State::Ok => "ok",
            State::Problem => "problem",
            State::Skipped => "skipped",
        };
        let remedy = self.remedy.as_ref();
        let remedy = remedy.map_or(String::new(), |remedy| format!(" - remedy: {remedy}"));
        format!("{state:<8} {:<12} {}{remedy}", self.part, self.detail)
    }
}

pub(crate) async fn run(config: &Config, faults: &[Fault], json: bool) -> anyhow::Result<()> {
    let mut checks = settings(faults);
    let broken = |names: &[&str]| faults.iter().any(|fault| names.contains(&&*fault.name));
    checks.extend(state::look(config, &broken));
    checks.push(engine(config, &broken).await);
    let (public_url, reach) = reach::look(config, &broken).await;
    checks.extend(reach);
    checks.extend(providers::look(config, public_url.as_ref()).await);
    if json {
        say(&serde_json::to_string_pretty(&checks)?);
    } else {
        for check in &checks {
            say(&check.line());
        }
    }
    match checks
        .iter()
        .filter(|check| check.state == State::Problem)
        .count()
    {
        0 => Ok(()),
        1 => bail!("one problem was found"),
        problems => bail!("{problems} problems were found"),
    }
}

/// Each setting that is wrong is a check of its own.
fn settings(faults: &[Fault]) -> Vec<Check> {
    if faults.is_empty() {
        return vec![Check::ok("settings", "every setting is valid")];
    }
    faults
        .iter()
        .map(|fault| {
            let remedy = format!(
                "correct {}; `chess-mcp check-config` says when it is right",
                fault.name
            );
            Check::problem("settings", fault.to_string(), remedy)
        })
        .collect()
}

async fn engine(config: &Config, broken: &impl Fn(&[&str]) -> bool) -> Check {
    const NAME: &str = "engine";
    if broken(&["STOCKFISH_PATH"]) {
        return Check::skipped(NAME, "STOCKFISH_PATH is wrong");
    }
    let own = match engine::own_executable() {
        Ok(own) => own,
        Err(error) => {
            let remedy = "start chess-mcp from a file that stays where it is";
            return Check::problem(
                NAME,
                format!("this program's own file is not found: {error}"),
                remedy,
            );
        }
    };
    let external = config.stockfish_path.clone().or_else(engine::find_external);
    let engines = Engines::new(EngineOptions {
        own,
        external,
        processes: 1,
        hash_mb: config.engine_hash_mb,
    });
    let probe = engines.probe().await;
    engines.shutdown().await;
    match (probe, &config.stockfish_path) {
        (Ok(name), Some(asked)) if !name.contains(&*asked.to_string_lossy()) => Check::problem(
            NAME,
            format!(
                "{} does not answer as a UCI engine; {name} plays instead",
                asked.display()
            ),
            "correct STOCKFISH_PATH, or leave it out",
        ),
        (Ok(name), _) => Check::ok(NAME, format!("{name} answers")),
        (Err(error), _) => Check::problem(
            NAME,
            error.to_string(),
            "allow this user to start processes and give them memory; ENGINE_HASH_MB sets how much",
        ),
    }
}
