use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::View;
use crate::model::passkey::Passkey;
use crate::model::user::User;
use crate::rules::memberships;
use crate::rules::passkeys;

impl View<'_> {
    /// Renders a user for that same user.
    pub(in crate::frontend_api) fn user(self, user: &User) -> Value {
        let mut json = super::without(
            self.shared().user(user),
            &["private_metadata", "locale", "bypass_client_trust"],
        );
        let own = memberships::of_user(self.tables, &user.id);
        json["organization_memberships"] = own.map(|one| self.membership(one)).collect();
        json["passkeys"] = user
            .passkeys
            .iter()
            .filter(|passkey| passkey.credential.is_some())
            .map(|passkey| self.passkey(user, passkey))
            .collect();
        if user.create_organizations_limit.is_none() {
            // In the document, it is a number or absent.
            json = super::without(json, &["create_organizations_limit"]);
        }
        json
    }

    /// Renders the part of a user that other people can see.
    pub(in crate::frontend_api) fn public_user_data(self, user: &User) -> Value {
        self.shared().public_user_data(user)
    }

    /// Renders a user's passkey. Until it is registered, it contains the options for the authenticator.
    pub(in crate::frontend_api) fn passkey(self, user: &User, passkey: &Passkey) -> Value {
        let mut json = self.shared().passkey(passkey);
        if passkey.credential.is_none() {
            let nonce = self.registration_options(user, passkey);
            json["verification"]["nonce"] = json!(nonce.to_string());
        }
        json["last_used_at"] = json!(passkey.last_used_at);
        json["created_at"] = json!(passkey.created_at);
        json["updated_at"] = json!(passkey.updated_at);
        json
    }

    /// Creates the options that the browser passes to the authenticator.
    fn registration_options(self, user: &User, passkey: &Passkey) -> Value {
        let known: Vec<Value> = user
            .passkeys
            .iter()
            .filter_map(|one| one.credential.as_ref())
            .map(|credential| json!({ "type": "public-key", "id": credential.id }))
            .collect();
        let settings = crate::rules::settings::get(self.tables).ok();
        let name = settings.map(|settings| settings.authentication.application_name.as_str());
        json!({
            "rp": { "id": passkeys::host(&passkey.challenge), "name": name },
            "user": {
                "id": URL_SAFE_NO_PAD.encode(&user.id),
                "name": user.identifier(),
                "displayName": user.display_name(),
            },
            "challenge": passkey.challenge.answer.as_ref().map(|answer| &answer.0),
            "pubKeyCredParams": [
                { "type": "public-key", "alg": -7 },
                { "type": "public-key", "alg": -8 },
                { "type": "public-key", "alg": -257 },
            ],
            "timeout": 60_000,
            "excludeCredentials": known,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": true,
                "userVerification": "preferred",
            },
            "attestation": "none",
        })
    }
}
