use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::model::redirect_url::RedirectUrl;
use crate::model::restriction::Restriction;

impl Shapes<'_> {
    /// Renders an entry of the allowlist or the blocklist.
    pub(crate) fn restriction(self, entry: &Restriction) -> Value {
        let mut json = json!({
            "object": entry.list.object(),
            "id": entry.id,
            "identifier": entry.identifier,
            "identifier_type": entry.kind.as_str(),
            "instance_id": INSTANCE_ID,
            "created_at": entry.created_at,
            "updated_at": entry.updated_at,
        });
        if let Some(invitation_id) = &entry.invitation_id {
            json["invitation_id"] = json!(invitation_id);
        }
        json
    }

    pub(crate) fn redirect_url(self, url: &RedirectUrl) -> Value {
        json!({
            "object": "redirect_url",
            "id": url.id,
            "url": url.url,
            "created_at": url.created_at,
            "updated_at": url.updated_at,
        })
    }
}
