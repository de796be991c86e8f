//! Processes that run on one [Clerk](https://clerk.com) instance share what they asked Clerk, through Redis: verdicts on opaque
//! machine tokens, and users and organizations that were looked up. What one process learns to have changed, all forget.
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
//! # What Redis is told
//!
//! Keys are digests, and values are encrypted and authenticated under the instance's secret key: who can read this Redis learns
//! neither tokens nor users, and who can write to it can delete entries, but cannot make any. Keys begin with `clerk:`, or a
//! prefix of your own, and all have a time to live. Removals are told on the channel `clerk:removed`.
//!
//! # When Redis is out of reach
//!
//! The application starts, and requests succeed, without Redis. A request waits for Redis for at most
//! [`ClerkBuilder::shared_store_wait`](clerk_core::ClerkBuilder::shared_store_wait); the first that does so in vain takes the
//! store out of use for all, and it is tried every second until it answers. The log says so twice: at WARN when it is out of
//! use, at INFO when it is in use again. A process whose connection was lost forgets what it had looked up. A removal that is
//! made while Redis does not answer reaches nobody else: other processes then forget at the end of the time to live, 30
//! seconds unless set.
//!
//! # Requirements
//!
//! Redis 6 or Valkey, a single server or the address of a primary: removals arrive on the connection of the commands (RESP3).
//! Redis Cluster is not supported. The user needs `GET`, `SET`, `PUBLISH`, `SUBSCRIBE`, `MULTI`, `EXEC`, on keys and channels
//! with the prefix.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `rustls` | no | TLS to Redis (`rediss://`) through rustls and aws-lc-rs |

mod error;
mod removals;
mod store;

pub use error::RedisStoreError;
pub use store::RedisStore;
