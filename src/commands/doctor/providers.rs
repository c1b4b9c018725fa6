//! Where people sign in: whether each provider answers, and where it has to send browsers back to.

use super::Check;
use crate::clock::Clock;
use crate::config::Config;
use crate::net::{Net, SystemResolver};
use crate::secret::{MasterKey, random};
use crate::upstream::{Providers, UpstreamError};
use crate::urls::PublicUrl;

pub(super) async fn look(config: &Config, reached: Option<&PublicUrl>) -> Vec<Check> {
    let Some(url) = reached else {
        return Vec::new();
    };
    let net = Net::new(SystemResolver, false);
    // Nothing is sent that the key would have to stand for.
    let providers = Providers::new(
        config.providers.clone(),
        net,
        &MasterKey::new(random()),
        url.clone(),
    );
    let mut checks = Vec::new();
    for provider in providers.all() {
        let part = format!("provider {}", provider.id);
        let callback = url.callback(&provider.id);
        checks.push(match providers.examine(&provider.id, Clock::System.now()).await {
            Ok(()) => Check::ok(
                part,
                format!("its callback is {callback}; it must be set there exactly so"),
            ),
            Err(error) => Check::problem(
                part,
                format!("{error}; its callback is {callback}"),
                remedy(&error),
            ),
        });
    }
    checks
}

fn remedy(error: &UpstreamError) -> &'static str {
    match error {
        UpstreamError::Unavailable(_) => {
            "check that this machine reaches the provider; sign-in with it works again as soon as it does"
        }
        UpstreamError::Misbehaved(_) | UpstreamError::Denied => {
            "correct its ISSUER: it is the `issuer` in its own /.well-known/openid-configuration, letter for letter"
        }
    }
}
