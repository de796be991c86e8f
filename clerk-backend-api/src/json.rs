//! Tolerant reading of JSON from other systems, without changing values silently.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Reads a value from JSON text in the same way as the client reads responses.
///
/// Like [`serde_json::from_slice`], except that invalid UTF-8 and unpaired surrogates (`"\ud83d"`)
/// are read as U+FFFD instead of causing an error. Anyone who can edit a profile can put such text
/// into it. Use this function for Clerk's objects from other sources, such as the payload of a
/// webhook.
///
/// ```
/// use clerk_backend_api::User;
///
/// let user: User = clerk_backend_api::from_json(br#"{ "id": "user_1", "first_name": "\ud83d" }"#)?;
/// assert_eq!(user.first_name.as_deref(), Some("\u{fffd}"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// Fails if the text is not valid JSON or does not have the form of a `T`.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(text).or_else(|error| match mended(text) {
        Some(text) => serde_json::from_slice(&text),
        None => Err(error),
    })
}

/// Returns the text with everything that is not valid Unicode replaced by U+FFFD, or `None` if all
/// of it is valid.
pub(crate) fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    let escape = |at: usize| {
        let digits = text.as_bytes().get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    while let Some(found) = text.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        at += found;
        at += match escape(at) {
            Some(0xd800..=0xdbff) if matches!(escape(at + 6), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                out.push_str(&text[kept..at]);
                out.push_str("\\ufffd");
                kept = at + 6;
                6
            }
            _ => 2,
        };
        if at > text.len() {
            break;
        }
    }
    match (kept, text) {
        (0, Cow::Borrowed(_)) => None,
        (kept, text) => Some((out + &text[kept..]).into_bytes()),
    }
}

/// Returns the unparsed value of one key of an object; the last one if the key is repeated.
pub(crate) fn member<'a>(
    text: &'a str,
    key: &str,
) -> Result<Option<&'a RawValue>, serde_json::Error> {
    struct Member<'k>(&'k str);

    impl<'de> Visitor<'de> for Member<'_> {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<Key<'de>>()? {
                if key.0 == self.0 {
                    found = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }

    impl<'de> DeserializeSeed<'de> for Member<'_> {
        type Value = Option<&'de RawValue>;

        fn deserialize<D: Deserializer<'de>>(self, object: D) -> Result<Self::Value, D::Error> {
            object.deserialize_map(self)
        }
    }

    Member(key).deserialize(&mut serde_json::Deserializer::from_str(text))
}

/// A key of an object, borrowed where possible.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(json: &str) -> Option<String> {
        Some(String::from_utf8(mended(json.as_bytes())?).unwrap())
    }

    #[test]
    fn only_halves_of_surrogate_pairs_are_replaced() {
        for whole in [
            r#""""#,
            r#""\ud83d\ude00""#,
            r#""\\ud83d""#,
            r#""\u00e9 \n \"""#,
            "\\",
            "\\u",
            "\\u12",
        ] {
            assert_eq!(text_of(whole), None, "{whole}");
        }
        for (broken, expected) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uDE00""#, r#""\ufffd""#),
            (r#""a\ud83d\ud83d\ude00b""#, r#""a\ufffd\ud83d\ude00b""#),
            (r#""\\\ud83dx""#, r#""\\\ufffdx""#),
            (r#"{"\ude00":"\ud83d"}"#, r#"{"\ufffd":"\ufffd"}"#),
        ] {
            assert_eq!(text_of(broken).as_deref(), Some(expected));
        }
        assert_eq!(
            mended(b"\"\xff\"").as_deref(),
            Some("\"\u{fffd}\"".as_bytes())
        );
    }

    #[test]
    fn the_last_of_repeated_keys_counts() {
        let found = member(r#"{ "a": 1, "b": [[]], "a": 2 }"#, "a").unwrap();
        assert_eq!(found.map(RawValue::get), Some("2"));
        assert!(member("[]", "a").is_err());
    }
}
