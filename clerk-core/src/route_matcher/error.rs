//! The errors for invalid patterns and for paths that cannot be matched.

use std::fmt;

use crate::error_chain::write_with_causes;

/// A route pattern that is not valid.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "route pattern {pattern:?} is not valid: {problem} (patterns are those of path-to-regexp 6)"
)]
pub struct RoutePatternError {
    pattern: String,
    problem: String,
}

impl RoutePatternError {
    /// Returns the invalid pattern.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub(super) fn new(pattern: &str, problem: &impl ToString) -> Self {
        Self {
            pattern: pattern.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Writes the message with its causes, because `main` shows the `Debug` output of the error that it returns.
impl fmt::Debug for RoutePatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// A path that cannot be matched.
///
/// Its percent-encoding is invalid, or a pattern with lookaround exceeds the step limit on it. Respond with status 400,
/// because it is not known whether the path is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedPath {
    /// A percent escape is incomplete, or the escapes are not UTF-8.
    #[error("path has invalid percent-encoding")]
    Encoding,
    /// Matching exceeded the step limit.
    #[error("path takes too many steps to match: simplify the pattern's lookaround")]
    TooComplex,
}
