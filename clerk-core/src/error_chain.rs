//! Errors with their causes as text.

use std::error::Error;
use std::fmt;

/// Writes an error and its causes on one line. Errors that `main` may return use it for `Debug`, which is what Rust prints
/// for them.
pub(crate) fn write_with_causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut source = error.source();
    while let Some(cause) = source {
        write!(f, ": {cause}")?;
        source = cause.source();
    }
    Ok(())
}

/// Displays an error and its causes on one line.
pub(crate) struct WithCauses<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self.0, f)
    }
}
