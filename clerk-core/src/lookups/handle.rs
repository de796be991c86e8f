//! The look-ups of an instance, as an application asks for them.

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
    /// Makes the caches, and the client whose writes they see.
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

/// Users or organizations, looked up by id and remembered for a short time ([`Clerk::users`](crate::Clerk::users),
/// [`Clerk::organizations`](crate::Clerk::organizations)).
///
/// What was looked up is forgotten when a webhook of the instance or a call through [`Clerk::api`](crate::Clerk::api) says
/// that it may have changed, in every process that shares a store. Failures are remembered for 2 seconds, or as long as the
/// Backend API asks for, up to 30.
///
/// # Security
/// An object may be as old as [`ClerkBuilder::lookup_memory`](crate::ClerkBuilder::lookup_memory). Show it; decide by the
/// session's own claims, as guards do.
pub struct Lookups<'a, T> {
    cache: &'a Arc<ObjectCache<T>>,
    evictions: &'a Evictions,
}

impl<T: LookedUp> Lookups<'_, T> {
    /// Returns the object with this id, from memory or from the Backend API: one call for any number of look-ups that wait
    /// for it.
    ///
    /// The call is made by a task of its own on the current tokio runtime, for up to 10 seconds. A look-up that is dropped
    /// changes nothing for the others.
    ///
    /// # Errors
    /// [`LookupError`] when there is no such object, the Backend API does not give it in time, or there is no tokio runtime.
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

    /// Forgets the object with this id: a look-up that begins after this call loads it anew, and so do those that are under
    /// way.
    ///
    /// Webhooks and calls through [`Clerk::api`](crate::Clerk::api) do it by themselves. Other processes that share a store
    /// are told by a task on the current tokio runtime.
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
