use super::challenge::Challenge;
use crate::random;
use serde::{Deserialize, Serialize};

/// How people with an address at the domain join.
pub(crate) const ENROLLMENT_MODES: &[&str] = &[
    "manual_invitation",
    "automatic_invitation",
    "automatic_suggestion",
    "enterprise_sso",
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
    /// When the organization was found to belong to the domain.
    pub(crate) verified_at: Option<i64>,
    /// Address at the domain by which the organization proves to belong to it.
    pub(crate) affiliation_email_address: Option<String>,
    /// The proof by that address that is being given.
    pub(crate) affiliation: Option<Challenge>,
    /// Value of the DNS record that proves ownership, once it was asked for.
    pub(crate) ownership_record: Option<String>,
    /// When the organization was found to own the domain.
    pub(crate) owned_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl OrganizationDomain {
    /// Creates a domain that is not verified.
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
