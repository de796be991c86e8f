use crate::{api_error::ApiErrorItem, lenient::model, open_enum::open_enum, timestamp::Timestamp};

/// The verification of an identifier.
///
/// This type covers all strategies; the [`strategy`](Self::strategy) determines which fields are
/// present.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Unique ID, if the verification has one.
    pub id: Option<String>,
    /// The status.
    pub status: Option<VerificationStatus>,
    /// The strategy.
    pub strategy: Option<VerificationStrategy>,
    /// The number of attempts.
    pub attempts: Option<i64>,
    /// When the verification expires.
    pub expire_at: Option<Timestamp>,
    /// ID of the client that completed the verification.
    pub verified_at_client: Option<String>,
    /// The channel of a code sent to a phone, such as `sms`.
    pub channel: Option<String>,
    /// The nonce that the text to sign with a wallet or passkey contains.
    pub nonce: Option<String>,
    /// The text to sign with a wallet or passkey.
    pub message: Option<String>,
    /// URL at which the OAuth provider or identity provider continues the verification.
    pub external_verification_redirect_url: Option<String>,
    /// Why the response of the provider was rejected.
    pub error: Option<ApiErrorItem>,
}

impl Verification {
    /// Returns true if the identifier is verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.status == Some(VerificationStatus::Verified)
    }
}

model! {
    Verification
    lenient {
        "id" => id,
        "status" => status,
        "strategy" => strategy,
        "attempts" => attempts,
        "expire_at" => expire_at,
        "verified_at_client" => verified_at_client,
        "channel" => channel,
        "nonce" => nonce,
        "message" => message,
        "external_verification_redirect_url" => external_verification_redirect_url,
        "error" => error,
    }
}

open_enum! {
    /// The status of a [`Verification`].
    VerificationStatus {
        /// `unverified`
        Unverified = "unverified",
        /// `verified`
        Verified = "verified",
        /// `failed`
        Failed = "failed",
        /// `expired`
        Expired = "expired",
        /// `transferable`: the identifier belongs to an existing account that can be signed in to.
        Transferable = "transferable",
    }
}

open_enum! {
    /// The strategy of a [`Verification`]. OAuth providers, such as `oauth_google`, are `Other`.
    VerificationStrategy {
        /// `email_code`
        EmailCode = "email_code",
        /// `email_link`
        EmailLink = "email_link",
        /// `phone_code`
        PhoneCode = "phone_code",
        /// `reset_password_email_code`
        ResetPasswordEmailCode = "reset_password_email_code",
        /// `admin`: set by the Backend API.
        Admin = "admin",
        /// `ticket`: an invitation or sign-in token.
        Ticket = "ticket",
        /// `saml`
        Saml = "saml",
        /// `scim`
        Scim = "scim",
        /// `passkey`
        Passkey = "passkey",
        /// `google_one_tap`
        GoogleOneTap = "google_one_tap",
        /// `web3_metamask_signature`
        Web3MetamaskSignature = "web3_metamask_signature",
        /// `web3_base_signature`
        Web3BaseSignature = "web3_base_signature",
        /// `web3_coinbase_wallet_signature`
        Web3CoinbaseWalletSignature = "web3_coinbase_wallet_signature",
        /// `web3_okx_wallet_signature`
        Web3OkxWalletSignature = "web3_okx_wallet_signature",
        /// `web3_solana_signature`
        Web3SolanaSignature = "web3_solana_signature",
    }
}
