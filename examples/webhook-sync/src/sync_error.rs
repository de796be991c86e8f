//! The errors of the synchronization.

use std::error::Error as _;
use std::fmt;

/// The reason why the tables could not be updated. The next attempt may succeed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The database cannot be reached, or its tables are those of another version.
    #[error("the database in DATABASE_URL cannot be used")]
    Unusable(#[source] sqlx::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The Backend API failed.
    #[error("Clerk could not be asked")]
    Api(#[from] clerk_axum::core::api::Error),
    /// The row changed every time while Clerk was asked about it.
    #[error("{0} {1} keeps changing while Clerk is asked about it")]
    Unsettled(&'static str, String),
    /// Entries of a list could not be read, so nothing can be deleted.
    #[error("{0} entries of the lists could not be read: nothing was deleted")]
    Incomplete(usize),
}

/// Includes the causes, because `main` shows the `Debug` output of the error that it returns.
impl fmt::Debug for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
