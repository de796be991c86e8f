//! Codes of authenticator applications (RFC 6238) and backup codes.

use aws_lc_rs::hmac;

use super::accounts;
use super::api_error::ApiError;
use crate::store::tables::Tables;

const PERIOD_SECONDS: i64 = 30;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    Totp,
    BackupCode,
}

/// Checks a code of a user. A backup code is used up.
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
    if let Some(secret) = &user.totp_secret
        && is_current(&secret.0, code, now)
    {
        return Ok(CodeKind::Totp);
    }
    let backup = user.backup_codes.iter().position(|one| one.0 == code);
    let Some(index) = backup else {
        return Err(ApiError::param(
            "form_code_incorrect",
            "code",
            "The code is incorrect",
        ));
    };
    accounts::change(tables, user_id, now, |user| {
        user.backup_codes.remove(index);
        Ok(())
    })?;
    Ok(CodeKind::BackupCode)
}

/// Returns true for the code of this time, and of the periods before and after it.
fn is_current(secret: &str, code: &str, now_ms: i64) -> bool {
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

/// Decodes base32 (RFC 4648) without regard to case, blanks and padding.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238 appendix B, of which six digits are used here: the key is "12345678901234567890".
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
    }
}
