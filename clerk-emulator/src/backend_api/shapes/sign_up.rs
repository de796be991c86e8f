use serde_json::{Value, json};

use super::Shapes;
use crate::model::challenge::Challenge;
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::strategy::Strategy;
use crate::rules::{settings, sign_ups};

impl Shapes<'_> {
    /// Renders a sign-up.
    pub(crate) fn sign_up(self, attempt: &SignUpAttempt) -> Value {
        let email = attempt.email_address.as_ref().map(|_| {
            let strategies = settings::get(self.tables)
                .map(|settings| settings.authentication.email_strategies())
                .unwrap_or_default();
            self.sign_up_verification(
                attempt.email_verification.as_ref(),
                strategies,
                "email_code",
            )
        });
        let phone = attempt.phone_number.as_ref().map(|_| {
            let challenge = attempt.phone_verification.as_ref();
            self.sign_up_verification(challenge, &["phone_code"], "phone_code")
        });
        let wallet = attempt.web3_wallet.as_ref().map(|_| {
            let challenge = attempt.wallet_verification.as_ref();
            self.sign_up_verification(challenge, &["web3_metamask_signature"], "web3")
        });
        let external = attempt.external_verification.as_ref();
        json!({
            "object": "sign_up_attempt",
            "id": attempt.id,
            "status": attempt.status_at(self.now),
            "required_fields": sign_ups::required_fields(self.tables, attempt),
            "optional_fields": sign_ups::optional_fields(self.tables, attempt),
            "missing_fields": sign_ups::missing_fields(self.tables, attempt),
            "unverified_fields": sign_ups::unverified_fields(attempt),
            "verifications": {
                "email_address": email,
                "phone_number": phone,
                "web3_wallet": wallet,
                "external_account": external.map(|challenge| self.challenge(challenge)),
            },
            "username": attempt.username,
            "email_address": attempt.email_address,
            "phone_number": attempt.phone_number,
            "web3_wallet": attempt.web3_wallet,
            "password_enabled": attempt.password.is_some(),
            "first_name": attempt.first_name,
            "last_name": attempt.last_name,
            "unsafe_metadata": attempt.unsafe_metadata,
            "public_metadata": attempt.public_metadata,
            "custom_action": attempt.custom_action,
            "external_id": attempt.external_id,
            "created_session_id": attempt.created_session_id,
            "created_user_id": attempt.created_user_id,
            "abandon_at": attempt.abandon_at,
            "legal_accepted_at": attempt.legal_accepted_at,
        })
    }

    /// Renders the verification of an address or number, with the next step. There is no strategy until a code is
    /// requested, because the browser SDK would conclude from one that a code has been sent.
    fn sign_up_verification(
        self,
        challenge: Option<&Challenge>,
        strategies: &[&str],
        code: &str,
    ) -> Value {
        let (mut json, next) = match challenge {
            Some(challenge) if challenge.is_verified() => {
                let mut json = self.challenge(challenge);
                let provider = match &challenge.strategy {
                    Strategy::OAuth(provider) => Some(provider.as_str()),
                    Strategy::GoogleOneTap => Some("google"),
                    _ => None,
                };
                if let Some(provider) = provider {
                    json["object"] = json!("verification_from_oauth");
                    json["strategy"] = json!(format!("from_oauth_{provider}"));
                }
                (json, "")
            }
            Some(challenge) => (self.challenge(challenge), "needs_attempt"),
            None => {
                let object = match code {
                    "web3" => "verification_web3",
                    _ => "verification_otp",
                };
                let blank = json!({
                    "object": object,
                    "status": "unverified",
                    "strategy": null,
                    "attempts": null,
                    "expire_at": null,
                });
                (blank, "needs_prepare")
            }
        };
        json["next_action"] = json!(next);
        json["supported_strategies"] = json!(strategies);
        json
    }
}
