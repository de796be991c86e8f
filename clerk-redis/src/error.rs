//! Errors of creating a store.

use std::error::Error;

/// Why a [`RedisStore`](crate::RedisStore) cannot be created. An unreachable Redis is not an error.
#[derive(Debug, thiserror::Error)]
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
