//! Who calls the Frontend API, and from where.

use crate::model::activity::Activity;

/// A call of a browser or a native application.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) client_id: String,
    /// Origin of the page that calls: the `azp` claim of sessions that it starts.
    pub(crate) origin: Option<String>,
    pub(crate) activity: Activity,
    /// URL under which browsers reach the emulator.
    pub(crate) emulator_url: String,
    pub(crate) now: i64,
}
