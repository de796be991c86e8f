//! A scanner that reads a few members of a JSON object and validates the rest without building it.
//!
//! It makes unverified tokens cheap: only the text of the requested members is allocated. The validation is as strict as
//! building the value, including depth, numbers and escapes, so that valid text can be built later.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Returns the members with these names; of repeated names, the last one counts. Arrays and objects are returned empty.
///
/// JSON that is not an object has no members. Returns `None` for `null` and for text that is not JSON.
pub(super) fn members<const N: usize>(
    text: &str,
    names: [&'static str; N],
) -> Option<[Option<Value>; N]> {
    let mut json = serde_json::Deserializer::from_str(text);
    let is_object = text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with('{');
    let members = if is_object {
        json.deserialize_map(Members(names)).ok()?
    } else if Scan::Keep.deserialize(&mut json).ok()?.is_null() {
        return None;
    } else {
        [const { None }; N]
    };
    json.end().ok()?;
    Some(members)
}

struct Members<const N: usize>([&'static str; N]);

impl<'de, const N: usize> Visitor<'de> for Members<N> {
    type Value = [Option<Value>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = [const { None }; N];
        while let Some(position) = object.next_key_seed(PositionOfName(&self.0))? {
            match position {
                Some(position) => members[position] = Some(object.next_value_seed(Scan::Keep)?),
                None => {
                    object.next_value_seed(Scan::Check)?;
                }
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
#[derive(Clone, Copy)]
enum Scan {
    Keep,
    /// Whether the value was not requested, so that its text is not kept.
    Check,
}

impl<'de> DeserializeSeed<'de> for Scan {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(match self {
            Self::Keep => text.into(),
            Self::Check => Value::Null,
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while list.next_element_seed(Self::Check)?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        while object.next_key_seed(Self::Check)?.is_some() {
            object.next_value_seed(Self::Check)?;
        }
        Ok(Value::Object(serde_json::Map::new()))
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
            assert_eq!(members(text, ["a", "b", "c"]), Some(expected), "{text}");
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
