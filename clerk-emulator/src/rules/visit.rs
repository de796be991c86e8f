//! Callers of the Frontend API and their origins.

use crate::model::activity::Activity;

/// A call from a browser or a native application.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) client_id: String,
    /// The origin of the calling page, which is the `azp` claim of sessions that it starts.
    pub(crate) origin: Option<String>,
    pub(crate) activity: Activity,
    /// The URL at which browsers reach the emulator.
    pub(crate) emulator_url: String,
    pub(crate) now: i64,
}
