use serde_json::{Value, json};

use super::Shapes;
use crate::model::passkey::Passkey;

impl Shapes<'_> {
    /// Shows a passkey.
    pub(crate) fn passkey(self, passkey: &Passkey) -> Value {
        let mut json = json!({
            "object": "passkey",
            "id": passkey.id,
            "name": passkey.name,
            "verification": {
                "object": "verification_passkey",
                "status": passkey.challenge.status_at(self.now),
                "strategy": "passkey",
                "attempts": passkey.challenge.attempts,
                "expire_at": passkey.challenge.expire_at,
            },
        });
        if let Some(at) = passkey.last_used_at {
            json["last_used_at"] = json!(at);
        }
        json
    }
}
