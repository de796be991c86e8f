//! The storage of the signing key.

use crate::error::Error;
use crate::model::signing_key::{SIGNING_KEY_ID, StoredKey};
use crate::store::tables::Tables;
use crate::tokens::signing_key::SigningKey;

/// Returns the key to sign with, and stores it: the given one, the stored one, or a new one.
pub(crate) fn settle(tables: &mut Tables, given: Option<SigningKey>) -> Result<SigningKey, Error> {
    let key = match given {
        Some(key) => key,
        None => match tables.signing_keys.get(SIGNING_KEY_ID) {
            Some(stored) => return SigningKey::from_stored(&stored.pkcs8.0),
            None => SigningKey::generate()?,
        },
    };
    tables.signing_keys.insert(StoredKey {
        id: SIGNING_KEY_ID.to_owned(),
        pkcs8: key.stored(),
    });
    Ok(key)
}
