//! `Debug` output of responses: IDs, states, numbers and times, but no text that people wrote.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug, DebugStruct},
};

use serde_json::{Map, Value};

/// A value that may contain personal data.
pub(crate) trait Discreet {
    /// Writes the parts of the value that are safe to log.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// IDs that people or other systems choose.
const CHOSEN_IDS: [&str; 4] = [
    "external_id",
    "provider_user_id",
    "provider_organization_id",
    "idp_entity_id",
];

/// Writes one field of a response.
pub(crate) fn field<T: Discreet + Debug>(
    fields: &mut DebugStruct<'_, '_>,
    name: &'static str,
    value: &T,
) {
    let is_id = (name == "id" || name.ends_with("_id")) && !CHOSEN_IDS.contains(&name);
    if is_id {
        fields.field(name, value);
    } else {
        fields.field(name, &Shown(value));
    }
}

struct Shown<'a, T: ?Sized>(&'a T);

impl<T: Discreet + ?Sized> Debug for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl Discreet for String {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "\"\"" } else { "…" })
    }
}

impl<T: Discreet> Discreet for Option<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().map(Shown).fmt(f)
    }
}

impl<T: Discreet> Discreet for Vec<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Shown)).finish()
    }
}

impl<T: Discreet> Discreet for Box<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().show(f)
    }
}

impl Discreet for Value {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_null() { "null" } else { "…" })
    }
}

impl Discreet for Map<String, Value> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "{}" } else { "{…}" })
    }
}

impl Discreet for BTreeMap<String, String> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "{}" } else { "{…}" })
    }
}

/// Types whose own `Debug` is discreet.
macro_rules! discreet {
    ($($kind:ty),+) => {
        $(impl $crate::discreet::Discreet for $kind {
            fn show(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self, f)
            }
        })+
    };
}
pub(crate) use discreet;

discreet!(bool, i64, f64);
