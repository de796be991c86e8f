//! Caches of Clerk's answers, which processes can share.

mod breaker;
mod machine_tokens;
mod scope;
mod seal;
mod shared;
mod sharing;

pub(crate) use machine_tokens::MachineTokenMemory;
#[cfg(feature = "lookups")]
pub(crate) use scope::EntryKey;
pub(crate) use scope::{Scope, ScopeInputs};
pub use shared::{Removal, RemovalListener, SharedStore, StoreError, StoreFuture};
#[cfg(feature = "lookups")]
pub(crate) use sharing::CLOCK_SKEW;
pub(crate) use sharing::{Sharing, SharingSettings};
