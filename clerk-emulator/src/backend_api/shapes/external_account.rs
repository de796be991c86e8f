use serde_json::{Value, json};

use super::Shapes;
use crate::model::external_account::ExternalAccount;

impl Shapes<'_> {
    /// Renders the token that a provider issued for an account.
    pub(crate) fn oauth_access_token(self, one: &ExternalAccount) -> Value {
        json!({
            "object": "oauth_access_token",
            "external_account_id": one.id,
            "provider_user_id": one.account.provider_user_id,
            "token": format!("{}_{}", one.account.provider, one.identification_id),
            "expires_at": null,
            "provider": format!("oauth_{}", one.account.provider),
            "public_metadata": {},
            "label": null,
            "scopes": one.approved_scopes.split_ascii_whitespace().collect::<Vec<_>>(),
        })
    }

    /// Renders an account at a provider.
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
