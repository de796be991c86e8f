use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::{discreet::discreet, fields::Wire, lenient::Lenient};

/// Writes the type of a secret and its well-known prefix.
fn redacted(kind: &str, value: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const PREFIXES: [&str; 9] = [
        "sk_test_", "sk_live_", "ak_", "mt_", "oat_", "tok_", "ey", "ams_", "dvb_",
    ];
    match PREFIXES.iter().find(|prefix| value.starts_with(**prefix)) {
        Some(prefix) => write!(f, "{kind}({prefix}…)"),
        None => write!(f, "{kind}(…)"),
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// The text is wiped from memory on drop and not shown by `Debug`. Use
        /// [`expose_secret`](Self::expose_secret) to access it.
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// Returns the secret. Keep it out of logs and error messages.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                self.0.expose_secret()
            }

            /// Returns true if the secret is empty.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.expose_secret().is_empty()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                redacted(stringify!($name), self.expose_secret(), f)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::from("")
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(SecretString::from(value))
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(SecretString::from(value))
            }
        }

        impl From<&$name> for $name {
            fn from(value: &$name) -> Self {
                value.clone()
            }
        }

        discreet!($name);

        impl Wire for $name {
            fn wire(self) -> Option<serde_json::Value> {
                Some(self.expose_secret().into())
            }
        }

        impl<'de> Lenient<'de> for $name {
            fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                Ok(<String as Lenient>::read(deserializer)?.map(Self::from))
            }

            fn read_strict<D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<Self>, D::Error> {
                Ok(<String as Lenient>::read_strict(deserializer)?.map(Self::from))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    };
}

secret! {
    /// The secret key of an instance (`sk_test_…` or `sk_live_…`).
    SecretKey
}
secret! {
    /// The secret key of one machine (`ak_…`), which can create and verify M2M tokens.
    MachineSecretKey
}
secret! {
    /// A token that a machine or an application authenticates with: an API key, an M2M token or an
    /// OAuth access token.
    MachineToken
}
secret! {
    /// A signed session token.
    SessionToken
}
secret! {
    /// Any other secret in a response, such as a client secret or a sign-in ticket.
    Secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_kind_and_prefix_only() {
        assert_eq!(
            format!("{:?}", SecretKey::from("sk_test_abcdef")),
            "SecretKey(sk_test_…)"
        );
        assert_eq!(
            format!("{:?}", MachineSecretKey::from("zzz")),
            "MachineSecretKey(…)"
        );
    }
}
