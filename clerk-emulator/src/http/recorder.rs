//! The requests that arrived, for assertions in tests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use url::form_urlencoded;

use super::expectations::Expectations;

/// Older requests are dropped, so that a long-running emulator does not grow.
const KEPT: usize = 10_000;

/// Headers that are kept, none of which carries cookies or credentials.
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

/// One request as it arrived. Credentials in headers, cookies and bodies are not kept.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(&'static str, String)>,
}

impl RecordedRequest {
    /// Returns the method, in capitals.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the query without its question mark.
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

    /// Returns the headers that are kept.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Returns one of the headers that are kept: `accept`, `clerk-api-version`, `content-type`, `host`,
    /// `idempotency-key`, `origin`, `referer`, `sec-fetch-dest`, `traceparent`, `user-agent`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(kept, _)| kept.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What arrived, and what is expected to.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    kept: Mutex<VecDeque<RecordedRequest>>,
    pub(crate) expectations: Expectations,
}

impl Recorder {
    pub(crate) fn record(&self, parts: &http::request::Parts) {
        let request = RecordedRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: kept_headers(&parts.headers),
        };
        self.expectations.note(&parts.method, parts.uri.path());
        let mut requests = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<RecordedRequest> {
        let requests = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
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
