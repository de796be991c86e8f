use serde_json::{Value, json};

use super::Shapes;
use crate::model::jwt_template::JwtTemplate;

impl Shapes<'_> {
    /// Renders a JWT template without its signing key.
    pub(crate) fn jwt_template(self, template: &JwtTemplate) -> Value {
        json!({
            "object": "jwt_template",
            "id": template.id,
            "name": template.name,
            "claims": template.claims,
            "lifetime": template.lifetime,
            "allowed_clock_skew": template.allowed_clock_skew,
            "custom_signing_key": template.custom_signing_key,
            "signing_algorithm": template.signing_algorithm,
            "created_at": template.created_at,
            "updated_at": template.updated_at,
        })
    }
}
