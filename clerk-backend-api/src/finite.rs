//! Rejects numbers that JSON cannot represent. `serde_json` writes them as null, and a null in
//! merged metadata deletes the key.

use std::fmt;

use serde::{
    Serialize,
    ser::{
        self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant, Serializer,
    },
};

/// Converts a value to JSON.
///
/// # Errors
/// Fails as `serde_json` does, and if the value contains an infinite number or NaN.
pub(crate) fn to_value<T: Serialize + ?Sized>(
    value: &T,
) -> Result<serde_json::Value, serde_json::Error> {
    value.serialize(Finite).map_err(ser::Error::custom)?;
    serde_json::to_value(value)
}

/// Writes a value as JSON text and keeps the order of its keys.
///
/// # Errors
/// Fails under the same conditions as [`to_value`].
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    value.serialize(Finite).map_err(ser::Error::custom)?;
    serde_json::to_vec(value)
}

/// A serializer that writes nothing and only checks numbers.
#[derive(Clone, Copy)]
struct Finite;

/// Why a value cannot be serialized.
#[derive(Debug)]
struct Problem(String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

impl ser::Error for Problem {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

type Checked = Result<(), Problem>;

macro_rules! nothing_to_check {
    ($($method:ident($($kind:ty),*);)+) => {
        $(fn $method(self, $(_: $kind),*) -> Checked {
            Ok(())
        })+
    };
}

macro_rules! compound {
    ($($method:ident($($kind:ty),*);)+) => {
        $(fn $method(self, $(_: $kind),*) -> Result<Self, Problem> {
            Ok(self)
        })+
    };
}

impl Serializer for Finite {
    type Ok = ();
    type Error = Problem;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    nothing_to_check! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(&'static str);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    compound! {
        serialize_seq(Option<usize>);
        serialize_tuple(usize);
        serialize_tuple_struct(&'static str, usize);
        serialize_tuple_variant(&'static str, u32, &'static str, usize);
        serialize_map(Option<usize>);
        serialize_struct(&'static str, usize);
        serialize_struct_variant(&'static str, u32, &'static str, usize);
    }

    fn serialize_f32(self, value: f32) -> Checked {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Checked {
        if value.is_finite() {
            Ok(())
        } else {
            Err(Problem(format!("{value} cannot be represented in json")))
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident;)+) => {
        $(impl $compound for Finite {
            type Ok = ();
            type Error = Problem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
                value.serialize(*self)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })+
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! fields {
    ($($compound:ident),+) => {
        $(impl $compound for Finite {
            type Ok = ();
            type Error = Problem;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Checked {
                value.serialize(*self)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })+
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Finite {
    type Ok = ();
    type Error = Problem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(*self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(*self)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    enum Anything {
        Number(f64),
        Pair(i8, f32),
        Named { value: Option<f64> },
        Nothing,
    }

    #[derive(Serialize)]
    struct Wrapped(f64);

    #[test]
    fn numbers_that_json_lacks_are_found_wherever_they_stand() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            #[expect(clippy::cast_possible_truncation, reason = "infinite or not a number")]
            let small = bad as f32;
            assert!(to_value(&bad).is_err());
            assert!(to_value(&vec![Some(1.0), Some(bad)]).is_err());
            assert!(to_value(&BTreeMap::from([("a", (1, bad))])).is_err());
            assert!(to_value(&Wrapped(bad)).is_err());
            assert!(to_value(&Anything::Number(bad)).is_err());
            assert!(to_value(&Anything::Pair(1, small)).is_err());
            assert!(to_vec(&Anything::Named { value: Some(bad) }).is_err());
        }
        let good = (
            1.5,
            Wrapped(0.0),
            Anything::Named { value: None },
            Anything::Nothing,
        );
        assert_eq!(
            to_vec(&good).unwrap(),
            br#"[1.5,0.0,{"Named":{"value":null}},"Nothing"]"#
        );
        assert_eq!(to_value(&good).unwrap()[0], 1.5);
    }
}
