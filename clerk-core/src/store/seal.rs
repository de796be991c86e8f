//! The format of values in a shared store: version, instance, nonce, and the encrypted and authenticated content.

use std::fmt;

use super::scope::{EntryKey, FORMAT_VERSION, Scope};
use crate::crypto::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use crate::crypto::random_bytes;

const INSTANCE_LEN: usize = 32;
const HEADER_LEN: usize = 1 + INSTANCE_LEN;

/// Seals and opens values with keys that only processes with the instance's secret key can derive.
///
/// Every entry has its own key, so a value that is moved to another entry cannot be opened.
pub(super) struct Seal {
    scope: Scope,
    header: [u8; HEADER_LEN],
}

impl Seal {
    pub(super) fn new(scope: Scope) -> Self {
        let mut header = [0; HEADER_LEN];
        header[0] = FORMAT_VERSION;
        header[1..].copy_from_slice(&scope.instance_name());
        Self { scope, header }
    }

    /// Returns `None` if the system provides no randomness.
    pub(super) fn seal(&self, namespace: &str, key: &EntryKey, value: Vec<u8>) -> Option<Vec<u8>> {
        let mut value = value;
        let nonce: [u8; NONCE_LEN] = random_bytes()?;
        self.cipher(namespace, key)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&self.header),
                &mut value,
            )
            .ok()?;
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + value.len());
        sealed.extend_from_slice(&self.header);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut value);
        Some(sealed)
    }

    /// Returns `None` for a value of another format or instance, and for one that was not sealed for this entry.
    pub(super) fn open(&self, namespace: &str, key: &EntryKey, sealed: &[u8]) -> Option<Vec<u8>> {
        let sealed = sealed.strip_prefix(&self.header)?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut value = sealed.to_vec();
        let length = self
            .cipher(namespace, key)?
            .open_in_place(nonce, Aad::from(&self.header), &mut value)
            .ok()?
            .len();
        value.truncate(length);
        Some(value)
    }

    /// A key seals few values, each with a random nonce, so no nonce is used twice (NIST SP 800-38D section 8.3).
    fn cipher(&self, namespace: &str, key: &EntryKey) -> Option<LessSafeKey> {
        let key = self.scope.sealing_key(namespace, key);
        UnboundKey::new(&AES_256_GCM, key.as_ref())
            .ok()
            .map(LessSafeKey::new)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::ScopeInputs;
    use super::*;

    fn scope(secret_key: &str) -> Scope {
        Scope::new(ScopeInputs {
            instance: Some("clerk.example.com"),
            api_url: "https://api.clerk.com",
            secret_key: Some(secret_key),
            machine_secret_key: None,
            audience: &[],
        })
    }

    #[test]
    fn nothing_opens_but_what_was_sealed_for_the_entry_under_the_secret_key() {
        let scope_1 = scope("sk_live_1");
        let key = scope_1.verdict("machine-token", "api_key", "ak_1");
        let other_key = scope_1.verdict("machine-token", "api_key", "ak_2");
        let seal = Seal::new(scope_1);
        let value = b"the private metadata".to_vec();
        let sealed = seal.seal("machine-token", &key, value.clone()).unwrap();
        assert_eq!(
            seal.open("machine-token", &key, &sealed),
            Some(value.clone())
        );
        assert!(!sealed.windows(value.len()).any(|part| part == value));

        assert_eq!(seal.open("machine-token", &other_key, &sealed), None);
        assert_eq!(seal.open("user", &key, &sealed), None);
        let stranger = Seal::new(scope("sk_live_2"));
        assert_eq!(stranger.open("machine-token", &key, &sealed), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                seal.open("machine-token", &key, &changed),
                None,
                "byte {at}"
            );
            assert_eq!(
                seal.open("machine-token", &key, &sealed[..at]),
                None,
                "{at} bytes"
            );
        }
    }
}
