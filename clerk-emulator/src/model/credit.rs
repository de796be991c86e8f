use super::billing::derived_id;
use crate::random;
use serde::{Deserialize, Serialize};

/// A change to the credit balance of a user or an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditEntry {
    pub(crate) id: String,
    /// ID of the user or organization.
    pub(crate) owner_id: String,
    /// In the smallest unit of the currency. Negative for a decrease.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) note: Option<String>,
    pub(crate) idempotency_key: String,
    pub(crate) created_at: i64,
}

impl CreditEntry {
    /// Returns a fresh ID.
    pub(crate) fn new_id() -> String {
        random::id("cred")
    }

    /// Returns the ID of the payer that represents the owner.
    pub(crate) fn payer_id(&self) -> String {
        derived_id("cpayer", &self.owner_id)
    }
}
