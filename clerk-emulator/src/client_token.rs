//! The token by which the Frontend API recognizes production browsers and native applications.

use serde_json::{Map, json};

use crate::app::App;
use crate::error::Error;
use crate::model::client::Client;
use crate::rules::clients;
use crate::store::tables::Tables;
use crate::tokens::signing_key::TokenKind;

/// Signs the token of a client.
pub(crate) fn sign(app: &App, client: &Client) -> Result<String, Error> {
    let mut claims = Map::new();
    claims.insert("id".into(), json!(client.id));
    claims.insert("rotating_token".into(), json!(client.rotating_token.0));
    app.sign(TokenKind::Uncategorized, &claims)
}

/// Finds the client that a token was issued for.
pub(crate) fn read<'t>(app: &App, tables: &'t Tables, token: &str, now: i64) -> Option<&'t Client> {
    let claims = app.key().read(token)?;
    let id = claims.get("id")?.as_str()?;
    let rotating_token = claims.get("rotating_token")?.as_str()?;
    clients::by_rotating_token(tables, id, rotating_token, now)
}
