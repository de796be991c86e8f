use std::borrow::Cow;

use super::challenge::Challenge;
use crate::random;
use serde::{Deserialize, Serialize};

/// The way in which an address or number was verified as belonging to its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// Vouched for through the Backend API.
    Admin,
    /// By a one-time code.
    Code,
    /// By a link in an email.
    Link,
    /// By the ticket of an invitation.
    Ticket,
    /// By the signature of a wallet; contains the name of the strategy.
    Signature(String),
    /// By a provider; contains its name.
    Provider(Cow<'static, str>),
    /// By the identity provider of a company.
    EnterpriseSso,
    /// Not verified yet.
    None,
}

impl Proof {
    pub(crate) fn is_given(&self) -> bool {
        *self != Self::None
    }
}

/// An email address of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailAddress {
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) proof: Proof,
    /// Nobody else can have it and its user can sign in with it, although it is not verified.
    #[serde(default)]
    pub(crate) reserved: bool,
    /// The verification in progress.
    pub(crate) challenge: Option<Challenge>,
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
    /// Nobody else can have it and its user can sign in with it, although it is not verified.
    #[serde(default)]
    pub(crate) reserved: bool,
    /// The verification in progress.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) reserved_for_second_factor: bool,
    pub(crate) default_second_factor: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// A wallet of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Web3Wallet {
    pub(crate) id: String,
    /// The address of the wallet.
    pub(crate) web3_wallet: String,
    pub(crate) proof: Proof,
    /// The verification in progress.
    pub(crate) challenge: Option<Challenge>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl EmailAddress {
    /// Returns true if nobody else can have the address.
    pub(crate) fn is_claimed(&self) -> bool {
        self.proof.is_given() || self.reserved
    }

    pub(crate) fn new(email_address: String, proof: Proof, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            email_address,
            proof,
            reserved: false,
            challenge: None,
            created_at: now,
            updated_at: now,
        }
    }
}

impl PhoneNumber {
    /// Returns true if nobody else can have the number.
    pub(crate) fn is_claimed(&self) -> bool {
        self.proof.is_given() || self.reserved
    }

    pub(crate) fn new(phone_number: String, proof: Proof, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            phone_number,
            proof,
            reserved: false,
            challenge: None,
            reserved_for_second_factor: false,
            default_second_factor: false,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns true if sign-ins must be confirmed with a code to this number.
    pub(crate) fn is_second_factor(&self) -> bool {
        self.reserved_for_second_factor && self.proof.is_given()
    }
}

impl Web3Wallet {
    pub(crate) fn new(web3_wallet: String, proof: Proof, now: i64) -> Self {
        Self {
            id: random::id("idn"),
            web3_wallet,
            proof,
            challenge: None,
            created_at: now,
            updated_at: now,
        }
    }
}
