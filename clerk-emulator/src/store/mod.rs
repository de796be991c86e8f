//! The state: typed tables and their storage.

pub(crate) mod memory;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
pub(crate) mod storage;
pub(crate) mod table;
pub(crate) mod tables;

use std::sync::{Mutex, MutexGuard, PoisonError};

use storage::Storage;
use tables::Tables;

use crate::error::Error;

/// The state of an instance. Each operation on it succeeds or fails as a whole.
#[derive(Debug)]
pub(crate) struct Store(Mutex<Box<dyn Storage>>);

impl Store {
    pub(crate) fn new(storage: Box<dyn Storage>) -> Self {
        Self(Mutex::new(storage))
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Tables) -> T) -> T {
        read(self.lock().tables())
    }

    /// Changes the state. If `change` fails, the state remains unchanged.
    pub(crate) fn write<T, E: From<Error>>(
        &self,
        change: impl FnOnce(&mut Tables) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut storage = self.lock();
        match change(storage.tables_mut()) {
            Ok(value) => {
                if let Err(error) = storage.commit() {
                    storage.roll_back();
                    return Err(error.into());
                }
                Ok(value)
            }
            Err(error) => {
                storage.roll_back();
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Storage>> {
        self.0.lock().unwrap_or_else(|poisoned| {
            // A panic left an operation half done.
            let mut storage = PoisonError::into_inner(poisoned);
            storage.roll_back();
            storage
        })
    }
}
