//! Codes of authenticator applications.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use aws_lc_rs::hmac;

/// The code of an authenticator application (RFC 6238) at this time.
///
/// # Panics
///
/// If the secret is no Base32.
#[must_use]
pub fn totp(secret: &str, seconds: u64) -> String {
    let mut bits = 0_u64;
    let (mut count, mut key) = (0, Vec::new());
    for letter in secret.bytes() {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|one| *one == letter);
        bits = (bits << 5) | u64::try_from(value.expect("the secret is Base32")).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            key.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0xf);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
