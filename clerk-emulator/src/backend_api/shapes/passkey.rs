use serde_json::{Value, json};

use super::Shapes;
use crate::model::passkey::Passkey;

impl Shapes<'_> {
    /// Renders a passkey. If it was never used to sign in, its last use is its creation.
    pub(crate) fn passkey(self, passkey: &Passkey) -> Value {
        json!({
            "object": "passkey",
            "id": passkey.id,
            "name": passkey.name,
            "last_used_at": passkey.last_used_at.unwrap_or(passkey.created_at),
            "verification": {
                "object": "verification_passkey",
                "status": passkey.challenge.status_at(self.now),
                "strategy": "passkey",
                "attempts": passkey.challenge.attempts,
                "expire_at": passkey.challenge.expire_at,
            },
        })
    }
}
