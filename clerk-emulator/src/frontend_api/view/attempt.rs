use serde_json::{Value, json};

use super::View;
use crate::model::authentication_settings::AuthenticationSettings;
use crate::model::challenge::Challenge;
use crate::model::session::{Reverification, Session};
use crate::model::sign_in_attempt::{SignInAttempt, SignInStatus};
use crate::model::sign_up_attempt::SignUpAttempt;
use crate::model::user::User;
use crate::rules::reverifications;
use crate::rules::settings;
use crate::rules::sign_ins::{self, Factor, FactorTarget};

impl View<'_> {
    /// Renders a sign-in.
    pub(in crate::frontend_api) fn sign_in(self, attempt: &SignInAttempt) -> Value {
        let user = attempt
            .user_id
            .as_ref()
            .and_then(|id| self.tables.users.get(id));
        let first = match (attempt.status, user) {
            (SignInStatus::NeedsFirstFactor, Some(user)) => {
                Some(self.first_factors(user, attempt.identifier.as_deref()))
            }
            // A person of a company who has no account here yet.
            (SignInStatus::NeedsIdentifier, None) => attempt
                .identifier
                .as_deref()
                .map(|address| sign_ins::enterprise_factors(self.tables, address))
                .map(|factors| factors.iter().map(factor).collect()),
            _ => None,
        };
        let second = match (attempt.status, user) {
            (SignInStatus::NeedsSecondFactor, Some(user)) => Some(self.second_factors(user)),
            _ => None,
        };
        json!({
            "object": "sign_in_attempt",
            "id": attempt.id,
            "status": attempt.status_at(self.now),
            "identifier": attempt.identifier,
            "supported_identifiers": self.identifiers(),
            "supported_first_factors": first,
            "supported_second_factors": second,
            "first_factor_verification": self.challenged(attempt.first_factor.as_ref()),
            "second_factor_verification": self.challenged(attempt.second_factor.as_ref()),
            "user_data": user.map(|user| self.user_data(user)),
            "created_session_id": attempt.created_session_id,
            "abandon_at": attempt.abandon_at,
        })
    }

    fn identifiers(self) -> Vec<&'static str> {
        let Ok(settings) = settings::get(self.tables) else {
            return Vec::new();
        };
        let AuthenticationSettings {
            email_address,
            phone_number,
            username,
            ..
        } = &settings.authentication;
        [
            ("email_address", email_address),
            ("phone_number", phone_number),
            ("username", username),
        ]
        .into_iter()
        .filter(|(_, requirement)| requirement.is_on())
        .map(|(name, _)| name)
        .collect()
    }

    fn first_factors(self, user: &User, identifier: Option<&str>) -> Vec<Value> {
        let factors = sign_ins::first_factors(self.tables, user, identifier);
        factors.iter().map(factor).collect()
    }

    fn second_factors(self, user: &User) -> Vec<Value> {
        let factors = sign_ins::second_factors(self.tables, user);
        factors.iter().map(factor).collect()
    }

    fn challenged(self, challenge: Option<&Challenge>) -> Value {
        challenge.map_or(Value::Null, |challenge| self.shared().challenge(challenge))
    }

    fn user_data(self, user: &User) -> Value {
        let image_url = self.app.instance.image_url(&user.id, user.image.as_ref());
        json!({
            "first_name": user.first_name,
            "last_name": user.last_name,
            "image_url": image_url,
            "profile_image_url": image_url,
            "has_image": user.image.is_some(),
        })
    }

    /// Renders a sign-up.
    pub(in crate::frontend_api) fn sign_up(self, attempt: &SignUpAttempt) -> Value {
        self.shared().sign_up(attempt)
    }

    /// Renders a reverification within a session.
    pub(in crate::frontend_api) fn reverification(
        self,
        session: &Session,
        reverification: &Reverification,
    ) -> Result<Value, crate::error::Error> {
        let user = self.tables.users.get(&session.user_id);
        let status = reverifications::status(reverification);
        let first = user
            .filter(|_| status == "needs_first_factor")
            .map(|user| self.first_factors(user, None))
            .map(|mut factors| {
                factors.retain(|factor| {
                    let strategy = factor["strategy"].as_str().unwrap_or_default();
                    reverifications::FIRST_FACTORS.contains(&strategy)
                });
                factors
            });
        let second = user
            .filter(|_| status == "needs_second_factor")
            .map(|user| self.second_factors(user));
        Ok(json!({
            "object": "session_reverification",
            "level": reverification.level.as_str(),
            "status": status,
            "supported_first_factors": first,
            "supported_second_factors": second,
            "first_factor_verification": self.challenged(reverification.first_factor.as_ref()),
            "second_factor_verification": self.challenged(reverification.second_factor.as_ref()),
            "session": self.session(session)?,
        }))
    }
}

fn factor(factor: &Factor) -> Value {
    let mut json = json!({ "strategy": factor.strategy.name() });
    match &factor.target {
        None => {}
        Some(FactorTarget::EmailAddress { id, shown }) => {
            json["email_address_id"] = json!(id);
            json["safe_identifier"] = json!(shown);
            json["primary"] = json!(factor.is_primary);
        }
        Some(FactorTarget::Web3Wallet { id, shown }) => {
            json["web3_wallet_id"] = json!(id);
            json["safe_identifier"] = json!(shown);
            json["primary"] = json!(factor.is_primary);
        }
        Some(FactorTarget::EnterpriseConnection { id, name }) => {
            json["enterprise_connection_id"] = json!(id);
            json["enterprise_connection_name"] = json!(name);
        }
        Some(FactorTarget::TrustedDevice { id }) => json["trusted_device_id"] = json!(id),
        Some(FactorTarget::PhoneNumber { id, shown }) => {
            json["phone_number_id"] = json!(id);
            json["safe_identifier"] = json!(shown);
            json["primary"] = json!(factor.is_primary);
            json["default"] = json!(factor.is_default);
        }
    }
    json
}
