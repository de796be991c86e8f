use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::lenient::{self, Lenient};

/// Free-form JSON that an application keeps with a user, an organization, a membership or an
/// invitation.
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The value of one key, or `None` when it is missing or null.
    ///
    /// # Errors
    /// When the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, serde_json::Error> {
        self.0.get(key).map_or(Ok(None), Option::<T>::deserialize)
    }

    /// The metadata as a type of the application.
    ///
    /// # Errors
    /// When the metadata is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }

    /// The metadata as JSON.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The metadata as JSON.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Whether there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Map<String, Value>> for Metadata {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::or_default(deserializer).map(Self)
    }
}

impl<'de> Lenient<'de> for Metadata {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::or_default(deserializer).map(Self)
    }
}
