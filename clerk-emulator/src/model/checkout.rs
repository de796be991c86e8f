use serde::{Deserialize, Serialize};

use super::billing::Period;

/// A plan that a payer is about to subscribe to or has subscribed to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkout {
    pub(crate) id: String,
    /// ID of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) price_id: String,
    pub(crate) period: Period,
    /// The ID of the resulting subscription item, or `None` until the checkout is confirmed.
    pub(crate) item_id: Option<String>,
    pub(crate) created_at: i64,
}
