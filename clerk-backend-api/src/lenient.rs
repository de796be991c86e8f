//! Lenient reading of real responses: null or missing values, values of a different JSON type with
//! one clear meaning, and undocumented keys.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};
use serde_json::{Map, Value};

use crate::json::Key;

/// A value inside a response.
pub(crate) trait Lenient<'de>: Default {
    /// Reads the value, or returns `None` for values that mean that there is none, such as null.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;

    /// Reads a value that security decisions depend on; it must have its proper JSON type.
    fn read_strict<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::read(deserializer)
    }

    /// Reads a value in the place of a list; there, `{}` is an empty list.
    fn read_sole<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::read(deserializer)
    }
}

/// An object in a response, as declared by `model!`.
pub(crate) trait Model: Default {
    /// Keys that a response must have: a missing or null value is an error. Inside another object
    /// they are treated like any other key.
    const STRICT: &'static [&'static str];

    /// Reads the value of `key`, if the object has such a field.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        key: &str,
        map: &mut A,
    ) -> Result<Found, A::Error>;

    /// Writes all fields except secrets and private metadata.
    #[cfg(feature = "serialize")]
    fn write_fields<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

/// The outcome of reading a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The key has no field.
    NoField,
    /// The value of a strict key is null.
    Null,
    /// The value was read, or is null where null is allowed.
    Value,
}

/// Reads a field.
pub(crate) fn value<'de, A: MapAccess<'de>, T: Lenient<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<Found, A::Error> {
    *field = map.next_value_seed(Seed::new())?.unwrap_or_default();
    Ok(Found::Value)
}

/// Reads a strict field.
pub(crate) fn strict<'de, A: MapAccess<'de>, T: Lenient<'de>>(
    field: &mut T,
    map: &mut A,
) -> Result<Found, A::Error> {
    Ok(match map.next_value_seed(StrictSeed(PhantomData))? {
        Some(value) => {
            *field = value;
            Found::Value
        }
        None => Found::Null,
    })
}

/// A strict value, which a nested object may lack.
#[cfg(feature = "serialize")]
pub(crate) trait Strict {
    /// Returns true if the value is what a nested object has in place of a missing one, and no response can have.
    fn is_missing(&self) -> bool;
}

#[cfg(feature = "serialize")]
impl Strict for String {
    fn is_missing(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(feature = "serialize")]
impl Strict for bool {
    fn is_missing(&self) -> bool {
        false
    }
}

#[cfg(feature = "serialize")]
impl Strict for i64 {
    fn is_missing(&self) -> bool {
        false
    }
}

/// Returns a strict value to write, or `None` if it was missing: null is read again, and an empty string is not.
#[cfg(feature = "serialize")]
pub(crate) fn written<T: Strict>(value: &T) -> Option<&T> {
    (!value.is_missing()).then_some(value)
}

/// Implements reading for a struct from the keys of the object and the fields that they are read
/// into.
///
/// `strict` fields are required. `seconds` fields are times given in seconds. `hidden` fields are
/// read but never serialized: secrets and private metadata. `base` is another model whose keys come
/// first in the object; then only the strict fields of the base are required.
macro_rules! model {
    (@strict [] $($key:literal)*) => { &[$($key,)*] };
    (@strict [$base:ty]) => { <$base as $crate::lenient::Model>::STRICT };
    (
        $name:ident
        $(base { $base:ident: $base_type:ty })?
        $(strict { $($strict_key:literal => $strict:ident,)+ })?
        $(lenient { $($key:literal => $field:ident,)+ })?
        $(seconds { $($seconds_key:literal => $seconds:ident,)+ })?
        $(hidden { $($hidden_key:literal => $hidden:ident,)+ })?
        $(strict hidden { $($secret_key:literal => $secret:ident,)+ })?
    ) => {
        impl $crate::lenient::Model for $name {
            const STRICT: &'static [&'static str] = $crate::lenient::model!(
                @strict [$($base_type)?] $($($strict_key)+)? $($($secret_key)+)?
            );

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
                    _ => {
                        #[allow(unused_mut, reason = "only some models have a base")]
                        let mut found = $crate::lenient::Found::NoField;
                        $(if found == $crate::lenient::Found::NoField {
                            found = $crate::lenient::Model::read_field(&mut self.$base, key, map)?;
                        })?
                        found
                    }
                })
            }

            #[cfg(feature = "serialize")]
            fn write_fields<M: ::serde::ser::SerializeMap>(
                &self,
                map: &mut M,
            ) -> Result<(), M::Error> {
                $($crate::lenient::Model::write_fields(&self.$base, map)?;)?
                $($(map.serialize_entry($strict_key, &$crate::lenient::written(&self.$strict))?;)+)?
                $($(map.serialize_entry($key, &self.$field)?;)+)?
                $($(map.serialize_entry($seconds_key, &$crate::timestamp::Seconds(self.$seconds))?;)+)?
                let _ = map;
                Ok(())
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
            fn read<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<Self>, D::Error> {
                $crate::lenient::nested_object(deserializer)
            }

            fn read_sole<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Option<Self>, D::Error> {
                $crate::lenient::sole_object(deserializer)
            }
        }

        impl ::std::fmt::Debug for $name {
            // Users write this text, and responses contain secrets, so strings and metadata are not
            // shown.
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let mut fields = f.debug_struct(stringify!($name));
                $($crate::discreet::field(&mut fields, stringify!($base), &self.$base);)?
                $($($crate::discreet::field(&mut fields, stringify!($strict), &self.$strict);)+)?
                $($($crate::discreet::field(&mut fields, stringify!($secret), &self.$secret);)+)?
                $($($crate::discreet::field(&mut fields, stringify!($field), &self.$field);)+)?
                $($($crate::discreet::field(&mut fields, stringify!($seconds), &self.$seconds);)+)?
                $($($crate::discreet::field(&mut fields, stringify!($hidden), &self.$hidden);)+)?
                fields.finish()
            }
        }

        $crate::discreet::discreet!($name);

        #[cfg(feature = "serialize")]
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $crate::lenient::Model::write_fields(self, &mut map)?;
                ::serde::ser::SerializeMap::end(map)
            }
        }
    };
}
pub(crate) use model;

/// Reads an object that is a response, or an entry of one.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Model>(deserializer: D) -> Result<T, D::Error> {
    let object = deserializer.deserialize_any(ObjectVisitor {
        place: Place::Answer,
        model: PhantomData,
    })?;
    object.ok_or_else(|| de::Error::custom("the object is missing"))
}

/// Reads a nested object. Null is read as absent, and so are `[]` and `""`, which some languages
/// write for an empty object.
pub(crate) fn nested_object<'de, D: Deserializer<'de>, T: Model>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor {
        place: Place::Nested,
        model: PhantomData,
    })
}

/// Reads an object in the place of a list of objects.
pub(crate) fn sole_object<'de, D: Deserializer<'de>, T: Model>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor {
        place: Place::List,
        model: PhantomData,
    })
}

/// The position of an object in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The object is a response or an entry of one, and must have its strict keys.
    Answer,
    /// The object is the value of a field.
    Nested,
    /// The object is in the place of a list; an empty one is an empty list.
    List,
}

struct ObjectVisitor<T> {
    place: Place,
    model: PhantomData<T>,
}

impl<'de, T: Model> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut value = T::default();
        let whole = self.place == Place::Answer;
        let mut missing: u32 = if whole { (1 << T::STRICT.len()) - 1 } else { 0 };
        let (mut empty, mut known) = (true, false);
        while let Some(Key(key)) = map.next_key()? {
            empty = false;
            let found = value
                .read_field(&key, &mut map)
                .map_err(|error| inside(&key, &error))?;
            if found == Found::NoField {
                map.next_value::<IgnoredAny>()?;
                // The type of the object is named, if it has one.
                known |= key == "object";
                continue;
            }
            known = true;
            if found == Found::Value
                && missing != 0
                && let Some(index) = T::STRICT.iter().position(|strict| *strict == key)
            {
                missing &= !(1 << index);
            }
        }
        match T::STRICT.get(missing.trailing_zeros() as usize) {
            Some(key) => Err(inside(key, &"is missing")),
            // The response came from something other than the API.
            None if whole && !known => Err(de::Error::custom(
                "the object has none of the expected keys",
            )),
            None if empty && self.place == Place::List => Ok(None),
            None => Ok(Some(value)),
        }
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() {
            Ok(None)
        } else {
            Err(E::invalid_type(Unexpected::Other("text"), &self))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        match entries.next_element::<IgnoredAny>()? {
            None => Ok(None),
            Some(_) => Err(de::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }
}

/// Adds the field in which reading failed. The message begins with the path in backticks, where
/// [`field_of`] finds it.
#[cold]
pub(crate) fn inside<E: de::Error>(step: &str, error: &dyn fmt::Display) -> E {
    let text = error.to_string();
    match text.strip_prefix('`') {
        Some(rest) if rest.starts_with('[') => E::custom(format_args!("`{step}{rest}")),
        Some(rest) => E::custom(format_args!("`{step}.{rest}")),
        None => E::custom(format_args!("`{step}`: {text}")),
    }
}

/// Returns the path that [`inside`] wrote, such as `email_addresses[0].created_at`.
pub(crate) fn field_of(text: &str) -> Option<&str> {
    Some(text.strip_prefix('`')?.split_once('`')?.0)
}

/// Reads one value leniently.
pub(crate) struct Seed<T>(PhantomData<T>);

impl<T> Seed<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for Seed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::read(deserializer)
    }
}

/// Reads one value strictly.
struct StrictSeed<T>(PhantomData<T>);

impl<'de, T: Lenient<'de>> DeserializeSeed<'de> for StrictSeed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::read_strict(deserializer)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        T::read(deserializer).map(Some)
    }

    fn read_strict<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        T::read_strict(deserializer).map(Some)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Box<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(T::read(deserializer)?.map(Self::new))
    }
}

/// A list. Null, `""` and `{}` are empty lists; a single object or string is a list of one.
impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Lenient<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                if text.is_empty() {
                    return Ok(Vec::new());
                }
                let text: StrDeserializer<'_, E> = text.into_deserializer();
                Ok(T::read(text)?.into_iter().collect())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(T::read_sole(MapAccessDeserializer::new(map))?
                    .into_iter()
                    .collect())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                let mut index = 0;
                while let Some(entry) = entries
                    .next_element_seed(Seed::<T>::new())
                    .map_err(|error| inside(&format!("[{index}]"), &error))?
                {
                    list.extend(entry);
                    index += 1;
                }
                Ok(list)
            }
        }
        deserializer
            .deserialize_any(ListVisitor(PhantomData))
            .map(Some)
    }
}

/// Strings by name. Values that are not strings, such as undocumented keys, are left out.
impl<'de> Lenient<'de> for BTreeMap<String, String> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let Some(entries) = Map::<String, Value>::read(deserializer)? else {
            return Ok(None);
        };
        let texts = entries.into_iter().filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text)),
            _ => None,
        });
        Ok(Some(texts.collect()))
    }
}

impl<'de> Lenient<'de> for Map<String, Value> {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Null => Ok(None),
            Value::Object(map) => Ok(Some(map)),
            Value::Array(list) if list.is_empty() => Ok(None),
            Value::String(text) if text.is_empty() => Ok(None),
            _ => Err(de::Error::custom("the value is not an object")),
        }
    }
}

impl<'de> Lenient<'de> for Value {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}
