//! Messages for the webhook endpoint.

use crate::error::Error;
use crate::model::webhook::{DeliveryState, WebhookMessage};
use crate::store::tables::Tables;

/// Makes a message due again.
pub(crate) fn replay(tables: &mut Tables, id: &str) -> Result<(), Error> {
    let message = tables
        .webhook_messages
        .get_mut(id)
        .ok_or_else(|| Error::unknown("webhook", id))?;
    message.state = DeliveryState::Pending;
    message.tries = 0;
    Ok(())
}

/// Returns true if a message has yet to be sent.
pub(crate) fn any_pending(tables: &Tables) -> bool {
    let pending = |message: &WebhookMessage| message.state == DeliveryState::Pending;
    tables.webhook_messages.find(pending).is_some()
}
