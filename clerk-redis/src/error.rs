//! Why a store cannot be made.

use std::error::Error;

/// Why a [`RedisStore`](crate::RedisStore) cannot be made. A Redis that is out of reach is no reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The address is not one of Redis, or asks for TLS without the feature `rustls`.
    #[error(
        "the address of Redis cannot be used: it must be like redis://user:password@host:6379/0, or rediss://... with the \
         feature `rustls`"
    )]
    Address(#[source] Box<dyn Error + Send + Sync>),
    /// The store was made outside of a tokio runtime.
    #[error("there is no tokio runtime: make the store inside of it, such as in `#[tokio::main]`")]
    NoRuntime,
}
