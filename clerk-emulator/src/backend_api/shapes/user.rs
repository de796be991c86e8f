use serde_json::{Value, json};

use super::Shapes;
use crate::model::user::User;
use crate::rules::{enterprise_accounts, lockouts};

impl Shapes<'_> {
    pub(crate) fn user(self, user: &User) -> Value {
        let image_url = self.user_image_url(user);
        let lockout = lockouts::of(self.tables, user, self.now);
        let emails = user.email_addresses.iter();
        let phones = user.phone_numbers.iter();
        json!({
            "id": user.id,
            "object": "user",
            "external_id": user.external_id,
            "primary_email_address_id": user.primary_email_address_id,
            "primary_phone_number_id": user.primary_phone_number_id,
            "primary_web3_wallet_id": user.primary_web3_wallet_id,
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "locale": user.locale,
            "profile_image_url": image_url,
            "image_url": image_url,
            "has_image": user.image.is_some(),
            "public_metadata": user.public_metadata,
            "private_metadata": user.private_metadata,
            "unsafe_metadata": user.unsafe_metadata,
            "email_addresses": emails.map(|one| self.email_address(one)).collect::<Vec<_>>(),
            "phone_numbers": phones.map(|one| self.phone_number(one)).collect::<Vec<_>>(),
            "web3_wallets": user.web3_wallets.iter().map(|one| self.web3_wallet(one)).collect::<Vec<_>>(),
            "passkeys": user.passkeys.iter().filter(|one| one.credential.is_some()).map(|one| self.passkey(one)).collect::<Vec<_>>(),
            "password_enabled": user.password.is_some(),
            "two_factor_enabled": user.has_second_factor(),
            "totp_enabled": user.totp_secret.is_some(),
            "backup_code_enabled": !user.backup_codes.is_empty(),
            "mfa_enabled_at": user.mfa_enabled_at,
            "mfa_disabled_at": user.mfa_disabled_at,
            "password_last_updated_at": user.password_last_updated_at,
            "external_accounts": user.external_accounts.iter().map(|one| self.external_account(one)).collect::<Vec<_>>(),
            "saml_accounts": enterprise_accounts::of_user(self.tables, &user.id).filter_map(|one| self.saml_account(one)).collect::<Vec<_>>(),
            "enterprise_accounts": enterprise_accounts::of_user(self.tables, &user.id).map(|one| self.enterprise_account(one)).collect::<Vec<_>>(),
            "last_sign_in_at": user.last_sign_in_at,
            "banned": user.banned,
            "locked": lockout.locked,
            "lockout_expires_in_seconds": lockout.expires_in_seconds,
            "verification_attempts_remaining": lockout.attempts_remaining,
            "updated_at": user.updated_at,
            "created_at": user.created_at,
            "delete_self_enabled": user.delete_self_enabled,
            "create_organization_enabled": user.create_organization_enabled,
            "create_organizations_limit": user.create_organizations_limit,
            "last_active_at": user.last_active_at,
            "legal_accepted_at": user.legal_accepted_at,
            "bypass_client_trust": user.bypass_client_trust,
        })
    }

    /// Renders the part of a user that other people can see.
    pub(crate) fn public_user_data(self, user: &User) -> Value {
        let image_url = self.user_image_url(user);
        json!({
            "user_id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "profile_image_url": image_url,
            "image_url": image_url,
            "has_image": user.image.is_some(),
            "identifier": user.identifier(),
            "username": user.username,
            "banned": user.banned,
        })
    }

    pub(super) fn user_image_url(self, user: &User) -> String {
        self.instance.image_url(&user.id, user.image.as_ref())
    }
}
