use crate::random;
use serde::{Deserialize, Serialize};

/// How an address or number was proven to belong to its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// Vouched for through the Backend API.
    Admin,
    /// Not proven yet.
    None,
}

/// An e-mail address of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailAddress {
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) proof: Proof,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A phone number of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneNumber {
    pub(crate) id: String,
    pub(crate) phone_number: String,
    pub(crate) proof: Proof,
    pub(crate) reserved_for_second_factor: bool,
    pub(crate) default_second_factor: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl EmailAddress {
    pub(crate) fn new(email_address: String, proof: Proof, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            email_address,
            proof,
            created_at: now,
            updated_at: now,
        }
    }
}

impl PhoneNumber {
    pub(crate) fn new(phone_number: String, proof: Proof, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            phone_number,
            proof,
            reserved_for_second_factor: false,
            default_second_factor: false,
            created_at: now,
            updated_at: now,
        }
    }
}
