//! Providers, from variables whose names follow a pattern: presets by name, and any number of others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use url::Url;

use super::options::SecretOption;
use super::reader::Reader;
use crate::id::ProviderId;
use crate::secret::Secret;
use crate::upstream::{GitHub, Kind, OpenId, Plain, Provider};
use crate::urls::is_loopback;

/// Shown under the flags of `--help`.
pub const PROVIDERS_HELP: &str = "\
Providers at which people may sign in, from the environment or .env alone:
  GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET        Google
      [env: GOOGLE_CLIENT_ID] [env: GOOGLE_CLIENT_SECRET] [env: GOOGLE_ISSUER]
  GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET        GitHub; GITHUB_BASE_URL for an Enterprise Server
      [env: GITHUB_CLIENT_ID] [env: GITHUB_CLIENT_SECRET]
      [env: GITHUB_BASE_URL] [env: GITHUB_API_URL]
  MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET  Microsoft; MICROSOFT_TENANT [default: common]
      [env: MICROSOFT_CLIENT_ID] [env: MICROSOFT_CLIENT_SECRET]
      [env: MICROSOFT_TENANT] [env: MICROSOFT_ISSUER]
  OIDC_<NAME>_ISSUER, _CLIENT_ID, _CLIENT_SECRET, _LABEL, _SCOPES
                                                any OpenID Connect provider
  OAUTH_<NAME>_AUTHORIZE_URL, _TOKEN_URL, _USERINFO_URL, _CLIENT_ID, _CLIENT_SECRET, _LABEL, _SCOPES
                                                any OAuth 2.0 provider
  Each _CLIENT_SECRET may be given as _CLIENT_SECRET_FILE.";

const OPENID: &[&str] = &[
    "ISSUER",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CLIENT_SECRET_FILE",
    "LABEL",
    "SCOPES",
];
const PLAIN: &[&str] = &[
    "AUTHORIZE_URL",
    "TOKEN_URL",
    "USERINFO_URL",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "CLIENT_SECRET_FILE",
    "LABEL",
    "SCOPES",
];

/// What an OpenID provider is asked for, unless the operator says otherwise.
const OPENID_SCOPES: &str = "openid profile email";
/// GitHub tells verified addresses only to those who ask for them.
const GITHUB_SCOPES: &str = "user:email";

/// Every variable that may be about a provider. Never prints its values: some are secrets.
#[derive(Clone, Default)]
pub struct ProviderVariables(BTreeMap<String, Secret>);

impl fmt::Debug for ProviderVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl ProviderVariables {
    /// Reads them from the environment.
    pub fn from_env() -> Self {
        Self::of(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Picks them out of these variables; an empty one counts as unset.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = ["GOOGLE_", "GITHUB_", "MICROSOFT_", "OIDC_", "OAUTH_"];
        let variables = variables.into_iter().filter_map(|(name, value)| {
            let about_one = ours.iter().any(|start| name.starts_with(start));
            let value = value.trim().to_owned();
            (about_one && !value.is_empty()).then(|| (name, Secret::new(value)))
        });
        Self(variables.collect())
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| value.expose().to_owned())
    }

    /// The `<NAME>`s of `<KIND>_<NAME>_<SETTING>`.
    fn names(&self, kind: &str, settings: &[&str]) -> BTreeSet<String> {
        self.0
            .keys()
            .filter_map(|variable| name_in(variable, kind, settings))
            .map(str::to_owned)
            .collect()
    }
}

/// The longest setting decides: `CLIENT_SECRET_FILE` is no `FILE` of something else.
fn name_in<'a>(variable: &'a str, kind: &str, settings: &[&str]) -> Option<&'a str> {
    let rest = variable.strip_prefix(kind)?;
    settings
        .iter()
        .filter_map(|setting| rest.strip_suffix(setting)?.strip_suffix('_'))
        .filter(|name| !name.is_empty())
        .min_by_key(|name| name.len())
}

impl Reader {
    /// Every provider that is set up, presets first.
    pub(super) fn providers(&mut self, variables: &ProviderVariables) -> Vec<Provider> {
        let mut providers = Vec::new();
        providers.extend(self.google(variables));
        providers.extend(self.github(variables));
        providers.extend(self.microsoft(variables));
        for name in variables.names("OIDC_", OPENID) {
            providers.extend(self.openid(variables, &name));
        }
        for name in variables.names("OAUTH_", PLAIN) {
            providers.extend(self.plain(variables, &name));
        }
        self.misspelt(variables);
        let mut seen = BTreeSet::new();
        for provider in &providers {
            if !seen.insert(provider.id.clone()) {
                let what = format!(
                    "two providers have the name `{}`; rename one of them",
                    provider.id
                );
                self.fault(format!("OIDC_{}", as_variable(&provider.id)), what);
            }
        }
        providers
    }

    fn google(&mut self, variables: &ProviderVariables) -> Option<Provider> {
        let issuer = self.address(variables, "GOOGLE_ISSUER", "https://accounts.google.com");
        let kind = Kind::OpenId(OpenId::google(issuer));
        self.preset(variables, "GOOGLE", "Google", OPENID_SCOPES, kind)
    }

    fn github(&mut self, variables: &ProviderVariables) -> Option<Provider> {
        let base = self.address(variables, "GITHUB_BASE_URL", "https://github.com");
        let api = if base == "https://github.com" {
            "https://api.github.com".to_owned()
        } else {
            format!("{base}/api/v3")
        };
        let api = self.address(variables, "GITHUB_API_URL", &api);
        let kind = Kind::GitHub(GitHub { base, api });
        self.preset(variables, "GITHUB", "GitHub", GITHUB_SCOPES, kind)
    }

    fn microsoft(&mut self, variables: &ProviderVariables) -> Option<Provider> {
        let tenant = variables
            .get("MICROSOFT_TENANT")
            .unwrap_or_else(|| "common".to_owned());
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !tenant.chars().all(legal) {
            let what = format!(
                "`{tenant}` must be common, organizations, consumers, a domain, or the id of a tenant"
            );
            self.fault("MICROSOFT_TENANT", what);
        }
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        let issuer = self.address(variables, "MICROSOFT_ISSUER", &issuer);
        let kind = Kind::OpenId(OpenId::microsoft(issuer));
        self.preset(variables, "MICROSOFT", "Microsoft", OPENID_SCOPES, kind)
    }

    fn preset(
        &mut self,
        variables: &ProviderVariables,
        name: &str,
        label: &str,
        scope: &str,
        kind: Kind,
    ) -> Option<Provider> {
        let parts = ["CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE"];
        let asked_for = parts
            .iter()
            .any(|part| variables.0.contains_key(&format!("{name}_{part}")));
        if !asked_for {
            return None;
        }
        let id = name
            .to_lowercase()
            .parse()
            .expect("the presets have names that fit");
        self.provider(variables, name, id, label.to_owned(), scope.to_owned(), kind)
    }

    fn openid(&mut self, variables: &ProviderVariables, name: &str) -> Option<Provider> {
        let prefix = format!("OIDC_{name}");
        let id = self.slug(&prefix, name);
        let issuer = self.required(variables, &format!("{prefix}_ISSUER"))?;
        let issuer = self.checked(&format!("{prefix}_ISSUER"), issuer);
        let scopes = variables.get(&format!("{prefix}_SCOPES"));
        let scopes = scopes
            .unwrap_or_else(|| OPENID_SCOPES.to_owned())
            .replace(',', " ");
        if !scopes.split_whitespace().any(|scope| scope == "openid") {
            self.fault(format!("{prefix}_SCOPES"), "must contain openid");
        }
        let label = label(variables, &prefix, name);
        self.provider(
            variables,
            &prefix,
            id?,
            label,
            scopes,
            Kind::OpenId(OpenId::any(issuer)),
        )
    }

    fn plain(&mut self, variables: &ProviderVariables, name: &str) -> Option<Provider> {
        let prefix = format!("OAUTH_{name}");
        let id = self.slug(&prefix, name);
        let mut endpoint = |setting: &str| {
            let variable = format!("{prefix}_{setting}");
            let text = self.required(variables, &variable)?;
            Url::parse(&self.checked(&variable, text)).ok()
        };
        let (authorize, token) = (endpoint("AUTHORIZE_URL"), endpoint("TOKEN_URL"));
        let userinfo = endpoint("USERINFO_URL");
        let scopes = variables
            .get(&format!("{prefix}_SCOPES"))
            .unwrap_or_default()
            .replace(',', " ");
        let kind = Kind::Plain(Plain {
            authorize: authorize?,
            token: token?,
            userinfo: userinfo?,
        });
        self.provider(
            variables,
            &prefix,
            id?,
            label(variables, &prefix, name),
            scopes,
            kind,
        )
    }

    fn provider(
        &mut self,
        variables: &ProviderVariables,
        prefix: &str,
        id: ProviderId,
        label: String,
        scope: String,
        kind: Kind,
    ) -> Option<Provider> {
        let client_id = self.required(variables, &format!("{prefix}_CLIENT_ID"));
        let name = format!("{prefix}_CLIENT_SECRET");
        let option = SecretOption {
            value: variables.0.get(&name).cloned(),
            file: variables.get(&format!("{name}_FILE")),
        };
        let given = option.value.is_some() || option.file.is_some();
        let client_secret = self.secret(name.clone(), &option);
        if !given {
            self.fault(
                name,
                format!("is required with {prefix}_CLIENT_ID; the provider shows it beside the id"),
            );
        }
        Some(Provider {
            id,
            label,
            scope,
            kind,
            client_id: client_id?,
            client_secret: client_secret?,
        })
    }

    fn slug(&mut self, prefix: &str, name: &str) -> Option<ProviderId> {
        let id = name.to_lowercase().replace('_', "-").parse();
        if id.is_err() {
            let what =
                "the name in the middle has 1 to 32 letters, digits and _, and begins with a letter or digit";
            self.fault(prefix.to_owned(), what);
        }
        id.ok()
    }

    fn required(&mut self, variables: &ProviderVariables, name: &str) -> Option<String> {
        let value = variables.get(name);
        if value.is_none() {
            self.fault(
                name.to_owned(),
                "is missing: the provider cannot be used without it",
            );
        }
        value
    }

    /// An address that may be set, without a slash at its end.
    fn address(&mut self, variables: &ProviderVariables, name: &str, default: &str) -> String {
        match variables.get(name) {
            Some(text) => self.checked(name, text).trim_end_matches('/').to_owned(),
            None => default.to_owned(),
        }
    }

    /// Secrets go there, and who somebody is comes from there.
    fn checked(&mut self, name: &str, text: String) -> String {
        let fit = Url::parse(&text).is_ok_and(|url| {
            url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)))
        });
        if !fit {
            let what = format!(
                "`{text}` must be a URL that begins with https:// (plain http:// is for this machine alone)"
            );
            self.fault(name.to_owned(), what);
        }
        text
    }

    /// A variable that begins as those of a known provider do, and ends as none does.
    fn misspelt(&mut self, variables: &ProviderVariables) {
        for (kind, settings) in [("OIDC_", OPENID), ("OAUTH_", PLAIN)] {
            let names = variables.names(kind, settings);
            for variable in variables.0.keys() {
                let of_one = |name: &String| variable.starts_with(&format!("{kind}{name}_"));
                if name_in(variable, kind, settings).is_none() && names.iter().any(of_one) {
                    let what = format!("is no setting of a provider; those are {}", settings.join(", "));
                    self.fault(variable.clone(), what);
                }
            }
        }
    }
}

fn label(variables: &ProviderVariables, prefix: &str, name: &str) -> String {
    variables.get(&format!("{prefix}_LABEL")).unwrap_or_else(|| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first
            .into_iter()
            .chain(letters.map(|letter| letter.to_ascii_lowercase()))
            .collect::<String>()
            .replace('_', " ")
    })
}

fn as_variable(id: &ProviderId) -> String {
    id.as_str().to_uppercase().replace('-', "_")
}

/// The settings in effect of each provider, as `check-config` prints them.
pub(super) fn describe(providers: &[Provider]) -> Vec<String> {
    let lines = providers.iter().flat_map(|provider| {
        let name = as_variable(&provider.id);
        let (prefix, places) = match &provider.kind {
            Kind::GitHub(GitHub { base, api }) => {
                (name, vec![("BASE_URL", base.clone()), ("API_URL", api.clone())])
            }
            Kind::OpenId(openid) => {
                let preset = matches!(name.as_str(), "GOOGLE" | "MICROSOFT");
                let prefix = if preset { name } else { format!("OIDC_{name}") };
                (prefix, vec![("ISSUER", openid.issuer.clone())])
            }
            Kind::Plain(plain) => (
                format!("OAUTH_{name}"),
                vec![
                    ("AUTHORIZE_URL", plain.authorize.to_string()),
                    ("TOKEN_URL", plain.token.to_string()),
                    ("USERINFO_URL", plain.userinfo.to_string()),
                ],
            ),
        };
        let preset = !prefix.starts_with("OIDC_") && !prefix.starts_with("OAUTH_");
        let mut settings = places;
        settings.push(("CLIENT_ID", provider.client_id.clone()));
        settings.push(("CLIENT_SECRET", "********".to_owned()));
        if !preset {
            settings.push(("LABEL", provider.label.clone()));
            settings.push(("SCOPES", provider.scope.clone()));
        }
        settings
            .into_iter()
            .map(move |(setting, value)| format!("{prefix}_{setting}={value}"))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Vec<Provider>, Vec<String>) {
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut reader = Reader::default();
        let providers = reader.providers(&ProviderVariables::of(owned));
        let faults = reader.faults.into_iter().map(|fault| fault.name.into_owned());
        (providers, faults.collect())
    }

    #[test]
    fn presets_need_an_id_and_a_secret() {
        let (providers, faults) = read(&[
            ("GOOGLE_CLIENT_ID", "g"),
            ("GOOGLE_CLIENT_SECRET", "s"),
            ("GITHUB_CLIENT_ID", "h"),
            ("GITHUB_CLIENT_SECRET", "s"),
            ("GITHUB_BASE_URL", "https://git.example/"),
            ("GITHUB_TOKEN", "of something else"),
        ]);
        assert!(faults.is_empty(), "{faults:?}");
        let ids: Vec<&str> = providers.iter().map(|provider| provider.id.as_str()).collect();
        assert_eq!(ids, ["google", "github"]);
        let Kind::GitHub(github) = &providers[1].kind else {
            panic!()
        };
        assert_eq!(
            (github.base.as_str(), github.api.as_str()),
            ("https://git.example", "https://git.example/api/v3")
        );
    }

    #[test]
    fn any_number_of_others_is_known_by_name() {
        let (providers, faults) = read(&[
            ("OIDC_MY_IDP_ISSUER", "https://idp.example/realms/a"),
            ("OIDC_MY_IDP_CLIENT_ID", "c"),
            ("OIDC_MY_IDP_CLIENT_SECRET", "s"),
            ("OAUTH_FORGE_AUTHORIZE_URL", "https://forge.example/authorize"),
            ("OAUTH_FORGE_TOKEN_URL", "https://forge.example/token"),
            ("OAUTH_FORGE_USERINFO_URL", "http://127.0.0.1:1/me"),
            ("OAUTH_FORGE_CLIENT_ID", "c"),
            ("OAUTH_FORGE_CLIENT_SECRET", "s"),
            ("OAUTH_FORGE_LABEL", "The Forge"),
        ]);
        assert!(faults.is_empty(), "{faults:?}");
        let told: Vec<_> = providers
            .iter()
            .map(|provider| (provider.id.as_str(), provider.label.as_str()))
            .collect();
        assert_eq!(told, [("my-idp", "My idp"), ("forge", "The Forge")]);
    }

    #[test]
    fn every_fault_names_its_variable() {
        let (_, faults) = read(&[
            ("GOOGLE_CLIENT_ID", "g"),
            ("MICROSOFT_CLIENT_SECRET", "s"),
            ("MICROSOFT_TENANT", "a/b"),
            ("OIDC_A_CLIENT_ID", "c"),
            ("OIDC_A_CLIENT_SECRET", "s"),
            ("OIDC_B_ISSUER", "http://idp.example"),
            ("OIDC_B_CLIENT_ID", "c"),
            ("OIDC_B_CLIENT_SECRET", "s"),
            ("OIDC_B_CLIENTID", "c"),
            ("OIDC_B_SCOPES", "email"),
        ]);
        assert_eq!(
            faults,
            [
                "GOOGLE_CLIENT_SECRET",
                "MICROSOFT_TENANT",
                "MICROSOFT_CLIENT_ID",
                "OIDC_A_ISSUER",
                "OIDC_B_ISSUER",
                "OIDC_B_SCOPES",
                "OIDC_B_CLIENTID"
            ]
        );
    }

    #[test]
    fn two_providers_of_one_name_are_refused() {
        let (_, faults) = read(&[
            ("GOOGLE_CLIENT_ID", "g"),
            ("GOOGLE_CLIENT_SECRET", "s"),
            ("OIDC_GOOGLE_ISSUER", "https://idp.example"),
            ("OIDC_GOOGLE_CLIENT_ID", "c"),
            ("OIDC_GOOGLE_CLIENT_SECRET", "s"),
        ]);
        assert_eq!(faults, ["OIDC_GOOGLE"]);
    }

    #[test]
    fn no_value_is_printed() {
        let variables = ProviderVariables::of([("GOOGLE_CLIENT_SECRET".to_owned(), "swordfish".to_owned())]);
        assert!(!format!("{variables:?}").contains("swordfish"));
    }
}
