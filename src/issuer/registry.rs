//! Clients as the operator keeps them: list, add, remove.

use std::collections::BTreeMap;

use super::revoke;
use crate::audit::{Event, EventKind};
use crate::clock::{Clock, Timestamp};
use crate::oauth::{
    AuthMethod, Client, ClientId, ClientMetadata, Grant, InvalidClientId, InvalidRedirectUri,
    MAX_REDIRECT_URIS, RedirectUri, RevokeReason, ScopeSet, clean_name,
};
use crate::secret::{Secret, random};
use crate::store::{Store, StoreError, Tx};

/// Why a client was not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nothing is left of the name when it is cleaned.
    #[error("a client needs a name that can be shown")]
    Name,
    /// One of its redirect URIs is not acceptable.
    #[error("redirect URI `{uri}` {fault}")]
    RedirectUri {
        /// Which.
        uri: String,
        /// What is wrong with it.
        fault: InvalidRedirectUri,
    },
    /// None, or too many.
    #[error("a client has between 1 and {MAX_REDIRECT_URIS} redirect URIs")]
    RedirectUris,
    /// Not a client id.
    #[error("{0}; `chess-mcp clients list` shows them")]
    Id(#[from] InvalidClientId),
    /// No such client.
    #[error("there is no client {0}; `chess-mcp clients list` shows them")]
    Unknown(ClientId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a client comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It registered itself.
    Registered,
    /// The operator added it.
    Added,
    /// Its id is the address of its metadata document.
    Document,
    /// It is this program.
    CommandLine,
}

impl Origin {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Added => "added",
            Self::Document => "document",
            Self::CommandLine => "command line",
        }
    }

    fn of(id: &ClientId, added: bool) -> Self {
        match id {
            id if id.is_document() => Self::Document,
            id if *id == ClientId::command_line() => Self::CommandLine,
            _ if added => Self::Added,
            _ => Self::Registered,
        }
    }
}

/// A client in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedClient {
    /// Its id.
    pub id: ClientId,
    /// How it calls itself.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Where people are sent back to, each once.
    pub destinations: Vec<String>,
    /// Since when it is known.
    pub since: Timestamp,
    /// When one of its live grants was last used.
    pub last_used_at: Option<Timestamp>,
    /// How many live grants it has.
    pub live_grants: usize,
}

/// The clients of this server. Works beside a running one.
#[derive(Clone)]
pub struct Registry {
    store: Store,
    clock: Clock,
}

impl Registry {
    /// The clients in this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Every client that is kept or has a live grant, longest known first.
    pub async fn list(&self) -> Result<Vec<ListedClient>, RegistryError> {
        let now = self.clock.now();
        let unit = move |tx: &mut dyn Tx| -> Result<_, StoreError> {
            Ok((tx.clients()?, tx.client_documents()?, tx.unrevoked_grants(None)?))
        };
        let (clients, documents, mut grants) = self.store.read(unit).await?;
        grants.retain(|grant| grant.is_live(now));
        let mut listed = BTreeMap::new();
        // A document that no longer holds is known by the grants it led to, if there are any.
        let described = documents.iter().filter_map(|kept| kept.client().ok());
        for client in clients.into_iter().chain(described) {
            listed.insert(client.id.clone(), known(client));
        }
        for grant in &grants {
            let client = listed
                .entry(grant.client.clone())
                .or_insert_with(|| known_by(grant));
            client.live_grants += 1;
            client.last_used_at = client.last_used_at.max(Some(grant.last_used_at));
        }
        let mut listed: Vec<ListedClient> = listed.into_values().collect();
        listed.sort_by_key(|client| client.since);
        Ok(listed)
    }

    /// Adds a client; a confidential one gets a secret, which is told once.
    pub async fn add(
        &self,
        name: &str,
        redirect_uris: &[String],
        confidential: bool,
    ) -> Result<(ClientId, Option<Secret>), RegistryError> {
        let secret = confidential.then(|| Secret::bearer("cs", random()));
        let client = Client {
            id: ClientId::registered(random()),
            metadata: metadata(name, redirect_uris, confidential)?,
            secret: secret.as_ref().map(Secret::digest),
            created_at: self.clock.now(),
            activated_at: None,
            added: true,
        };
        let id = client.id.clone();
        let unit = move |tx: &mut dyn Tx| -> Result<(), StoreError> {
            tx.insert_client(&client)?;
            tx.record(&Event::new(EventKind::ClientAdded, client.created_at).client(&client.id))
        };
        self.store.write(unit).await?;
        Ok((id, secret))
    }

    /// Removes a client: its grants end with the next request, its sign-ins under way at once. Says where it
    /// came from, and how many live grants it had.
    pub async fn remove(&self, id: &str) -> Result<(Origin, usize), RegistryError> {
        let (id, now): (ClientId, _) = (id.parse()?, self.clock.now());
        let unit = move |tx: &mut dyn Tx| -> Result<(Origin, usize), RegistryError> {
            let added = tx.client(&id)?.is_some_and(|client| client.added);
            let mut grants = tx.unrevoked_grants(None)?;
            grants.retain(|grant| grant.client == id);
            for grant in &grants {
                revoke(tx, grant, RevokeReason::ClientRemoved, now)?;
            }
            let kept = tx.delete_client(&id)?;
            if !kept && grants.is_empty() {
                return Err(RegistryError::Unknown(id.clone()));
            }
            tx.record(&Event::new(EventKind::ClientRemoved, now).client(&id))?;
            let live = grants.iter().filter(|grant| grant.is_live(now)).count();
            Ok((Origin::of(&id, added), live))
        };
        self.store.write(unit).await
    }
}

fn metadata(name: &str, uris: &[String], confidential: bool) -> Result<ClientMetadata, RegistryError> {
    let name = Some(clean_name(name))
        .filter(|name| !name.is_empty())
        .ok_or(RegistryError::Name)?;
    if uris.is_empty() || uris.len() > MAX_REDIRECT_URIS {
        return Err(RegistryError::RedirectUris);
    }
    let parse = |uri: &String| {
        RedirectUri::parse(uri).map_err(|fault| RegistryError::RedirectUri {
            uri: uri.escape_debug().to_string(),
            fault,
        })
    };
    Ok(ClientMetadata {
        name: Some(name),
        redirect_uris: uris.iter().map(parse).collect::<Result<_, _>>()?,
        auth_method: if confidential {
            AuthMethod::ClientSecretBasic
        } else {
            AuthMethod::None
        },
        refreshes: true,
        scopes: ScopeSet::all(),
        descriptive: serde_json::Map::new(),
    })
}

fn known(client: Client) -> ListedClient {
    let mut destinations: Vec<String> = client
        .metadata
        .redirect_uris
        .iter()
        .map(RedirectUri::destination)
        .collect();
    destinations.sort();
    destinations.dedup();
    ListedClient {
        name: client.display_name().to_owned(),
        origin: Origin::of(&client.id, client.added),
        destinations,
        since: client.created_at,
        last_used_at: None,
        live_grants: 0,
        id: client.id,
    }
}

/// A client of which nothing but its grants is kept.
fn known_by(grant: &Grant) -> ListedClient {
    let destination = Some(grant.destination.clone()).filter(|destination| !destination.is_empty());
    ListedClient {
        id: grant.client.clone(),
        name: grant.snapshot.display_name().to_owned(),
        origin: Origin::of(&grant.client, false),
        destinations: destination.into_iter().collect(),
        since: grant.created_at,
        last_used_at: None,
        live_grants: 0,
    }
}
