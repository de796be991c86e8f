//! Authenticator application codes (RFC 6238) and backup codes.

use aws_lc_rs::hmac;

use super::accounts;
use super::api_error::ApiError;
use crate::random;
use crate::store::tables::Tables;

const PERIOD_SECONDS: i64 = 30;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The kind of a code that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    Totp,
    BackupCode,
}

/// Checks a user's code. A backup code is used up.
pub(crate) fn verify(
    tables: &mut Tables,
    user_id: &str,
    code: &str,
    now: i64,
) -> Result<CodeKind, ApiError> {
    let user = accounts::find(tables, user_id)?;
    if user.totp_secret.is_none() && user.backup_codes.is_empty() {
        return Err(ApiError::bad_request(
            "totp_disabled",
            "The user has no authenticator application and no backup codes",
        ));
    }
    if is_code_of(tables, user_id, code, now) {
        return Ok(CodeKind::Totp);
    }
    if use_backup_code(tables, user_id, code, now)? {
        return Ok(CodeKind::BackupCode);
    }
    Err(ApiError::param(
        "form_code_incorrect",
        "code",
        "The code is incorrect",
    ))
}

/// Returns true if the user's authenticator application shows this code around this time.
pub(crate) fn is_code_of(tables: &Tables, user_id: &str, code: &str, now: i64) -> bool {
    tables
        .users
        .get(user_id)
        .and_then(|user| user.totp_secret.as_ref())
        .is_some_and(|secret| is_current(&secret.0, code, now))
}

/// Uses up a user's backup code. Returns false if the code is not one of the user's backup codes.
pub(crate) fn use_backup_code(
    tables: &mut Tables,
    user_id: &str,
    code: &str,
    now: i64,
) -> Result<bool, ApiError> {
    let user = accounts::find(tables, user_id)?;
    let Some(index) = user.backup_codes.iter().position(|one| one.0 == code) else {
        return Ok(false);
    };
    accounts::change(tables, user_id, now, |user| {
        user.backup_codes.remove(index);
        Ok(())
    })?;
    Ok(true)
}

/// Returns true if the code belongs to the current period, the one before it, or the one after it.
pub(super) fn is_current(secret: &str, code: &str, now_ms: i64) -> bool {
    let Some(key) = decode_base32(secret) else {
        return false;
    };
    let period = now_ms.div_euclid(1000 * PERIOD_SECONDS);
    (period - 1..=period + 1).any(|period| self::code(&key, period) == code)
}

fn code(key: &[u8], period: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &period.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 section 5.3: the last half byte says where to read 31 bits.
    let offset = usize::from(tag[tag.len() - 1] & 0xf);
    let number = tag[offset..offset + 4]
        .iter()
        .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
}

/// Decodes base32 (RFC 4648), ignoring case, blanks, and padding.
fn decode_base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.bytes().filter(|c| !matches!(c, b' ' | b'=')) {
        let value = BASE32
            .iter()
            .position(|known| *known == c.to_ascii_uppercase())?;
        buffer = (buffer << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// Generates a secret of 160 bits, as RFC 4226 recommends, in base32.
pub(crate) fn new_secret() -> String {
    let bytes: [u8; 20] = random::array();
    bytes
        .chunks_exact(5)
        .flat_map(|chunk| {
            let word = chunk
                .iter()
                .fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
            (0..8).rev().map(move |place| (word >> (5 * place)) & 0x1f)
        })
        .filter_map(|index| BASE32.get(usize::try_from(index).ok()?))
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // From RFC 6238 appendix B, of which six digits are used here. The key is "12345678901234567890".
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert!(is_current(secret, code, seconds * 1000), "{seconds}");
            assert!(is_current(secret, code, (seconds + 30) * 1000), "{seconds}");
            assert!(
                !is_current(secret, code, (seconds + 90) * 1000),
                "{seconds}"
            );
        }
        assert!(!is_current("not base32!", "287082", 59_000));
        let secret = new_secret();
        assert_eq!(decode_base32(&secret).map(|key| key.len()), Some(20));
    }
}
