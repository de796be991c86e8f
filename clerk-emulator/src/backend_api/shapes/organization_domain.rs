use serde_json::{Value, json};

use super::Shapes;
use crate::model::organization_domain::OrganizationDomain;

impl Shapes<'_> {
    pub(crate) fn organization_domain(self, domain: &OrganizationDomain) -> Value {
        let affiliation = domain
            .verified_at
            .map(|at| verification("admin_override", at));
        let ownership = domain.owned_at.map(|at| verification("admin_override", at));
        json!({
            "object": "organization_domain",
            "id": domain.id,
            "organization_id": domain.organization_id,
            "name": domain.name,
            "enrollment_mode": domain.enrollment_mode,
            "affiliation_email_address": null,
            "affiliation_verification": affiliation,
            "ownership_verification": ownership,
            "verification": affiliation,
            "total_pending_invitations": 0,
            "total_pending_suggestions": 0,
            "created_at": domain.created_at,
            "updated_at": domain.updated_at,
        })
    }
}

fn verification(strategy: &str, verified_at: i64) -> Value {
    json!({
        "status": "verified",
        "strategy": strategy,
        "attempts": null,
        "expire_at": null,
        "verified_at": verified_at,
    })
}
