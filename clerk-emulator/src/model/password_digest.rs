//! Password digests of other systems, which are parsed when imported and verified at each sign-in.

use std::num::NonZeroU32;

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, pbkdf2};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest as _, Md5};

use crate::random;

/// Base64 with or without padding, because systems differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The hashers whose digests can be imported.
pub(crate) const HASHERS: &[&str] = &[
    "argon2i",
    "argon2id",
    "bcrypt",
    "bcrypt_sha256_django",
    "ldap_ssha",
    "md5",
    "md5_phpass",
    "pbkdf2_sha1",
    "pbkdf2_sha256",
    "pbkdf2_sha256_django",
    "pbkdf2_sha512",
    "pbkdf2_sha512_hex",
    "phpass",
    "scrypt_firebase",
    "scrypt_werkzeug",
    "sha256",
    "sha512_symfony",
];

/// A digest in the format of its hasher.
enum Form {
    Argon2(String),
    Bcrypt(String),
    /// Bcrypt of the hexadecimal SHA-256.
    BcryptSha256(String),
    /// A bare hash.
    Plain(&'static digest::Algorithm, Vec<u8>),
    Md5(Vec<u8>),
    /// SHA-1 of the password and the salt.
    SaltedSha1 {
        hash: Vec<u8>,
        salt: Vec<u8>,
    },
    Pbkdf2 {
        algorithm: pbkdf2::Algorithm,
        rounds: NonZeroU32,
        /// The possible interpretations of the salt's text.
        salts: Vec<Vec<u8>>,
        hash: Vec<u8>,
    },
    Phpass {
        rounds: u32,
        salt: String,
        sum: String,
    },
    /// Phpass of the hexadecimal MD5.
    Md5Phpass {
        rounds: u32,
        salt: String,
        sum: String,
    },
    ScryptFirebase {
        hash: Vec<u8>,
        salt: Vec<u8>,
        signer_key: Vec<u8>,
        params: scrypt::Params,
    },
    ScryptWerkzeug {
        params: scrypt::Params,
        salt: String,
        hash: Vec<u8>,
    },
    Symfony {
        rounds: u32,
        salt: String,
        hash: Vec<u8>,
    },
}

/// Returns true if a digest has the format of its hasher.
pub(super) fn is_well_formed(hasher: &str, digest: &str) -> bool {
    parse(hasher, digest).is_some()
}

/// Returns true if the digest was made from the candidate.
pub(super) fn verify(hasher: &str, digest: &str, candidate: &str) -> bool {
    parse(hasher, digest).is_some_and(|form| is(form, candidate.as_bytes()))
}

fn parse(hasher: &str, text: &str) -> Option<Form> {
    match hasher {
        "argon2i" | "argon2id" => {
            let hash = PasswordHash::new(text).ok()?;
            (hash.algorithm.as_str() == hasher && hash.hash.is_some() && hash.salt.is_some())
                .then(|| Form::Argon2(text.to_owned()))
        }
        "bcrypt" => bcrypt_hash(text).map(Form::Bcrypt),
        "bcrypt_sha256_django" => {
            let rest = text.strip_prefix("bcrypt_sha256$")?;
            bcrypt_hash(rest).map(Form::BcryptSha256)
        }
        "ldap_ssha" => {
            let mut hash = BASE64.decode(text.strip_prefix("{SSHA}")?).ok()?;
            let salt = (hash.len() > 20).then(|| hash.split_off(20))?;
            Some(Form::SaltedSha1 { hash, salt })
        }
        "md5" => hex(text, 16).map(Form::Md5),
        "sha256" => hex(text, 32).map(|hash| Form::Plain(&digest::SHA256, hash)),
        "md5_phpass" => {
            phpass(text).map(|(rounds, salt, sum)| Form::Md5Phpass { rounds, salt, sum })
        }
        "phpass" => phpass(text).map(|(rounds, salt, sum)| Form::Phpass { rounds, salt, sum }),
        "pbkdf2_sha1" => pbkdf2_form(text, "pbkdf2_sha1$", pbkdf2::PBKDF2_HMAC_SHA1, 20),
        "pbkdf2_sha256" | "pbkdf2_sha256_django" => {
            pbkdf2_form(text, "pbkdf2_sha256$", pbkdf2::PBKDF2_HMAC_SHA256, 32)
        }
        "pbkdf2_sha512" => pbkdf2_form(text, "pbkdf2_sha512$", pbkdf2::PBKDF2_HMAC_SHA512, 64),
        "pbkdf2_sha512_hex" => {
            let rest = text
                .strip_prefix("pbkdf2_sha512_hex$")
                .or_else(|| text.strip_prefix("pbkdf2_sha512$"))?;
            let [rounds, salt, hash] = parts(rest)?;
            Some(Form::Pbkdf2 {
                algorithm: pbkdf2::PBKDF2_HMAC_SHA512,
                rounds: rounds.parse().ok()?,
                salts: vec![hex(salt, salt.len() / 2)?],
                hash: hex(hash, hash.len() / 2).filter(|hash| is_long(hash))?,
            })
        }
        "scrypt_firebase" => {
            let [hash, salt, signer_key, separator, rounds, memory] = parts(text)?;
            let mut salt = BASE64.decode(salt).ok()?;
            salt.extend(BASE64.decode(separator).ok()?);
            Some(Form::ScryptFirebase {
                hash: BASE64.decode(hash).ok().filter(|hash| !hash.is_empty())?,
                salt,
                signer_key: BASE64.decode(signer_key).ok()?,
                params: scrypt::Params::new(memory.parse().ok()?, rounds.parse().ok()?, 1).ok()?,
            })
        }
        "scrypt_werkzeug" => {
            let [method, salt, hash] = parts(text)?;
            let mut numbers = method.strip_prefix("scrypt:")?.split(':');
            let n: u32 = numbers
                .next()?
                .parse()
                .ok()
                .filter(|n: &u32| n.is_power_of_two())?;
            let r = numbers.next()?.parse().ok()?;
            let p = numbers.next()?.parse().ok()?;
            Some(Form::ScryptWerkzeug {
                params: scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, r, p).ok()?,
                salt: salt.to_owned(),
                hash: hex(hash, 64)?,
            })
        }
        "sha512_symfony" => {
            let rest = text.strip_prefix("sha512_symfony$").unwrap_or(text);
            let [rounds, salt, hash] = parts(rest)?;
            Some(Form::Symfony {
                rounds: rounds.parse().ok().filter(|rounds| *rounds > 0)?,
                salt: salt.to_owned(),
                hash: BASE64.decode(hash).ok().filter(|hash| hash.len() == 64)?,
            })
        }
        _ => None,
    }
}

/// Splits at dollar signs into exactly this many parts.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split('$').collect::<Vec<_>>().try_into().ok()
}

fn hex(text: &str, length: usize) -> Option<Vec<u8>> {
    if !text.is_ascii() || text.len() != length * 2 {
        return None;
    }
    (0..length)
        .map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16).ok())
        .collect()
}

fn bcrypt_hash(text: &str) -> Option<String> {
    text.parse::<bcrypt::HashParts>()
        .is_ok()
        .then(|| text.to_owned())
}

fn pbkdf2_form(
    text: &str,
    prefix: &str,
    algorithm: pbkdf2::Algorithm,
    length: usize,
) -> Option<Form> {
    let [rounds, salt, hash] = parts(text.strip_prefix(prefix)?)?;
    let mut salts = vec![salt.as_bytes().to_vec()];
    salts.extend(BASE64.decode(salt));
    salts.extend(hex(salt, salt.len() / 2));
    let hash = hex(hash, length).or_else(|| BASE64.decode(hash).ok())?;
    Some(Form::Pbkdf2 {
        algorithm,
        rounds: rounds.parse().ok()?,
        salts,
        hash: Some(hash).filter(|hash| is_long(hash))?,
    })
}

/// Returns true if a derived key is long enough not to be a truncated one.
fn is_long(hash: &[u8]) -> bool {
    hash.len() >= 16
}

const PHPASS_ALPHABET: &[u8; 64] =
    b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn phpass(text: &str) -> Option<(u32, String, String)> {
    let rest = text
        .strip_prefix("$P$")
        .or_else(|| text.strip_prefix("$H$"))
        .filter(|rest| rest.is_ascii() && rest.len() == 31)?;
    let rounds = PHPASS_ALPHABET
        .iter()
        .position(|byte| rest.as_bytes().first() == Some(byte))
        .filter(|exponent| (7..=30).contains(exponent))?;
    Some((1 << rounds, rest[1..9].to_owned(), rest[9..].to_owned()))
}

fn is(form: Form, candidate: &[u8]) -> bool {
    match form {
        Form::Argon2(hash) => argon2::Argon2::default()
            .verify_password(candidate, &hash[..])
            .is_ok(),
        Form::Bcrypt(hash) => bcrypt::verify(candidate, &hash).unwrap_or(false),
        Form::BcryptSha256(hash) => {
            let inner = digest::digest(&digest::SHA256, candidate);
            bcrypt::verify(random::hex_of(inner.as_ref()), &hash).unwrap_or(false)
        }
        Form::Plain(algorithm, hash) => same(digest::digest(algorithm, candidate).as_ref(), &hash),
        Form::Md5(hash) => same(&Md5::digest(candidate), &hash),
        Form::SaltedSha1 { hash, salt } => {
            let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
            context.update(candidate);
            context.update(&salt);
            same(context.finish().as_ref(), &hash)
        }
        Form::Pbkdf2 {
            algorithm,
            rounds,
            salts,
            hash,
        } => salts
            .iter()
            .any(|salt| pbkdf2::verify(algorithm, rounds, salt, candidate, &hash).is_ok()),
        Form::Phpass { rounds, salt, sum } => same(
            phpass_sum(rounds, &salt, candidate).as_bytes(),
            sum.as_bytes(),
        ),
        Form::Md5Phpass { rounds, salt, sum } => {
            let inner = random::hex_of(&Md5::digest(candidate));
            same(
                phpass_sum(rounds, &salt, inner.as_bytes()).as_bytes(),
                sum.as_bytes(),
            )
        }
        Form::ScryptFirebase {
            hash,
            salt,
            signer_key,
            params,
        } => firebase(candidate, &salt, signer_key, &params).is_some_and(|made| same(&made, &hash)),
        Form::ScryptWerkzeug { params, salt, hash } => {
            let mut made = [0; 64];
            scrypt::scrypt(candidate, salt.as_bytes(), &params, &mut made).is_ok()
                && same(&made, &hash)
        }
        Form::Symfony { rounds, salt, hash } => {
            let salted = [candidate, b"{", salt.as_bytes(), b"}"].concat();
            let mut made = digest::digest(&digest::SHA512, &salted);
            for _ in 1..rounds {
                made = digest::digest(&digest::SHA512, &[made.as_ref(), &salted].concat());
            }
            same(made.as_ref(), &hash)
        }
    }
}

fn same(made: &[u8], hash: &[u8]) -> bool {
    verify_slices_are_equal(made, hash).is_ok()
}

fn phpass_sum(rounds: u32, salt: &str, password: &[u8]) -> String {
    let mut hash = Md5::digest([salt.as_bytes(), password].concat());
    for _ in 0..rounds {
        hash = Md5::digest([hash.as_slice(), password].concat());
    }
    let mut sum = String::new();
    for chunk in hash.chunks(3) {
        let value = chunk.iter().enumerate().fold(0_usize, |value, (at, byte)| {
            value | usize::from(*byte) << (8 * at)
        });
        // One character more than there are bytes.
        for character in 0..=chunk.len() {
            sum.push(char::from(PHPASS_ALPHABET[value >> (6 * character) & 63]));
        }
    }
    sum
}

/// Encrypts the project's signer key with a key derived from the password.
fn firebase(
    password: &[u8],
    salt: &[u8],
    mut signer_key: Vec<u8>,
    params: &scrypt::Params,
) -> Option<Vec<u8>> {
    let mut key = [0; 64];
    scrypt::scrypt(password, salt, params, &mut key).ok()?;
    let key = UnboundCipherKey::new(&AES_256, &key[..32]).ok()?;
    EncryptingKey::ctr(key)
        .ok()?
        .less_safe_encrypt(
            &mut signer_key,
            EncryptionContext::Iv128(FixedLength::from([0; 16])),
        )
        .ok()?;
    Some(signer_key)
}
