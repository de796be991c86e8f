use crate::random;
use serde::{Deserialize, Serialize};

/// The list that an identifier is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RestrictionList {
    Allow,
    Block,
}

/// The kind of a listed identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum IdentifierKind {
    /// An email address, or `*@domain` for all addresses at a domain.
    EmailAddress,
    PhoneNumber,
    Web3Wallet,
}

/// An entry of a list: an identifier that may or may not sign up.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restriction {
    pub(crate) id: String,
    pub(crate) list: RestrictionList,
    pub(crate) identifier: String,
    pub(crate) kind: IdentifierKind,
    /// The ID of the invitation sent to the identifier.
    pub(crate) invitation_id: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl RestrictionList {
    /// Returns the name of an entry in the API.
    pub(crate) fn object(self) -> &'static str {
        match self {
            Self::Allow => "allowlist_identifier",
            Self::Block => "blocklist_identifier",
        }
    }
}

impl IdentifierKind {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::EmailAddress => "email_address",
            Self::PhoneNumber => "phone_number",
            Self::Web3Wallet => "web3_wallet",
        }
    }
}

impl Restriction {
    /// Creates an entry of a list.
    pub(crate) fn new(
        list: RestrictionList,
        identifier: String,
        kind: IdentifierKind,
        now: i64,
    ) -> Self {
        let prefix = match list {
            RestrictionList::Allow => "alid",
            RestrictionList::Block => "blid",
        };
        Self {
            id: random::id(prefix),
            list,
            identifier,
            kind,
            invitation_id: None,
            created_at: now,
            updated_at: now,
        }
    }
}
