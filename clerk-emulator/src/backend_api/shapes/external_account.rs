use serde_json::{Value, json};

use super::Shapes;
use crate::model::external_account::ExternalAccount;

impl Shapes<'_> {
    /// Shows an account at a provider.
    pub(crate) fn external_account(self, one: &ExternalAccount) -> Value {
        let account = &one.account;
        let strategy = format!("oauth_{}", account.provider);
        json!({
            "object": "external_account",
            "id": one.id,
            "provider": strategy,
            "identification_id": one.identification_id,
            "provider_user_id": account.provider_user_id,
            "approved_scopes": one.approved_scopes,
            "email_address": account.email_address,
            "email_address_verified": true,
            "first_name": account.first_name,
            "last_name": account.last_name,
            "avatar_url": "",
            "image_url": "",
            "username": null,
            "phone_number": null,
            "public_metadata": {},
            "label": null,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "verification": self.challenge(&one.verification),
        })
    }
}
