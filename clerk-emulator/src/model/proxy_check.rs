use serde::{Deserialize, Serialize};

/// The result of the last attempt to reach the Frontend API through a proxy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxyCheck {
    pub(crate) id: String,
    pub(crate) domain_id: String,
    pub(crate) proxy_url: String,
    pub(crate) successful: bool,
    pub(crate) last_run_at: i64,
    pub(crate) created_at: i64,
}
