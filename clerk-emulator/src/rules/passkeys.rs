//! Passkeys, which are registered by an authenticator and used to sign in (WebAuthn level 2).

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::Value;

use super::accounts;
use super::api_error::ApiError;
use super::codes;
use super::inbox;
use super::settings;
use super::visit::Visit;
use crate::model::challenge::{Challenge, Outcome};
use crate::model::passkey::{Passkey, PasskeyCredential, PasskeyKey};
use crate::model::strategy::Strategy;
use crate::model::user::User;
use crate::random;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The largest number of passkeys of an account.
const MOST_PASSKEYS: usize = 10;
/// The flags of authenticator data (section 6.1).
const USER_PRESENT: u8 = 0x01;
const HAS_CREDENTIAL: u8 = 0x40;

fn invalid_credential() -> ApiError {
    ApiError::param(
        "passkey_invalid_public_key_credential",
        "public_key_credential",
        "Invalid passkey public key credential",
    )
}

fn failed() -> ApiError {
    ApiError::bad_request(
        "passkey_authentication_failure",
        "Passkey authentication failed",
    )
}

fn fresh_challenge(now: i64) -> Challenge {
    let mut challenge = Challenge::new(Strategy::Passkey, now);
    let nonce: [u8; 32] = random::array();
    challenge.answer = Some(Secret(URL_SAFE_NO_PAD.encode(nonce)));
    challenge
}

/// Creates the challenge that a passkey signs, for one user, who must have one, or for any user with a passkey.
pub(crate) fn authentication(
    tables: &Tables,
    user_id: Option<&str>,
    visit: &Visit,
) -> Result<Challenge, ApiError> {
    let has_none = |user: &User| user.passkeys.iter().all(|one| one.credential.is_none());
    if user_id
        .and_then(|id| tables.users.get(id))
        .is_some_and(has_none)
    {
        return Err(ApiError::bad_request(
            "no_passkeys_found_for_user",
            "This account has no passkeys.",
        ));
    }
    let mut challenge = fresh_challenge(visit.now);
    challenge.redirect_url.clone_from(&visit.origin);
    challenge.identifier_id = user_id
        .filter(|id| tables.users.contains(id))
        .map(str::to_owned);
    Ok(challenge)
}

/// Finds a user's passkey.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    user_id: &str,
    id: &str,
) -> Result<&'a Passkey, ApiError> {
    accounts::find(tables, user_id)?
        .passkeys
        .iter()
        .find(|passkey| passkey.id == id)
        .ok_or_else(|| ApiError::not_found("passkey", id))
}

/// Starts registering a passkey and returns its ID.
pub(crate) fn register(
    tables: &mut Tables,
    user_id: &str,
    visit: &Visit,
) -> Result<String, ApiError> {
    settings::check_on(settings::get(tables)?.authentication.passkeys)?;
    let mut challenge = fresh_challenge(visit.now);
    challenge.redirect_url.clone_from(&visit.origin);
    let passkey = Passkey::new(challenge, visit.now);
    let id = passkey.id.clone();
    accounts::change(tables, user_id, visit.now, |user| {
        // An abandoned registration does not count as a passkey.
        user.passkeys.retain(|passkey| passkey.credential.is_some());
        if user.passkeys.len() >= MOST_PASSKEYS {
            return Err(ApiError::forbidden(
                "passkey_quota_exceeded",
                format!("An account can have at most {MOST_PASSKEYS} passkeys."),
            ));
        }
        user.passkeys.push(passkey);
        Ok(())
    })?;
    Ok(id)
}

fn change(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
    change: impl FnOnce(&mut Passkey),
) -> Result<(), ApiError> {
    accounts::change(tables, user_id, now, |user| {
        let passkey = user.passkeys.iter_mut().find(|passkey| passkey.id == id);
        let passkey = passkey.ok_or_else(|| ApiError::not_found("passkey", id))?;
        change(passkey);
        passkey.updated_at = now;
        Ok(())
    })?;
    Ok(())
}

/// Completes the registration of a passkey with the authenticator's response.
pub(crate) fn finish_registration(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    credential: &str,
    visit: &Visit,
) -> Result<(), ApiError> {
    let passkey = find(tables, user_id, id)?;
    codes::check_open(&passkey.challenge, visit.now)?;
    let credential: Value = serde_json::from_str(credential).map_err(|_| invalid_credential())?;
    let response = &credential["response"];
    check_client_data(response, "webauthn.create", &passkey.challenge)?;
    let attestation = decoded(&response["attestationObject"])?;
    let data = authenticator_data(&attestation).ok_or_else(invalid_credential)?;
    let registered = registered(&data).ok_or_else(invalid_credential)?;
    let same_id = credential["id"] == registered.id.as_str();
    if !same_id || !is_for_host(&data, &passkey.challenge) {
        return Err(invalid_credential());
    }
    change(tables, user_id, id, visit.now, |passkey| {
        passkey.challenge.outcome = Outcome::Verified;
        passkey.challenge.attempts += 1;
        passkey.credential = Some(registered);
    })
}

/// Renames a passkey.
pub(crate) fn rename(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    name: String,
    now: i64,
) -> Result<(), ApiError> {
    if find(tables, user_id, id)?.credential.is_none() {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "passkey_identification_not_verified",
            "The passkey has no name before its registration is complete.",
        ));
    }
    change(tables, user_id, id, now, |passkey| passkey.name = name)
}

/// Removes a passkey from its user.
pub(crate) fn remove(
    tables: &mut Tables,
    user_id: &str,
    id: &str,
    now: i64,
) -> Result<(), ApiError> {
    find(tables, user_id, id)?;
    accounts::change(tables, user_id, now, |user| {
        user.passkeys.retain(|passkey| passkey.id != id);
        Ok(())
    })?;
    let told = "A passkey was removed from your account.";
    inbox::tell_user(tables, user_id, "passkey_removed", told, now);
    Ok(())
}

/// Checks the data signed by a passkey and returns the ID of its user, who must be the expected user if there is one.
pub(crate) fn authenticate(
    tables: &mut Tables,
    challenge: &mut Challenge,
    wanted_user_id: Option<&str>,
    credential: &str,
    visit: &Visit,
) -> Result<String, ApiError> {
    codes::check_open(challenge, visit.now)?;
    let credential: Value = serde_json::from_str(credential).map_err(|_| invalid_credential())?;
    let credential_id = credential["id"].as_str().ok_or_else(invalid_credential)?;
    let is_it = |passkey: &Passkey| {
        passkey
            .credential
            .as_ref()
            .is_some_and(|known| known.id == credential_id)
    };
    let user = tables
        .users
        .find(|user| user.passkeys.iter().any(is_it))
        .filter(|user| wanted_user_id.is_none_or(|wanted| user.id == wanted))
        .ok_or_else(|| {
            ApiError::new(
                http::StatusCode::NOT_FOUND,
                "passkey_not_registered",
                "Passkey is not registered.",
            )
        })?;
    let user_id = user.id.clone();
    let passkey = user.passkeys.iter().find(|passkey| is_it(passkey));
    let (passkey_id, known) = passkey
        .and_then(|passkey| Some((passkey.id.clone(), passkey.credential.clone()?)))
        .ok_or_else(failed)?;
    let response = &credential["response"];
    challenge.attempts += 1;
    let client_data = check_client_data(response, "webauthn.get", challenge)?;
    let data = decoded(&response["authenticatorData"])?;
    let signature = decoded(&response["signature"])?;
    let mut signed = data.clone();
    signed.extend_from_slice(digest::digest(&digest::SHA256, &client_data).as_ref());
    let sign_count = sign_count(&data).ok_or_else(invalid_credential)?;
    // An authenticator with a counter never counts backward (section 7.2, step 21).
    let counts = sign_count > known.sign_count || (sign_count == 0 && known.sign_count == 0);
    if !is_for_host(&data, challenge) || !counts || !verifies(&known.key, &signed, &signature) {
        return Err(failed());
    }
    challenge.outcome = Outcome::Verified;
    change(tables, &user_id, &passkey_id, visit.now, |passkey| {
        passkey.last_used_at = Some(visit.now);
        if let Some(credential) = &mut passkey.credential {
            credential.sign_count = sign_count;
        }
    })?;
    Ok(user_id)
}

fn decoded(value: &Value) -> Result<Vec<u8>, ApiError> {
    let text = value.as_str().ok_or_else(invalid_credential)?;
    URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| invalid_credential())
}

/// Checks the browser's data about the ceremony and returns it as it was signed.
fn check_client_data(
    response: &Value,
    kind: &str,
    challenge: &Challenge,
) -> Result<Vec<u8>, ApiError> {
    let bytes = decoded(&response["clientDataJSON"])?;
    let data: Value = serde_json::from_slice(&bytes).map_err(|_| invalid_credential())?;
    let nonce = challenge.answer.as_ref().map(|answer| answer.0.as_str());
    if data["type"] != kind || data["challenge"].as_str() != nonce || nonce.is_none() {
        return Err(ApiError::bad_request(
            "passkey_invalid_verification",
            "Passkey verification contains invalid nonce",
        ));
    }
    if data["origin"].as_str() != challenge.redirect_url.as_deref() {
        return Err(failed());
    }
    Ok(bytes)
}

/// Returns the host that a passkey is for, which is that of the requesting page.
pub(crate) fn host(challenge: &Challenge) -> String {
    challenge
        .redirect_url
        .as_deref()
        .and_then(|origin| url::Url::parse(origin).ok())
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned())
}

/// Returns true if an authenticator created the data for the host of the page, with the user present.
fn is_for_host(data: &[u8], challenge: &Challenge) -> bool {
    let hash = digest::digest(&digest::SHA256, host(challenge).as_bytes());
    data.get(..32) == Some(hash.as_ref())
        && data.get(32).is_some_and(|flags| flags & USER_PRESENT != 0)
}

fn sign_count(data: &[u8]) -> Option<u32> {
    data.get(33..37)?.try_into().ok().map(u32::from_be_bytes)
}

/// Reads the authenticator data of an attestation. The attestation itself is not checked, since any authenticator is
/// accepted.
fn authenticator_data(attestation: &[u8]) -> Option<Vec<u8>> {
    let value: ciborium::Value = ciborium::from_reader(attestation).ok()?;
    let (_, data) = value
        .as_map()?
        .iter()
        .find(|(name, _)| name.as_text() == Some("authData"))?;
    data.as_bytes().cloned()
}

/// Reads the credential created by an authenticator (section 6.5.1).
fn registered(data: &[u8]) -> Option<PasskeyCredential> {
    if data.get(32)? & HAS_CREDENTIAL == 0 {
        return None;
    }
    let length = u16::from_be_bytes(data.get(53..55)?.try_into().ok()?);
    let end = 55 + usize::from(length);
    let id = data.get(55..end)?;
    Some(PasskeyCredential {
        id: URL_SAFE_NO_PAD.encode(id),
        key: key(data.get(end..)?)?,
        sign_count: sign_count(data)?,
    })
}

/// Reads a COSE key (RFC 9052 section 7).
fn key(cose: &[u8]) -> Option<PasskeyKey> {
    let value: ciborium::Value = ciborium::from_reader(cose).ok()?;
    let fields = value.as_map()?;
    let field = |label: i64| {
        let is_it = |name: &ciborium::Value| name.as_integer() == Some(label.into());
        fields
            .iter()
            .find(|(name, _)| is_it(name))
            .map(|(_, value)| value)
    };
    let bytes = |label: i64| field(label)?.as_bytes().cloned();
    let algorithm: i64 = field(3)?.as_integer()?.try_into().ok()?;
    match algorithm {
        -7 => {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            let mut point = vec![4];
            point.extend(x);
            point.extend(y);
            (point.len() == 65).then_some(PasskeyKey::Es256(point))
        }
        -8 => Some(PasskeyKey::EdDsa(bytes(-2)?)),
        -257 => Some(PasskeyKey::Rs256 {
            n: bytes(-1)?,
            e: bytes(-2)?,
        }),
        _ => None,
    }
}

fn verifies(key: &PasskeyKey, signed: &[u8], signature: &[u8]) -> bool {
    match key {
        PasskeyKey::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(signed, signature)
            .is_ok(),
        PasskeyKey::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point)
            .verify(signed, signature)
            .is_ok(),
        PasskeyKey::Rs256 { n, e } => RsaPublicKeyComponents { n, e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            .is_ok(),
    }
}
