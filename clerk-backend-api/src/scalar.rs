//! Numbers, strings and booleans in responses, whatever their JSON type.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{self, MapAccess, Unexpected, Visitor},
};

use crate::lenient::Lenient;

/// A JSON value that is neither a list nor an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'de> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Cow<'de, str>),
}

impl<'de> Scalar<'de> {
    pub(crate) fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }

    /// Creates the error for a value that cannot be read as the expected type.
    pub(crate) fn unfit<E: de::Error>(&self, expected: &dyn de::Expected) -> E {
        let found = match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Float(value) => Unexpected::Float(*value),
            // The text may be personal data.
            Self::Text(_) => Unexpected::Other("text"),
        };
        E::invalid_type(found, expected)
    }
}

struct ScalarVisitor;

/// The key under which serde_json represents numbers when its feature `arbitrary_precision` is
/// enabled, which any crate in the build may do.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Scalar::Unsigned(value), Scalar::Signed))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == NUMBER => {
                let number = map.next_value::<String>()?;
                number_of(&number).ok_or_else(|| de::Error::custom("a number is out of range"))
            }
            _ => Err(de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

fn number_of<'de>(text: &str) -> Option<Scalar<'de>> {
    let text = text.trim();
    if let Ok(value) = text.parse() {
        Some(Scalar::Signed(value))
    } else if let Ok(value) = text.parse() {
        Some(Scalar::Unsigned(value))
    } else {
        // Rust also parses names: `nan`, `inf`.
        let numeric =
            text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
        let value = text
            .parse::<f64>()
            .ok()
            .filter(|value| numeric && value.is_finite());
        value.map(Scalar::Float)
    }
}

/// 2^53: all whole numbers up to this one are exact as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a string; numbers and booleans are formatted.
impl<'de> Lenient<'de> for String {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(match Scalar::read(deserializer)? {
            Scalar::Null => None,
            Scalar::Text(text) => Some(text.into_owned()),
            Scalar::Bool(value) => Some(value.to_string()),
            Scalar::Signed(value) => Some(value.to_string()),
            Scalar::Unsigned(value) => Some(value.to_string()),
            Scalar::Float(value) => Some(value.to_string()),
        })
    }

    /// Reads a string that is not empty: an empty one identifies nothing.
    fn read_strict<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::read(deserializer)? {
            Scalar::Null => Ok(None),
            Scalar::Text(text) if !text.is_empty() => Ok(Some(text.into_owned())),
            other => Err(other.unfit(&"a string that is not empty")),
        }
    }
}

/// Reads a whole number, also in the forms `12.0` and `"12"`.
impl<'de> Lenient<'de> for i64 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Scalar::read(deserializer)?;
        let number = match &scalar {
            Scalar::Text(text) if text.trim().is_empty() => Some(Scalar::Null),
            Scalar::Text(text) => number_of(text),
            other => Some(other.clone()),
        };
        match number {
            Some(Scalar::Null) => Ok(None),
            Some(Scalar::Signed(value)) => Ok(Some(value)),
            Some(Scalar::Bool(value)) => Ok(Some(value.into())),
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            Some(Scalar::Float(value)) if value.fract() == 0.0 && value.abs() <= EXACT => {
                Ok(Some(value as Self))
            }
            _ => Err(scalar.unfit(&"a whole number")),
        }
    }
}

/// Reads a number, also from a string.
impl<'de> Lenient<'de> for f64 {
    #[expect(clippy::cast_precision_loss, reason = "the wire form is a float")]
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Scalar::read(deserializer)?;
        let number = match &scalar {
            Scalar::Text(text) if text.trim().is_empty() => Some(Scalar::Null),
            Scalar::Text(text) => number_of(text),
            other => Some(other.clone()),
        };
        match number {
            Some(Scalar::Null) => Ok(None),
            Some(Scalar::Signed(value)) => Ok(Some(value as Self)),
            Some(Scalar::Unsigned(value)) => Ok(Some(value as Self)),
            Some(Scalar::Float(value)) => Ok(Some(value)),
            _ => Err(scalar.unfit(&"a number")),
        }
    }
}

/// Reads a boolean, also from a number or a string.
impl<'de> Lenient<'de> for bool {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Scalar::read(deserializer)?;
        match &scalar {
            Scalar::Null => Ok(None),
            Scalar::Bool(value) => Ok(Some(*value)),
            Scalar::Signed(0) => Ok(Some(false)),
            Scalar::Signed(1) => Ok(Some(true)),
            Scalar::Float(value) if *value == 0.0 => Ok(Some(false)),
            Scalar::Float(value) if *value == 1.0 => Ok(Some(true)),
            Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "" => Ok(None),
                "true" | "1" => Ok(Some(true)),
                "false" | "0" => Ok(Some(false)),
                _ => Err(scalar.unfit(&"true or false")),
            },
            _ => Err(scalar.unfit(&"true or false")),
        }
    }

    fn read_strict<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Scalar::read(deserializer)? {
            Scalar::Null => Ok(None),
            Scalar::Bool(value) => Ok(Some(value)),
            other => Err(other.unfit(&"true or false")),
        }
    }
}
