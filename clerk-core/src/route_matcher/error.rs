//! Patterns that cannot be used, and paths about which no pattern can say anything.

use std::fmt;

use crate::error_chain::write_with_causes;

/// A route pattern that cannot be used.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "route pattern {pattern:?} is not valid: {problem} (patterns are those of path-to-regexp 6)"
)]
pub struct RoutePatternError {
    pattern: String,
    problem: String,
}

impl RoutePatternError {
    /// The pattern that was refused.
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

/// As `main` shows it when it returns the error.
impl fmt::Debug for RoutePatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// A path about which no pattern can say anything.
///
/// Its percent-encoding is broken, or it makes a pattern with look-around take more steps than are allowed. Answer with
/// status 400: whether the path is guarded is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedPath {
    /// A percent escape is incomplete, or the escapes are not UTF-8.
    #[error("path has invalid percent-encoding")]
    Encoding,
    /// Matching was given up.
    #[error("path takes too many steps to match: simplify the pattern's look-around")]
    TooComplex,
}
