use super::challenge::Challenge;
use super::external_account::ProviderAccount;
use super::metadata::Metadata;
use super::password::Password;
use crate::random;
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// A sign-up in progress, which proceeds step by step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUpAttempt {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) email_address: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) web3_wallet: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) unsafe_metadata: Metadata,
    pub(crate) public_metadata: Metadata,
    pub(crate) locale: Option<String>,
    pub(crate) legal_accepted_at: Option<i64>,
    pub(crate) external_id: Option<String>,
    /// True once the application has done what must happen before the sign-up completes.
    pub(crate) custom_action: bool,
    pub(crate) email_verification: Option<Challenge>,
    pub(crate) phone_verification: Option<Challenge>,
    pub(crate) wallet_verification: Option<Challenge>,
    pub(crate) external_verification: Option<Challenge>,
    pub(crate) external_account: Option<ProviderAccount>,
    /// The ticket of the invitation that it accepts.
    pub(crate) ticket: Option<String>,
    pub(crate) created_user_id: Option<String>,
    pub(crate) created_session_id: Option<String>,
    pub(crate) abandon_at: i64,
}

impl SignUpAttempt {
    /// Creates an attempt without any fields.
    pub(crate) fn new(client_id: String, now: i64) -> Self {
        Self {
            id: random::id("sua"),
            client_id,
            email_address: None,
            phone_number: None,
            web3_wallet: None,
            username: None,
            first_name: None,
            last_name: None,
            password: None,
            unsafe_metadata: Metadata::new(),
            public_metadata: Metadata::new(),
            locale: None,
            legal_accepted_at: None,
            external_id: None,
            custom_action: false,
            email_verification: None,
            phone_verification: None,
            wallet_verification: None,
            external_verification: None,
            external_account: None,
            ticket: None,
            created_user_id: None,
            created_session_id: None,
            abandon_at: now + DAY_MS,
        }
    }

    /// Returns true if the attempt can no longer be continued.
    pub(crate) fn is_abandoned(&self, now: i64) -> bool {
        self.created_user_id.is_none() && now >= self.abandon_at
    }

    /// Returns the name of the status in the API.
    pub(crate) fn status_at(&self, now: i64) -> &'static str {
        if self.created_user_id.is_some() {
            "complete"
        } else if self.is_abandoned(now) {
            "abandoned"
        } else {
            "missing_requirements"
        }
    }
}
