use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::base64_text;
use super::external_account::ExternalAccount;
use super::identifier::{EmailAddress, PhoneNumber, Web3Wallet};
use super::metadata::Metadata;
use super::passkey::Passkey;
use super::password::Password;
use crate::random;
use crate::secret::Secret;

/// A user of the application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub(crate) web3_wallets: Vec<Web3Wallet>,
    pub(crate) primary_web3_wallet_id: Option<String>,
    pub(crate) external_accounts: Vec<ExternalAccount>,
    pub(crate) passkeys: Vec<Passkey>,
    pub(crate) password: Option<Password>,
    pub(crate) password_last_updated_at: Option<i64>,
    /// The password must be reset before the next sign-in.
    pub(crate) password_compromised: bool,
    pub(crate) totp_secret: Option<Secret>,
    /// A secret that has not been verified with a code from the authenticator application yet.
    pub(crate) pending_totp_secret: Option<Secret>,
    pub(crate) backup_codes: Vec<Secret>,
    pub(crate) mfa_enabled_at: Option<i64>,
    pub(crate) mfa_disabled_at: Option<i64>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) unsafe_metadata: Metadata,
    pub(crate) plan: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) image: Option<Image>,
    /// The organization that is active in the next session, unless another is chosen before.
    #[serde(default)]
    pub(crate) next_organization_id: Option<String>,
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

/// An uploaded image.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Image {
    pub(crate) content_type: String,
    #[serde(with = "base64_text")]
    pub(crate) bytes: Bytes,
    /// Part of the image's URL, which is new with each upload.
    pub(crate) version: String,
}

impl User {
    /// Creates a user with nothing but an ID.
    pub(crate) fn new(now: i64) -> Self {
        Self {
            id: random::id("user"),
            external_id: None,
            username: None,
            first_name: None,
            last_name: None,
            locale: None,
            primary_email_address_id: None,
            primary_phone_number_id: None,
            email_addresses: Vec::new(),
            phone_numbers: Vec::new(),
            web3_wallets: Vec::new(),
            primary_web3_wallet_id: None,
            external_accounts: Vec::new(),
            passkeys: Vec::new(),
            password: None,
            password_last_updated_at: None,
            password_compromised: false,
            totp_secret: None,
            pending_totp_secret: None,
            backup_codes: Vec::new(),
            mfa_enabled_at: None,
            mfa_disabled_at: None,
            public_metadata: Metadata::new(),
            private_metadata: Metadata::new(),
            unsafe_metadata: Metadata::new(),
            plan: None,
            features: Vec::new(),
            image: None,
            next_organization_id: None,
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

    /// Returns the primary email address.
    pub(crate) fn primary_email(&self) -> Option<&str> {
        let id = self.primary_email_address_id.as_deref()?;
        self.email_addresses
            .iter()
            .find(|email| email.id == id)
            .map(|email| email.email_address.as_str())
    }

    /// Returns the primary phone number, or the first one.
    pub(crate) fn primary_phone(&self) -> Option<&str> {
        let primary = self.primary_phone_number_id.as_deref();
        self.phone_numbers
            .iter()
            .find(|phone| Some(phone.id.as_str()) == primary)
            .or(self.phone_numbers.first())
            .map(|phone| phone.phone_number.as_str())
    }

    /// Returns true if the user has this email address, ignoring case.
    pub(crate) fn has_email(&self, address: &str) -> bool {
        self.email_addresses
            .iter()
            .any(|email| email.email_address.eq_ignore_ascii_case(address))
    }

    /// Returns true if nobody else can have this email address because the user has it, ignoring case.
    pub(crate) fn claims_email(&self, address: &str) -> bool {
        let is_it = |one: &EmailAddress| one.email_address.eq_ignore_ascii_case(address);
        self.email_addresses
            .iter()
            .any(|one| is_it(one) && one.is_claimed())
    }

    /// Returns true if nobody else can have this phone number because the user has it.
    pub(crate) fn claims_phone(&self, number: &str) -> bool {
        self.phone_numbers
            .iter()
            .any(|one| one.phone_number == number && one.is_claimed())
    }

    /// Returns true if the user has this phone number.
    pub(crate) fn has_phone(&self, number: &str) -> bool {
        self.phone_numbers
            .iter()
            .any(|phone| phone.phone_number == number)
    }

    /// Returns true if the user has this username, ignoring case.
    pub(crate) fn has_username(&self, name: &str) -> bool {
        self.username
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// Returns true if a search for this lowercase text finds the user: in the ID, names, addresses or
    /// numbers.
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
            || self
                .web3_wallets
                .iter()
                .any(|wallet| contains(&wallet.web3_wallet))
    }

    /// Returns true if one of the user's wallets has this address, ignoring case.
    pub(crate) fn has_wallet(&self, address: &str) -> bool {
        self.web3_wallets
            .iter()
            .any(|wallet| wallet.web3_wallet.eq_ignore_ascii_case(address))
    }

    /// Returns the terms of all identifiers and of the external ID.
    pub(crate) fn terms(&self) -> Vec<String> {
        let emails = self.email_addresses.iter();
        let phones = self.phone_numbers.iter();
        let wallets = self.web3_wallets.iter();
        emails
            .map(|one| Self::term(&one.email_address))
            .chain(phones.map(|one| Self::term(&one.phone_number)))
            .chain(wallets.map(|one| Self::term(&one.web3_wallet)))
            .chain(self.username.as_deref().map(Self::term))
            .chain(self.external_id.as_deref().map(Self::term))
            .collect()
    }

    /// Returns the term under which an identifier or an external ID is in the index of users.
    pub(crate) fn term(text: &str) -> String {
        text.to_ascii_lowercase()
    }

    /// Returns the address of the primary wallet.
    pub(crate) fn primary_wallet(&self) -> Option<&str> {
        self.web3_wallets
            .iter()
            .find(|wallet| Some(&wallet.id) == self.primary_web3_wallet_id.as_ref())
            .map(|wallet| wallet.web3_wallet.as_str())
    }

    /// Returns the identifier that the user is known by: email address, username, phone number, or the ID.
    pub(crate) fn identifier(&self) -> &str {
        self.primary_email()
            .or(self.username.as_deref())
            .or(self.primary_phone())
            .or(self
                .web3_wallets
                .first()
                .map(|one| one.web3_wallet.as_str()))
            .unwrap_or(&self.id)
    }

    /// Returns the first and last name, or the identifier.
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

    /// Returns true if the candidate is the user's password.
    pub(crate) fn password_is(&self, candidate: &str) -> bool {
        self.password
            .as_ref()
            .is_some_and(|password| password.is(candidate))
    }

    /// Returns true if the user has set up a second factor.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.totp_secret.is_some() || self.phone_numbers.iter().any(PhoneNumber::is_second_factor)
    }

    /// Makes the first phone number that is a second factor the default one if none is.
    pub(crate) fn fill_in_default_second_factor(&mut self) {
        for phone in &mut self.phone_numbers {
            phone.default_second_factor &= phone.is_second_factor();
        }
        let phones = &mut self.phone_numbers;
        if !phones.iter().any(|phone| phone.default_second_factor)
            && let Some(phone) = phones.iter_mut().find(|phone| phone.is_second_factor())
        {
            phone.default_second_factor = true;
        }
    }

    /// Counts the identifiers by which the user can be found, and which only the user can have.
    pub(crate) fn identifier_count(&self) -> usize {
        let emails = self.email_addresses.iter().filter(|one| one.is_claimed());
        let phones = self.phone_numbers.iter().filter(|one| one.is_claimed());
        let wallets = self.web3_wallets.iter().filter(|one| one.proof.is_given());
        emails.count() + phones.count() + wallets.count() + usize::from(self.username.is_some())
    }

    /// Makes the first email address and the first phone number primary if none is.
    pub(crate) fn fill_in_primaries(&mut self) {
        let known = |id: &Option<String>, ids: Vec<&String>| {
            id.as_ref().is_some_and(|id| ids.contains(&id))
        };
        let emails = self.email_addresses.iter().map(|email| &email.id).collect();
        if !known(&self.primary_email_address_id, emails) {
            self.primary_email_address_id =
                self.email_addresses.first().map(|email| email.id.clone());
        }
        let phones = self.phone_numbers.iter().map(|phone| &phone.id).collect();
        if !known(&self.primary_phone_number_id, phones) {
            self.primary_phone_number_id = self.phone_numbers.first().map(|phone| phone.id.clone());
        }
    }
}
