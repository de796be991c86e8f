use crate::{api_error::ApiErrorItem, lenient::model, open_enum::open_enum, timestamp::Timestamp};

/// How far an identifier is proven to belong to its owner.
///
/// One type for all ways of proof: which fields are there depends on the
/// [`strategy`](Self::strategy).
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Verification {
    /// Unique id, where the verification has one of its own.
    pub id: Option<String>,
    /// How far it got.
    pub status: Option<VerificationStatus>,
    /// The way of proof.
    pub strategy: Option<VerificationStrategy>,
    /// How often proof was tried.
    pub attempts: Option<i64>,
    /// When the verification lapses.
    pub expire_at: Option<Timestamp>,
    /// The browser or device that finished it.
    pub verified_at_client: Option<String>,
    /// The channel of a code sent to a phone, such as `sms`.
    pub channel: Option<String>,
    /// The text to sign with a wallet or passkey is bound to this value.
    pub nonce: Option<String>,
    /// The text to sign with a wallet or passkey.
    pub message: Option<String>,
    /// Where a provider or identity provider goes on with it.
    pub external_verification_redirect_url: Option<String>,
    /// Why the provider's answer was not accepted.
    pub error: Option<ApiErrorItem>,
}

impl Verification {
    /// Whether the proof is complete.
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
    /// How far a [`Verification`] got.
    VerificationStatus {
        /// `unverified`
        Unverified = "unverified",
        /// `verified`
        Verified = "verified",
        /// `failed`
        Failed = "failed",
        /// `expired`
        Expired = "expired",
        /// `transferable`: the identifier belongs to another account, which can be signed in to.
        Transferable = "transferable",
    }
}

open_enum! {
    /// The way of proof of a [`Verification`]. The names of OAuth providers, such as
    /// `oauth_google`, are all `Other`.
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
