use std::{fmt, time::Duration};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{finite, patch::Patch};

/// A value in a request body.
pub(crate) trait Wire {
    /// Converts the value to JSON, or returns `None` if JSON cannot represent it.
    fn wire(self) -> Option<Value>;
}

/// The keys of a JSON object in a request body.
#[derive(Clone, Default)]
pub(crate) struct Fields {
    map: Map<String, Value>,
    /// Whether one of the values cannot be represented in JSON.
    unwritable: bool,
}

impl Fields {
    /// Sets one key.
    pub(crate) fn field(&mut self, name: &'static str, value: impl Wire) {
        self.set(name, value.wire());
    }

    /// Sets one key to a value or to null, or leaves it out.
    pub(crate) fn patch(&mut self, name: &'static str, value: Patch<impl Wire>) {
        match value {
            Patch::Keep => {}
            Patch::Clear => self.set(name, Some(Value::Null)),
            Patch::Set(value) => self.field(name, value),
        }
    }

    /// Sets one key to the serialized value.
    pub(crate) fn json(&mut self, name: &'static str, value: &impl Serialize) {
        self.set(name, finite::to_value(value).ok());
    }

    fn set(&mut self, name: &'static str, value: Option<Value>) {
        match value {
            Some(value) => {
                self.map.insert(name.to_owned(), value);
            }
            None => self.unwritable = true,
        }
    }

    /// Returns the object, or `None` if one of its values cannot be represented in JSON.
    pub(crate) fn into_map(self) -> Option<Map<String, Value>> {
        (!self.unwritable).then_some(self.map)
    }
}

impl fmt::Debug for Fields {
    // Bodies may contain passwords and personal data, so only the keys are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.map.keys()).finish()
    }
}

impl Wire for Fields {
    fn wire(self) -> Option<Value> {
        self.into_map().map(Value::Object)
    }
}

/// A number of whole seconds.
impl Wire for Duration {
    fn wire(self) -> Option<Value> {
        Some(self.as_secs().into())
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn wire(self) -> Option<Value> {
        self.into_iter()
            .map(Wire::wire)
            .collect::<Option<_>>()
            .map(Value::Array)
    }
}

macro_rules! wire {
    ($($kind:ty),+) => {
        $(impl Wire for $kind {
            fn wire(self) -> Option<Value> {
                Some(self.into())
            }
        })+
    };
}

wire!(bool, i64, u64, String);
