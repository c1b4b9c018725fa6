//! A child process that speaks UCI. Whoever drops it kills it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::conversation::Conversation;
use super::embedded;
use super::error::EngineError;
use super::search::{Found, Memory, Search};

/// Loading a large network from a slow disk takes a second or two.
const START_LIMIT: Duration = Duration::from_secs(8);

/// What an engine may know of our environment: where libraries and programs are, none of our secrets.
const PASSED_ON: [&str; 5] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "TMPDIR"];

/// Which of our two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Embedded,
    External,
}

/// How to start one.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) kind: Kind,
    pub(super) path: PathBuf,
    pub(super) hash_mb: u32,
}

#[derive(Debug)]
pub(super) struct Process {
    kind: Kind,
    child: Child,
    conversation: Conversation<BufReader<ChildStdout>, ChildStdin>,
}

impl Process {
    pub(super) async fn start(program: &Program) -> Result<Self, EngineError> {
        let cannot = |fault: &str| EngineError::Unavailable(format!("{}: {fault}", program.path.display()));
        let mut child = command(program)
            .spawn()
            .map_err(|fault| cannot(&fault.to_string()))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(cannot("no pipes"));
        };
        let greeting = Conversation::begin(BufReader::new(output), input, program.hash_mb);
        let conversation = match timeout(START_LIMIT, greeting).await {
            Ok(begun) => begun.map_err(|fault| cannot(&fault.to_string()))?,
            Err(_) => return Err(cannot("it does not answer `uci`")),
        };
        Ok(Self {
            kind: program.kind,
            child,
            conversation,
        })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What the engine calls itself.
    pub(super) fn name(&self) -> &str {
        self.conversation.name()
    }

    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) fn remembers(&self, memory: &Memory) -> bool {
        self.conversation.remembers(memory)
    }

    /// Not cancel-safe: whoever stops waiting drops the process.
    pub(super) async fn search(&mut self, search: &Search) -> Result<Found, EngineError> {
        self.conversation.search(search).await
    }
}

fn command(program: &Program) -> Command {
    let mut command = Command::new(&program.path);
    if program.kind == Kind::Embedded {
        command.arg(embedded::ARGUMENT);
        #[cfg(unix)]
        command.arg0("chess-mcp");
    }
    // A Ctrl-C in the terminal is for the server, which ends its engines when its requests are answered.
    #[cfg(unix)]
    command.process_group(0);
    command
        .env_clear()
        .envs(
            PASSED_ON
                .iter()
                .filter_map(|name| Some((name, std::env::var_os(name)?))),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}
