//! What the document does not say: names, corrections, and every sentence of documentation.
//!
//! Unknown keys are errors by `deny_unknown_fields`; entries that match nothing are reported by
//! the resolver, which ticks off what it used.

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
    /// Wire names of numbers that are points in time although they do not end in `_at`.
    pub(crate) timestamps: BTreeSet<String>,
    /// Wire names of numbers in requests that are whole seconds.
    pub(crate) durations: BTreeSet<String>,
    /// Wire names of texts in answers that are secrets, and the type that keeps them.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Rust names for wire names that do not make good ones.
    pub(crate) renames: BTreeMap<String, String>,
    /// Words that are not written with one capital letter, such as `OAuth`.
    pub(crate) words: BTreeMap<String, String>,
    /// Sample texts by pattern, format or wire name, for the calls that exercise the client.
    pub(crate) samples: BTreeMap<String, String>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// Types that the document does not name, by Rust name.
    pub(crate) types: BTreeMap<String, Schema>,
    /// Webhook events, by type.
    #[serde(default)]
    pub(crate) events: BTreeMap<String, Event>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// Properties beside the object itself that are not read.
    pub(crate) skip: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// What one of its things is called in type names.
    pub(crate) singular: String,
    /// What several of them are called; the accessor's name unless given.
    pub(crate) plural: Option<String>,
    /// The crate feature that switches the group on; always there when missing.
    pub(crate) feature: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operation {
    pub(crate) group: String,
    /// Name of the method.
    #[serde(rename = "fn")]
    pub(crate) function: String,
    /// Type of the answer.
    pub(crate) answer: String,
    /// Name of the request's type, where the rule gives no good one.
    pub(crate) request: Option<String>,
    #[serde(default)]
    pub(crate) retry: Retry,
    #[serde(default)]
    pub(crate) key: Key,
    /// Optional values that are arguments all the same.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// Name of a struct that takes the place of too many required values.
    pub(crate) input: Option<String>,
    /// Name of the type of one entry, when the body is a list.
    pub(crate) items: Option<String>,
    /// Values that are always the same.
    #[serde(default)]
    pub(crate) fixed: BTreeMap<String, toml::Value>,
    /// Required texts that are made up when the caller gives none.
    #[serde(default)]
    pub(crate) generated: Vec<String>,
    /// What to use instead of a deprecated operation.
    pub(crate) instead: Option<String>,
    /// The key under which the entries of a list stand; `data` unless given.
    pub(crate) entries: Option<String>,
    /// Fields of the answer one of which must be what the path names, where the rule finds none or
    /// bad ones. None means that the answer names nothing of the path.
    pub(crate) same: Option<Vec<String>>,
    /// The path parameter that `same` is about; the last one unless given.
    pub(crate) subject: Option<String>,
    /// Parameters and body properties.
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Field>,
    /// Setters that cannot be used together with the others, left out when exercised.
    #[serde(default)]
    pub(crate) exclusive: Vec<String>,
}

/// Whether an operation may be sent again when its fate is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Retry {
    /// As its method says: GET, PUT and DELETE may.
    #[default]
    Auto,
    Safe,
    Never,
}

/// Which key an operation is sent under.
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
    /// Name of the Rust type; several schemas with one name become one type.
    pub(crate) rename: Option<String>,
    /// The type is written by hand.
    #[serde(default)]
    pub(crate) handwritten: bool,
    /// The group whose file the type stands in, where the rule gives none or a bad one.
    pub(crate) group: Option<String>,
    /// Name of the field that holds the object that the schema extends by `allOf`.
    pub(crate) base: Option<String>,
    /// Documentation of a type that the document does not name.
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
    /// Another type than the document's.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Name of the type of an enum or object that the document does not name.
    pub(crate) name: Option<String>,
    /// Whether the value may be missing; as the document says when not given.
    pub(crate) optional: Option<bool>,
    /// Reading fails without it.
    #[serde(default)]
    pub(crate) strict: bool,
    /// A point in time that travels in seconds.
    #[serde(default)]
    pub(crate) seconds: bool,
    /// Several values are sent by calling the setter again.
    #[serde(default)]
    pub(crate) repeat: bool,
    /// Not offered.
    #[serde(default)]
    pub(crate) skip: bool,
    /// What to use instead of a deprecated parameter.
    pub(crate) instead: Option<String>,
    /// Documentation, for what `docs.toml` cannot name.
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

/// Ticks off the entries that matched something.
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
