//! Clients: browsers and native applications.

use super::api_error::ApiError;
use crate::model::client::Client;
use crate::store::tables::Tables;

/// Finds a client by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Client, ApiError> {
    tables
        .clients
        .get(id)
        .ok_or_else(|| ApiError::not_found("client", id))
}

/// Finds a client by its dev browser token.
pub(crate) fn by_token<'a>(tables: &'a Tables, token: &str) -> Option<&'a Client> {
    tables.clients.find(|client| client.token == token)
}

/// Finds a client by its ID and rotating token.
pub(crate) fn by_rotating_token<'a>(
    tables: &'a Tables,
    id: &str,
    rotating_token: &str,
    now: i64,
) -> Option<&'a Client> {
    tables
        .clients
        .get(id)
        .filter(|client| client.accepts(rotating_token, now))
}

/// Adds a client without sessions and returns its ID.
pub(crate) fn add(tables: &mut Tables, now: i64) -> String {
    let client = Client::new(now);
    let id = client.id.clone();
    tables.clients.insert(client);
    id
}

/// Changes a client if it exists.
pub(crate) fn change(tables: &mut Tables, id: &str, change: impl FnOnce(&mut Client)) {
    if let Some(client) = tables.clients.get_mut(id) {
        change(client);
    }
}

/// Replaces a client whose sessions have ended with a new one for the same dev browser, and returns the new client's
/// ID.
pub(crate) fn replace(tables: &mut Tables, id: &str, now: i64) -> String {
    let mut fresh = Client::new(now);
    if let Some(old) = tables.clients.remove(id) {
        fresh.token = old.token;
    }
    let id = fresh.id.clone();
    tables.clients.insert(fresh);
    id
}

/// Lists clients, newest first.
pub(crate) fn list(tables: &Tables) -> Vec<&Client> {
    tables.clients.iter().rev().collect()
}
