//! Random identifiers in the forms that Clerk uses.

use aws_lc_rs::rand;

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Returns `prefix` and 27 letters and digits, as in `user_2abc...`.
pub(crate) fn id(prefix: &str) -> String {
    format!("{prefix}_{}", alphanumeric(27))
}

/// Returns `prefix` and 32 hexadecimal digits, as in `ak_0123...`.
pub(crate) fn hex_id(prefix: &str) -> String {
    format!("{prefix}_{}", hex(16))
}

/// Returns random letters and digits.
pub(crate) fn alphanumeric(length: usize) -> String {
    bytes(length)
        .into_iter()
        .map(|byte| char::from(ALPHANUMERIC[usize::from(byte) % ALPHANUMERIC.len()]))
        .collect()
}

/// Returns random decimal digits.
pub(crate) fn digits(length: usize) -> String {
    bytes(length)
        .into_iter()
        .map(|byte| char::from(b'0' + byte % 10))
        .collect()
}

/// Returns random bytes as hexadecimal digits, two for each byte.
pub(crate) fn hex(byte_count: usize) -> String {
    hex_of(&bytes(byte_count))
}

/// Formats bytes as lowercase hexadecimal digits.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parses hexadecimal digits, two for each byte.
pub(crate) fn bytes_of_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

/// Returns random letters that are easy to type and form no words, as RFC 8628 section 6.1 recommends for user codes.
pub(crate) fn consonants(length: usize) -> String {
    const CONSONANTS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
    bytes(length)
        .into_iter()
        .map(|byte| char::from(CONSONANTS[usize::from(byte) % CONSONANTS.len()]))
        .collect()
}

fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    #[expect(
        clippy::expect_used,
        reason = "the generator of the operating system fails on no supported platform; without it nothing works"
    )]
    rand::fill(&mut bytes).expect("the operating system provides random bytes");
    bytes
}

/// Returns random bytes.
pub(crate) fn array<const N: usize>() -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes(N));
    array
}
