//! Servers as child processes: started on a free port, watched through `/proc`, killed by their own pid.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// The public URL of the measured server. Tokens name it; nothing ever connects to it.
pub const PUBLIC_URL: &str = "http://127.0.0.1:8000";

/// The password of everybody.
pub const PASSWORD: &str = "correct horse battery staple";

/// What `/proc` counts time in, on every architecture that Linux runs Rust on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A state directory of its own for the measured server.
pub struct Home {
    directory: TempDir,
    executable: PathBuf,
    settings: Vec<(&'static str, String)>,
}

impl Home {
    pub fn new(executable: &Path) -> Result<Self> {
        let directory = TempDir::with_prefix("chess-mcp-bench-")?;
        let executable = executable
            .canonicalize()
            .with_context(|| executable.display().to_string())?;
        let settings = vec![
            ("TOOL_RATE_LIMIT", "off".to_owned()),
            ("AUTH_RATE_LIMIT", "off".to_owned()),
        ];
        Ok(Self {
            directory,
            executable,
            settings,
        })
    }

    /// The same place with this setting; `None` leaves the server its default. Rate limits are off otherwise.
    #[must_use]
    pub fn set(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        let state = self.directory.path().join("state");
        command
            .args(args)
            .env_clear()
            .current_dir(self.directory.path())
            .kill_on_drop(true);
        command
            .env("PATH", "/usr/bin:/bin")
            .env("STATE_DIR", state)
            .env("PUBLIC_URL", PUBLIC_URL);
        command.env("LOG_FORMAT", "json").env("RUST_LOG", "warn");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts the server and waits until it listens.
    pub async fn serve(&self) -> Result<Server> {
        Server::start(self.command(&["serve", "--bind", "127.0.0.1:0"])).await
    }

    /// Makes accounts and gives each an access token.
    pub async fn people(&self, count: usize) -> Result<Vec<Person>> {
        let mut people = Vec::with_capacity(count);
        for number in 0..count {
            let name = format!("person{number}");
            self.run(&["users", "add", &name, "--password-stdin"], PASSWORD)
                .await?;
            let token = self.run(&["token", "--user", &name, "--ttl", "7200"], "").await?;
            people.push(Person {
                name,
                token: token.trim().to_owned(),
            });
        }
        Ok(people)
    }

    /// Runs a command beside the server and returns what it printed.
    pub async fn run(&self, args: &[&str], stdin: &str) -> Result<String> {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(stdin.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        anyhow::ensure!(output.status.success(), "`{}` failed", args.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Somebody with an account and an access token.
pub struct Person {
    pub name: String,
    pub token: String,
}

/// A running server.
pub struct Server {
    child: Child,
    pub address: String,
    /// When the process was started.
    pub began: Instant,
}

impl Server {
    /// Starts the bare server.
    pub async fn bare(executable: &Path) -> Result<Self> {
        let mut command = Command::new(executable);
        command.kill_on_drop(true);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Result<Self> {
        let began = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("standard output was piped")?;
        let mut lines = BufReader::new(stdout).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = line.strip_prefix("listening on http://") {
                let address = address.to_owned();
                // What it says later must find a reader.
                tokio::task::spawn_local(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self {
                    child,
                    address,
                    began,
                });
            }
        }
        anyhow::bail!("a server ended before it listened: {:?}", child.wait().await?)
    }

    fn proc(&self, file: &str) -> Result<String> {
        let pid = self.child.id().context("a server is gone")?;
        Ok(std::fs::read_to_string(format!("/proc/{pid}/{file}"))?)
    }

    /// User and system time that the process itself has used so far.
    pub fn cpu(&self) -> Result<Duration> {
        cpu_in(&self.proc("stat")?)
    }

    /// Resident memory in MB (2^20 bytes).
    pub fn resident(&self) -> Result<f64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kib.context("the kernel tells the size of a process")? / 1024.0)
    }

    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// User and system time that this program has used so far.
pub fn own_cpu() -> Result<Duration> {
    cpu_in(&std::fs::read_to_string("/proc/self/stat")?)
}

fn cpu_in(stat: &str) -> Result<Duration> {
    // The name stands in parentheses and may hold anything.
    let fields = stat
        .rsplit_once(')')
        .map_or("", |(_, fields)| fields)
        .split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .map(|ticks| Ok(ticks.parse::<u32>()?))
        .sum::<Result<u32>>()?;
    Ok(Duration::from_secs_f64(f64::from(ticks) / TICKS_PER_SECOND))
}
