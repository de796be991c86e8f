use super::challenge::Challenge;
use super::metadata::Metadata;
use crate::random;
use serde::{Deserialize, Serialize};

/// A person at a provider, as the provider describes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderAccount {
    /// The name of the provider, as in `google`.
    pub(crate) provider: String,
    pub(crate) provider_user_id: String,
    pub(crate) email_address: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// The custom attributes of an enterprise connection, by key.
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub(crate) attributes: Metadata,
}

/// An account at a provider that a user signs in with.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalAccount {
    pub(crate) id: String,
    /// Empty until the provider has verified it.
    pub(crate) account: ProviderAccount,
    pub(crate) identification_id: String,
    pub(crate) approved_scopes: String,
    pub(crate) verification: Challenge,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl ExternalAccount {
    /// Creates the connection to an account, which may or may not be verified.
    pub(crate) fn new(account: ProviderAccount, verification: Challenge, now: i64) -> Self {
        Self {
            id: random::id("eac"),
            account,
            identification_id: random::id("idn"),
            approved_scopes: "email profile".to_owned(),
            verification,
            created_at: now,
            updated_at: now,
        }
    }
}

impl ProviderAccount {
    /// Creates the placeholder for an account whose provider has not been asked yet.
    pub(crate) fn unknown(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            provider_user_id: String::new(),
            email_address: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            attributes: Metadata::new(),
        }
    }

    /// Creates the account that a person with this email address has at an emulated provider.
    pub(crate) fn emulated(
        provider: &str,
        email_address: &str,
        first_name: &str,
        last_name: &str,
    ) -> Self {
        Self {
            provider: provider.to_owned(),
            provider_user_id: format!("{provider}|{}", email_address.to_lowercase()),
            email_address: email_address.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            attributes: Metadata::new(),
        }
    }

    /// Returns true if both are the same account at the same provider.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.provider == other.provider && self.provider_user_id == other.provider_user_id
    }
}
