use serde_json::{Value, json};

use super::{View, without};
use crate::backend_api::shapes::organization::MembersCount;
use crate::model::invitation::OrganizationInvitation;
use crate::model::organization::{Membership, Organization};
use crate::model::organization_domain::OrganizationDomain;
use crate::model::organization_suggestion::OrganizationSuggestion;

/// The fields of an organization that only servers may see.
const PRIVATE: &[&str] = &["private_metadata", "created_by", "role_set_key"];

impl View<'_> {
    pub(in crate::frontend_api) fn organization(self, one: &Organization) -> Value {
        without(
            self.shared().organization(one, MembersCount::Shown),
            PRIVATE,
        )
    }

    pub(in crate::frontend_api) fn membership(self, membership: &Membership) -> Value {
        let mut json = without(self.shared().membership(membership), &["private_metadata"]);
        let organization = json["organization"].take();
        json["organization"] = without(organization, PRIVATE);
        json
    }

    pub(in crate::frontend_api) fn organization_invitation(
        self,
        invitation: &OrganizationInvitation,
    ) -> Value {
        let shown = self
            .shared()
            .organization_invitation_with_organization(invitation);
        without(
            shown,
            &["private_metadata", "inviter_id", "public_inviter_data"],
        )
    }

    /// Renders the part of an organization that people outside of it can see.
    pub(in crate::frontend_api) fn public_organization_data(self, one: &Organization) -> Value {
        json!({
            "id": one.id,
            "name": one.name,
            "slug": one.slug,
            "image_url": self.app.instance.image_url(&one.id, one.logo.as_ref()),
            "has_image": one.logo.is_some(),
        })
    }

    pub(in crate::frontend_api) fn organization_domain(self, domain: &OrganizationDomain) -> Value {
        let mut json = self.shared().organization_domain(domain);
        let organization = self.tables.organizations.get(&domain.organization_id);
        json["public_organization_data"] =
            organization.map_or(Value::Null, |one| self.public_organization_data(one));
        json
    }

    pub(in crate::frontend_api) fn organization_suggestion(
        self,
        suggestion: &OrganizationSuggestion,
    ) -> Value {
        let organization = self.tables.organizations.get(&suggestion.organization_id);
        json!({
            "object": "organization_suggestion",
            "id": suggestion.id,
            "public_organization_data":
                organization.map(|one| self.public_organization_data(one)),
            "status": suggestion.status.as_suggestion(),
            "created_at": suggestion.created_at,
            "updated_at": suggestion.updated_at,
        })
    }

    pub(in crate::frontend_api) fn membership_request(
        self,
        request: &OrganizationSuggestion,
    ) -> Value {
        let user = self.tables.users.get(&request.user_id);
        json!({
            "object": "organization_membership_request",
            "id": request.id,
            "organization_id": request.organization_id,
            "status": request.status.as_request(),
            "public_user_data": user.map(|user| self.public_user_data(user)),
            "created_at": request.created_at,
            "updated_at": request.updated_at,
        })
    }
}
