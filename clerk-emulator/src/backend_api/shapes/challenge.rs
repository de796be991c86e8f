use serde_json::{Value, json};

use super::Shapes;
use crate::model::challenge::Challenge;
use crate::model::strategy::Strategy;
use crate::rules::passkeys;

impl Shapes<'_> {
    /// Renders a verification that was requested.
    pub(crate) fn challenge(self, challenge: &Challenge) -> Value {
        if challenge.strategy == Strategy::EnterpriseSso {
            return self.enterprise_challenge(challenge);
        }
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
            Strategy::EnterpriseSso => "verification_saml",
            Strategy::TrustedDevice => "verification_trusted_device",
        };
        self.challenge_as(challenge, object, &challenge.strategy.name())
    }

    /// Renders a verification by the identity provider of a company, which is named after the protocol.
    fn enterprise_challenge(self, challenge: &Challenge) -> Value {
        let connection = challenge
            .identifier_id
            .as_ref()
            .and_then(|id| self.tables.enterprise_connections.get(id));
        match connection.filter(|one| one.saml().is_none()) {
            Some(oidc) => {
                let strategy = format!("oauth_{}", oidc.provider);
                self.challenge_as(challenge, "verification_oauth", &strategy)
            }
            None => self.challenge_as(challenge, "verification_saml", "saml"),
        }
    }

    fn challenge_as(self, challenge: &Challenge, object: &str, strategy: &str) -> Value {
        let mut json = json!({
            "object": object,
            "status": challenge.status_at(self.now),
            "strategy": strategy,
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
        if challenge.strategy == Strategy::TrustedDevice {
            json["trusted_device_challenge"] =
                trusted_device_challenge(challenge).unwrap_or_default();
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

/// Renders the text that a trusted device must sign.
fn trusted_device_challenge(challenge: &Challenge) -> Option<Value> {
    let client_data = &challenge.answer.as_ref()?.0;
    let fields: Value = serde_json::from_str(client_data).ok()?;
    Some(json!({
        "object": "trusted_device_challenge",
        "challenge": fields["challenge"],
        "challenge_id": fields["challenge_id"],
        "trusted_device_id": challenge.identifier_id,
        "client_data": client_data,
        "expires_at": challenge.expire_at,
        "algorithm": "ES256",
    }))
}
