//! A scanner that reads a few members of a JSON object and validates the rest without building it.
//!
//! It makes unverified tokens cheap: strings are borrowed, and nothing else is built. The validation is as strict as building
//! the value, including depth, numbers and escapes, so that valid text can be built later.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A value of a requested member.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scanned<'t> {
    Text(Cow<'t, str>),
    /// Any other value. Arrays and objects are empty.
    Other(Value),
}

impl<'t> Scanned<'t> {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

impl From<Scanned<'_>> for Value {
    fn from(scanned: Scanned<'_>) -> Self {
        match scanned {
            Scanned::Text(text) => Self::String(text.into_owned()),
            Scanned::Other(value) => value,
        }
    }
}

/// Returns the members with these names; of repeated names, the last one counts. Arrays and objects are returned empty.
///
/// JSON that is not an object has no members. Returns `None` for `null` and for text that is not JSON.
pub(super) fn members<'t, const N: usize>(
    text: &'t str,
    names: [&'static str; N],
) -> Option<[Option<Scanned<'t>>; N]> {
    let mut json = serde_json::Deserializer::from_str(text);
    let is_object = text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{');
    let members = if is_object {
        json.deserialize_map(Members(names)).ok()?
    } else if Scan.deserialize(&mut json).ok()? == Scanned::Other(Value::Null) {
        return None;
    } else {
        [const { None }; N]
    };
    json.end().ok()?;
    Some(members)
}

struct Members<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Members<N> {
    type Value = [Option<Scanned<'de>>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = [const { None }; N];
        while let Some(position) = object.next_key_seed(PositionOfName(&self.0))? {
            match position {
                Some(position) => members[position] = Some(object.next_value_seed(Scan)?),
                None => object.next_value_seed(Check)?,
            }
        }
        Ok(members)
    }
}

/// Reads a name, and returns its position among the requested names.
struct PositionOfName<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for PositionOfName<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        name.deserialize_str(self)
    }
}

impl Visitor<'_> for PositionOfName<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == name))
    }
}

/// Reads a value. Arrays and objects are validated and returned empty.
struct Scan;

impl<'de> DeserializeSeed<'de> for Scan {
    type Value = Scanned<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan {
    type Value = Scanned<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scanned::Other(Value::Null))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scanned::Other(flag.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scanned::Other(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scanned::Other(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scanned::Other(number.into()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scanned::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scanned::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Check.visit_seq(list)?;
        Ok(Scanned::Other(Value::Array(Vec::new())))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        Check.visit_map(object)?;
        Ok(Scanned::Other(Value::Object(serde_json::Map::new())))
    }
}

/// Validates a value.
#[derive(Clone, Copy)]
struct Check;

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while object.next_key_seed(self)?.is_some() {
            object.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_read_as_building_the_object_would_read_them() {
        for text in [
            r#"{"a":"x","b":1,"c":[1,{"a":2}],"d":{"a":"y"}}"#,
            r#"{"a":1,"a":"last"}"#,
            r#"{"a":null,"b":true,"c":-0.5}"#,
            r#"{"\u0061":"escaped name","b":"\ud83d\ude00"}"#,
            " \t\r\n{ \"a\" : 18446744073709551615 , \"b\" : 1e300 } ",
            "{}",
        ] {
            let built: Value = serde_json::from_str(text).unwrap();
            let emptied = |name: &str| match built.get(name)? {
                Value::Array(_) => Some(json!([])),
                Value::Object(_) => Some(json!({})),
                scalar => Some(scalar.clone()),
            };
            let expected = [emptied("a"), emptied("b"), emptied("c")];
            let read = members(text, ["a", "b", "c"]).unwrap();
            assert_eq!(read.map(|value| value.map(Value::from)), expected, "{text}");
        }
        for text in ["[]", "[1,[2]]", "7", "\"a\"", "false"] {
            assert_eq!(members(text, ["a"]), Some([None]), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_built_is_refused_wherever_it_stands() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let too_deep = deep(200);
        for value in [
            "",
            "01",
            "+1",
            "1e400",
            "-1e400",
            "nul",
            "\"\\ud83d\"",
            "\"\\x\"",
            "\"a\nb\"",
            "\"open",
            "[1,]",
            "{\"a\":1,}",
            "{1:2}",
            "{\"\\ud83d\":1}",
            &too_deep,
        ] {
            for text in [
                value.to_owned(),
                format!("{{\"a\":{value}}}"),
                format!("{{\"unread\":{value}}}"),
                format!("{{\"unread\":[{{\"x\":{value}}}]}}"),
            ] {
                assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
                assert_eq!(members(&text, ["a"]), None, "{text}");
            }
        }
        for text in ["null", " null ", "{} {}", "{}x", "[]]"] {
            assert_eq!(members(text, ["a"]), None, "{text}");
        }
        let deep_enough = format!("{{\"unread\":{}}}", deep(120));
        assert_eq!(members(&deep_enough, ["a"]), Some([None]));
    }
}
