use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    discreet::discreet,
    json::{from_json, member, mended},
    lenient::Lenient,
};

/// Free-form JSON that an application stores with a user, an organization, a membership or an
/// invitation.
///
/// The JSON is kept as text until a value is read. Users can write their own `unsafe_metadata` from
/// the browser, so it can contain anything: numbers that no Rust type can represent, or a thousand
/// nested lists. Only reading such a value fails.
///
/// ```
/// use clerk_backend_api::User;
///
/// # fn run(user: User) -> Result<(), serde_json::Error> {
/// let plan: Option<String> = user.public_metadata.get("plan")?;
///
/// #[derive(serde::Deserialize)]
/// struct Billing { customer: String }
/// let billing: Billing = user.private_metadata.parse()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Metadata(Option<Box<RawValue>>);

impl Metadata {
    /// Reads the value of one key. Returns `None` if the key is missing or its value is null.
    ///
    /// Only this value is parsed; the values of other keys do not matter.
    ///
    /// # Errors
    /// Fails if the value is not a `T`, or if the metadata is not an object.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, serde_json::Error> {
        let found = match member(self.as_str(), key) {
            Ok(value) => value.map_or("null", RawValue::get),
            Err(error) => {
                let Some(text) = mended(self.as_str().as_bytes()) else {
                    return Err(error);
                };
                let text = String::from_utf8_lossy(&text);
                let value = member(&text, key)?.map_or("null", RawValue::get);
                return from_json(value.as_bytes());
            }
        };
        from_json(found.as_bytes())
    }

    /// Reads the metadata as an application-defined type.
    ///
    /// # Errors
    /// Fails if the metadata is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        from_json(self.as_str().as_bytes())
    }

    /// Reads the metadata as JSON.
    ///
    /// # Errors
    /// Fails if a number is out of the range of `f64`, or lists and objects are nested more than
    /// 127 deep.
    pub fn to_map(&self) -> Result<Map<String, Value>, serde_json::Error> {
        self.parse()
    }

    /// Returns the JSON text as received; `{}` if there is no metadata.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().map_or("{}", RawValue::get)
    }

    /// Returns true if there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let text = self.as_str().strip_prefix('{');
        text.is_some_and(|text| text.trim_ascii_start().starts_with('}'))
    }
}

/// Compares the JSON values; whitespace and the order of keys do not matter.
impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
            || matches!((self.to_map(), other.to_map()), (Ok(one), Ok(other)) if one == other)
    }
}

impl From<Map<String, Value>> for Metadata {
    fn from(map: Map<String, Value>) -> Self {
        Self(serde_json::value::to_raw_value(&map).ok())
    }
}

impl fmt::Debug for Metadata {
    // Metadata may contain personal data, and private metadata is for the backend only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "{}" } else { "{…}" })
    }
}

discreet!(Metadata);

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(text) => text.serialize(serializer),
            None => Map::new().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer).map(Option::unwrap_or_default)
    }
}

impl<'de> Lenient<'de> for Metadata {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(match text.get() {
            "null" | "[]" | "\"\"" => None,
            _ => Some(Self(Some(text))),
        })
    }
}
