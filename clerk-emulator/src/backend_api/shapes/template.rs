use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::rules::templates::{self, Template};

impl Shapes<'_> {
    pub(crate) fn template(self, (system, made): &Template<'_>) -> Value {
        let unchanged = templates::unchanged(self.tables, system);
        let shown = made.unwrap_or(&unchanged);
        let edited = shown.edited;
        json!({
            "object": "template",
            "id": format!("tmpl_{}_{}", system.kind.as_str(), system.slug),
            "instance_id": INSTANCE_ID,
            "resource_type": if edited { "user" } else { "system" },
            "template_type": system.kind,
            "name": shown.name,
            "slug": system.slug,
            "position": templates::position(system),
            "can_revert": edited,
            "can_delete": false,
            "can_edit_body": true,
            "can_toggle": true,
            "subject": shown.subject,
            "markup": shown.markup,
            "body": shown.body,
            "available_variables": system.variables,
            "required_variables": system.required,
            "from_email_name": shown.from_email_name,
            "reply_to_email_name": shown.reply_to_email_name,
            "delivered_by_clerk": shown.delivered_by_clerk,
            "enabled": true,
            "flagged_as_suspicious": false,
            "created_at": shown.created_at,
            "updated_at": shown.updated_at,
        })
    }
}
