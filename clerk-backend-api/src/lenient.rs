//! Reading what the server really sends: null or nothing for anything, numbers as floats or text,
//! keys that nobody announced.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// A value inside an answer. Null reads as the empty value.
pub(crate) trait Lenient<'de>: Sized {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// An object of an answer, as `model!` describes it.
pub(crate) trait Model: Default {
    /// Keys without which an answer means nothing: missing or null is an error. Inside another
    /// object they are as good as any other key.
    const STRICT: &'static [&'static str];

    /// Reads the value of `key`, if there is such a field.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
    ) -> Result<Found, A::Error>;
}

/// What was found under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing that is read here.
    NoField,
    /// Null under a strict key.
    Null,
    /// A value, or null under a key where that is as good as one.
    Value,
}

/// Reads a field.
pub(crate) fn value<'de, A: MapAccess<'de>, T: Lenient<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<Found, A::Error> {
    *field = map.next_value_seed(Seed::new())?;
    Ok(Found::Value)
}

/// Reads a strict field.
pub(crate) fn strict<'de, A: MapAccess<'de>, T: Lenient<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<Found, A::Error> {
    Ok(match map.next_value_seed(Seed::<Option<T>>::new())? {
        Some(value) => {
            *field = value;
            Found::Value
        }
        None => Found::Null,
    })
}

/// Makes a struct readable: the keys of the object and the fields they are read into.
///
/// `strict` fields must be there. `seconds` fields are points in time that travel in seconds.
/// `hidden` fields are read but never serialised: secrets and private metadata.
macro_rules! model {
    (
        $name:ident
        $(strict { $($strict_key:literal => $strict:ident,)+ })?
        $(lenient { $($key:literal => $field:ident,)+ })?
        $(seconds { $($seconds_key:literal => $seconds:ident,)+ })?
        $(hidden { $($hidden_key:literal => $hidden:ident,)+ })?
        $(strict hidden { $($secret_key:literal => $secret:ident,)+ })?
    ) => {
        impl $crate::lenient::Model for $name {
            const STRICT: &'static [&'static str] =
                &[$($($strict_key,)+)? $($($secret_key,)+)?];

            fn read_field<'de, A: ::serde::de::MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut A,
            ) -> Result<$crate::lenient::Found, A::Error> {
                Ok(match key {
                    $($($strict_key => $crate::lenient::strict(&mut self.$strict, map)?,)+)?
                    $($($secret_key => $crate::lenient::strict(&mut self.$secret, map)?,)+)?
                    $($($key => $crate::lenient::value(&mut self.$field, map)?,)+)?
                    $($($hidden_key => $crate::lenient::value(&mut self.$hidden, map)?,)+)?
                    $($($seconds_key => $crate::timestamp::seconds(&mut self.$seconds, map)?,)+)?
                    _ => $crate::lenient::Found::NoField,
                })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::lenient::object(deserializer)
            }
        }

        impl<'de> $crate::lenient::Lenient<'de> for $name {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::lenient::object_or_default(deserializer)
            }
        }

        #[cfg(feature = "serialize")]
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_mut, reason = "some models have nothing to show")]
                let mut map = serializer.serialize_map(None)?;
                $($(::serde::ser::SerializeMap::serialize_entry(&mut map, $strict_key, &self.$strict)?;)+)?
                $($(::serde::ser::SerializeMap::serialize_entry(&mut map, $key, &self.$field)?;)+)?
                $($(::serde::ser::SerializeMap::serialize_entry(&mut map, $seconds_key, &self.$seconds)?;)+)?
                ::serde::ser::SerializeMap::end(map)
            }
        }
    };
}
pub(crate) use model;

/// A set of names that may grow: the known ones, and whatever else the server sends.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$doc])*
        ///
        /// A name that is not known here is kept as `Other`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A name that this version of the crate does not know.
            Other(String),
        }

        impl $name {
            /// The name as it travels.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                <String as ::serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }

        impl<'de> $crate::lenient::Lenient<'de> for $name {
            fn read<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as $crate::lenient::Lenient>::read(deserializer).map(Self::from)
            }
        }

        impl $crate::fields::Wire for $name {
            fn wire(self) -> Option<::serde_json::Value> {
                Some(self.as_str().into())
            }
        }
    };
}
pub(crate) use open_enum;

/// Reads an object that is an answer, or an entry of one.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Model>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor {
        strict: true,
        model: PhantomData,
    })
}

/// Reads an object inside another one; null becomes the empty object.
pub(crate) fn object_or_default<'de, D: Deserializer<'de>, T: Model>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(ObjectVisitor {
        strict: false,
        model: PhantomData,
    })
}

struct ObjectVisitor<T> {
    strict: bool,
    model: PhantomData<T>,
}

impl<'de, T: Model> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = T::default();
        let mut missing: u32 = if self.strict {
            (1 << T::STRICT.len()) - 1
        } else {
            0
        };
        while let Some(Key(key)) = map.next_key()? {
            let found = value
                .read_field(&key, &mut map)
                .map_err(|error| at(&key, &error))?;
            if found == Found::NoField {
                map.next_value::<IgnoredAny>()?;
            } else if found == Found::Value
                && missing != 0
                && let Some(index) = T::STRICT.iter().position(|strict| *strict == key)
            {
                missing &= !(1 << index);
            }
        }
        match T::STRICT.get(missing.trailing_zeros() as usize) {
            Some(key) => Err(de::Error::missing_field(key)),
            None => Ok(value),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

/// Says in which field reading failed.
#[cold]
fn at<E: de::Error>(key: &str, error: &E) -> E {
    E::custom(format_args!("{key}: {error}"))
}

/// A key of an object, borrowed where it can be.
struct Key<'de>(Cow<'de, str>);

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

/// Reads one value leniently.
pub(crate) struct Seed<T>(PhantomData<T>);

impl<T> Seed<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

/// Null becomes the default value.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OptionVisitor<T>(PhantomData<T>);
        impl<'de, T: Lenient<'de>> Visitor<'de> for OptionVisitor<T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
                T::read(value).map(Some)
            }
        }
        deserializer.deserialize_option(OptionVisitor(PhantomData))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Lenient<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = entries.next_element_seed(Seed::<Option<T>>::new())? {
                    list.extend(entry);
                }
                Ok(list)
            }
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Texts by name; whatever is no text, such as a key that nobody announced, is left out.
impl<'de> Lenient<'de> for BTreeMap<String, String> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Map::<String, Value>::read(deserializer)?.into_iter();
        Ok(entries
            .filter_map(|(key, value)| match value {
                Value::String(text) => Some((key, text)),
                _ => None,
            })
            .collect())
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        or_default(deserializer)
    }
}

impl<'de> Lenient<'de> for Value {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// Text, also when it is written as a number.
impl<'de> Lenient<'de> for String {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, text: &str) -> Result<String, E> {
                Ok(text.to_owned())
            }

            fn visit_string<E>(self, text: String) -> Result<String, E> {
                Ok(text)
            }

            fn visit_i64<E>(self, number: i64) -> Result<String, E> {
                Ok(number.to_string())
            }

            fn visit_u64<E>(self, number: u64) -> Result<String, E> {
                Ok(number.to_string())
            }

            fn visit_unit<E>(self) -> Result<String, E> {
                Ok(String::new())
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

/// A whole number, also when it is written `12.0` or `"12"`.
impl<'de> Lenient<'de> for i64 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntegerVisitor)
    }
}

/// A number, also when it is written as text.
impl<'de> Lenient<'de> for f64 {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FloatVisitor)
    }
}

/// A truth value, also when it is written as text.
impl<'de> Lenient<'de> for bool {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BooleanVisitor)
    }
}

struct IntegerVisitor;

impl Visitor<'_> for IntegerVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<i64, E> {
        // 2^53: up to here every whole number is exact.
        if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and in range, as just checked"
            )]
            Ok(value as i64)
        } else {
            Err(E::invalid_value(de::Unexpected::Float(value), &self))
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<i64, E> {
        match value.trim() {
            "" => Ok(0),
            text => match text.parse::<i64>() {
                Ok(value) => Ok(value),
                Err(_) => self.visit_f64(text.parse().map_err(E::custom)?),
            },
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<i64, E> {
        Ok(0)
    }
}

struct FloatVisitor;

impl Visitor<'_> for FloatVisitor {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    #[expect(clippy::cast_precision_loss, reason = "the wire form is a float")]
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "the wire form is a float")]
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<f64, E> {
        match value.trim() {
            "" => Ok(0.0),
            text => text.parse().map_err(E::custom),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<f64, E> {
        Ok(0.0)
    }
}

struct BooleanVisitor;

impl Visitor<'_> for BooleanVisitor {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<bool, E> {
        match value {
            "true" => Ok(true),
            "false" | "" => Ok(false),
            _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<bool, E> {
        Ok(false)
    }
}
