//! Trusted devices: keys of native applications that sign their user in.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::accounts;
use super::api_error::ApiError;
use super::codes;
use crate::model::challenge::Challenge;
use crate::model::strategy::Strategy;
use crate::model::trusted_device::{
    DeviceChallenge, DeviceDescription, DeviceEnrollment, TrustedDevice,
};
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The only signature algorithm.
pub(crate) const ALGORITHM: &str = "ES256";

/// The time for which an enrollment can be completed, in milliseconds.
const ENROLLMENT_LIFETIME: i64 = 10 * 60 * 1000;

/// The answer of a trusted device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeviceAnswer<'a> {
    pub(crate) trusted_device_id: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) algorithm: &'a str,
}

/// What an application says about the device that it enrolls.
#[derive(Debug)]
pub(crate) struct NewDevice<'a> {
    pub(crate) platform: &'a str,
    pub(crate) app_identifier: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) algorithm: &'a str,
    /// The public key as a JSON Web Key.
    pub(crate) public_key_jwk: &'a str,
}

impl NewDevice<'_> {
    fn described(&self) -> Result<DeviceDescription, ApiError> {
        if !["ios", "android"].contains(&self.platform) {
            return Err(ApiError::value("platform", "must be ios or android"));
        }
        check_algorithm(self.algorithm)?;
        Ok(DeviceDescription {
            platform: self.platform.to_owned(),
            app_identifier: self.app_identifier.to_owned(),
            name: self.name.map(str::to_owned),
            public_key: point(self.public_key_jwk).ok_or_else(|| {
                ApiError::value(
                    "public_key_jwk",
                    "must be a public JSON Web Key on the curve P-256",
                )
            })?,
        })
    }
}

fn check_algorithm(algorithm: &str) -> Result<(), ApiError> {
    if algorithm == ALGORITHM {
        Ok(())
    } else {
        Err(ApiError::value("algorithm", "must be ES256"))
    }
}

/// Returns the uncompressed point of a key on the curve P-256. A private key is refused.
fn point(jwk: &str) -> Option<Bytes> {
    let jwk: Value = serde_json::from_str(jwk).ok()?;
    if jwk["kty"] != "EC" || jwk["crv"] != "P-256" || !jwk["d"].is_null() {
        return None;
    }
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok()?;
        if coordinate.len() != 32 {
            return None;
        }
        point.extend(coordinate);
    }
    Some(Bytes::from(point))
}

/// Creates the text that the device must sign, which contains the ID of the challenge.
fn challenge(purpose: &str, id: &str, now: i64) -> DeviceChallenge {
    let challenge = random::alphanumeric(43);
    let expires_at = now.saturating_add(ENROLLMENT_LIFETIME);
    let client_data = json!({
        "algorithm": ALGORITHM,
        "challenge": challenge,
        "challenge_id": id,
        "expires_at": expires_at,
        "purpose": purpose,
    });
    DeviceChallenge {
        challenge: Secret(challenge),
        client_data: Secret(client_data.to_string()),
        expires_at,
    }
}

/// Starts the enrollment of a device.
pub(crate) fn prepare<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    new: &NewDevice<'_>,
    now: i64,
) -> Result<&'a DeviceEnrollment, ApiError> {
    let description = new.described()?;
    tables
        .device_enrollments
        .remove_where(|one| one.user_id == user_id && one.description == description);
    let id = random::id("tdc");
    let challenge = challenge("trusted_device_enrollment", &id, now);
    Ok(tables.device_enrollments.insert(DeviceEnrollment {
        id,
        user_id: user_id.to_owned(),
        description,
        challenge,
    }))
}

/// Completes the enrollment of a device with the signature of its key.
pub(crate) fn attempt<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    new: &NewDevice<'_>,
    client_data: &str,
    signature: &str,
    now: i64,
) -> Result<&'a TrustedDevice, ApiError> {
    let description = new.described()?;
    let enrollment = tables
        .device_enrollments
        .find(|one| one.user_id == user_id && one.challenge.client_data.0 == client_data)
        .filter(|one| one.description == description)
        .cloned()
        .ok_or_else(codes::not_prepared)?;
    if now >= enrollment.challenge.expires_at {
        return Err(ApiError::bad_request(
            "verification_expired",
            "This verification has expired. You must create a new one.",
        ));
    }
    if !verifies(&description, client_data, signature) {
        return Err(wrong_signature());
    }
    tables.device_enrollments.remove(&enrollment.id);
    let device = TrustedDevice::new(user_id.to_owned(), description, now);
    Ok(tables.trusted_devices.insert(device))
}

fn verifies(description: &DeviceDescription, client_data: &str, signature: &str) -> bool {
    URL_SAFE_NO_PAD.decode(signature).is_ok_and(|signature| {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &description.public_key)
            .verify(client_data.as_bytes(), &signature)
            .is_ok()
    })
}

fn wrong_signature() -> ApiError {
    ApiError::value(
        "signature",
        "must be the base64url of the raw ES256 signature of client_data",
    )
}

/// Lists a user's devices that may sign the user in, newest first.
pub(crate) fn active<'a>(tables: &'a Tables, user_id: &str) -> Vec<&'a TrustedDevice> {
    tables
        .trusted_devices
        .iter()
        .rev()
        .filter(|device| device.user_id == user_id && device.revoked_at.is_none())
        .collect()
}

/// Finds a device that may sign its user in.
pub(crate) fn usable<'a>(tables: &'a Tables, id: &str) -> Option<&'a TrustedDevice> {
    tables
        .trusted_devices
        .get(id)
        .filter(|device| device.revoked_at.is_none())
}

/// Revokes a device of a user.
pub(crate) fn revoke<'a>(
    tables: &'a mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<&'a TrustedDevice, ApiError> {
    accounts::find(tables, user_id)?;
    let missing = || ApiError::not_found("trusted device of this user", id);
    usable(tables, id)
        .filter(|device| device.user_id == user_id)
        .ok_or_else(missing)?;
    let device = tables.trusted_devices.get_mut(id).ok_or_else(missing)?;
    device.revoked_at = Some(now);
    device.updated_at = now;
    Ok(device)
}

/// Creates the challenge that a device signs in order to sign its user in.
pub(crate) fn authentication(device_id: &str, now: i64) -> Challenge {
    let made = challenge("trusted_device_sign_in", &random::id("tdc"), now);
    let mut challenge = Challenge::new(Strategy::TrustedDevice, now);
    challenge.identifier_id = Some(device_id.to_owned());
    challenge.expire_at = made.expires_at;
    challenge.answer = Some(made.client_data);
    challenge
}

/// Checks the signature of a device.
pub(crate) fn authenticate(
    tables: &mut Tables,
    challenge: &mut Challenge,
    answer: &DeviceAnswer<'_>,
    now: i64,
) -> Result<(), ApiError> {
    check_algorithm(answer.algorithm)?;
    let expected = challenge.answer.as_ref().map(|text| text.0.as_str());
    let device = usable(tables, answer.trusted_device_id)
        .filter(|device| challenge.identifier_id.as_ref() == Some(&device.id));
    let is_right = expected == Some(answer.client_data)
        && device.is_some_and(|device| {
            verifies(&device.description, answer.client_data, answer.signature)
        });
    codes::answer(challenge, is_right, wrong_signature(), now)?;
    if let Some(device) = tables.trusted_devices.get_mut(answer.trusted_device_id) {
        device.last_used_at = Some(now);
    }
    Ok(())
}
