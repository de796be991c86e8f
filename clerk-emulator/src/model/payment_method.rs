use serde::{Deserialize, Serialize};

/// A fake card that a payer has added to the default card that every payer has.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    /// ID of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) card_type: String,
    pub(crate) last4: String,
    pub(crate) is_default: bool,
    pub(crate) created_at: i64,
}
