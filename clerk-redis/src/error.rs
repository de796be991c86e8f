//! Errors of creating a store.

use std::error::Error;
use std::fmt;

/// Why a [`RedisStore`](crate::RedisStore) cannot be created. An unreachable Redis is not an error.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The address is not a Redis address, or requires TLS without the feature `rustls`.
    #[error(
        "the address of Redis cannot be used: it must be like redis://user:password@host:6379/0, or rediss://... with the \
         feature `rustls`"
    )]
    Address(#[source] Box<dyn Error + Send + Sync>),
    /// The store was created outside of a tokio runtime.
    #[error("there is no tokio runtime: create the store inside one, such as in `#[tokio::main]`")]
    NoRuntime,
}

/// The text of the error, because `main` shows this form of the errors that it returns.
impl fmt::Debug for RedisStoreError {
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
