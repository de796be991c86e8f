//! Shares the results of calls to [Clerk](https://clerk.com) between the processes of an application through Redis: verdicts on
//! opaque machine tokens, and the users and organizations that were looked up. When one process learns of a change, all
//! processes drop the outdated entries.
//!
//! ```no_run
//! use clerk_core::Clerk;
//! use clerk_redis::RedisStore;
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect("redis://127.0.0.1/")?;
//! let clerk = Clerk::builder().from_env().shared_store(store).build()?;
//! # let _ = clerk; Ok(()) }
//! ```
//!
//! # What Redis stores
//!
//! Keys are digests, and values are encrypted and authenticated with a key derived from the instance's secret key: anyone who
//! can read from this Redis learns neither tokens nor users, and anyone who can write to it can delete entries but not forge
//! them. Keys begin with `clerk:` or your own prefix, and all of them have a time to live. Removals are published on the
//! channel `clerk:removed`.
//!
//! # When Redis is unreachable
//!
//! The application starts, and requests succeed, without Redis. A request waits for Redis for at most
//! [`ClerkBuilder::shared_store_wait`](clerk_core::ClerkBuilder::shared_store_wait). The first request whose wait is in vain
//! disables the store for all requests; it is then retried every second until it responds. The log reports both: at WARN when
//! the store is disabled, at INFO when it is enabled again. A process that lost its connection forgets what it had looked up. A
//! removal while Redis is unreachable does not reach other processes; their entries then expire at the end of the time to live,
//! 30 seconds by default.
//!
//! # Requirements
//!
//! Redis 6 or Valkey, as a single server or the address of a primary. Removals arrive on the same connection as commands
//! (RESP3). Redis Cluster is not supported. The user needs `GET`, `SET`, `PUBLISH`, `SUBSCRIBE`, `MULTI` and `EXEC` on keys and
//! channels with the prefix.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `aws-lc-rs` | yes | the cryptography of aws-lc-rs in clerk-core |
//! | `ring` | no | the cryptography of ring in clerk-core, which is used if `aws-lc-rs` is disabled |
//! | `rustls` | no | TLS to Redis (`rediss://`) through rustls and aws-lc-rs |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod removals;
mod store;

pub use error::RedisStoreError;
pub use store::RedisStore;

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
