use crate::random;
use serde::{Deserialize, Serialize};

/// A domain of the application: the primary domain or a satellite.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Domain {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_satellite: bool,
    pub(crate) proxy_url: Option<String>,
}

impl Domain {
    /// Creates a domain.
    pub(crate) fn new(name: String, is_satellite: bool, proxy_url: Option<String>) -> Self {
        Self {
            id: random::id("dmn"),
            name,
            is_satellite,
            proxy_url,
        }
    }
}
