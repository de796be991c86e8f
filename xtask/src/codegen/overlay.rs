//! What the document lacks: names, corrections, and all documentation.
//!
//! Unknown keys are rejected by `deny_unknown_fields`. Entries that match nothing are reported by
//! the resolver, which keeps track of the entries that it used.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, de::DeserializeOwned};

/// `overlay.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overlay {
    /// Names of numbers that are points in time although the names do not end in `_at`.
    pub(crate) timestamps: BTreeSet<String>,
    /// Names of numbers in requests that are whole seconds.
    pub(crate) durations: BTreeSet<String>,
    /// Names of strings in responses that are secrets, and the types that contain them.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Rust names for names in the document that are unsuitable.
    pub(crate) renames: BTreeMap<String, String>,
    /// Words that are not written with one capital letter, such as `OAuth`.
    pub(crate) words: BTreeMap<String, String>,
    /// Sample strings by pattern, format or name, for the calls that exercise the client.
    pub(crate) samples: BTreeMap<String, String>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// Types that have no name in the document, by Rust name.
    pub(crate) types: BTreeMap<String, Schema>,
    /// Webhook events, by type.
    #[serde(default)]
    pub(crate) events: BTreeMap<String, Event>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Properties next to the object itself that are not read.
    pub(crate) skip: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// The singular of the group's objects, for names of types.
    pub(crate) singular: String,
    /// The plural of the group's objects; defaults to the name of the accessor.
    pub(crate) plural: Option<String>,
    /// The crate feature that enables the group; always enabled if there is none.
    pub(crate) feature: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    pub(crate) group: String,
    /// The name of the method.
    #[serde(rename = "fn")]
    pub(crate) function: String,
    /// The type of the response.
    pub(crate) answer: String,
    /// The name of the request's type, if the derived name is unsuitable.
    pub(crate) request: Option<String>,
    #[serde(default)]
    pub(crate) retry: Retry,
    #[serde(default)]
    pub(crate) key: Key,
    /// Optional values that are arguments nevertheless.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// The name of a struct that replaces too many required values.
    pub(crate) input: Option<String>,
    /// The name of the type of an entry, if the body is a list.
    pub(crate) items: Option<String>,
    /// Values that are constant.
    #[serde(default)]
    pub(crate) fixed: BTreeMap<String, toml::Value>,
    /// Required strings that are generated if the caller passes none.
    #[serde(default)]
    pub(crate) generated: Vec<String>,
    /// The replacement for a deprecated operation.
    pub(crate) instead: Option<String>,
    /// The key of the entries of a list; `data` by default.
    pub(crate) entries: Option<String>,
    /// Fields of the response of which one must equal the name in the path, if the derived ones are
    /// unsuitable. Empty if the response does not contain it.
    pub(crate) same: Option<Vec<String>>,
    /// The path parameter that `same` refers to; the last one by default.
    pub(crate) subject: Option<String>,
    /// Parameters and body properties.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Field>,
    /// Setters that cannot be used together with the others, left out when exercised.
    #[serde(default)]
    pub(crate) exclusive: Vec<String>,
}

/// Whether an operation may be sent again if its outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retry {
    /// Depends on the method: GET, PUT and DELETE may be repeated.
    #[default]
    Auto,
    Safe,
    Never,
}

/// The key that authenticates an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Key {
    #[default]
    Secret,
    Machine,
    Either,
    None,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schema {
    /// The name of the Rust type; several schemas with the same name become one type.
    pub(crate) rename: Option<String>,
    /// Whether the type is written by hand.
    #[serde(default)]
    pub(crate) handwritten: bool,
    /// The group whose file contains the type, if the derived one is missing or unsuitable.
    pub(crate) group: Option<String>,
    /// The name of the field for the object that the schema extends by `allOf`.
    pub(crate) base: Option<String>,
    /// The documentation of a type that has no name in the document.
    pub(crate) doc: Option<String>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Field>,
    /// Fields that the server is known to send although the document lacks them.
    #[serde(default)]
    pub(crate) add: BTreeMap<String, Field>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub(crate) rename: Option<String>,
    /// A different type than in the document.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// The name of the type of an enum or object that has no name in the document.
    pub(crate) name: Option<String>,
    /// Whether the value may be missing; as in the document by default.
    pub(crate) optional: Option<bool>,
    /// Whether reading fails without it.
    #[serde(default)]
    pub(crate) strict: bool,
    /// Whether this is a point in time in seconds.
    #[serde(default)]
    pub(crate) seconds: bool,
    /// Whether several values are sent by calling the setter several times.
    #[serde(default)]
    pub(crate) repeat: bool,
    /// Whether the value is left out of the client.
    #[serde(default)]
    pub(crate) skip: bool,
    /// The replacement for a deprecated parameter.
    pub(crate) instead: Option<String>,
    /// The documentation, for what `docs.toml` cannot name.
    pub(crate) doc: Option<String>,
}

/// `docs.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Docs {
    pub(crate) operations: BTreeMap<String, OperationDocs>,
    pub(crate) fields: BTreeMap<String, String>,
    pub(crate) schemas: BTreeMap<String, SchemaDocs>,
    pub(crate) groups: BTreeMap<String, GroupDocs>,
    pub(crate) events: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OperationDocs {
    pub(crate) doc: String,
    pub(crate) params: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SchemaDocs {
    pub(crate) doc: String,
    pub(crate) fields: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GroupDocs {
    pub(crate) doc: String,
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn std::error::Error>> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Records which entries matched something.
#[derive(Debug, Default)]
pub(crate) struct Used(RefCell<BTreeSet<String>>);

impl Used {
    pub(crate) fn tick(&self, entry: impl Into<String>) {
        self.0.borrow_mut().insert(entry.into());
    }

    pub(crate) fn has(&self, entry: &str) -> bool {
        self.0.borrow().contains(entry)
    }
}
