use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method};

use crate::retry::Retry;

/// A function that is called with the method and path of each request that may have changed
/// something.
pub(crate) type WriteObserver = Arc<dyn Fn(&Method, &str) + Send + Sync>;

/// The state that all requests of a client share: the connection pool, the URL, the keys and the
/// defaults.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) http: reqwest::Client,
    pub(crate) unversioned_url: String,
    pub(crate) versioned_url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) secret_key: Option<HeaderValue>,
    pub(crate) machine_secret_key: Option<HeaderValue>,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) write_observers: Vec<WriteObserver>,
}

/// Returns the `Authorization` value for a key, marked as sensitive.
pub(crate) fn bearer(key: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
