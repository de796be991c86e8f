use super::metadata::Metadata;
use crate::random;
use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// The status of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum InvitationStatus {
    Pending,
    Accepted,
    Revoked,
    Expired,
}

impl InvitationStatus {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// The fields that all kinds of invitations share.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    pub(crate) email_address: String,
    /// The ticket in the link.
    pub(crate) ticket: String,
    pub(crate) revoked: bool,
    /// True if an email is sent to the address.
    pub(crate) notify: bool,
    /// The slug of the template of the email, if it is not the usual one.
    #[serde(default)]
    pub(crate) template: Option<String>,
    pub(crate) accepted: bool,
    pub(crate) redirect_url: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// An invitation to the application.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) invite: Invite,
}

/// An invitation to an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationInvitation {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) inviter_id: Option<String>,
    /// The ID of the domain that led to it, if nobody invited.
    #[serde(default)]
    pub(crate) domain_id: Option<String>,
    /// The key of the role that the member will have.
    pub(crate) role: String,
    pub(crate) private_metadata: Metadata,
    pub(crate) invite: Invite,
}

impl Invite {
    /// Creates a pending invitation.
    pub(crate) fn new(email_address: String, days: i64, now: i64) -> Self {
        Self {
            email_address,
            ticket: random::alphanumeric(40),
            revoked: false,
            notify: true,
            template: None,
            accepted: false,
            redirect_url: None,
            public_metadata: Metadata::new(),
            expires_at: now.saturating_add(days.saturating_mul(DAY_MS)),
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns for how many days the invitation was made.
    pub(crate) fn expires_in_days(&self) -> i64 {
        self.expires_at.saturating_sub(self.created_at) / DAY_MS
    }

    /// Returns the status at this time.
    pub(crate) fn status_at(&self, now: i64) -> InvitationStatus {
        if self.revoked {
            InvitationStatus::Revoked
        } else if self.accepted {
            InvitationStatus::Accepted
        } else if now >= self.expires_at {
            InvitationStatus::Expired
        } else {
            InvitationStatus::Pending
        }
    }
}

impl Invitation {
    /// Creates an invitation to the application.
    pub(crate) fn new(invite: Invite) -> Self {
        Self {
            id: random::id("inv"),
            invite,
        }
    }

    /// Returns the slug of the template of the email.
    pub(crate) fn template(&self) -> &str {
        self.invite.template.as_deref().unwrap_or("invitation")
    }
}

impl OrganizationInvitation {
    /// Returns a fresh ID.
    pub(crate) fn new_id() -> String {
        random::id("orginv")
    }

    /// Returns the slug of the template of the email.
    pub(crate) fn template(&self) -> &str {
        let chosen = self.invite.template.as_deref();
        chosen.unwrap_or("organization_invitation")
    }
}
