//! A Clerk instance, as request authentication uses it.

use std::sync::Arc;

use clerk_backend_api::ClerkClient;

use crate::clock::Clock;
use crate::config::Config;
use crate::diagnosis::Diagnosis;
#[cfg(feature = "lookups")]
use crate::lookups::LookupCaches;
use crate::outbound::Outbound;
use crate::outcome_counts::OutcomeCounts;
use crate::server_metadata::ServerMetadata;
use crate::signing_keys::SigningKeys;
use crate::spread_count::SpreadCount;
use crate::store::MachineTokenMemory;
use crate::token::{SigningKey, TokenCache};

/// Configuration, Backend API client, signing keys, caches and clock of one instance.
pub(crate) struct Instance {
    pub(crate) config: Config,
    pub(crate) client: ClerkClient,
    pub(crate) signing_keys: Arc<SigningKeys>,
    pub(crate) tokens: TokenCache,
    pub(crate) machine_tokens: MachineTokenMemory,
    #[cfg(feature = "lookups")]
    pub(crate) lookups: LookupCaches,
    pub(crate) outbound: Outbound,
    /// The client that forwards requests to the Frontend API, if this application serves it.
    pub(crate) forwarding: Option<reqwest::Client>,
    /// Where the application has OAuth resources.
    pub(crate) server_metadata: Option<ServerMetadata>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The number of bearer tokens that were found in the cache of verified tokens.
    pub(crate) token_cache_hits: SpreadCount,
    /// How requests were authenticated.
    pub(crate) outcomes: OutcomeCounts,
    /// The PEM key, where one is configured.
    pub(crate) pem: Option<Arc<SigningKey>>,
    /// What is configured, and what is wrong with it.
    pub(crate) report: Diagnosis,
}
