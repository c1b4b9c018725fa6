//! Which issuer a provider may call itself by. Pure.

use super::provider::{OpenId, Spelling};

/// What Microsoft writes for the id of an organisation.
const TENANT: &str = "{tenantid}";

/// Which `iss` is a provider's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IssuerRule {
    /// This one.
    Exact(String),
    /// This one, with or without `https://`.
    SchemeOptional(String),
    /// This one, once the id of an organisation stands in its middle: what comes before it, and what after.
    PerTenant(String, String),
}

impl IssuerRule {
    /// The rule for a provider that calls itself `named` in its metadata; `None` when that is somebody else.
    pub(super) fn of(provider: &OpenId, named: &str) -> Option<Self> {
        let exact = named == provider.issuer;
        match provider.spelling {
            Spelling::Exact => exact.then(|| Self::Exact(named.to_owned())),
            Spelling::SchemeOptional => exact.then(|| Self::SchemeOptional(named.to_owned())),
            Spelling::PerTenant => {
                if let Some((before, after)) = named.split_once(TENANT) {
                    let ours = around_tenant(&provider.issuer)? == (before, after);
                    return ours.then(|| Self::PerTenant(before.to_owned(), after.to_owned()));
                }
                // A tenant may be configured by a domain and names itself by its id.
                let same_place = around_tenant(named)? == around_tenant(&provider.issuer)?;
                same_place.then(|| Self::Exact(named.to_owned()))
            }
        }
    }

    /// Whether an answer or an ID token that names this issuer, for this tenant where it names one, is the
    /// provider's own; then the issuer as identities remember it.
    pub(super) fn accept(&self, iss: &str, tenant: Option<&str>) -> Option<String> {
        match self {
            Self::Exact(issuer) => (iss == issuer).then(|| issuer.clone()),
            Self::SchemeOptional(issuer) => {
                let short = issuer.strip_prefix("https://");
                (iss == issuer || Some(iss) == short).then(|| issuer.clone())
            }
            Self::PerTenant(before, after) => {
                let named = iss.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                let same = tenant.is_none_or(|tenant| tenant == named);
                (same && is_tenant_id(named)).then(|| iss.to_owned())
            }
        }
    }

    /// Whether an ID token has to name its tenant.
    pub(super) fn wants_tenant(&self) -> bool {
        matches!(self, Self::PerTenant(..))
    }
}

/// What stands before and after the tenant in `https://login.example/TENANT/v2.0`.
fn around_tenant(issuer: &str) -> Option<(&str, &str)> {
    let after_scheme = issuer.find("://")? + 3;
    let start = issuer[after_scheme..].find('/')? + after_scheme + 1;
    let end = issuer[start..]
        .find('/')
        .map_or(issuer.len(), |length| start + length);
    Some((&issuer[..start], &issuer[end..]))
}

/// A GUID as Microsoft writes it.
fn is_tenant_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT_ID: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    fn microsoft(tenant: &str) -> OpenId {
        OpenId::microsoft(format!("https://login.example/{tenant}/v2.0"))
    }

    #[test]
    fn most_issuers_are_themselves_and_nobody_else() {
        let provider = OpenId::any("https://idp.example".to_owned());
        assert_eq!(IssuerRule::of(&provider, "https://idp.example/"), None);
        let rule = IssuerRule::of(&provider, "https://idp.example").unwrap();
        assert_eq!(
            rule.accept("https://idp.example", None).unwrap(),
            "https://idp.example"
        );
        for other in ["", "idp.example", "https://idp.example/", "https://IDP.example"] {
            assert_eq!(rule.accept(other, None), None, "{other}");
        }
    }

    #[test]
    fn google_goes_without_its_scheme_too() {
        let provider = OpenId::google("https://accounts.example".to_owned());
        let rule = IssuerRule::of(&provider, "https://accounts.example").unwrap();
        for same in ["https://accounts.example", "accounts.example"] {
            assert_eq!(rule.accept(same, None).unwrap(), "https://accounts.example");
        }
        assert_eq!(rule.accept("http://accounts.example", None), None);
    }

    #[test]
    fn microsoft_names_the_tenant_of_each_person() {
        let rule = IssuerRule::of(&microsoft("common"), "https://login.example/{tenantid}/v2.0").unwrap();
        let good = format!("https://login.example/{TENANT_ID}/v2.0");
        assert!(rule.wants_tenant());
        assert_eq!(
            rule.accept(&good, Some(TENANT_ID)).as_deref(),
            Some(good.as_str())
        );
        assert_eq!(
            rule.accept(&good, Some("00000000-0000-0000-0000-000000000000")),
            None
        );
        for other in [
            "https://login.example/common/v2.0",
            "https://login.example//v2.0",
            "https://other.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
            "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v1.0",
            "https://login.example/9188040d-6c67-4c5b-b112-36a304b66da/x/v2.0",
        ] {
            assert_eq!(rule.accept(other, None), None, "{other}");
        }
        assert_eq!(
            IssuerRule::of(&microsoft("common"), "https://evil.example/{tenantid}/v2.0"),
            None
        );
    }

    #[test]
    fn a_single_tenant_is_known_by_its_id() {
        let named = format!("https://login.example/{TENANT_ID}/v2.0");
        let rule = IssuerRule::of(&microsoft("contoso.example"), &named).unwrap();
        assert_eq!(rule, IssuerRule::Exact(named.clone()));
        assert!(rule.accept(&named, Some(TENANT_ID)).is_some());
        assert_eq!(
            IssuerRule::of(&microsoft("a"), "https://evil.example/b/v2.0"),
            None
        );
    }
}
