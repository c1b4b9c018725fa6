//! Who may come in through a provider: the operator's lists. Pure.

use crate::account::UpstreamIdentity;

/// Why an entry of a list cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntry {
    /// Not an address.
    #[error("`{0}` is not an e-mail address")]
    Email(String),
    /// Not a domain.
    #[error("`{0}` is not a domain; write it like example.org")]
    Domain(String),
    /// Neither a subject nor a login.
    #[error("`{0}` must be provider:subject, or a login at GitHub")]
    User(String),
}

/// The lists. Without any entry everybody may come in; otherwise whoever is on one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    emails: Vec<String>,
    domains: Vec<String>,
    users: Vec<(String, String)>,
}

impl Admission {
    /// From three comma lists: addresses, domains, and `provider:subject` or a login at GitHub.
    pub fn parse(emails: &str, domains: &str, users: &str) -> Result<Self, Vec<InvalidEntry>> {
        let mut faults = Vec::new();
        let mut lists = Self::default();
        for entry in entries(emails) {
            match entry.split_once('@') {
                Some((name, domain)) if !name.is_empty() && is_domain(domain) => {
                    lists.emails.push(entry.to_lowercase());
                }
                _ => faults.push(InvalidEntry::Email(entry.to_owned())),
            }
        }
        for entry in entries(domains) {
            match entry.strip_prefix('@').unwrap_or(entry) {
                domain if is_domain(domain) => lists.domains.push(domain.to_lowercase()),
                _ => faults.push(InvalidEntry::Domain(entry.to_owned())),
            }
        }
        for entry in entries(users) {
            match entry.split_once(':') {
                Some((provider, user)) if !provider.is_empty() && !user.is_empty() => {
                    lists.users.push((provider.to_lowercase(), user.to_owned()));
                }
                None if is_login(entry) => lists.users.push(("github".to_owned(), entry.to_owned())),
                _ => faults.push(InvalidEntry::User(entry.to_owned())),
            }
        }
        if faults.is_empty() { Ok(lists) } else { Err(faults) }
    }

    /// Whether everybody may come in.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this person may. Only an address that the provider vouches for counts (nOAuth).
    pub fn admits(&self, person: &UpstreamIdentity) -> bool {
        self.is_open() || self.lists_user(person) || self.lists_address(person)
    }

    fn lists_user(&self, person: &UpstreamIdentity) -> bool {
        let github = person.provider.as_str() == "github";
        let login = person.login.as_deref().filter(|_| github);
        self.users.iter().any(|(provider, user)| {
            // A number is a subject and never a login: anybody may take somebody's number for a login.
            let by_login = !is_number(user) && login.is_some_and(|login| login.eq_ignore_ascii_case(user));
            provider == person.provider.as_str() && (*user == person.key.subject || by_login)
        })
    }

    fn lists_address(&self, person: &UpstreamIdentity) -> bool {
        let Some(email) = person.email.as_ref().filter(|email| email.verified) else {
            return false;
        };
        let address = email.address.to_lowercase();
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        self.emails.contains(&address)
            || domain.is_some_and(|domain| self.domains.iter().any(|own| own == domain))
    }

    /// The three lists as they are written, for `check-config`.
    pub fn lists(&self) -> [String; 3] {
        let users = self
            .users
            .iter()
            .map(|(provider, user)| format!("{provider}:{user}"));
        [
            self.emails.join(","),
            self.domains.join(","),
            users.collect::<Vec<_>>().join(","),
        ]
    }
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn is_domain(text: &str) -> bool {
    let legal = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    !text.is_empty() && text.chars().all(legal) && !text.starts_with('.') && !text.ends_with('.')
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// GitHub's logins; `_` stands in those that an enterprise manages.
fn is_login(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Email, IdentityKey};

    fn person(provider: &str, subject: &str, email: &str, verified: bool) -> UpstreamIdentity {
        UpstreamIdentity {
            provider: provider.parse().unwrap(),
            key: IdentityKey {
                issuer: "https://idp.example".to_owned(),
                subject: subject.to_owned(),
            },
            login: Some("octocat".to_owned()),
            name: None,
            email: Some(Email {
                address: email.to_owned(),
                verified,
            }),
        }
    }

    #[test]
    fn without_lists_everybody_comes_in() {
        let open = Admission::parse("", " , ", "").unwrap();
        assert!(open.admits(&person("google", "1", "a@x.example", false)));
    }

    #[test]
    fn only_an_address_that_is_vouched_for_counts() {
        let lists = Admission::parse("Ana@x.example", "@club.example", "").unwrap();
        for (address, verified, admitted) in [
            ("ana@X.example", true, true),
            ("ana@x.example", false, false),
            ("ben@x.example", true, false),
            ("ben@club.example", true, true),
            ("ben@club.example", false, false),
            ("ben@evil-club.example", true, false),
            ("ben@sub.club.example", true, false),
            ("ben@club.example@x.example", true, false),
        ] {
            assert_eq!(
                lists.admits(&person("google", "1", address, verified)),
                admitted,
                "{address}"
            );
        }
    }

    #[test]
    fn people_are_listed_by_subject_or_github_login() {
        let lists = Admission::parse("", "", "google:1, github:OctoCat, github:42").unwrap();
        assert!(lists.admits(&person("google", "1", "a@x.example", false)));
        assert!(
            !lists.admits(&person("google", "2", "a@x.example", false)),
            "a login counts at GitHub alone"
        );
        assert!(lists.admits(&person("github", "7", "a@x.example", false)));
        assert!(!lists.admits(&person("other", "1", "a@x.example", true)));
        let bare = Admission::parse("", "", "OctoCat").unwrap();
        assert!(bare.admits(&person("github", "7", "a@x.example", false)));
        assert!(!bare.admits(&person("other", "OctoCat", "a@x.example", true)));
    }

    #[test]
    fn a_number_is_a_subject_even_if_somebody_is_called_like_it() {
        let lists = Admission::parse("", "", "github:583231").unwrap();
        let mut namesake = person("github", "7", "a@x.example", true);
        namesake.login = Some("583231".to_owned());
        assert!(!lists.admits(&namesake));
        assert!(lists.admits(&person("github", "583231", "a@x.example", true)));
    }

    #[test]
    fn every_bad_entry_is_named() {
        let faults = Admission::parse("ana, a@b@c", "a b,.example", "octo cat,:1").unwrap_err();
        assert_eq!(faults.len(), 6);
    }
}
