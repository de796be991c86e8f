//! Session tokens that clients send back.

use serde_json::Value;

use crate::app::App;
use crate::model::session::Session;
use crate::rules::sessions;
use crate::store::tables::Tables;

/// Returns the live session of a token that is valid at this time.
pub(crate) fn read<'a>(
    app: &App,
    tables: &'a Tables,
    token: &str,
    now: i64,
) -> Option<&'a Session> {
    let claims = app.key().read(token)?;
    let end = claims.get("exp").and_then(Value::as_i64)?;
    if end.saturating_mul(1000) <= now {
        return None;
    }
    let id = claims.get("sid").and_then(Value::as_str)?;
    sessions::find_alive(tables, id, now).ok()
}
