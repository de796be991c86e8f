use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::retry::Retry;

/// What all calls of a client share: the connection pool, the address, the keys and the defaults.
pub(crate) struct Connection {
    pub(crate) http: reqwest::Client,
    pub(crate) unversioned_url: String,
    pub(crate) versioned_url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) secret_key: Option<HeaderValue>,
    pub(crate) machine_secret_key: Option<HeaderValue>,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
}

/// The `Authorization` value for a key, kept out of debug output.
pub(crate) fn bearer(key: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
