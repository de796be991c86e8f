//! The text of an error with its causes.

use std::error::Error;
use std::fmt;

/// Writes an error and its causes in one line. It is the `Debug` of errors that `main` may return, which is how Rust shows
/// them.
pub(crate) fn write_with_causes(error: &dyn Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    let mut source = error.source();
    while let Some(cause) = source {
        write!(f, ": {cause}")?;
        source = cause.source();
    }
    Ok(())
}
