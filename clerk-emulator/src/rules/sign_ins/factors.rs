use super::super::enterprise_accounts;
use super::super::settings;
use super::super::trusted_devices;
use crate::model::identifier::Proof;
use crate::model::settings::Settings;
use crate::model::strategy::Strategy;
use crate::model::user::User;
use crate::store::tables::Tables;

/// A way for users to verify their identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Factor {
    pub(crate) strategy: Strategy,
    pub(crate) target: Option<FactorTarget>,
    pub(crate) is_primary: bool,
    pub(crate) is_default: bool,
}

/// The target that a factor verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FactorTarget {
    EmailAddress { id: String, shown: String },
    PhoneNumber { id: String, shown: String },
    Web3Wallet { id: String, shown: String },
    EnterpriseConnection { id: String, name: String },
    TrustedDevice { id: String },
}

impl FactorTarget {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::EmailAddress { id, .. }
            | Self::PhoneNumber { id, .. }
            | Self::Web3Wallet { id, .. }
            | Self::EnterpriseConnection { id, .. }
            | Self::TrustedDevice { id } => id,
        }
    }
}

impl Factor {
    pub(super) fn bare(strategy: Strategy) -> Self {
        Self {
            strategy,
            target: None,
            is_primary: false,
            is_default: false,
        }
    }
}

/// Returns the connections through which people with this email address must sign in.
pub(crate) fn enterprise_factors(tables: &Tables, address: &str) -> Vec<Factor> {
    enterprise_accounts::connections(tables, address)
        .map(|one| Factor {
            target: Some(FactorTarget::EnterpriseConnection {
                id: one.id.clone(),
                name: one.name.clone(),
            }),
            ..Factor::bare(Strategy::EnterpriseSso)
        })
        .collect()
}

/// Returns the ways in which a user may verify the first factor. `identifier` is the text that was typed: for an email
/// address of a company with its own identity provider, that is the only way.
pub(crate) fn first_factors(tables: &Tables, user: &User, identifier: Option<&str>) -> Vec<Factor> {
    let mut factors = identifier
        .map(|address| enterprise_factors(tables, address))
        .unwrap_or_default();
    let Ok(Settings { authentication, .. }) = settings::get(tables) else {
        return factors;
    };
    if !factors.is_empty() {
        return factors;
    }
    if user.password.is_some() && authentication.password.is_on() {
        factors.push(Factor::bare(Strategy::Password));
    }
    let typed = |value: &str| identifier.is_some_and(|typed| typed.eq_ignore_ascii_case(value));
    for email in &user.email_addresses {
        if email.proof == Proof::None && !typed(&email.email_address) {
            continue;
        }
        let mut strategies = vec![Strategy::EmailCode];
        if authentication.email_links {
            strategies.push(Strategy::EmailLink);
        }
        if authentication.password.is_on() {
            strategies.push(Strategy::ResetPasswordEmailCode);
        }
        for strategy in strategies {
            factors.push(Factor {
                strategy,
                target: Some(FactorTarget::EmailAddress {
                    id: email.id.clone(),
                    shown: email.email_address.clone(),
                }),
                is_primary: user.primary_email_address_id.as_ref() == Some(&email.id),
                is_default: false,
            });
        }
    }
    for phone in &user.phone_numbers {
        let usable = phone.proof != Proof::None || typed(&phone.phone_number);
        if !usable || phone.reserved_for_second_factor {
            continue;
        }
        let mut strategies = vec![Strategy::PhoneCode];
        if authentication.password.is_on() {
            strategies.push(Strategy::ResetPasswordPhoneCode);
        }
        for strategy in strategies {
            factors.push(Factor {
                strategy,
                target: Some(FactorTarget::PhoneNumber {
                    id: phone.id.clone(),
                    shown: phone.phone_number.clone(),
                }),
                is_primary: user.primary_phone_number_id.as_ref() == Some(&phone.id),
                is_default: phone.default_second_factor,
            });
        }
    }
    if user
        .passkeys
        .iter()
        .any(|passkey| passkey.credential.is_some())
    {
        factors.push(Factor::bare(Strategy::Passkey));
    }
    for wallet in &user.web3_wallets {
        if let Proof::Signature(name) = &wallet.proof {
            factors.push(Factor {
                strategy: Strategy::Web3(name.clone()),
                target: Some(FactorTarget::Web3Wallet {
                    id: wallet.id.clone(),
                    shown: wallet.web3_wallet.clone(),
                }),
                is_primary: user.primary_web3_wallet_id.as_ref() == Some(&wallet.id),
                is_default: false,
            });
        }
    }
    for device in trusted_devices::active(tables, &user.id) {
        factors.push(Factor {
            target: Some(FactorTarget::TrustedDevice {
                id: device.id.clone(),
            }),
            ..Factor::bare(Strategy::TrustedDevice)
        });
    }
    for account in &user.external_accounts {
        let factor = Factor::bare(Strategy::OAuth(account.account.provider.clone()));
        if account.verification.is_verified() && !factors.contains(&factor) {
            factors.push(factor);
        }
    }
    factors
}

/// Returns the ways in which a user may verify the second factor. None of them is needed if the settings have none of those
/// that the user has set up.
pub(crate) fn second_factors(tables: &Tables, user: &User) -> Vec<Factor> {
    let mut factors = Vec::new();
    let Ok(Settings { authentication, .. }) = settings::get(tables) else {
        return factors;
    };
    if user.totp_secret.is_some() && authentication.authenticator_app {
        factors.push(Factor::bare(Strategy::Totp));
    }
    for phone in user
        .phone_numbers
        .iter()
        .filter(|phone| phone.is_second_factor() && authentication.phone_second_factor)
    {
        factors.push(Factor {
            strategy: Strategy::PhoneCode,
            target: Some(FactorTarget::PhoneNumber {
                id: phone.id.clone(),
                shown: phone.phone_number.clone(),
            }),
            is_primary: user.primary_phone_number_id.as_ref() == Some(&phone.id),
            is_default: phone.default_second_factor,
        });
    }
    if !factors.is_empty() && !user.backup_codes.is_empty() && authentication.backup_codes {
        factors.push(Factor::bare(Strategy::BackupCode));
    }
    factors
}
