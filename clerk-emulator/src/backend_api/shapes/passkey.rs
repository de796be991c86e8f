use serde_json::{Value, json};

use super::Shapes;
use crate::model::passkey::Passkey;

impl Shapes<'_> {
    /// Shows a passkey. One that nobody has signed in with was used when it was made.
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
