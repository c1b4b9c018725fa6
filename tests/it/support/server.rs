//! `serve` as a child process: started on a free port, read, restarted, killed by its own pid only.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use reqwest::header::{HOST, HeaderMap};
use tokio::process::Child;

use super::home::{Home, Ran, read};
use super::{PATIENCE, until};

/// A running server. Dropping it kills it; a panicking test prints what it said.
pub(crate) struct Server {
    home: Home,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    address: String,
    origin: String,
    http: reqwest::Client,
}

/// A client that follows nothing by itself and knows no proxy.
pub(crate) fn http_client() -> reqwest::Client {
    client_with(HeaderMap::new())
}

/// The same for a server behind a tunnel, which hands on the public host.
fn tunnel_client(origin: &str) -> reqwest::Client {
    let mut headers = HeaderMap::new();
    if let Some(host) = origin.strip_prefix("https://") {
        headers.insert(HOST, host.parse().expect("a host is a header value"));
    }
    client_with(headers)
}

#[expect(clippy::disallowed_methods, reason = "the other side, not the server")]
fn client_with(headers: HeaderMap) -> reqwest::Client {
    // All is plain HTTP on loopback; reading the certificates of the system takes a test longer than its calls.
    let client = reqwest::Client::builder()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_only([])
        .no_proxy();
    client
        .timeout(PATIENCE)
        .build()
        .expect("a client without TLS always builds")
}

/// `serve` as it was started, perhaps not listening yet.
pub(crate) struct Starting {
    pub(crate) child: Child,
    pub(crate) stdout: PathBuf,
    pub(crate) stderr: PathBuf,
}

/// Starts `serve` on a free port without waiting for it.
pub(crate) fn spawn(home: &Home) -> Starting {
    let (stdout, stderr) = home.next_logs();
    let mut command = home.command(&["serve", "--bind", "127.0.0.1:0"]);
    command.stdin(Stdio::null());
    command.stdout(File::create(&stdout).expect("a file for standard output"));
    command.stderr(File::create(&stderr).expect("a file for standard error"));
    Starting {
        child: command.spawn().expect("the executable starts"),
        stdout,
        stderr,
    }
}

impl Starting {
    /// The address behind `listening on http://`, as soon as that line is whole.
    pub(crate) async fn address(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let printed = read(&self.stdout);
            let mut lines = printed.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some(address) = lines.find_map(|line| line.trim_end().strip_prefix("listening on http://"))
            {
                return address.to_owned();
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("`serve` ended with {status}: {}", read(&self.stderr));
            }
            assert!(
                Instant::now() < deadline,
                "`serve` does not listen: {printed}{}",
                read(&self.stderr)
            );
            tokio::time::sleep(super::GLANCE).await;
        }
    }
}

impl Server {
    /// A server with default settings in a directory of its own.
    pub(crate) async fn start() -> Self {
        Home::new().serve().await
    }

    pub(super) async fn on(home: Home) -> Self {
        let mut starting = spawn(&home);
        let address = starting.address().await;
        let Starting {
            child,
            stdout,
            stderr,
        } = starting;
        let origin = home
            .setting("PUBLIC_URL")
            .filter(|url| url.starts_with("https://"))
            .map_or_else(|| format!("http://{address}"), str::to_owned);
        Self {
            home,
            child,
            stdout,
            stderr,
            address,
            http: tunnel_client(&origin),
            origin,
        }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// `127.0.0.1:PORT`, where it listens now.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The public URL, issuer of all tokens: an https one if it was set, else that of the first start, also after
    /// a restart.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The resource: what a person pastes.
    pub(crate) fn resource(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    /// Where a path answers now.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// An address of ours as a document or a `Location` names it, turned to where we listen now.
    pub(crate) fn reach(&self, public: &str) -> String {
        public
            .strip_prefix(self.origin.as_str())
            .map_or_else(|| public.to_owned(), |path| self.url(path))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("the server runs")
    }

    pub(crate) fn stdout(&self) -> String {
        read(&self.stdout)
    }

    pub(crate) fn stderr(&self) -> String {
        read(&self.stderr)
    }

    /// A command beside the running server, on its database.
    pub(crate) async fn cli(&self, args: &[&str]) -> Ran {
        self.home.run(args).await
    }

    /// Kills it as a power cut would, and starts it again on its state under the same public URL.
    pub(crate) async fn crash_and_restart(mut self) -> Self {
        self.kill().await;
        self.start_again().await
    }

    /// SIGKILL, and wait until it is gone.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("the server was running");
    }

    /// Starts it again after its process ended. Tokens stay good: the public URL is kept.
    pub(crate) async fn start_again(mut self) -> Self {
        let origin = self.origin.clone();
        self.home.put("PUBLIC_URL", origin);
        let mut starting = spawn(&self.home);
        self.address = starting.address().await;
        self.child = starting.child;
        self.stdout = starting.stdout;
        self.stderr = starting.stderr;
        self.http = tunnel_client(&self.origin);
        self
    }

    /// Sends SIGTERM, without waiting.
    pub(crate) async fn terminate(&self) {
        signal(self.pid(), "TERM").await;
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let waited = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        waited
            .expect("the server ends in time")
            .expect("the server was waited for")
    }

    /// Waits until the log holds this.
    pub(crate) async fn logged(&self, needle: &str) {
        until(&format!("the log holds {needle:?}"), async || {
            self.stderr().contains(needle)
        })
        .await;
    }

    /// Processes that the server has started, by their command line.
    pub(crate) fn children(&self) -> Vec<(u32, String)> {
        let Ok(listing) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pids = listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| parent(*pid) == Some(self.pid()))
            .map(|pid| (pid, command_line(pid)))
            .collect()
    }

    /// Resident memory of the process itself, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = read(Path::new(&format!("/proc/{}/status", self.pid())));
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("the kernel tells the size of a process") * 1024
    }

    /// Processor time that its children have used, in ticks of the kernel.
    pub(crate) fn work_of_children(&self) -> u64 {
        let pids = self.children().into_iter().map(|(pid, _)| pid);
        pids.filter_map(work).sum()
    }
}

/// Sends a signal to one process.
pub(crate) async fn signal(pid: u32, name: &str) {
    let script = format!("kill -{name} {pid}");
    let status = tokio::process::Command::new("/bin/sh")
        .args(["-c", &script])
        .status()
        .await;
    assert!(status.expect("a shell").success(), "{script}");
}

fn parent(pid: u32) -> Option<u32> {
    let stat = read(Path::new(&format!("/proc/{pid}/stat")));
    // The command's name stands in parentheses and may hold anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn work(pid: u32) -> Option<u64> {
    let stat = read(Path::new(&format!("/proc/{pid}/stat")));
    stat.rsplit_once(')')?.1.split_whitespace().nth(11)?.parse().ok()
}

fn command_line(pid: u32) -> String {
    read(Path::new(&format!("/proc/{pid}/cmdline")))
        .replace('\0', " ")
        .trim()
        .to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.stderr();
            let tail = log.char_indices().rev().nth(6000).map_or(0, |(at, _)| at);
            eprintln!("--- the server said ---\n{}{}", self.stdout(), &log[tail..]);
        }
    }
}
