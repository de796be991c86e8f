use super::challenge::Challenge;
use crate::random;
use serde::{Deserialize, Serialize};

/// The mode of domains whose people sign in through an enterprise connection of the organization.
pub(crate) const ENTERPRISE_SSO: &str = "enterprise_sso";

/// The ways in which people with an address at the domain can join.
pub(crate) const ENROLLMENT_MODES: &[&str] = &[
    "manual_invitation",
    "automatic_invitation",
    "automatic_suggestion",
    ENTERPRISE_SSO,
];

/// A domain whose people belong to an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationDomain {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) name: String,
    /// One of [`ENROLLMENT_MODES`].
    pub(crate) enrollment_mode: String,
    /// The time at which the organization's affiliation with the domain was verified.
    pub(crate) verified_at: Option<i64>,
    /// The address at the domain through which the organization verifies its affiliation.
    pub(crate) affiliation_email_address: Option<String>,
    /// The verification of that address in progress.
    pub(crate) affiliation: Option<Challenge>,
    /// The value of the DNS record that proves ownership, once requested.
    pub(crate) ownership_record: Option<String>,
    /// The time at which the organization's ownership of the domain was verified.
    pub(crate) owned_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl OrganizationDomain {
    /// Creates an unverified domain.
    pub(crate) fn new(
        organization_id: String,
        name: String,
        enrollment_mode: String,
        now: i64,
    ) -> Self {
        Self {
            id: random::id("orgdmn"),
            organization_id,
            name,
            enrollment_mode,
            verified_at: None,
            affiliation_email_address: None,
            affiliation: None,
            ownership_record: None,
            owned_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
