//! What all handlers share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::error::Error;
use crate::faults::Faults;
use crate::instance::Instance;
use crate::recorder::Recorder;
use crate::signing_key::SigningKey;
use crate::store::{Session, Store};
use crate::tokens;

/// The emulator's insides, behind one `Arc`.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) instance: Instance,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    store: Mutex<Store>,
    key: Mutex<Arc<SigningKey>>,
}

impl Shared {
    pub(crate) fn new(instance: Instance, clock: Clock, store: Store, key: SigningKey) -> Self {
        Self {
            instance,
            clock,
            faults: Faults::default(),
            recorder: Recorder::default(),
            store: Mutex::new(store),
            key: Mutex::new(Arc::new(key)),
        }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// The state. The guard is never held across an await.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.key.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace_key(&self, key: SigningKey) {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// A signed session token for a session, valid from now on.
    pub(crate) fn sign_session_token(
        &self,
        store: &Store,
        session: &Session,
        now: i64,
        lifetime_seconds: i64,
    ) -> Result<String, Error> {
        let claims = tokens::session_claims(store, &self.instance, session, now, lifetime_seconds);
        self.sign(tokens::SESSION_CATEGORY, claims)
    }

    pub(crate) fn sign(&self, category: &str, claims: Map<String, Value>) -> Result<String, Error> {
        self.key()
            .sign(tokens::header(category), &Value::Object(claims))
    }
}
