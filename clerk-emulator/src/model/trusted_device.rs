use super::base64_text;
use crate::random;
use crate::secret::Secret;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A key of a native application, kept on a device of the user, that can sign the user in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustedDevice {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) description: DeviceDescription,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// What an application says about a device, and the device's public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceDescription {
    /// `ios` or `android`.
    pub(crate) platform: String,
    pub(crate) app_identifier: String,
    pub(crate) name: Option<String>,
    /// The uncompressed point of a key on the curve P-256.
    #[serde(with = "base64_text")]
    pub(crate) public_key: Bytes,
}

/// A device that is being enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceEnrollment {
    /// The ID of the challenge.
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) description: DeviceDescription,
    pub(crate) challenge: DeviceChallenge,
}

/// The text that a device must sign.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceChallenge {
    pub(crate) challenge: Secret,
    pub(crate) client_data: Secret,
    pub(crate) expires_at: i64,
}

impl TrustedDevice {
    /// Creates a device that has not signed anyone in yet.
    pub(crate) fn new(user_id: String, description: DeviceDescription, now: i64) -> Self {
        Self {
            id: random::id("td"),
            user_id,
            description,
            last_used_at: None,
            revoked_at: None,
            created_at: now,
            updated_at: now,
        }
    }
}
