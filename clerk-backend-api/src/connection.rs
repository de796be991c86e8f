use std::time::Duration;

use http::{HeaderMap, HeaderValue};

use crate::retry::Retry;

/// What all requests of a client share: the connection pool, the URL, the keys and the defaults.
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

/// Returns the `Authorization` value for a key, marked as sensitive.
pub(crate) fn bearer(key: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
