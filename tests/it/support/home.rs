//! A state directory of its own, the settings that go with it, and the commands run on it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::server::Server;

/// The executable under test. `CHESS_MCP_EXE` names another one: the release build, an installed one.
pub(crate) fn executable() -> PathBuf {
    std::env::var_os("CHESS_MCP_EXE").map_or_else(|| env!("CARGO_BIN_EXE_chess-mcp").into(), PathBuf::from)
}

/// Where a server keeps its state, and what it is told. Removed on drop.
pub(crate) struct Home {
    root: TempDir,
    settings: Vec<(String, String)>,
    starts: AtomicUsize,
}

impl Home {
    /// An empty directory; rate limits are off, because a test is faster than a person.
    pub(crate) fn new() -> Self {
        let root = TempDir::with_prefix("chess-mcp-it-").expect("a temporary directory");
        std::fs::create_dir(root.path().join("work")).expect("a working directory");
        let bare = Self {
            root,
            settings: Vec::new(),
            starts: AtomicUsize::new(0),
        };
        bare.set("TOOL_RATE_LIMIT", "off").set("AUTH_RATE_LIMIT", "off")
    }

    /// The same place with one setting more; a later value replaces an earlier one.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.put(name, value);
        self
    }

    pub(crate) fn put(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.settings.push((name.to_owned(), value.into()));
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.settings.retain(|(known, _)| known != name);
    }

    /// What a setting was set to.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        let mut known = self.settings.iter();
        known
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.root.path().join("state")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.state_dir().join("chess-mcp.db")
    }

    /// Size of the database with its log, in bytes.
    pub(crate) fn database_size(&self) -> u64 {
        let files = ["chess-mcp.db", "chess-mcp.db-wal"].map(|name| self.state_dir().join(name));
        files
            .iter()
            .filter_map(|file| file.metadata().ok())
            .map(|file| file.len())
            .sum()
    }

    /// The working directory of every command; a `.env` put here is read.
    pub(crate) fn work_dir(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// A path beside the state, for backups and the like.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The executable with these arguments, this place and an otherwise empty environment.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(executable());
        command
            .args(args)
            .env_clear()
            .current_dir(self.work_dir())
            .kill_on_drop(true);
        command
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root.path())
            .env("STATE_DIR", self.state_dir());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "").await
    }

    /// Runs a command to its end with this on its standard input.
    pub(crate) async fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the executable starts");
        let mut pipe = child.stdin.take().expect("standard input was piped");
        // A command that reads nothing may be gone already; its exit code is what counts.
        let _ = pipe.write_all(stdin.as_bytes()).await;
        drop(pipe);
        let output = tokio::time::timeout(super::PATIENCE, child.wait_with_output()).await;
        let output = output.unwrap_or_else(|_| panic!("`{}` did not end", args.join(" ")));
        Ran::from(output.expect("the command was waited for"))
    }

    /// Starts `serve` on a free port and waits until it says that it listens.
    pub(crate) async fn serve(self) -> Server {
        Server::on(self).await
    }

    /// Fresh files for the standard output and error of the next start.
    pub(super) fn next_logs(&self) -> (PathBuf, PathBuf) {
        let number = self.starts.fetch_add(1, Ordering::Relaxed);
        let name = |kind: &str| self.root.path().join(format!("serve-{number}.{kind}"));
        (name("out"), name("err"))
    }

    /// All that any start of `serve` has written to standard output and error.
    pub(crate) fn everything_written(&self) -> String {
        let starts = self.starts.load(Ordering::Relaxed);
        let files = (0..starts).flat_map(|n| ["out", "err"].map(|kind| format!("serve-{n}.{kind}")));
        files.map(|name| read(&self.root.path().join(name))).collect()
    }
}

/// What is in a text file by now; nothing if it is not there.
pub(super) fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("commands speak UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ran {
    /// The standard output of a command that succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(
            self.code,
            Some(0),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self.stdout
    }

    /// The standard error of a command that failed as an operator may meet it: code 1 and a sentence,
    /// neither a panic nor a back trace.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!(
            self.code,
            Some(1),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.trim().is_empty(), "a failure says why");
        assert!(
            !self.stderr.contains("panicked") && !self.stderr.contains("RUST_BACKTRACE"),
            "{}",
            self.stderr
        );
        self.stderr
    }

    /// The standard error of a command that was called wrongly.
    #[track_caller]
    pub(crate) fn wrong_usage(self) -> String {
        assert_eq!(
            self.code,
            Some(2),
            "stdout: {}\nstderr: {}",
            self.stdout,
            self.stderr
        );
        self.stderr
    }
}
