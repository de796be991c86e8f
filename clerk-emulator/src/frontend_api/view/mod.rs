//! The representation of each entity in the Frontend API.

mod attempt;
mod billing;
mod client;
mod enterprise_connection;
mod environment;
mod organization;
mod user;

pub(super) use environment::{Place, title};

use serde_json::Value;

use crate::app::App;
use crate::backend_api::shapes::Shapes;
use crate::store::tables::Tables;

/// Renders entities for browsers, according to the state at one point in time.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    app: &'a App,
    tables: &'a Tables,
    now: i64,
}

impl<'a> View<'a> {
    pub(super) fn new(app: &'a App, tables: &'a Tables, now: i64) -> Self {
        Self { app, tables, now }
    }

    /// Returns the shapes that both APIs share.
    pub(super) fn shared(self) -> Shapes<'a> {
        Shapes::new(self.tables, &self.app.instance, self.now)
    }
}

/// Removes the fields that only servers may see from an entity.
fn without(mut json: Value, private: &[&str]) -> Value {
    if let Some(fields) = json.as_object_mut() {
        for name in private {
            fields.remove(*name);
        }
    }
    json
}
