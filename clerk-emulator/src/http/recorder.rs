//! The requests that arrived, for assertions in tests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, StatusCode};
use url::form_urlencoded;

use super::expectations::Expectations;

/// The number of requests kept. Older ones are dropped, so that a long-running emulator does not grow.
const KEPT: usize = 10_000;

/// The recorded headers, none of which carries cookies or credentials.
const KEPT_HEADERS: &[&str] = &[
    "accept",
    "clerk-api-version",
    "content-type",
    "host",
    "idempotency-key",
    "origin",
    "referer",
    "sec-fetch-dest",
    "traceparent",
    "user-agent",
];

/// A request that the emulator received, and the status of its response. Credentials are not recorded.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    at_ms: i64,
    status: Option<u16>,
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl RecordedRequest {
    /// Returns the emulator's time at which the request arrived, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        self.at_ms
    }

    /// Returns the status of the response, or `None` if there is none yet or the connection was cut.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Returns the method, in uppercase.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the query without the question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Returns the first value of a query parameter, decoded.
    #[must_use]
    pub fn query_value(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query.as_deref()?.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Returns the recorded headers.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns one of the recorded headers: `accept`, `clerk-api-version`, `content-type`, `host`,
    /// `idempotency-key`, `origin`, `referer`, `sec-fetch-dest`, `traceparent`, `user-agent`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(kept, _)| kept.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The requests that arrived, and those that are expected.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    kept: Mutex<Kept>,
    pub(crate) expectations: Expectations,
}

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<RecordedRequest>,
    /// The number of requests dropped before the first that is kept.
    dropped: usize,
}

impl Recorder {
    /// Records a request and returns its number.
    pub(crate) fn record(&self, parts: &http::request::Parts, at_ms: i64) -> usize {
        let request = RecordedRequest {
            at_ms,
            status: None,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: kept_headers(&parts.headers),
        };
        self.expectations.note(&parts.method, parts.uri.path());
        let mut kept = self.kept();
        if kept.requests.len() == KEPT {
            kept.requests.pop_front();
            kept.dropped += 1;
        }
        kept.requests.push_back(request);
        kept.dropped + kept.requests.len() - 1
    }

    /// Records the status of the response to the request with this number, if it is still kept.
    pub(super) fn note_status(&self, number: usize, status: StatusCode) {
        let mut kept = self.kept();
        let index = number.checked_sub(kept.dropped);
        if let Some(request) = index.and_then(|index| kept.requests.get_mut(index)) {
            request.status = Some(status.as_u16());
        }
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        self.kept().requests.iter().cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.kept().requests.len()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.dropped += kept.requests.len();
        kept.requests.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kept_headers(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    KEPT_HEADERS
        .iter()
        .filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some((*name, value.to_owned()))
        })
        .collect()
}
