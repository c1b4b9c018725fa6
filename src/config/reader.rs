//! Reads raw settings one by one, and collects what is wrong with them.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use super::options::{self, SecretOption};
use super::{Fault, LogFormat, MASTER_KEY_FILE, PublicAddress};
use crate::clock::Seconds;
use crate::http::{InvalidNetwork, Rate, TrustedProxies};
use crate::issuer::{Admission, InvalidEntry, Registration};
use crate::keys::MasterKeySource;
use crate::secret::{MasterKey, Secret};
use crate::store::DatabaseUrl;
use crate::urls::PublicUrl;

/// What is logged unless the operator says otherwise.
const DEFAULT_LOG_RULES: &str = "info";

/// Reads settings and collects what is wrong with them.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn fault(&mut self, name: impl Into<Cow<'static, str>>, what: impl Into<String>) {
        self.faults.push(Fault {
            name: name.into(),
            what: what.into(),
        });
    }

    pub(super) fn bind_addr(&mut self, raw: Option<String>) -> SocketAddr {
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

    pub(super) fn public_url(&mut self, raw: Option<String>, bind: SocketAddr) -> PublicAddress {
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

    pub(super) fn state_dir(&mut self, raw: Option<String>) -> PathBuf {
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

    pub(super) fn database_url(&mut self, raw: Option<String>, state_dir: &Path) -> DatabaseUrl {
        let default = DatabaseUrl::Sqlite(state_dir.join("chess-mcp.db"));
        let Some(raw) = present(raw) else { return default };
        raw.parse().unwrap_or_else(|fault| {
            self.fault("DATABASE_URL", format!("`{raw}` {fault}"));
            default
        })
    }

    pub(super) fn master_key(&mut self, option: &SecretOption, state_dir: &Path) -> MasterKeySource {
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

    pub(super) fn secret(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        option: &SecretOption,
    ) -> Option<Secret> {
        let name = name.into();
        match (&option.value, &option.file) {
            (Some(_), Some(_)) => {
                let what = format!("is given twice; keep either {name} or {name}_FILE");
                self.fault(name, what);
                None
            }
            (value, None) => value.clone(),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned())),
                Err(error) => {
                    let what = format!("{name}_FILE names {file}, which cannot be read: {error}");
                    self.fault(name, what);
                    None
                }
            },
        }
    }

    pub(super) fn registration(&mut self, raw: Option<String>, token: &SecretOption) -> Registration {
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

    pub(super) fn local_sign_in(&mut self, raw: Option<String>, providers: bool) -> bool {
        match present(raw).as_deref() {
            None | Some("auto") => !providers,
            Some("on") => true,
            Some("off") if providers => false,
            Some("off") => {
                let what = "off leaves no way to sign in: use auto or on, or set up a provider";
                self.fault("LOCAL_SIGN_IN", what);
                false
            }
            Some(other) => {
                self.fault("LOCAL_SIGN_IN", format!("`{other}` must be auto, on or off"));
                true
            }
        }
    }

    pub(super) fn local_sign_up(&mut self, raw: Option<String>) -> bool {
        match present(raw).as_deref() {
            None | Some("closed") => false,
            Some("open") => true,
            Some(other) => {
                self.fault("LOCAL_SIGN_UP", format!("`{other}` must be closed or open"));
                false
            }
        }
    }

    /// Whoever keeps a list of who may come in does not mean strangers, unless they say so.
    pub(super) fn invited_guests(&mut self, raw: Option<String>, everybody: bool) -> bool {
        match present(raw).as_deref() {
            None => everybody,
            Some("on") => true,
            Some("off") => false,
            Some(other) => {
                self.fault("INVITED_GUESTS", format!("`{other}` must be on or off"));
                false
            }
        }
    }

    pub(super) fn admission(
        &mut self,
        emails: Option<String>,
        domains: Option<String>,
        users: Option<String>,
    ) -> Admission {
        let [emails, domains, users] = [emails, domains, users].map(|raw| present(raw).unwrap_or_default());
        Admission::parse(&emails, &domains, &users).unwrap_or_else(|faults| {
            for fault in faults {
                let name = match fault {
                    InvalidEntry::Email(_) => "ALLOWED_EMAILS",
                    InvalidEntry::Domain(_) => "ALLOWED_DOMAINS",
                    InvalidEntry::User(_) => "ALLOWED_USERS",
                };
                self.fault(name, fault.to_string());
            }
            Admission::default()
        })
    }

    pub(super) fn stockfish_path(&mut self, raw: Option<String>) -> Option<PathBuf> {
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

    pub(super) fn allowed_origins(&mut self, raw: Option<String>) -> Vec<String> {
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

    pub(super) fn rate(&mut self, name: &'static str, raw: Option<String>, default: Rate) -> Option<Rate> {
        match present(raw).as_deref() {
            None => Some(default),
            Some("off") => None,
            Some(raw) => raw
                .parse()
                .inspect_err(|fault| self.fault(name, format!("`{raw}` {fault}")))
                .ok(),
        }
    }

    pub(super) fn trusted_proxies(&mut self, raw: Option<String>) -> TrustedProxies {
        let Some(raw) = present(raw) else {
            return TrustedProxies::default();
        };
        raw.parse().unwrap_or_else(|fault: InvalidNetwork| {
            self.fault("TRUSTED_PROXIES", fault.to_string());
            TrustedProxies::default()
        })
    }

    pub(super) fn metrics_addr(&mut self, raw: Option<String>) -> Option<SocketAddr> {
        let raw = present(raw).filter(|raw| raw != "off")?;
        let address = socket_address(&raw);
        if address.is_none() {
            let what = format!("`{raw}` is not an address; write it like 127.0.0.1:9090, or off");
            self.fault("METRICS_ADDR", what);
        }
        address
    }

    pub(super) fn log_format(&mut self, raw: Option<String>) -> LogFormat {
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

    /// As it was given, if the log understands it.
    pub(super) fn log_rules(&mut self, raw: Option<String>) -> String {
        let raw = present(raw).unwrap_or_else(|| DEFAULT_LOG_RULES.to_owned());
        match EnvFilter::try_new(&raw) {
            Ok(_) => raw,
            Err(fault) => {
                self.fault("RUST_LOG", format!("`{raw}` cannot be read: {fault}"));
                DEFAULT_LOG_RULES.to_owned()
            }
        }
    }

    pub(super) fn seconds(
        &mut self,
        name: &'static str,
        raw: Option<String>,
        default: i64,
        range: std::ops::RangeInclusive<i64>,
    ) -> Seconds {
        Seconds(self.number(name, raw, default, range))
    }

    pub(super) fn number<T>(
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
pub(super) fn present(raw: Option<String>) -> Option<String> {
    raw.map(|raw| raw.trim().to_owned()).filter(|raw| !raw.is_empty())
}
