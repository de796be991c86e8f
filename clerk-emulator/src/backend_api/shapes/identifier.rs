use serde_json::{Value, json};

use super::Shapes;
use crate::model::challenge::Challenge;
use crate::model::identifier::{EmailAddress, PhoneNumber, Proof, Web3Wallet};
use crate::model::verification::Verification;
use crate::rules::{enterprise_accounts, identifiers};

impl Shapes<'_> {
    pub(crate) fn email_address(self, email: &EmailAddress) -> Value {
        json!({
            "id": email.id,
            "object": "email_address",
            "email_address": email.email_address,
            "reserved": email.reserved,
            "verification": self.proof(&email.proof, "email_code", email.challenge.as_ref(), email.updated_at),
            "linked_to": self.linked_accounts(&email.email_address),
            "matches_sso_connection": enterprise_accounts::connections(self.tables, &email.email_address).next().is_some(),
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
            "reserved": phone.reserved,
            "verification": self.proof(&phone.proof, "phone_code", phone.challenge.as_ref(), phone.updated_at),
            "linked_to": [],
            "backup_codes": null,
            "created_at": phone.created_at,
            "updated_at": phone.updated_at,
        })
    }

    pub(crate) fn web3_wallet(self, wallet: &Web3Wallet) -> Value {
        let challenge = wallet.challenge.as_ref();
        json!({
            "id": wallet.id,
            "object": "web3_wallet",
            "web3_wallet": wallet.web3_wallet,
            "verification": self.proof(&wallet.proof, "", challenge, wallet.updated_at),
            "created_at": wallet.created_at,
            "updated_at": wallet.updated_at,
        })
    }

    /// Renders a verification by one-time code.
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

    /// Renders how an identifier was verified, or the verification in progress. `code` is the name of the strategy for
    /// one-time codes.
    fn proof(
        self,
        proof: &Proof,
        code: &str,
        challenge: Option<&Challenge>,
        updated_at: i64,
    ) -> Value {
        let (object, strategy) = match proof {
            Proof::Admin => ("verification_admin", "admin".to_owned()),
            Proof::Code => ("verification_otp", code.to_owned()),
            Proof::Link => ("verification_email_link", "email_link".to_owned()),
            Proof::Ticket => ("verification_ticket", "ticket".to_owned()),
            Proof::Signature(name) => ("verification_web3", name.clone()),
            Proof::Provider(name) => ("verification_from_oauth", format!("from_oauth_{name}")),
            Proof::EnterpriseSso => ("verification_saml", "saml".to_owned()),
            Proof::None => return challenge.map_or(Value::Null, |open| self.challenge(open)),
        };
        let by_message = matches!(proof, Proof::Code | Proof::Link);
        json!({
            "object": object,
            "status": "verified",
            "strategy": strategy,
            "attempts": by_message.then_some(1),
            "expire_at": by_message.then_some(updated_at),
        })
    }

    /// Renders the accounts at providers that have this email address, of the user to whom it belongs.
    fn linked_accounts(self, address: &str) -> Vec<Value> {
        let Some(owner) = identifiers::user_by_email(self.tables, address) else {
            return Vec::new();
        };
        let is_it = |other: &str| other.eq_ignore_ascii_case(address);
        let connected = owner
            .external_accounts
            .iter()
            .filter(|one| is_it(&one.account.email_address))
            .map(|one| {
                let kind = format!("oauth_{}", one.account.provider);
                json!({ "type": kind, "id": one.identification_id })
            });
        let of_companies = enterprise_accounts::of_user(self.tables, &owner.id)
            .filter(|one| is_it(&one.account.email_address))
            .map(|one| json!({ "type": "saml", "id": one.id }));
        connected.chain(of_companies).collect()
    }
}
