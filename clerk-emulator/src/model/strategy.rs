use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A way for people to prove who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Strategy {
    Password,
    EmailCode,
    EmailLink,
    PhoneCode,
    ResetPasswordEmailCode,
    ResetPasswordPhoneCode,
    Totp,
    BackupCode,
    Ticket,
    Passkey,
    GoogleOneTap,
    /// An account at the identity provider of a company.
    EnterpriseSso,
    /// A key of a native application, kept on a device of the user.
    TrustedDevice,
    /// A signature of a wallet; contains the API's name for the kind of wallet.
    Web3(String),
    /// An account at a provider; contains the provider's name.
    OAuth(String),
}

/// The kinds of wallets that sign the way Ethereum's do.
const WALLETS: &[&str] = &[
    "web3_metamask_signature",
    "web3_base_signature",
    "web3_coinbase_wallet_signature",
    "web3_okx_wallet_signature",
];

impl Strategy {
    /// Parses the name in the API.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "password" => Self::Password,
            "email_code" => Self::EmailCode,
            "email_link" => Self::EmailLink,
            "phone_code" => Self::PhoneCode,
            "reset_password_email_code" => Self::ResetPasswordEmailCode,
            "reset_password_phone_code" => Self::ResetPasswordPhoneCode,
            "totp" => Self::Totp,
            "backup_code" => Self::BackupCode,
            "ticket" => Self::Ticket,
            "passkey" => Self::Passkey,
            "google_one_tap" => Self::GoogleOneTap,
            "enterprise_sso" | "saml" => Self::EnterpriseSso,
            "trusted_device" => Self::TrustedDevice,
            name => match name.strip_prefix("oauth_") {
                Some(provider) => Self::OAuth(provider.to_owned()),
                None => Self::Web3((*WALLETS.iter().find(|known| **known == name)?).to_owned()),
            },
        })
    }

    /// Returns the name in the API.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Password => "password",
            Self::EmailCode => "email_code",
            Self::EmailLink => "email_link",
            Self::PhoneCode => "phone_code",
            Self::ResetPasswordEmailCode => "reset_password_email_code",
            Self::ResetPasswordPhoneCode => "reset_password_phone_code",
            Self::Totp => "totp",
            Self::BackupCode => "backup_code",
            Self::Ticket => "ticket",
            Self::Passkey => "passkey",
            Self::GoogleOneTap => "google_one_tap",
            Self::EnterpriseSso => "enterprise_sso",
            Self::TrustedDevice => "trusted_device",
            Self::Web3(name) => return Cow::Owned(name.clone()),
            Self::OAuth(provider) => return Cow::Owned(format!("oauth_{provider}")),
        })
    }

    /// Returns true for codes that allow the user to choose a new password.
    pub(crate) fn resets_password(&self) -> bool {
        matches!(
            self,
            Self::ResetPasswordEmailCode | Self::ResetPasswordPhoneCode
        )
    }
}
