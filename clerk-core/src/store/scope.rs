//! The keys of entries, which are digests over everything that an entry depends on.

use std::fmt;

use base64_simd::URL_SAFE_NO_PAD;

use crate::crypto::{digest, hmac};

/// The version of the keys and values. Releases with different versions share nothing.
pub(super) const FORMAT_VERSION: u8 = 1;

/// The key of an entry: a digest in memory, and its base64 encoding in a shared store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EntryKey([u8; digest::SHA256_OUTPUT_LEN]);

impl EntryKey {
    pub(crate) fn bytes(&self) -> &[u8; digest::SHA256_OUTPUT_LEN] {
        &self.0
    }

    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode_to_string(self.0)
    }

    #[cfg(feature = "lookups")]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode_to_vec(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

/// What all entries of an instance depend on.
#[derive(Clone)]
pub(crate) struct Scope {
    /// The instance and its API, regardless of who calls it.
    instance: digest::Context,
    /// The same, and the keys and settings that a verdict depends on.
    verdicts: digest::Context,
    sealing: hmac::Key,
}

/// The inputs of a [`Scope`].
#[derive(Clone, Copy)]
pub(crate) struct ScopeInputs<'a> {
    /// The host of the Frontend API in the publishable key.
    pub(crate) instance: Option<&'a str>,
    pub(crate) api_url: &'a str,
    pub(crate) secret_key: Option<&'a str>,
    pub(crate) machine_secret_key: Option<&'a str>,
    pub(crate) audience: &'a [String],
}

impl Scope {
    pub(crate) fn new(inputs: ScopeInputs<'_>) -> Self {
        let mut instance = digest::Context::new(&digest::SHA256);
        instance.update(&[FORMAT_VERSION]);
        add_optional(&mut instance, inputs.instance);
        if inputs.instance.is_none() {
            // Without a publishable key, only the other keys identify the instance.
            add_optional(&mut instance, inputs.secret_key);
            add_optional(&mut instance, inputs.machine_secret_key);
        }
        add(&mut instance, inputs.api_url.as_bytes());
        let mut keys = instance.clone();
        add_optional(&mut keys, inputs.secret_key);
        if inputs.secret_key.is_none() {
            add_optional(&mut keys, inputs.machine_secret_key);
        }
        let mut verdicts = keys.clone();
        add_optional(&mut verdicts, inputs.machine_secret_key);
        verdicts.update(&(inputs.audience.len() as u64).to_be_bytes());
        for audience in inputs.audience {
            add(&mut verdicts, audience.as_bytes());
        }
        Self {
            instance,
            verdicts,
            sealing: hmac::Key::new(hmac::HMAC_SHA256, keys.finish().as_ref()),
        }
    }

    #[cfg(feature = "lookups")]
    /// Returns the key of an object of the instance, which is the same in every process of the instance.
    pub(crate) fn object(&self, namespace: &str, id: &str) -> EntryKey {
        key(&self.instance, &[namespace, id])
    }

    /// Returns the key of a verdict on a token, which is the same only if the verdict would be the same.
    pub(crate) fn verdict(&self, namespace: &str, kind: &str, token: &str) -> EntryKey {
        key(&self.verdicts, &[namespace, kind, token])
    }

    /// Returns an opaque name for the instance.
    pub(super) fn instance_name(&self) -> [u8; digest::SHA256_OUTPUT_LEN] {
        key(&self.instance, &["instance"]).0
    }

    /// Returns the key that an entry is sealed with.
    pub(super) fn sealing_key(&self, namespace: &str, key: &EntryKey) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.sealing);
        context.update(&(namespace.len() as u64).to_be_bytes());
        context.update(namespace.as_bytes());
        context.update(key.bytes());
        context.sign()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

fn key(scope: &digest::Context, parts: &[&str]) -> EntryKey {
    let mut context = scope.clone();
    for part in parts {
        add(&mut context, part.as_bytes());
    }
    let digest = context.finish();
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest.as_ref());
    EntryKey(bytes)
}

/// Adds a string with its length, so that two strings never have the digest of two others.
fn add(context: &mut digest::Context, text: &[u8]) {
    context.update(&(text.len() as u64).to_be_bytes());
    context.update(text);
}

fn add_optional(context: &mut digest::Context, text: Option<&str>) {
    context.update(&[u8::from(text.is_some())]);
    add(context, text.unwrap_or_default().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: ScopeInputs<'_> = ScopeInputs {
        instance: Some("clerk.example.com"),
        api_url: "https://api.clerk.com",
        secret_key: Some("sk_live_1"),
        machine_secret_key: Some("ak_1"),
        audience: &[],
    };

    #[test]
    fn every_input_of_a_verdict_changes_its_key() {
        let audience = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        let (ab, a_b, joined) = (
            audience(&["ab"]),
            audience(&["a", "b"]),
            audience(&["b", "a"]),
        );
        let scopes = [
            INPUTS,
            ScopeInputs {
                instance: Some("clerk.example.org"),
                ..INPUTS
            },
            ScopeInputs {
                instance: None,
                ..INPUTS
            },
            ScopeInputs {
                api_url: "https://api.clerk.dev",
                ..INPUTS
            },
            ScopeInputs {
                secret_key: Some("sk_live_2"),
                ..INPUTS
            },
            ScopeInputs {
                secret_key: None,
                ..INPUTS
            },
            ScopeInputs {
                secret_key: Some("sk_live_1ak_1"),
                machine_secret_key: Some(""),
                ..INPUTS
            },
            ScopeInputs {
                machine_secret_key: Some("ak_2"),
                ..INPUTS
            },
            ScopeInputs {
                machine_secret_key: None,
                ..INPUTS
            },
            ScopeInputs {
                audience: &ab,
                ..INPUTS
            },
            ScopeInputs {
                audience: &a_b,
                ..INPUTS
            },
            ScopeInputs {
                audience: &joined,
                ..INPUTS
            },
        ];
        let mut keys = std::collections::HashSet::new();
        for scope in scopes.map(Scope::new) {
            assert!(keys.insert(scope.verdict("machine-token", "m2m_token", "mt_1")));
        }
        let scope = Scope::new(INPUTS);
        for (namespace, kind, token) in [
            ("machine-token", "m2m_token", "mt_2"),
            ("machine-token", "m2m_tokenm", "t_1"),
            ("machine-token", "api_key", "mt_1"),
            ("machine-tokenm", "2m_token", "mt_1"),
        ] {
            assert!(keys.insert(scope.verdict(namespace, kind, token)));
        }
    }

    #[cfg(feature = "lookups")]
    #[test]
    fn objects_of_an_instance_have_one_key_under_all_its_secret_keys() {
        let one = Scope::new(INPUTS);
        let other = Scope::new(ScopeInputs {
            secret_key: Some("sk_live_2"),
            machine_secret_key: None,
            ..INPUTS
        });
        assert_eq!(one.object("user", "user_1"), other.object("user", "user_1"));
        let elsewhere = Scope::new(ScopeInputs {
            instance: Some("clerk.example.org"),
            ..INPUTS
        });
        assert_ne!(
            one.object("user", "user_1"),
            elsewhere.object("user", "user_1")
        );
        assert_ne!(
            one.object("user", "user_1"),
            one.object("organization", "user_1")
        );
        let key = one.object("user", "user_1");
        assert_eq!(EntryKey::parse(&key.text()), Some(key));
    }
}
