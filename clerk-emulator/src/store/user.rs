use serde_json::{Map, Value, json};

use super::Store;
use crate::random;
use crate::secret::Secret;
use crate::seed::UserSeed;

/// A person.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) primary_email_address_id: Option<String>,
    pub(crate) primary_phone_number_id: Option<String>,
    pub(crate) email_addresses: Vec<EmailAddress>,
    pub(crate) phone_numbers: Vec<PhoneNumber>,
    /// Kept as it was given: this is a tool for development.
    pub(crate) password: Option<Secret>,
    /// A digest was given instead of a password: the person has one, and nobody can sign in with it here.
    pub(crate) has_password_digest: bool,
    pub(crate) password_last_updated_at: Option<i64>,
    pub(crate) public_metadata: Map<String, Value>,
    pub(crate) private_metadata: Map<String, Value>,
    pub(crate) unsafe_metadata: Map<String, Value>,
    pub(crate) plan: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) image: Option<Image>,
    pub(crate) banned: bool,
    pub(crate) locked: bool,
    pub(crate) delete_self_enabled: bool,
    pub(crate) create_organization_enabled: bool,
    pub(crate) create_organizations_limit: Option<i64>,
    pub(crate) bypass_client_trust: bool,
    pub(crate) legal_accepted_at: Option<i64>,
    pub(crate) last_sign_in_at: Option<i64>,
    pub(crate) last_active_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An uploaded picture.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: bytes::Bytes,
    /// Makes the address new with each upload.
    pub(crate) version: String,
}

/// An e-mail address; always verified.
#[derive(Debug)]
pub(crate) struct EmailAddress {
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) created_at: i64,
}

/// A phone number; always verified.
#[derive(Debug)]
pub(crate) struct PhoneNumber {
    pub(crate) id: String,
    pub(crate) phone_number: String,
    pub(crate) created_at: i64,
}

impl EmailAddress {
    pub(crate) fn new(email_address: String, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            email_address,
            created_at: now,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "email_address",
            "email_address": self.email_address,
            "reserved": false,
            "verification": verified_by_admin(),
            "linked_to": [],
            "matches_sso_connection": false,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        })
    }
}

impl PhoneNumber {
    pub(crate) fn new(phone_number: String, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            phone_number,
            created_at: now,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "phone_number",
            "phone_number": self.phone_number,
            "reserved_for_second_factor": false,
            "default_second_factor": false,
            "reserved": false,
            "verification": verified_by_admin(),
            "linked_to": [],
            "backup_codes": null,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        })
    }
}

fn verified_by_admin() -> Value {
    json!({
        "object": "verification_admin",
        "status": "verified",
        "strategy": "admin",
        "attempts": null,
        "expire_at": null,
    })
}

impl User {
    pub(crate) fn from_seed(seed: UserSeed, now: i64) -> Self {
        let email_addresses: Vec<_> = seed
            .email_addresses
            .into_iter()
            .map(|address| EmailAddress::new(address, now))
            .collect();
        let phone_numbers: Vec<_> = seed
            .phone_numbers
            .into_iter()
            .map(|number| PhoneNumber::new(number, now))
            .collect();
        Self {
            id: seed.id.unwrap_or_else(|| random::id("user")),
            external_id: seed.external_id,
            username: seed.username,
            first_name: seed.first_name,
            last_name: seed.last_name,
            locale: None,
            primary_email_address_id: email_addresses.first().map(|email| email.id.clone()),
            primary_phone_number_id: phone_numbers.first().map(|phone| phone.id.clone()),
            email_addresses,
            phone_numbers,
            password_last_updated_at: seed.password.as_ref().map(|_| now),
            password: seed.password,
            has_password_digest: false,
            public_metadata: seed.public_metadata,
            private_metadata: seed.private_metadata,
            unsafe_metadata: seed.unsafe_metadata,
            plan: seed.plan,
            features: seed.features,
            image: None,
            banned: false,
            locked: false,
            delete_self_enabled: true,
            create_organization_enabled: true,
            create_organizations_limit: None,
            bypass_client_trust: false,
            legal_accepted_at: None,
            last_sign_in_at: None,
            last_active_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn primary_email(&self) -> Option<&str> {
        let id = self.primary_email_address_id.as_deref()?;
        self.email_addresses
            .iter()
            .find(|email| email.id == id)
            .map(|email| email.email_address.as_str())
    }

    pub(crate) fn has_email(&self, address: &str) -> bool {
        self.email_addresses
            .iter()
            .any(|email| email.email_address.eq_ignore_ascii_case(address))
    }

    /// Whether a search for this lower-case text finds the user: in the id, names, addresses or numbers.
    pub(crate) fn mentions(&self, query: &str) -> bool {
        let contains = |text: &str| text.to_lowercase().contains(query);
        contains(&self.id)
            || contains(&self.display_name())
            || self.username.as_deref().is_some_and(contains)
            || self.external_id.as_deref().is_some_and(contains)
            || self
                .email_addresses
                .iter()
                .any(|email| contains(&email.email_address))
            || self
                .phone_numbers
                .iter()
                .any(|phone| contains(&phone.phone_number))
    }

    /// What people know this person by: e-mail address, username, phone number, or the id.
    pub(crate) fn identifier(&self) -> &str {
        self.primary_email()
            .or(self.username.as_deref())
            .or_else(|| {
                self.phone_numbers
                    .first()
                    .map(|phone| phone.phone_number.as_str())
            })
            .unwrap_or(&self.id)
    }

    /// First and last name, or the identifier.
    pub(crate) fn display_name(&self) -> String {
        let names: Vec<&str> = [self.first_name.as_deref(), self.last_name.as_deref()]
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            self.identifier().to_owned()
        } else {
            names.join(" ")
        }
    }

    pub(crate) fn image_url(&self, store: &Store) -> String {
        let mut url = format!("{}/images/{}", store.base_url, self.id);
        if let Some(image) = &self.image {
            url.push_str("?v=");
            url.push_str(&image.version);
        }
        url
    }

    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some() || self.has_password_digest
    }

    pub(crate) fn password_is(&self, candidate: &str) -> bool {
        self.password
            .as_ref()
            .is_some_and(|password| password.0 == candidate)
    }

    /// The user as the Backend API shows it.
    pub(crate) fn to_json(&self, store: &Store) -> Value {
        let image_url = self.image_url(store);
        json!({
            "id": self.id,
            "object": "user",
            "external_id": self.external_id,
            "primary_email_address_id": self.primary_email_address_id,
            "primary_phone_number_id": self.primary_phone_number_id,
            "primary_web3_wallet_id": null,
            "username": self.username,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "locale": self.locale,
            "profile_image_url": image_url,
            "image_url": image_url,
            "has_image": self.image.is_some(),
            "public_metadata": self.public_metadata,
            "private_metadata": self.private_metadata,
            "unsafe_metadata": self.unsafe_metadata,
            "email_addresses": self.email_addresses.iter().map(EmailAddress::to_json).collect::<Vec<_>>(),
            "phone_numbers": self.phone_numbers.iter().map(PhoneNumber::to_json).collect::<Vec<_>>(),
            "web3_wallets": [],
            "passkeys": [],
            "password_enabled": self.has_password(),
            "two_factor_enabled": false,
            "totp_enabled": false,
            "backup_code_enabled": false,
            "mfa_enabled_at": null,
            "mfa_disabled_at": null,
            "password_last_updated_at": self.password_last_updated_at,
            "external_accounts": [],
            "saml_accounts": [],
            "enterprise_accounts": [],
            "last_sign_in_at": self.last_sign_in_at,
            "banned": self.banned,
            "locked": self.locked,
            "lockout_expires_in_seconds": null,
            "verification_attempts_remaining": if self.locked { 0 } else { 100 },
            "updated_at": self.updated_at,
            "created_at": self.created_at,
            "delete_self_enabled": self.delete_self_enabled,
            "create_organization_enabled": self.create_organization_enabled,
            "create_organizations_limit": self.create_organizations_limit,
            "last_active_at": self.last_active_at,
            "legal_accepted_at": self.legal_accepted_at,
            "bypass_client_trust": self.bypass_client_trust,
        })
    }

    /// The part that other people see.
    pub(crate) fn public_data(&self, store: &Store) -> Value {
        let image_url = self.image_url(store);
        json!({
            "user_id": self.id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "profile_image_url": image_url,
            "image_url": image_url,
            "has_image": self.image.is_some(),
            "identifier": self.identifier(),
            "username": self.username,
            "banned": self.banned,
        })
    }
}
