use serde_json::{Value, json};

use super::Shapes;
use crate::model::invitation::{Invitation, OrganizationInvitation};
use crate::model::waitlist::WaitlistEntry;
use crate::rules::roles;

impl Shapes<'_> {
    pub(crate) fn invitation(self, invitation: &Invitation) -> Value {
        let invite = &invitation.invite;
        json!({
            "object": "invitation",
            "id": invitation.id,
            "email_address": invite.email_address,
            "public_metadata": invite.public_metadata,
            "revoked": invite.revoked,
            "status": invite.status_at(self.now).as_str(),
            "url": self.instance.ticket_url(&invite.ticket),
            "expires_at": invite.expires_at,
            "created_at": invite.created_at,
            "updated_at": invite.updated_at,
        })
    }

    pub(crate) fn organization_invitation(self, invitation: &OrganizationInvitation) -> Value {
        let invite = &invitation.invite;
        let role = roles::by_key(self.tables, &invitation.role);
        let inviter = invitation
            .inviter_id
            .as_ref()
            .and_then(|id| self.tables.users.get(id));
        let mut json = json!({
            "object": "organization_invitation",
            "id": invitation.id,
            "email_address": invite.email_address,
            "role": invitation.role,
            "role_name": role.map_or(invitation.role.as_str(), |role| role.name.as_str()),
            "organization_id": invitation.organization_id,
            "inviter_id": invitation.inviter_id,
            "status": invite.status_at(self.now).as_str(),
            "public_metadata": invite.public_metadata,
            "private_metadata": invitation.private_metadata,
            "url": self.instance.ticket_url(&invite.ticket),
            "expires_at": invite.expires_at,
            "created_at": invite.created_at,
            "updated_at": invite.updated_at,
        });
        json["public_inviter_data"] = match inviter {
            Some(user) => json!({
                "user_id": user.id,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "image_url": self.instance.image_url(&user.id, user.image.as_ref()),
                "has_image": user.image.is_some(),
                "identifier": user.identifier(),
            }),
            None => json!({
                "user_id": "",
                "first_name": null,
                "last_name": null,
                "image_url": "",
                "has_image": false,
                "identifier": "",
            }),
        };
        json
    }

    /// Renders an invitation together with the public part of its organization.
    pub(crate) fn organization_invitation_with_organization(
        self,
        invitation: &OrganizationInvitation,
    ) -> Value {
        let mut json = self.organization_invitation(invitation);
        if let Some(one) = self.tables.organizations.get(&invitation.organization_id) {
            json["public_organization_data"] = json!({
                "id": one.id,
                "name": one.name,
                "slug": one.slug,
                "image_url": self.instance.image_url(&one.id, one.logo.as_ref()),
                "has_image": one.logo.is_some(),
            });
        }
        json
    }

    pub(crate) fn waitlist_entry(self, entry: &WaitlistEntry) -> Value {
        let invitation = entry
            .invitation_id
            .as_ref()
            .and_then(|id| self.tables.invitations.get(id));
        json!({
            "object": "waitlist_entry",
            "id": entry.id,
            "email_address": entry.email_address,
            "status": entry.status.as_str(),
            "is_locked": false,
            "invitation": invitation.map(|invitation| self.invitation(invitation)),
            "created_at": entry.created_at,
            "updated_at": entry.updated_at,
        })
    }
}
