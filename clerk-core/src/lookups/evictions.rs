//! Evictions from the caches: by webhooks, by writes, and by other processes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use clerk_backend_api::{Organization, User};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::generations::Generations;
use super::object::{LookedUp, Sealed as _};
use super::settings::LOAD_LIMIT;
use crate::clock::Clock;
use crate::store::{EntryKey, Removal, Scope, Sharing};
use crate::webhook::WebhookEvent;

/// How long the store accepts no value for a removed entry, which is longer than any load takes.
const HOLD: Duration = LOAD_LIMIT.saturating_add(Duration::from_secs(5));

/// Tracks evictions, to tell whether a cached, shared or loading value is older than one.
#[derive(Debug)]
pub(super) struct Evictions {
    scope: Scope,
    generations: Generations,
    /// Values in the shared store that were loaded at this time or earlier are not used, in Unix milliseconds.
    not_before: AtomicI64,
    sharing: Option<Arc<Sharing>>,
    clock: Arc<dyn Clock>,
}

impl Evictions {
    pub(super) fn new(
        scope: Scope,
        sharing: Option<Arc<Sharing>>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let evictions = Arc::new(Self {
            scope,
            generations: Generations::new(),
            not_before: AtomicI64::new(i64::MIN),
            sharing,
            clock,
        });
        if let Some(sharing) = &evictions.sharing {
            let listener = Arc::downgrade(&evictions);
            sharing.on_removal(Box::new(move |removal| {
                if let Some(evictions) = listener.upgrade() {
                    evictions.removed_elsewhere(removal);
                }
            }));
        }
        evictions
    }

    pub(super) fn sharing(&self) -> Option<&Arc<Sharing>> {
        self.sharing.as_ref()
    }

    pub(super) fn key<T: LookedUp>(&self, id: &str) -> EntryKey {
        self.scope.object(T::NAMESPACE, id)
    }

    pub(super) fn generation(&self, key: &EntryKey) -> u64 {
        self.generations.current(key)
    }

    /// Returns true if a value in the shared store that was loaded at `loaded_at` may be older than an eviction of everything.
    pub(super) fn is_outdated(&self, loaded_at: i64) -> bool {
        loaded_at <= self.not_before.load(Ordering::Acquire)
    }

    /// Evicts one object, in this process immediately and in others as soon as the store has notified them.
    pub(super) fn evict<T: LookedUp>(&self, id: &str) {
        let key = self.key::<T>(id);
        self.generations.evict(&key);
        if let Some(sharing) = &self.sharing
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let sharing = Arc::clone(sharing);
            runtime.spawn(async move { sharing.remove(T::NAMESPACE, &key, HOLD).await });
        }
    }

    /// Evicts everything in this process, and ignores values in the store that may be as old.
    fn evict_all(&self) {
        self.not_before
            .fetch_max(self.clock.now(), Ordering::AcqRel);
        self.generations.evict_all();
    }

    fn removed_elsewhere(&self, removal: Removal<'_>) {
        match removal {
            Removal::Entry { namespace, key } => {
                let known = [User::NAMESPACE, Organization::NAMESPACE].contains(&namespace);
                if let Some(key) = EntryKey::parse(key).filter(|_| known) {
                    self.generations.evict(&key);
                }
            }
            // The store lost track of what was removed.
            Removal::Unknown => self.generations.evict_all(),
        }
    }

    /// Evicts the objects that an event is about.
    pub(super) fn after_event(&self, event: &WebhookEvent) {
        let Some(event_type) = event.event_type() else {
            return;
        };
        let id = |path: &str| event.data().pointer(path).and_then(Value::as_str);
        let subject = event_type.as_str().split('.').next().unwrap_or_default();
        let (user, organization) = match subject {
            "user" => (id("/id"), None),
            "organization" => (None, id("/id")),
            "organizationMembership" => (id("/public_user_data/user_id"), id("/organization/id")),
            "organizationInvitation" | "organizationDomain" => (None, id("/organization_id")),
            _ => return,
        };
        if let Some(id) = user {
            self.evict::<User>(id);
        }
        if let Some(id) = organization {
            self.evict::<Organization>(id);
        }
        if user.is_none() && organization.is_none() {
            self.evict_all();
        }
    }

    /// Evicts the objects that a request of this instance's client may have changed. `path` is percent-encoded.
    pub(super) fn after_write(&self, path: &str) {
        let mut segments = path
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy());
        let group = segments.next();
        let id = segments.next();
        let is_told = match (group.as_deref(), id.as_deref()) {
            (Some("users"), Some(id)) => {
                self.evict::<User>(id);
                id.starts_with("user_")
            }
            (Some("organizations"), Some(id)) => {
                self.evict::<Organization>(id);
                let membership = segments.next().filter(|part| part == "memberships");
                if let Some(user_id) = membership.and_then(|_| segments.next()) {
                    self.evict::<User>(&user_id);
                }
                id.starts_with("org_")
            }
            // The path does not say which user they belong to.
            (Some("email_addresses" | "phone_numbers"), _) => false,
            // Other writes, and new objects, do not affect cached objects.
            _ => true,
        };
        if !is_told {
            self.evict_all();
        }
    }
}
