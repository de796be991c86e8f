use serde_json::{Value, json};

use super::Shapes;
use crate::model::email::Email;

impl Shapes<'_> {
    /// Renders an email that the application wrote.
    pub(crate) fn email(self, email: &Email) -> Value {
        let (local, _) = email.from_address.split_once('@').unwrap_or_default();
        json!({
            "object": "email",
            "id": email.id,
            "slug": null,
            "from_email_name": local,
            "to_email_address": email.to_address,
            "email_address_id": email.email_address_id,
            "user_id": email.user_id,
            "subject": email.subject,
            "body": email.html.as_ref().or(email.text.as_ref()),
            "body_plain": email.text,
            "status": "queued",
            "data": null,
            "delivered_by_clerk": true,
        })
    }
}
