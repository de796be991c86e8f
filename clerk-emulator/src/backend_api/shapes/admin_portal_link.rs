use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::model::admin_portal_link::AdminPortalLink;

impl Shapes<'_> {
    /// Renders a link without its token.
    pub(crate) fn admin_portal_link(self, one: &AdminPortalLink) -> Value {
        json!({
            "object": "admin_portal_link_token",
            "id": one.id,
            "admin_portal_link_id": one.link_id,
            "instance_id": INSTANCE_ID,
            "organization_id": one.organization_id,
            "it_contact_id": one.it_contact_id,
            "scopes": one.scopes,
            "revoked": one.revoked,
            "revocation_reason": one.revocation_reason,
            "expired": one.expires_at <= self.now,
            "expiration": one.expires_at,
            "created_at": one.created_at,
            "updated_at": one.updated_at,
        })
    }
}
