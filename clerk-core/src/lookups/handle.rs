//! The lookups of an instance, as applications use them.

use std::fmt;
use std::sync::Arc;

use clerk_backend_api::{ClerkClient, Organization, User};

use super::cache::ObjectCache;
use super::error::LookupError;
use super::evictions::Evictions;
use super::object::LookedUp;
use super::settings::LookupSettings;
use crate::clock::Clock;
use crate::store::{Scope, Sharing};
use crate::webhook::WebhookEvent;

/// The caches of one instance.
#[derive(Debug)]
pub(crate) struct LookupCaches {
    users: Arc<ObjectCache<User>>,
    organizations: Arc<ObjectCache<Organization>>,
    evictions: Arc<Evictions>,
}

impl LookupCaches {
    /// Creates the caches, and the client whose writes they observe.
    pub(crate) fn new(
        client: &ClerkClient,
        settings: LookupSettings,
        scope: Scope,
        sharing: Option<Arc<Sharing>>,
        clock: &Arc<dyn Clock>,
    ) -> (Self, ClerkClient) {
        let evictions = Evictions::new(scope, sharing, Arc::clone(clock));
        let observer = Arc::clone(&evictions);
        let observed = client.on_write(move |_, path| observer.after_write(path));
        let caches = Self {
            users: Arc::new(ObjectCache::new(
                client.clone(),
                Arc::clone(&evictions),
                settings,
                Arc::clone(clock),
            )),
            organizations: Arc::new(ObjectCache::new(
                client.clone(),
                Arc::clone(&evictions),
                settings,
                Arc::clone(clock),
            )),
            evictions,
        };
        (caches, observed)
    }

    pub(crate) fn users(&self) -> Lookups<'_, User> {
        Lookups {
            cache: &self.users,
            evictions: &self.evictions,
        }
    }

    pub(crate) fn organizations(&self) -> Lookups<'_, Organization> {
        Lookups {
            cache: &self.organizations,
            evictions: &self.evictions,
        }
    }

    pub(crate) fn evict_after(&self, event: &WebhookEvent) {
        self.evictions.after_event(event);
    }
}

/// Looks up users or organizations by ID and caches them for a short time. Returned by
/// [`Clerk::users`](crate::Clerk::users) and [`Clerk::organizations`](crate::Clerk::organizations).
///
/// An object is removed from the cache when a webhook of the instance or a call through [`Clerk::api`](crate::Clerk::api)
/// may have changed it, in every process that shares a store. Failures are cached for 2 seconds, or for as long as the
/// Backend API asks to wait, up to 30 seconds.
///
/// # Security
/// An object may be as old as [`ClerkBuilder::lookup_memory`](crate::ClerkBuilder::lookup_memory). Use it for display only,
/// and base decisions on the claims of the session, as guards do.
pub struct Lookups<'a, T> {
    cache: &'a Arc<ObjectCache<T>>,
    evictions: &'a Evictions,
}

impl<T: LookedUp> Lookups<'_, T> {
    /// Returns the object with this ID from the cache or from the Backend API. Concurrent lookups of an object share one call.
    ///
    /// The call runs for up to 10 seconds, in its own task on the current tokio runtime. Dropping a lookup does not affect the
    /// others.
    ///
    /// # Errors
    /// Returns [`LookupError`] if there is no such object, if it cannot be loaded in time, or if there is no tokio runtime.
    ///
    /// ```no_run
    /// # async fn run(clerk: clerk_core::Clerk) -> Result<(), clerk_core::LookupError> {
    /// let user = clerk.users().get("user_2abc").await?;
    /// println!("{:?}", user.first_name);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get(&self, id: &str) -> Result<Arc<T>, LookupError> {
        self.cache.get(id).await
    }

    /// Removes the object with this ID from the cache. Later lookups and those in progress load it again.
    ///
    /// Webhooks and calls through [`Clerk::api`](crate::Clerk::api) do this automatically. A task on the current tokio runtime
    /// notifies the other processes that share a store.
    pub fn evict(&self, id: &str) {
        self.evictions.evict::<T>(id);
    }
}

impl<T> Clone for Lookups<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Lookups<'_, T> {}

impl<T> fmt::Debug for Lookups<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookups").finish_non_exhaustive()
    }
}
