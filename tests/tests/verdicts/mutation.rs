//! Damage to the text of a token by an attacker without the key.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_test_support::forge::Signer;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A change to the text of a token.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    /// Replaces one character with another.
    Replace(Index, &'static str),
    Insert(Index, &'static str),
    Delete(Index),
    /// Flips one bit of the decoded value of a part.
    FlipBit(usize, Index, u8),
    /// Truncates the token.
    Cut(Index),
    /// Changes one part.
    Part(usize, PartChange),
    /// Replaces one part with that of another token.
    PartOf(usize, Index),
    /// Replaces a string in the decoded value of a part.
    Rewrite(usize, &'static str, &'static str),
    /// Signs with the public key, as if it were a shared secret.
    ShareKey,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum PartChange {
    Remove,
    Empty,
    Double,
    Pad,
    UpperCase,
    /// Uses the standard alphabet instead of the URL-safe one.
    OtherAlphabet,
    /// Changes the unused bits in the last character.
    LeftOverBits,
    Zeros,
    LeadingZero,
}

pub(crate) fn mutations() -> impl Strategy<Value = Mutation> {
    let character = || {
        select(vec![
            "A", "B", "Q", "Z", "a", "g", "w", "z", "0", "9", "-", "_", "=", ".", "+", "/", " ",
            "\n", "\0", "\"", "%", "\u{e9}", "\u{2028}",
        ])
    };
    let part = 0..3_usize;
    let change = select(vec![
        PartChange::Remove,
        PartChange::Empty,
        PartChange::Double,
        PartChange::Pad,
        PartChange::UpperCase,
        PartChange::OtherAlphabet,
        PartChange::LeftOverBits,
        PartChange::Zeros,
        PartChange::LeadingZero,
    ]);
    let rewriting = select(vec![
        (0, "RS256", "none"),
        (0, "RS256", "HS256"),
        (0, "RS256", "RS384"),
        (0, "RS256", "PS256"),
        (0, "JWT", "jwt"),
        (0, "{", "{ "),
        (1, "user_1", "user_2"),
        (1, "3000000060", "9000000060"),
        (1, "{", "{ "),
        (1, "\"sub\"", "\"exp\":9000000060,\"sub\""),
    ]);
    prop_oneof![
        4 => (any::<Index>(), character()).prop_map(|(at, new)| Mutation::Replace(at, new)),
        2 => (any::<Index>(), character()).prop_map(|(at, new)| Mutation::Insert(at, new)),
        1 => any::<Index>().prop_map(Mutation::Delete),
        4 => (part.clone(), any::<Index>(), 0..8_u8)
            .prop_map(|(part, at, bit)| Mutation::FlipBit(part, at, bit)),
        1 => any::<Index>().prop_map(Mutation::Cut),
        4 => (part.clone(), change).prop_map(|(part, change)| Mutation::Part(part, change)),
        2 => (part, any::<Index>()).prop_map(|(part, other)| Mutation::PartOf(part, other)),
        2 => rewriting.prop_map(|(part, old, new)| Mutation::Rewrite(part, old, new)),
        1 => Just(Mutation::ShareKey),
    ]
}

impl Mutation {
    /// Returns the token with this damage; `others` are tokens to take parts from.
    pub(crate) fn apply(&self, token: &str, others: &[String]) -> String {
        let mut characters: Vec<char> = token.chars().collect();
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        // An earlier mutation may have removed everything.
        if characters.is_empty() {
            return token.to_owned();
        }
        match self {
            Self::Replace(at, new) => {
                let at = at.index(characters.len());
                characters.splice(at..=at, new.chars());
                characters.into_iter().collect()
            }
            Self::Insert(at, new) => {
                let at = at.index(characters.len() + 1);
                characters.splice(at..at, new.chars());
                characters.into_iter().collect()
            }
            Self::Delete(at) => {
                characters.remove(at.index(characters.len()));
                characters.into_iter().collect()
            }
            Self::Cut(at) => {
                characters.truncate(at.index(characters.len()));
                characters.into_iter().collect()
            }
            Self::FlipBit(part, at, bit) => {
                change_bytes(&mut parts, *part, |bytes| {
                    if !bytes.is_empty() {
                        let at = at.index(bytes.len());
                        bytes[at] ^= 1 << bit;
                    }
                });
                parts.join(".")
            }
            Self::Part(part, change) => {
                change.apply(&mut parts, *part);
                parts.join(".")
            }
            Self::PartOf(part, other) => {
                let other = other.get(others).split('.').nth(*part);
                if let (Some(own), Some(other)) = (parts.get_mut(*part), other) {
                    other.clone_into(own);
                }
                parts.join(".")
            }
            Self::Rewrite(part, old, new) => {
                change_bytes(&mut parts, *part, |bytes| {
                    if let Ok(text) = std::str::from_utf8(bytes) {
                        *bytes = text.replacen(old, new, 1).into_bytes();
                    }
                });
                parts.join(".")
            }
            Self::ShareKey => {
                change_bytes(&mut parts, 0, |bytes| {
                    if let Ok(text) = std::str::from_utf8(bytes) {
                        *bytes = text.replacen("RS256", "HS256", 1).into_bytes();
                    }
                });
                parts.truncate(2);
                let signed = parts.join(".");
                let key = hmac::Key::new(hmac::HMAC_SHA256, Signer::instance().public_der());
                let tag = hmac::sign(&key, signed.as_bytes());
                format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
            }
        }
    }
}

impl PartChange {
    fn apply(self, parts: &mut Vec<String>, at: usize) {
        let Some(part) = parts.get_mut(at) else {
            return;
        };
        match self {
            Self::Remove => {
                parts.remove(at);
            }
            Self::Empty => part.clear(),
            Self::Double => {
                let part = part.clone();
                parts.insert(at, part);
            }
            Self::Pad => part.push('='),
            Self::UpperCase => *part = part.to_uppercase(),
            Self::OtherAlphabet => *part = part.replace('-', "+").replace('_', "/"),
            Self::LeftOverBits => {
                // 'A' and 'B' differ in their last bit, and so do 'g' and 'h'.
                if let Some(last) = part.pop() {
                    let code = u32::from(last) ^ 1;
                    part.push(char::from_u32(code).unwrap_or(last));
                }
            }
            Self::Zeros => change_bytes(parts, at, |bytes| bytes.fill(0)),
            Self::LeadingZero => change_bytes(parts, at, |bytes| bytes.insert(0, 0)),
        }
    }
}

/// Changes the decoded value of a part, if it can be decoded.
fn change_bytes(parts: &mut [String], at: usize, change: impl FnOnce(&mut Vec<u8>)) {
    if let Some(part) = parts.get_mut(at)
        && let Ok(mut bytes) = URL_SAFE_NO_PAD.decode(part.as_bytes())
    {
        change(&mut bytes);
        *part = URL_SAFE_NO_PAD.encode(bytes);
    }
}
