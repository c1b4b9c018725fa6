//! The settings in effect, as `check-config` prints them.

use super::{Config, LogFormat, PublicAddress, providers};
use crate::http::Rate;
use crate::issuer::Registration;
use crate::keys::MasterKeySource;

impl Config {
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
        let [emails, domains, users] = policy.admission.lists();
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
            (
                "INVITED_GUESTS",
                if policy.invited_guests { "on" } else { "off" }.to_owned(),
            ),
            ("ALLOWED_EMAILS", emails),
            ("ALLOWED_DOMAINS", domains),
            ("ALLOWED_USERS", users),
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
            ("RUST_LOG", self.log_rules.clone()),
            (
                "METRICS_ADDR",
                self.metrics_addr
                    .map_or("off".to_owned(), |address| address.to_string()),
            ),
        ];
        let lines = lines.map(|(name, value)| format!("{name}={value}"));
        [lines.as_slice(), &providers::describe(&self.providers)]
            .concat()
            .join("\n")
    }
}
