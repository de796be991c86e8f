use serde_json::{Value, json};

use super::Shapes;
use crate::model::challenge::Challenge;
use crate::model::strategy::Strategy;
use crate::rules::passkeys;

impl Shapes<'_> {
    /// Renders a verification that was requested.
    pub(crate) fn challenge(self, challenge: &Challenge) -> Value {
        let object = match challenge.strategy {
            Strategy::Password => "verification_password",
            Strategy::EmailCode
            | Strategy::PhoneCode
            | Strategy::ResetPasswordEmailCode
            | Strategy::ResetPasswordPhoneCode => "verification_otp",
            Strategy::EmailLink => "verification_email_link",
            Strategy::Totp => "verification_totp",
            Strategy::BackupCode => "verification_backup_code",
            Strategy::Ticket => "verification_ticket",
            Strategy::Passkey => "verification_passkey",
            Strategy::GoogleOneTap => "verification_google_one_tap",
            Strategy::Web3(_) => "verification_web3",
            Strategy::OAuth(_) => "verification_oauth",
        };
        let mut json = json!({
            "object": object,
            "status": challenge.status_at(self.now),
            "strategy": challenge.strategy.name(),
            "attempts": challenge.attempts,
            "expire_at": challenge.expire_at,
        });
        if let Some(url) = &challenge.external_url {
            json["external_verification_redirect_url"] = json!(url);
        }
        if let Some(problem) = &challenge.problem {
            json["error"] = json!({
                "code": problem.code,
                "message": problem.message,
                "long_message": problem.message,
                "meta": {},
            });
        }
        if let (Strategy::Web3(_), Some(message)) = (&challenge.strategy, &challenge.answer) {
            json["nonce"] = json!(message.0);
            json["message"] = json!(message.0);
        }
        if challenge.strategy == Strategy::Passkey
            && let Some(nonce) = self.authentication_options(challenge)
        {
            json["nonce"] = json!(nonce.to_string());
        }
        json
    }

    /// Creates the options that the browser passes to the authenticator.
    fn authentication_options(self, challenge: &Challenge) -> Option<Value> {
        let user = challenge
            .identifier_id
            .as_ref()
            .and_then(|id| self.tables.users.get(id));
        let allowed: Vec<Value> = user
            .into_iter()
            .flat_map(|user| &user.passkeys)
            .filter_map(|passkey| passkey.credential.as_ref())
            .map(|credential| json!({ "type": "public-key", "id": credential.id }))
            .collect();
        Some(json!({
            "challenge": challenge.answer.as_ref()?.0,
            "timeout": 60_000,
            "rpId": passkeys::host(challenge),
            "allowCredentials": allowed,
            "userVerification": "preferred",
        }))
    }
}
