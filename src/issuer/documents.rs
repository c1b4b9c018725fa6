//! Clients that are known by their metadata documents: fetched, kept, and replaced by the last good copy.
//!
//! # Design
//!
//! Whoever sends a browser here chooses the address, so a visit must not cost more than a fetch now and then: a
//! good document is kept for minutes to a day, a bad answer is remembered for a minute, whoever asks for the
//! same address meanwhile waits for the fetch that is under way, and the number of fetches is bounded by host
//! and altogether. What is kept is in the store, so it survives a restart.
//!
//! A host that does not answer is no reason to lock people out: the last good copy stands in, then what the
//! program knows of well-known apps. A document that did come, but does not hold, is its host's own word, and
//! nothing stands in for it. That there is none any more is its host's word as well and ends the copy; only what
//! comes with the program outlasts it, for some hosts say so to programs they take for robots.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Issuer;
use super::clients::Unresolved;
use crate::clock::{Seconds, Timestamp};
use crate::net::{FetchError, Net};
use crate::oauth::{
    Client, ClientId, InvalidDocument, KeptDocument, LocalFault, document_client, well_known_document,
};
use crate::store::{StoreError, Tx};

/// For how long an answer that was no good is not asked for again.
const FAILURE_LIFE: Seconds = Seconds(60);

/// The span in which fetches are counted.
const SPAN: Seconds = Seconds(60);
/// Most fetches from one host in that span.
const PER_HOST: usize = 10;
/// Most fetches altogether in that span.
const ALTOGETHER: usize = 60;

/// Most documents that are kept.
const KEPT: u32 = 1000;

/// Uses that are closer together than this are written down once.
const TOUCH: Seconds = Seconds(3600);

/// Why there is no fresh document. The sentences follow "The app describes itself at …, but".
#[derive(Debug, Clone, thiserror::Error)]
enum Unread {
    /// It did not come.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It came, and does not hold.
    #[error(transparent)]
    Invalid(#[from] InvalidDocument),
    /// Enough was fetched already.
    #[error("this server has fetched too many such documents within the last minute")]
    TooMany,
}

impl Unread {
    /// Whether the host says that what it said before no longer holds.
    fn withdraws(&self) -> bool {
        matches!(
            self,
            Self::Invalid(_) | Self::Fetch(FetchError::Status(404 | 410))
        )
    }
}

/// The way to the documents, and what happened on it of late.
pub(super) struct Documents {
    net: Net,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    fetches: Fetches,
    failures: HashMap<ClientId, (Timestamp, Unread)>,
    turns: HashMap<ClientId, Weak<Turn>>,
}

/// Held by whoever fetches a document.
type Turn = tokio::sync::Mutex<()>;

impl Documents {
    pub(super) fn new(net: Net) -> Self {
        Self {
            net,
            recent: Mutex::default(),
        }
    }

    /// What is to be held while this document is fetched. The last one who lets go of it ends it.
    fn turn(&self, id: &ClientId) -> Arc<Turn> {
        let mut recent = self.recent();
        recent.turns.retain(|_, turn| turn.strong_count() > 0);
        let known = recent.turns.get(id).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let turn = Arc::<Turn>::default();
            recent.turns.insert(id.clone(), Arc::downgrade(&turn));
            turn
        })
    }

    /// Fetches the document, unless that failed just now or happened too often.
    async fn fetch(&self, id: &ClientId, now: Timestamp) -> Result<(KeptDocument, Client), Unread> {
        if let Some(failure) = self.may_fetch(id, now) {
            return Err(failure);
        }
        let read = self.read(id, now).await;
        if let Err(why) = &read {
            tracing::info!(client.id = %id, ?why, "the document of a client was not read");
            self.recent().failures.insert(id.clone(), (now, why.clone()));
        }
        read
    }

    fn may_fetch(&self, id: &ClientId, now: Timestamp) -> Option<Unread> {
        let mut recent = self.recent();
        recent.failures.retain(|_, (at, _)| now.since(*at) < FAILURE_LIFE);
        if let Some((_, failure)) = recent.failures.get(id) {
            return Some(failure.clone());
        }
        let host = id.document_host().unwrap_or_default();
        (!recent.fetches.admit(host, now)).then_some(Unread::TooMany)
    }

    async fn read(&self, id: &ClientId, now: Timestamp) -> Result<(KeptDocument, Client), Unread> {
        let url = id.document_url().expect("the id of such a client is a URL");
        let document = self.net.fetch_public(&url).await?;
        let text = String::from_utf8_lossy(&document.body).into_owned();
        let max_age = document
            .max_age
            .map(|age| Seconds(i64::try_from(age.as_secs()).unwrap_or(i64::MAX)));
        let kept = KeptDocument::new(id.clone(), text, max_age, now);
        let client = kept.client()?;
        Ok((kept, client))
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fetches of the last minute, oldest first.
#[derive(Default)]
struct Fetches(VecDeque<(Timestamp, String)>);

impl Fetches {
    /// Counts a fetch from `host`, if there may be one more.
    fn admit(&mut self, host: String, now: Timestamp) -> bool {
        while self.0.front().is_some_and(|(at, _)| now.since(*at) >= SPAN) {
            self.0.pop_front();
        }
        let from_host = self.0.iter().filter(|(_, known)| *known == host).count();
        let admitted = self.0.len() < ALTOGETHER && from_host < PER_HOST;
        if admitted {
            self.0.push_back((now, host));
        }
        admitted
    }
}

impl Issuer {
    /// The client that the document at the address `id` describes.
    pub(super) async fn described_client(&self, id: ClientId, now: Timestamp) -> Result<Client, Unresolved> {
        if let Some(client) = self.fresh_client(&id, now).await? {
            return Ok(client);
        }
        let turn = self.0.documents.turn(&id);
        let _held = turn.lock().await;
        // Whoever held it before may have brought the document.
        if let Some(client) = self.fresh_client(&id, now).await? {
            return Ok(client);
        }
        match self.0.documents.fetch(&id, now).await {
            Ok((document, client)) => {
                let unit = move |tx: &mut dyn Tx| tx.keep_client_document(&document, KEPT);
                self.0.store.write(unit).await?;
                Ok(client)
            }
            Err(why) => self.stand_in(id, &why, now).await,
        }
    }

    /// The client by the kept document, while that is fresh.
    async fn fresh_client(&self, id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        let Some(kept) = self.kept_document(id).await? else {
            return Ok(None);
        };
        let client = kept.client().ok().filter(|_| kept.is_fresh(now));
        if client.is_some() && now.since(kept.last_used_at) > TOUCH {
            let unit = move |tx: &mut dyn Tx| tx.touch_client_document(&kept.id, now);
            self.0.store.write(unit).await?;
        }
        Ok(client)
    }

    async fn kept_document(&self, id: &ClientId) -> Result<Option<KeptDocument>, StoreError> {
        let id = id.clone();
        self.0.store.read(move |tx| tx.client_document(&id)).await
    }

    /// What takes the place of a document that could not be read.
    async fn stand_in(&self, id: ClientId, why: &Unread, now: Timestamp) -> Result<Client, Unresolved> {
        let fault = || LocalFault::Document {
            id: id.clone(),
            why: why.to_string(),
        };
        if why.withdraws() {
            let gone = id.clone();
            let unit = move |tx: &mut dyn Tx| tx.delete_client_document(&gone);
            self.0.store.write(unit).await?;
        }
        if matches!(why, Unread::Invalid(_)) {
            return Err(Unresolved::Fault(fault()));
        }
        let kept = self.kept_document(&id).await?;
        let kept = kept.filter(|kept| kept.may_stand_in(now));
        let last_good = kept.and_then(|kept| kept.client().ok());
        let well_known = || well_known_document(&id).map(|known| document_client(id.clone(), known, now));
        last_good
            .or_else(well_known)
            .ok_or_else(|| Unresolved::Fault(fault()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_are_bounded_by_host_and_altogether() {
        let at = |seconds: i64| Timestamp::from_seconds(1000 + seconds);
        let mut fetches = Fetches::default();
        for n in 0..PER_HOST {
            assert!(fetches.admit("a.example".to_owned(), at(0)), "{n}");
        }
        assert!(!fetches.admit("a.example".to_owned(), at(59)));
        for n in PER_HOST..ALTOGETHER {
            assert!(fetches.admit(format!("{n}.example"), at(1)), "{n}");
        }
        assert!(!fetches.admit("b.example".to_owned(), at(59)));
        assert!(
            fetches.admit("b.example".to_owned(), at(60)),
            "ten of them are a minute old"
        );
        assert!(fetches.admit("a.example".to_owned(), at(60)));
    }
}
