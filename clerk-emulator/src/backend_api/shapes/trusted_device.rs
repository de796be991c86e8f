use serde_json::{Value, json};

use super::Shapes;
use crate::model::trusted_device::TrustedDevice;
use crate::rules::trusted_devices::ALGORITHM;

impl Shapes<'_> {
    pub(crate) fn trusted_device(self, one: &TrustedDevice) -> Value {
        json!({
            "object": "trusted_device",
            "id": one.id,
            "platform": one.description.platform,
            "app_identifier": one.description.app_identifier,
            "name": one.description.name,
            "algorithm": ALGORITHM,
            "status": if one.revoked_at.is_some() { "revoked" } else { "active" },
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "last_used_at": one.last_used_at,
            "revoked_at": one.revoked_at,
        })
    }
}
