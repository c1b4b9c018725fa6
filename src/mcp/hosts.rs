//! Which hosts draw a board themselves.
//!
//! In the sessionless form of the older protocol only `initialize` says so, so it is remembered for the grant.
//! What is forgotten costs a host some text it does not need, nothing more.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::ClientCapabilities;

use super::board::UI_EXTENSION;
use crate::id::GrantId;

/// Beyond this many grants all are forgotten; busy hosts initialize again soon.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<HashMap<GrantId, bool>>);

impl Hosts {
    /// Remembers what an `initialize` declared.
    pub(super) fn remember(&self, grant: GrantId, capabilities: &ClientCapabilities) {
        let mut known = self.lock();
        if known.len() >= MOST && !known.contains_key(&grant) {
            known.clear();
        }
        known.insert(grant, declares_ui(capabilities));
    }

    /// Whether the host draws boards: by what this request declares, else by what was remembered.
    pub(super) fn has_board(&self, grant: GrantId, declared: Option<&ClientCapabilities>) -> bool {
        match declared {
            Some(capabilities) => declares_ui(capabilities),
            None => self.lock().get(&grant).copied().unwrap_or(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GrantId, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn declares_ui(capabilities: &ClientCapabilities) -> bool {
    capabilities
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.contains_key(UI_EXTENSION))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;

    fn capabilities(value: serde_json::Value) -> ClientCapabilities {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_request_counts_before_the_memory() {
        let hosts = Hosts::default();
        let grant = |n: u8| GrantId::new(Timestamp::from_seconds(1), [n; 10]);
        let with = capabilities(json!({"extensions": {UI_EXTENSION: {}}}));
        let without = capabilities(json!({}));
        assert!(!hosts.has_board(grant(1), None));
        hosts.remember(grant(1), &with);
        assert!(hosts.has_board(grant(1), None));
        assert!(!hosts.has_board(grant(2), None));
        assert!(!hosts.has_board(grant(1), Some(&without)));
        assert!(hosts.has_board(grant(2), Some(&with)));
        hosts.remember(grant(1), &without);
        assert!(!hosts.has_board(grant(1), None));
    }
}
