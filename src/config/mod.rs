//! From raw options to one validated [`Config`]. Every fault is reported at once, each with its remedy.

mod describe;
mod options;
mod providers;
mod reader;

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use self::reader::Reader;
use crate::http::{HttpOptions, LimitOptions, Rate};
use crate::issuer::Policy;
use crate::keys::MasterKeySource;
use crate::oauth::LONGEST_LIFE;
use crate::secret::Secret;
use crate::store::DatabaseUrl;
use crate::upstream::Provider;
use crate::urls::PublicUrl;

pub use options::{Options, SECRETS_HELP, SecretOption, SecretOptions};
pub use providers::{PROVIDERS_HELP, ProviderVariables};

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
    /// At which providers people may sign in.
    pub providers: Vec<Provider>,
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
    /// What is logged, in the words of `tracing_subscriber::EnvFilter`.
    pub log_rules: String,
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
    pub name: Cow<'static, str>,
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
    pub fn new(
        options: Options,
        secrets: &SecretOptions,
        providers: &ProviderVariables,
    ) -> Result<Self, Vec<Fault>> {
        let (config, faults) = Self::read(options, secrets, providers);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    /// Makes the options real. In the place of each that is wrong stands something that is good enough for those who
    /// look for further faults; nothing is to be served with it.
    pub fn read(
        options: Options,
        secrets: &SecretOptions,
        providers: &ProviderVariables,
    ) -> (Self, Vec<Fault>) {
        let mut reader = Reader::default();
        let bind_addr = reader.bind_addr(options.bind_addr);
        let public_url = reader.public_url(options.public_url, bind_addr);
        let state_dir = reader.state_dir(options.state_dir);
        let database_url = reader.database_url(options.database_url, &state_dir);
        let master_key = reader.master_key(&secrets.master_key, &state_dir);
        let owner_password = reader.secret("OWNER_PASSWORD", &secrets.owner_password);
        let registration = reader.registration(options.registration, &secrets.registration_token);
        let providers = reader.providers(providers);
        let admission = reader.admission(
            options.allowed_emails,
            options.allowed_domains,
            options.allowed_users,
        );
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
            local_sign_in: reader.local_sign_in(options.local_sign_in, !providers.is_empty()),
            local_sign_up: reader.local_sign_up(options.local_sign_up),
            invited_guests: reader.invited_guests(options.invited_guests, admission.is_open()),
            admission,
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
            providers,
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
            log_rules: reader.log_rules(options.rust_log),
            state_dir,
            database_url,
        };
        (config, reader.faults)
    }

    /// Where the master key is kept when it is not given.
    pub fn master_key_file(&self) -> PathBuf {
        self.state_dir.join(MASTER_KEY_FILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_need_be_set() {
        let config = Config::new(
            Options::default(),
            &SecretOptions::default(),
            &ProviderVariables::default(),
        )
        .unwrap();
        assert_eq!(config.bind_addr.to_string(), "127.0.0.1:8000");
        assert!(config.policy.local_sign_in);
        assert_eq!(config.public_url, PublicAddress::Bound);
    }

    #[test]
    fn local_accounts_step_back_where_there_is_a_provider() {
        let variables = [("GITHUB_CLIENT_ID", "h"), ("GITHUB_CLIENT_SECRET", "s")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let providers = ProviderVariables::of(variables);
        let read = |when: Option<&str>, providers: &ProviderVariables| {
            let options = Options {
                local_sign_in: when.map(str::to_owned),
                ..Options::default()
            };
            Config::new(options, &SecretOptions::default(), providers)
                .map(|config| config.policy.local_sign_in)
        };
        assert_eq!(read(None, &providers), Ok(false));
        assert_eq!(read(Some("auto"), &providers), Ok(false));
        assert_eq!(read(Some("on"), &providers), Ok(true));
        assert_eq!(read(Some("off"), &providers), Ok(false));
        assert!(read(Some("off"), &ProviderVariables::default()).is_err());
    }

    #[test]
    fn guests_stay_out_where_a_list_says_who_comes_in() {
        let read = |guests: Option<&str>, emails: Option<&str>| {
            let options = Options {
                invited_guests: guests.map(str::to_owned),
                allowed_emails: emails.map(str::to_owned),
                ..Options::default()
            };
            let config = Config::new(options, &SecretOptions::default(), &ProviderVariables::default());
            config.unwrap().policy.invited_guests
        };
        let list = Some("ana@x.example");
        assert!(read(None, None) && read(Some("on"), None) && read(Some("on"), list));
        assert!(!read(Some("off"), None) && !read(None, list) && !read(Some("off"), list));
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
            invited_guests: text("perhaps"),
            allowed_emails: text("ana"),
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
        let faults = Config::new(options, &secrets, &ProviderVariables::default()).unwrap_err();
        let mut names: Vec<&str> = faults.iter().map(|fault| &*fault.name).collect();
        names.sort_unstable();
        let expected = [
            "ACCESS_TOKEN_TTL",
            "ALLOWED_EMAILS",
            "ALLOWED_ORIGINS",
            "AUTH_RATE_LIMIT",
            "DATABASE_URL",
            "INVITED_GUESTS",
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
        let variables = [("GOOGLE_CLIENT_ID", "g"), ("GOOGLE_CLIENT_SECRET", "swordfish-2")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::new(Options::default(), &secrets, &ProviderVariables::of(variables)).unwrap();
        assert!(config.describe().contains("GOOGLE_CLIENT_SECRET=********"));
        assert!(!config.describe().contains("swordfish"));
        assert!(config.describe().contains("OWNER_PASSWORD=********"));
        assert!(!format!("{config:?}").contains("swordfish"));
    }
}
