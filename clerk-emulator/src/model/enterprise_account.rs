use super::external_account::ProviderAccount;
use crate::random;
use serde::{Deserialize, Serialize};

/// A user's account at the identity provider of a company.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnterpriseAccount {
    pub(crate) id: String,
    pub(crate) user_id: String,
    /// The account, whose provider is the ID of the connection.
    pub(crate) account: ProviderAccount,
    pub(crate) last_authenticated_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl EnterpriseAccount {
    /// Creates an account through which its user has just signed in.
    pub(crate) fn new(user_id: String, account: ProviderAccount, now: i64) -> Self {
        Self {
            id: random::id("entacc"),
            user_id,
            account,
            last_authenticated_at: now,
            created_at: now,
            updated_at: now,
        }
    }
}
