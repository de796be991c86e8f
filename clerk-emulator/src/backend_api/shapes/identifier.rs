use serde_json::{Value, json};

use super::Shapes;
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof};
use crate::model::verification::Verification;

impl Shapes<'_> {
    pub(crate) fn email_address(self, email: &EmailAddress) -> Value {
        json!({
            "id": email.id,
            "object": "email_address",
            "email_address": email.email_address,
            "reserved": false,
            "verification": verification(email.proof),
            "linked_to": [],
            "matches_sso_connection": false,
            "created_at": email.created_at,
            "updated_at": email.updated_at,
        })
    }

    pub(crate) fn phone_number(self, phone: &PhoneNumber) -> Value {
        json!({
            "id": phone.id,
            "object": "phone_number",
            "phone_number": phone.phone_number,
            "reserved_for_second_factor": phone.reserved_for_second_factor,
            "default_second_factor": phone.default_second_factor,
            "reserved": false,
            "verification": verification(phone.proof),
            "linked_to": [],
            "backup_codes": null,
            "created_at": phone.created_at,
            "updated_at": phone.updated_at,
        })
    }

    /// Shows a verification by a one-time code.
    pub(crate) fn verification(self, verification: &Verification) -> Value {
        json!({
            "object": "verification_otp",
            "id": verification.id,
            "status": verification.status_at(self.now),
            "strategy": verification.strategy.as_str(),
            "attempts": verification.attempts,
            "expire_at": verification.expire_at,
        })
    }
}

fn verification(proof: Proof) -> Value {
    match proof {
        Proof::Admin => json!({
            "object": "verification_admin",
            "status": "verified",
            "strategy": "admin",
            "attempts": null,
            "expire_at": null,
        }),
        Proof::None => Value::Null,
    }
}
