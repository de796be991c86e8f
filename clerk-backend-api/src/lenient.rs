//! Reading what the server really sends: null or nothing for anything, values of another JSON
//! type that still have one clear meaning, keys that nobody announced.

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

/// A value inside an answer.
pub(crate) trait Lenient<'de>: Default {
    /// Reads the value, or `None` from what stands for nothing, such as null.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;

    /// Reads a value that decisions rest on: it must have its own JSON type.
    fn read_strict<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::read(deserializer)
    }

    /// Reads a value that stands where a list of them belongs; `{}` is an empty list then.
    fn read_sole<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::read(deserializer)
    }
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

    /// Writes all fields but secrets and private metadata.
    #[cfg(feature = "serialize")]
    fn write_fields<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
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

/// Makes a struct readable: the keys of the object and the fields they are read into.
///
/// `strict` fields must be there. `seconds` fields are points in time that travel in seconds.
/// `hidden` fields are read but never serialized: secrets and private metadata. `base` is another
/// model with whose keys the object begins; only its strict fields count then.
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
                $($(map.serialize_entry($strict_key, &self.$strict)?;)+)?
                $($(map.serialize_entry($key, &self.$field)?;)+)?
                $($(map.serialize_entry($seconds_key, &self.$seconds)?;)+)?
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
            // Users type it in, and answers hold secrets: texts and metadata are not shown.
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

/// Reads an object that is an answer, or an entry of one.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Model>(deserializer: D) -> Result<T, D::Error> {
    let object = deserializer.deserialize_any(ObjectVisitor {
        place: Place::Answer,
        model: PhantomData,
    })?;
    object.ok_or_else(|| de::Error::custom("there is no object"))
}

/// Reads an object inside another one. Null, and the `[]` and `""` that some languages write for
/// an empty object, are none.
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

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It is an answer of its own, which must hold its strict keys.
    Answer,
    /// It is the value of a field.
    Nested,
    /// It is where a list belongs: an empty one is an empty list.
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
                // Says what the thing is, where it has a name.
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
            // Something else answered.
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

/// Says in which field reading failed. The path stands in backticks at the beginning of the text,
/// where [`field_of`] finds it.
#[cold]
pub(crate) fn inside<E: de::Error>(step: &str, error: &dyn fmt::Display) -> E {
    let text = error.to_string();
    match text.strip_prefix('`') {
        Some(rest) if rest.starts_with('[') => E::custom(format_args!("`{step}{rest}")),
        Some(rest) => E::custom(format_args!("`{step}.{rest}")),
        None => E::custom(format_args!("`{step}`: {text}")),
    }
}

/// The path that [`inside`] wrote, such as `email_addresses[0].created_at`.
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

/// A list. Null, `""` and `{}` are empty; one object or text is a list of one.
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

/// Texts by name; whatever is no text, such as a key that nobody announced, is left out.
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
