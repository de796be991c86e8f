//! Removals by other processes: one subscription that notifies all listeners.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clerk_core::{Removal, RemovalListener};
use redis::aio::ConnectionManager;
use redis::{FromRedisValue, PushInfo, PushKind};
use tokio::sync::Notify;

/// The delay before each attempt to subscribe.
const PAUSE: Duration = Duration::from_secs(1);

/// The listeners for removals.
#[derive(Clone, Default)]
pub(crate) struct Removals(Arc<Inner>);

#[derive(Default)]
struct Inner {
    listeners: Mutex<Vec<RemovalListener>>,
    /// Notifies the listeners that the connection and its subscription were lost.
    lost: Notify,
}

impl Removals {
    pub(crate) fn listen(&self, listener: RemovalListener) {
        self.listeners().push(listener);
    }

    /// The payload of a removal message.
    pub(crate) fn message(namespace: &str, key: &str) -> String {
        format!("{namespace}:{key}")
    }

    /// Receives the messages that Redis pushes.
    pub(crate) fn hear(&self, push: PushInfo) {
        match push.kind {
            PushKind::Message => {
                let payload = push.data.into_iter().nth(1).map(String::from_redis_value);
                if let Some(Ok(payload)) = payload
                    && let Some((namespace, key)) = payload.split_once(':')
                {
                    self.tell(Removal::Entry { namespace, key });
                }
            }
            PushKind::Disconnection => {
                self.tell(Removal::Unknown);
                self.0.lost.notify_one();
            }
            _ => {}
        }
    }

    /// Subscribes, and subscribes again whenever the connection was lost.
    pub(crate) async fn stay_subscribed(self, mut connection: ConnectionManager, channel: String) {
        loop {
            while connection.subscribe(&channel).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
            // Removals before this point may have been missed.
            self.tell(Removal::Unknown);
            self.0.lost.notified().await;
        }
    }

    fn tell(&self, removal: Removal<'_>) {
        for listener in self.listeners().iter() {
            listener(removal);
        }
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, Vec<RemovalListener>> {
        // A listener that panicked has not changed the list.
        self.0
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Removals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Removals").finish_non_exhaustive()
    }
}
