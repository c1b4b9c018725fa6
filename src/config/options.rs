//! The settings as they are given: flag, environment or `.env`, all of them text.
//!
//! # Design
//!
//! They stand on one page rather than with the modules they set: the domain
//! then needs no command-line parser, and what an operator can turn is seen at a glance. Everything is text
//! here, so that [`super::Config`] can report every fault at once. Secrets are read from the environment
//! alone: a flag would show them to everybody who lists processes.

use clap::Args;

use crate::secret::Secret;

/// Shown under the flags of `--help`.
pub const SECRETS_HELP: &str = "\
Secrets, from the environment or .env alone; NAME_FILE names a file that holds one:
  MASTER_KEY          Seals what is kept: 32 bytes in base64; ENCRYPTION_KEY is read too;
                      default: made in STATE_DIR at the first start
                      [env: MASTER_KEY] [env: MASTER_KEY_FILE]
  OWNER_PASSWORD      Of the account `owner`, read when it is made at the first start;
                      default: a strong one, printed once
                      [env: OWNER_PASSWORD] [env: OWNER_PASSWORD_FILE]
  REGISTRATION_TOKEN  What clients present to register when REGISTRATION=token
                      [env: REGISTRATION_TOKEN] [env: REGISTRATION_TOKEN_FILE]";

/// Every setting that is not a secret.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct Options {
    /// Where to listen
    #[arg(
        long = "bind",
        env = "BIND_ADDR",
        value_name = "ADDR",
        global = true,
        hide_env_values = true
    )]
    pub bind_addr: Option<String>,
    /// The origin at which people reach the server, for example https://chess.example.org; auto: ask the tunnel on this machine, ngrok or Tailscale; default: where it listens
    #[arg(
        long,
        env = "PUBLIC_URL",
        value_name = "URL",
        global = true,
        hide_env_values = true
    )]
    pub public_url: Option<String>,
    /// Where database and master key are kept
    #[arg(
        long,
        env = "STATE_DIR",
        value_name = "DIR",
        global = true,
        hide_env_values = true
    )]
    pub state_dir: Option<String>,
    /// The database; default: sqlite:STATE_DIR/chess-mcp.db
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        global = true,
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// Whether people sign in with local accounts: auto, on, off; auto: while no provider is set up
    #[arg(
        long,
        env = "LOCAL_SIGN_IN",
        value_name = "WHEN",
        global = true,
        hide_env_values = true
    )]
    pub local_sign_in: Option<String>,
    /// Whether strangers may make local accounts: closed, open [default: closed]
    #[arg(
        long,
        env = "LOCAL_SIGN_UP",
        value_name = "WHO",
        global = true,
        hide_env_values = true
    )]
    pub local_sign_up: Option<String>,
    /// Whether invited friends may play without an account: on, off; default: on, but off with a list of who may come in
    #[arg(
        long,
        env = "INVITED_GUESTS",
        value_name = "WHEN",
        global = true,
        hide_env_values = true
    )]
    pub invited_guests: Option<String>,
    /// E-mail addresses that may come in through a provider, if it vouches for them; a comma list; default: everybody
    #[arg(
        long,
        env = "ALLOWED_EMAILS",
        value_name = "EMAILS",
        global = true,
        hide_env_values = true
    )]
    pub allowed_emails: Option<String>,
    /// Domains of such addresses; a comma list; default: everybody
    #[arg(
        long,
        env = "ALLOWED_DOMAINS",
        value_name = "DOMAINS",
        global = true,
        hide_env_values = true
    )]
    pub allowed_domains: Option<String>,
    /// People that may come in through a provider, as provider:subject or a login at GitHub; a comma list; default: everybody
    #[arg(
        long,
        env = "ALLOWED_USERS",
        value_name = "USERS",
        global = true,
        hide_env_values = true
    )]
    pub allowed_users: Option<String>,
    /// Browser sessions of a person [default: 5]
    #[arg(
        long,
        env = "SESSIONS_PER_USER",
        value_name = "N",
        global = true,
        hide_env_values = true
    )]
    pub sessions_per_user: Option<String>,
    /// Live grants of a person and client; the longest idle ends [default: 20]
    #[arg(
        long,
        env = "GRANTS_PER_CLIENT",
        value_name = "N",
        global = true,
        hide_env_values = true
    )]
    pub grants_per_client: Option<String>,
    /// Who may register clients: open, token, off [default: open]
    #[arg(
        long,
        env = "REGISTRATION",
        value_name = "WHO",
        global = true,
        hide_env_values = true
    )]
    pub registration: Option<String>,
    /// Life of an access token, in seconds [default: 3600]
    #[arg(
        long,
        env = "ACCESS_TOKEN_TTL",
        value_name = "SECONDS",
        global = true,
        hide_env_values = true
    )]
    pub access_token_ttl: Option<String>,
    /// Life of a refresh token that nobody uses, in seconds [default: 2592000]
    #[arg(
        long,
        env = "REFRESH_TOKEN_IDLE_TTL",
        value_name = "SECONDS",
        global = true,
        hide_env_values = true
    )]
    pub refresh_token_idle_ttl: Option<String>,
    /// Life of a connection, however much it is used, in seconds [default: 15552000]
    #[arg(
        long,
        env = "REFRESH_TOKEN_TTL",
        value_name = "SECONDS",
        global = true,
        hide_env_values = true
    )]
    pub refresh_token_ttl: Option<String>,
    /// Life of an authorization code, in seconds [default: 60]
    #[arg(
        long,
        env = "CODE_TTL",
        value_name = "SECONDS",
        global = true,
        hide_env_values = true
    )]
    pub code_ttl: Option<String>,
    /// For how long a retired refresh token is answered with the live one, in seconds [default: 600]
    #[arg(
        long,
        env = "REFRESH_REPLAY_WINDOW",
        value_name = "SECONDS",
        global = true,
        hide_env_values = true
    )]
    pub refresh_replay_window: Option<String>,
    /// An external UCI engine such as Stockfish; default: the one found on this machine, else the embedded one
    #[arg(
        long,
        env = "STOCKFISH_PATH",
        value_name = "FILE",
        global = true,
        hide_env_values = true
    )]
    pub stockfish_path: Option<String>,
    /// Engine processes at most; default: number of cores, 4 at most
    #[arg(
        long,
        env = "ENGINE_PROCESSES",
        value_name = "N",
        global = true,
        hide_env_values = true
    )]
    pub engine_processes: Option<String>,
    /// Memory of an engine process for its tables, in MiB [default: 16]
    #[arg(
        long,
        env = "ENGINE_HASH_MB",
        value_name = "MIB",
        global = true,
        hide_env_values = true
    )]
    pub engine_hash_mb: Option<String>,
    /// Calls to /mcp, by person: requests per second / burst, or off [default: 20/60]
    #[arg(
        long,
        env = "TOOL_RATE_LIMIT",
        value_name = "RATE",
        global = true,
        hide_env_values = true
    )]
    pub tool_rate_limit: Option<String>,
    /// Requests to the authorization server, by client address: per second / burst, or off [default: 5/30]
    #[arg(
        long,
        env = "AUTH_RATE_LIMIT",
        value_name = "RATE",
        global = true,
        hide_env_values = true
    )]
    pub auth_rate_limit: Option<String>,
    /// Games a person may keep [default: 10000]
    #[arg(
        long,
        env = "QUOTA_GAMES",
        value_name = "N",
        global = true,
        hide_env_values = true
    )]
    pub quota_games: Option<String>,
    /// Origins of browsers that may call /mcp besides our own, ChatGPT, Claude and loopback; a comma list
    #[arg(
        long,
        env = "ALLOWED_ORIGINS",
        value_name = "ORIGINS",
        global = true,
        hide_env_values = true
    )]
    pub allowed_origins: Option<String>,
    /// Networks whose X-Forwarded-For is believed, for rate limits only; a comma list; default: loopback
    #[arg(
        long,
        env = "TRUSTED_PROXIES",
        value_name = "NETWORKS",
        global = true,
        hide_env_values = true
    )]
    pub trusted_proxies: Option<String>,
    /// Form of the log: pretty, json; default: pretty on a terminal
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORM",
        global = true,
        hide_env_values = true
    )]
    pub log_format: Option<String>,
    /// What is logged: info, debug, chess_mcp=trace … [default: info]
    #[arg(
        long,
        env = "RUST_LOG",
        value_name = "RULES",
        global = true,
        hide_env_values = true
    )]
    pub rust_log: Option<String>,
    /// Where Prometheus metrics are served, under /metrics; default: nowhere
    #[arg(
        long,
        env = "METRICS_ADDR",
        value_name = "ADDR",
        global = true,
        hide_env_values = true
    )]
    pub metrics_addr: Option<String>,
}

/// A secret as it is given: itself, or the path of a file that holds it.
#[derive(Debug, Clone, Default)]
pub struct SecretOption {
    /// `NAME`
    pub value: Option<Secret>,
    /// `NAME_FILE`
    pub file: Option<String>,
}

/// Every secret setting.
#[derive(Debug, Clone, Default)]
pub struct SecretOptions {
    /// `MASTER_KEY`, or `ENCRYPTION_KEY`
    pub master_key: SecretOption,
    /// `OWNER_PASSWORD`
    pub owner_password: SecretOption,
    /// `REGISTRATION_TOKEN`
    pub registration_token: SecretOption,
}

impl SecretOptions {
    /// Reads them from the environment.
    pub fn from_env() -> Self {
        Self {
            master_key: secret("MASTER_KEY").or(secret("ENCRYPTION_KEY")),
            owner_password: secret("OWNER_PASSWORD"),
            registration_token: secret("REGISTRATION_TOKEN"),
        }
    }
}

impl SecretOption {
    fn or(self, other: Self) -> Self {
        if self.value.is_some() || self.file.is_some() {
            self
        } else {
            other
        }
    }
}

fn secret(name: &str) -> SecretOption {
    SecretOption {
        value: variable(name).map(Secret::new),
        file: variable(&format!("{name}_FILE")),
    }
}

/// An environment variable; an empty one counts as unset, as it does in `.env`.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
