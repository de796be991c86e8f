use serde_json::{Value, json};

use super::Shapes;
use crate::model::organization_domain::OrganizationDomain;
use crate::rules::organization_suggestions;

impl Shapes<'_> {
    pub(crate) fn organization_domain(self, domain: &OrganizationDomain) -> Value {
        let affiliation = match (&domain.affiliation, domain.verified_at) {
            (Some(challenge), verified_at) => json!({
                "status": challenge.status_at(self.now),
                "strategy": "affiliation_email_code",
                "attempts": challenge.attempts,
                "expire_at": challenge.expire_at,
                "verified_at": verified_at,
            }),
            (None, Some(at)) => verification("admin_override", at),
            (None, None) => Value::Null,
        };
        let ownership = match (&domain.ownership_record, domain.owned_at) {
            (Some(_), Some(at)) => verification("txt", at),
            (Some(record), None) => json!({
                "status": "unverified",
                "strategy": "txt",
                "attempts": null,
                "expire_at": null,
                "verified_at": null,
                "txt_record_name": format!("_clerk.{}", domain.name),
                "txt_record_value": record,
            }),
            (None, Some(at)) => verification("manual_override", at),
            (None, None) => Value::Null,
        };
        let (invitations, suggestions) =
            organization_suggestions::pending_of_domain(self.tables, &domain.id, self.now);
        json!({
            "object": "organization_domain",
            "id": domain.id,
            "organization_id": domain.organization_id,
            "name": domain.name,
            "enrollment_mode": domain.enrollment_mode,
            "affiliation_email_address": domain.affiliation_email_address,
            "affiliation_verification": affiliation,
            "ownership_verification": ownership,
            "verification": affiliation,
            "total_pending_invitations": invitations.len(),
            "total_pending_suggestions": suggestions.len(),
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
