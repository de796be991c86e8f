//! Requests that a test expects.

use std::sync::{Mutex, PoisonError};

use http::Method;
use serde::{Deserialize, Serialize};

/// A request that must arrive before a test ends, or must not.
///
/// ```
/// use clerk_emulator::Expectation;
///
/// let created = Expectation::of("POST", "/v1/users").times(2);
/// let asked = Expectation::of("GET", "/v1/jwks");
/// # let _ = (created, asked);
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Expectation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Exactly this many times, or at least once if `None`.
    #[serde(default)]
    pub(crate) times: Option<u32>,
}

impl Expectation {
    /// Expects one or more requests with this method and exactly this path.
    pub fn of(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            times: None,
        }
    }

    /// Expects exactly this many requests. 0 forbids them.
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }
}

/// An expectation, and the number of requests that met it.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) expectation: Expectation,
    pub(crate) seen: u32,
}

impl Watched {
    pub(crate) fn is_met(&self) -> bool {
        match self.expectation.times {
            None => self.seen > 0,
            Some(times) => self.seen == times,
        }
    }

    /// Describes the expected and the received requests.
    fn describe(&self) -> String {
        let Expectation {
            method,
            path,
            times,
        } = &self.expectation;
        let wanted = match times {
            None => "at least once".to_owned(),
            Some(times) => format!("{times} times"),
        };
        format!(
            "{method} {path}: expected {wanted}, came {} times",
            self.seen
        )
    }
}

#[derive(Debug, Default)]
pub(crate) struct Expectations(Mutex<Vec<Watched>>);

impl Expectations {
    pub(crate) fn add(&self, expectation: Expectation) {
        self.with(|watched| {
            watched.push(Watched {
                expectation,
                seen: 0,
            });
        });
    }

    pub(crate) fn all(&self) -> Vec<Watched> {
        self.with(|watched| watched.clone())
    }

    /// Returns descriptions of the expectations that were not met or were exceeded.
    pub(crate) fn unmet(&self) -> Vec<String> {
        let unmet = |watched: &Vec<Watched>| {
            let unmet = watched.iter().filter(|one| !one.is_met());
            unmet.map(Watched::describe).collect()
        };
        self.with(|watched| unmet(watched))
    }

    pub(crate) fn clear(&self) {
        self.with(Vec::clear);
    }

    pub(super) fn note(&self, method: &Method, path: &str) {
        self.with(|watched| {
            for one in watched {
                let expected = &one.expectation;
                if expected.method.eq_ignore_ascii_case(method.as_str()) && expected.path == path {
                    one.seen = one.seen.saturating_add(1);
                }
            }
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Watched>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
