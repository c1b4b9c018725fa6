//! From raw options to one validated [`Config`]. Every fault is reported at once, each with its remedy.

mod options;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::clock::Seconds;
use crate::http::{HttpOptions, InvalidNetwork, LimitOptions, Rate, TrustedProxies};
use crate::issuer::{Policy, Registration};
use crate::keys::MasterKeySource;
use crate::oauth::LONGEST_LIFE;
use crate::secret::{MasterKey, Secret};
use crate::store::DatabaseUrl;
use crate::urls::PublicUrl;

pub use options::{Options, SECRETS_HELP, SecretOption, SecretOptions};

/// Everything the program needs to know, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub bind_addr: SocketAddr,
    /// Where people reach us.
    pub public_url: PublicAddress,
    /// Where state is kept.
    pub state_dir: PathBuf,
    /// The database.
    pub database_url: DatabaseUrl,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// Password of the first account, if it was chosen.
    pub owner_password: Option<Secret>,
    /// What the operator decided about sign-ins and tokens.
    pub policy: Policy,
    /// The external engine that was asked for.
    pub stockfish_path: Option<PathBuf>,
    /// Engine processes at most.
    pub engine_processes: usize,
    /// Memory of an engine process, in MiB.
    pub engine_hash_mb: u32,
    /// Who may call, and how often.
    pub http: HttpOptions,
    /// Games a person may keep.
    pub quota_games: u32,
    /// Where metrics are served, if anywhere.
    pub metrics_addr: Option<SocketAddr>,
    /// Form of the log.
    pub log_format: LogFormat,
}

/// Where people reach us, as far as the settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicAddress {
    /// Where we listen, on loopback.
    Bound,
    /// At this address.
    Given(PublicUrl),
    /// Where a tunnel on this machine says.
    Tunnel,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people at a terminal.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// One setting that is wrong: which, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub name: &'static str,
    /// What is wrong, and the way out.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

/// Name of the master key's file in the state directory.
const MASTER_KEY_FILE: &str = "master.key";

impl Config {
    /// Makes the options real, or says everything that is wrong with them.
    pub fn new(options: Options, secrets: &SecretOptions) -> Result<Self, Vec<Fault>> {
        let (config, faults) = Self::read(options, secrets);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    /// Makes the options real. In the place of each that is wrong stands its default, for those who look
    /// for faults; nothing is to be served with it.
    pub fn read(options: Options, secrets: &SecretOptions) -> (Self, Vec<Fault>) {
        let mut reader = Reader::default();
        let bind_addr = reader.bind_addr(options.bind_addr);
        let public_url = reader.public_url(options.public_url, bind_addr);
        let state_dir = reader.state_dir(options.state_dir);
        let database_url = reader.database_url(options.database_url, &state_dir);
        let master_key = reader.master_key(&secrets.master_key, &state_dir);
        let owner_password = reader.secret("OWNER_PASSWORD", &secrets.owner_password);
        let registration = reader.registration(options.registration, &secrets.registration_token);
        let policy = Policy {
            access_token_ttl: reader.seconds(
                "ACCESS_TOKEN_TTL",
                options.access_token_ttl,
                3600,
                1..=LONGEST_LIFE.0,
            ),
            refresh_token_idle_ttl: reader.seconds(
                "REFRESH_TOKEN_IDLE_TTL",
                options.refresh_token_idle_ttl,
                2_592_000,
                1..=315_360_000,
            ),
            refresh_token_ttl: reader.seconds(
                "REFRESH_TOKEN_TTL",
                options.refresh_token_ttl,
                15_552_000,
                1..=315_360_000,
            ),
            code_ttl: reader.seconds("CODE_TTL", options.code_ttl, 60, 1..=600),
            refresh_replay_window: reader.seconds(
                "REFRESH_REPLAY_WINDOW",
                options.refresh_replay_window,
                600,
                0..=3600,
            ),
            sessions_per_user: reader.number("SESSIONS_PER_USER", options.sessions_per_user, 5, 1..=1000),
            grants_per_client: reader.number("GRANTS_PER_CLIENT", options.grants_per_client, 20, 1..=10_000),
            registration,
            local_sign_in: reader.local_sign_in(options.local_sign_in),
            local_sign_up: reader.local_sign_up(options.local_sign_up),
        };
        let cores = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .clamp(1, 4);
        let config = Self {
            bind_addr,
            public_url,
            master_key,
            owner_password,
            policy,
            stockfish_path: reader.stockfish_path(options.stockfish_path),
            engine_processes: reader.number("ENGINE_PROCESSES", options.engine_processes, cores, 1..=64),
            engine_hash_mb: reader.number("ENGINE_HASH_MB", options.engine_hash_mb, 16, 1..=4096),
            http: HttpOptions {
                allowed_origins: reader.allowed_origins(options.allowed_origins),
                limits: LimitOptions {
                    tools: reader.rate("TOOL_RATE_LIMIT", options.tool_rate_limit, Rate::new(20, 60)),
                    authorization: reader.rate("AUTH_RATE_LIMIT", options.auth_rate_limit, Rate::new(5, 30)),
                    proxies: reader.trusted_proxies(options.trusted_proxies),
                },
            },
            quota_games: reader.number("QUOTA_GAMES", options.quota_games, 10_000, 1..=10_000_000),
            metrics_addr: reader.metrics_addr(options.metrics_addr),
            log_format: reader.log_format(options.log_format),
            state_dir,
            database_url,
        };
        (config, reader.faults)
    }

    /// Where the master key is kept when it is not given.
    pub fn master_key_file(&self) -> PathBuf {
        self.state_dir.join(MASTER_KEY_FILE)
    }

    /// The effective settings, one `NAME=value` a line, secrets masked.
    pub fn describe(&self) -> String {
        let policy = &self.policy;
        let (registration, token) = match &policy.registration {
            Registration::Open => ("open", None),
            Registration::Token(token) => ("token", Some(token)),
            Registration::Off => ("off", None),
        };
        let mask = |secret: bool| if secret { "********" } else { "" }.to_owned();
        let master_key = match &self.master_key {
            MasterKeySource::Given(_) => mask(true),
            MasterKeySource::File(path) => format!("(in {})", path.display()),
        };
        let public_url = match &self.public_url {
            PublicAddress::Bound => "(where it listens)".to_owned(),
            PublicAddress::Given(url) => url.to_string(),
            PublicAddress::Tunnel => "auto".to_owned(),
        };
        let stockfish = self
            .stockfish_path
            .as_ref()
            .map_or(String::new(), |path| path.display().to_string());
        let limits = &self.http.limits;
        let rate = |rate: Option<Rate>| rate.map_or("off".to_owned(), |rate| rate.to_string());
        let lines = [
            ("BIND_ADDR", self.bind_addr.to_string()),
            ("PUBLIC_URL", public_url),
            ("STATE_DIR", self.state_dir.display().to_string()),
            ("DATABASE_URL", self.database_url.to_string()),
            ("MASTER_KEY", master_key),
            (
                "LOCAL_SIGN_IN",
                if policy.local_sign_in { "on" } else { "off" }.to_owned(),
            ),
            (
                "LOCAL_SIGN_UP",
                if policy.local_sign_up { "open" } else { "closed" }.to_owned(),
            ),
            ("OWNER_PASSWORD", mask(self.owner_password.is_some())),
            ("SESSIONS_PER_USER", policy.sessions_per_user.to_string()),
            ("GRANTS_PER_CLIENT", policy.grants_per_client.to_string()),
            ("REGISTRATION", registration.to_owned()),
            ("REGISTRATION_TOKEN", mask(token.is_some())),
            ("ACCESS_TOKEN_TTL", policy.access_token_ttl.0.to_string()),
            (
                "REFRESH_TOKEN_IDLE_TTL",
                policy.refresh_token_idle_ttl.0.to_string(),
            ),
            ("REFRESH_TOKEN_TTL", policy.refresh_token_ttl.0.to_string()),
            ("CODE_TTL", policy.code_ttl.0.to_string()),
            (
                "REFRESH_REPLAY_WINDOW",
                policy.refresh_replay_window.0.to_string(),
            ),
            ("STOCKFISH_PATH", stockfish),
            ("ENGINE_PROCESSES", self.engine_processes.to_string()),
            ("ENGINE_HASH_MB", self.engine_hash_mb.to_string()),
            ("TOOL_RATE_LIMIT", rate(limits.tools)),
            ("AUTH_RATE_LIMIT", rate(limits.authorization)),
            ("QUOTA_GAMES", self.quota_games.to_string()),
            ("ALLOWED_ORIGINS", self.http.allowed_origins.join(",")),
            ("TRUSTED_PROXIES", limits.proxies.to_string()),
            (
                "LOG_FORMAT",
                if self.log_format == LogFormat::Json {
                    "json"
                } else {
                    "pretty"
                }
                .to_owned(),
            ),
            (
                "METRICS_ADDR",
                self.metrics_addr
                    .map_or("off".to_owned(), |address| address.to_string()),
            ),
        ];
        lines.map(|(name, value)| format!("{name}={value}")).join("\n")
    }
}

/// Reads settings and collects what is wrong with them.
#[derive(Default)]
struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, name: &'static str, what: impl Into<String>) {
        self.faults.push(Fault {
            name,
            what: what.into(),
        });
    }

    fn bind_addr(&mut self, raw: Option<String>) -> SocketAddr {
        let default = SocketAddr::from(([127, 0, 0, 1], 8000));
        let Some(raw) = present(raw) else { return default };
        socket_address(&raw).unwrap_or_else(|| {
            self.fault(
                "BIND_ADDR",
                format!("`{raw}` is not an address; write it like 127.0.0.1:8000"),
            );
            default
        })
    }

    fn public_url(&mut self, raw: Option<String>, bind: SocketAddr) -> PublicAddress {
        let raw = present(raw).or_else(|| options::variable("MCP_SERVER_URL"));
        match raw.as_deref() {
            None | Some("auto") if !bind.ip().is_loopback() => {
                let what = "is required when BIND_ADDR is not on loopback; set it to the address people use";
                self.fault("PUBLIC_URL", what);
                PublicAddress::Bound
            }
            None => PublicAddress::Bound,
            Some("auto") => PublicAddress::Tunnel,
            Some(raw) => PublicUrl::parse(raw).map_or_else(
                |fault| {
                    self.fault("PUBLIC_URL", format!("`{raw}` {fault}"));
                    PublicAddress::Bound
                },
                PublicAddress::Given,
            ),
        }
    }

    fn state_dir(&mut self, raw: Option<String>) -> PathBuf {
        let default = || dirs::data_dir().map(|data| data.join("chess-mcp"));
        present(raw)
            .map(PathBuf::from)
            .or_else(default)
            .unwrap_or_else(|| {
                self.fault(
                    "STATE_DIR",
                    "there is no home directory to keep state in; set it to a directory",
                );
                PathBuf::new()
            })
    }

    fn database_url(&mut self, raw: Option<String>, state_dir: &Path) -> DatabaseUrl {
        let default = DatabaseUrl::Sqlite(state_dir.join("chess-mcp.db"));
        let Some(raw) = present(raw) else { return default };
        raw.parse().unwrap_or_else(|fault| {
            self.fault("DATABASE_URL", format!("`{raw}` {fault}"));
            default
        })
    }

    fn master_key(&mut self, option: &SecretOption, state_dir: &Path) -> MasterKeySource {
        let file = MasterKeySource::File(state_dir.join(MASTER_KEY_FILE));
        let Some(secret) = self.secret("MASTER_KEY", option) else {
            return file;
        };
        match MasterKey::from_base64(secret.expose()) {
            Ok(key) => MasterKeySource::Given(key),
            Err(fault) => {
                self.fault("MASTER_KEY", fault.to_string());
                file
            }
        }
    }

    fn secret(&mut self, name: &'static str, option: &SecretOption) -> Option<Secret> {
        match (&option.value, &option.file) {
            (Some(_), Some(_)) => {
                self.fault(name, format!("is given twice; keep either {name} or {name}_FILE"));
                None
            }
            (value, None) => value.clone(),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())),
                Err(error) => {
                    self.fault(
                        name,
                        format!("{name}_FILE names {file}, which cannot be read: {error}"),
                    );
                    None
                }
            },
        }
    }

    fn registration(&mut self, raw: Option<String>, token: &SecretOption) -> Registration {
        let token = self.secret("REGISTRATION_TOKEN", token);
        match (present(raw).as_deref(), token) {
            (None | Some("open"), _) => Registration::Open,
            (Some("off"), _) => Registration::Off,
            (Some("token"), Some(token)) => Registration::Token(token),
            (Some("token"), None) => {
                self.fault("REGISTRATION_TOKEN", "is required when REGISTRATION=token");
                Registration::Off
            }
            (Some(other), _) => {
                self.fault("REGISTRATION", format!("`{other}` must be open, token or off"));
                Registration::Off
            }
        }
    }

    fn local_sign_in(&mut self, raw: Option<String>) -> bool {
        match present(raw).as_deref() {
            None | Some("auto" | "on") => true,
            Some("off") => {
                self.fault("LOCAL_SIGN_IN", "off leaves no way to sign in; use auto or on");
                false
            }
            Some(other) => {
                self.fault("LOCAL_SIGN_IN", format!("`{other}` must be auto, on or off"));
                true
            }
        }
    }

    fn local_sign_up(&mut self, raw: Option<String>) -> bool {
        match present(raw).as_deref() {
            None | Some("closed") => false,
            Some("open") => true,
            Some(other) => {
                self.fault("LOCAL_SIGN_UP", format!("`{other}` must be closed or open"));
                false
            }
        }
    }

    fn stockfish_path(&mut self, raw: Option<String>) -> Option<PathBuf> {
        let path = PathBuf::from(present(raw)?);
        if !path.is_file() {
            let what = format!(
                "there is no file {}; leave it out to use the embedded engine",
                path.display()
            );
            self.fault("STOCKFISH_PATH", what);
        }
        Some(path)
    }

    fn allowed_origins(&mut self, raw: Option<String>) -> Vec<String> {
        let raw = present(raw).unwrap_or_default();
        let origins: Vec<&str> = raw
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .collect();
        for origin in &origins {
            let normal = url::Url::parse(origin).map(|url| url.origin().ascii_serialization());
            if normal.as_deref() != Ok(origin) {
                let what =
                    format!("`{origin}` is not an origin; write it like https://inspector.example.org");
                self.fault("ALLOWED_ORIGINS", what);
            }
        }
        origins.into_iter().map(str::to_owned).collect()
    }

    fn rate(&mut self, name: &'static str, raw: Option<String>, default: Rate) -> Option<Rate> {
        match present(raw).as_deref() {
            None => Some(default),
            Some("off") => None,
            Some(raw) => raw
                .parse()
                .inspect_err(|fault| self.fault(name, format!("`{raw}` {fault}")))
                .ok(),
        }
    }

    fn trusted_proxies(&mut self, raw: Option<String>) -> TrustedProxies {
        let Some(raw) = present(raw) else {
            return TrustedProxies::default();
        };
        raw.parse().unwrap_or_else(|fault: InvalidNetwork| {
            self.fault("TRUSTED_PROXIES", fault.to_string());
            TrustedProxies::default()
        })
    }

    fn metrics_addr(&mut self, raw: Option<String>) -> Option<SocketAddr> {
        let raw = present(raw).filter(|raw| raw != "off")?;
        let address = socket_address(&raw);
        if address.is_none() {
            let what = format!("`{raw}` is not an address; write it like 127.0.0.1:9090, or off");
            self.fault("METRICS_ADDR", what);
        }
        address
    }

    fn log_format(&mut self, raw: Option<String>) -> LogFormat {
        use std::io::IsTerminal as _;
        match present(raw).as_deref() {
            None if std::io::stderr().is_terminal() => LogFormat::Pretty,
            None | Some("json") => LogFormat::Json,
            Some("pretty") => LogFormat::Pretty,
            Some(other) => {
                self.fault("LOG_FORMAT", format!("`{other}` must be pretty or json"));
                LogFormat::Json
            }
        }
    }

    fn seconds(
        &mut self,
        name: &'static str,
        raw: Option<String>,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> Seconds {
        Seconds(self.number(name, raw, default, range))
    }

    fn number<T>(
        &mut self,
        name: &'static str,
        raw: Option<String>,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> T
    where
        T: std::str::FromStr + PartialOrd + fmt::Display,
    {
        let Some(raw) = present(raw) else { return default };
        match raw.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let (least, most) = (range.start(), range.end());
                self.fault(
                    name,
                    format!("`{raw}` must be a whole number from {least} to {most}"),
                );
                default
            }
        }
    }
}

/// An address to listen on.
fn socket_address(raw: &str) -> Option<SocketAddr> {
    raw.replace("localhost:", "127.0.0.1:").parse().ok()
}

/// An empty setting counts as unset.
fn present(raw: Option<String>) -> Option<String> {
    raw.map(|raw| raw.trim().to_owned()).filter(|raw| !raw.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_need_be_set() {
        let config = Config::new(Options::default(), &SecretOptions::default()).unwrap();
        assert_eq!(config.bind_addr.to_string(), "127.0.0.1:8000");
        assert!(config.policy.local_sign_in);
        assert_eq!(config.public_url, PublicAddress::Bound);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let text = |text: &str| Some(text.to_owned());
        let options = Options {
            bind_addr: text("0.0.0.0:8000"),
            access_token_ttl: text("soon"),
            registration: text("token"),
            allowed_origins: text("https://a.example, b"),
            tool_rate_limit: text("20"),
            auth_rate_limit: text("0/5"),
            quota_games: text("0"),
            trusted_proxies: text("10.0.0.0/33"),
            metrics_addr: text("9090"),
            stockfish_path: text("/nowhere/stockfish"),
            database_url: text("postgres://x"),
            local_sign_in: text(" "),
            local_sign_up: text("yes"),
            ..Options::default()
        };
        let master_key = SecretOption {
            value: Some(Secret::new("short".to_owned())),
            file: None,
        };
        let secrets = SecretOptions {
            master_key,
            ..SecretOptions::default()
        };
        let mut names: Vec<&str> = Config::new(options, &secrets)
            .unwrap_err()
            .iter()
            .map(|fault| fault.name)
            .collect();
        names.sort_unstable();
        let expected = [
            "ACCESS_TOKEN_TTL",
            "ALLOWED_ORIGINS",
            "AUTH_RATE_LIMIT",
            "DATABASE_URL",
            "LOCAL_SIGN_UP",
            "MASTER_KEY",
            "METRICS_ADDR",
            "PUBLIC_URL",
            "QUOTA_GAMES",
            "REGISTRATION_TOKEN",
            "STOCKFISH_PATH",
            "TOOL_RATE_LIMIT",
            "TRUSTED_PROXIES",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn secrets_are_masked() {
        let value = Some(Secret::new("swordfish-swordfish".to_owned()));
        let owner_password = SecretOption { value, file: None };
        let secrets = SecretOptions {
            owner_password,
            ..SecretOptions::default()
        };
        let config = Config::new(Options::default(), &secrets).unwrap();
        assert!(!config.describe().contains("swordfish"));
        assert!(config.describe().contains("OWNER_PASSWORD=********"));
        assert!(!format!("{config:?}").contains("swordfish"));
    }
}
