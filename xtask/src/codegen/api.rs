//! The API as the generator writes it: operations, models and enums, and where each of them goes.

use std::collections::BTreeMap;

use super::overlay::{Key, Retry};

/// The type of a value, in a response or in a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Integer,
    /// A whole number in a request that cannot be negative.
    Unsigned,
    Float,
    Timestamp,
    /// A point in time in a request that is sent as RFC 3339 text.
    DateTime,
    /// A number of seconds in a request.
    Seconds,
    /// A secret string, by the name of its type.
    Secret(String),
    Enum(String),
    /// An object with its own type.
    Named(String),
    Metadata,
    /// An object without known keys.
    Object,
    /// An object with string values.
    Texts,
    /// Any JSON value.
    Value,
    File,
    List(Box<Self>),
}

/// A field of an object in a response.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    pub(crate) strict: bool,
    pub(crate) seconds: bool,
    pub(crate) doc: String,
}

/// An object in a response.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) schemas: Vec<String>,
    /// The object that this one extends: the name of the field and its type.
    pub(crate) base: Option<(String, String)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) doc: String,
    /// The number of schemas that it was built from, named or not.
    pub(super) sources: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) doc: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Body,
    Form,
}

/// A value in a request.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) repeat: bool,
    /// Whether several values are joined with commas.
    pub(crate) joined: bool,
    pub(crate) doc: String,
    /// The replacement, if the value is deprecated.
    pub(crate) deprecated: Option<String>,
    /// Source and date, if the published document lacks the value.
    pub(crate) addition: Option<String>,
    /// The Rust expression of a sample value.
    pub(crate) sample: String,
}

/// An object inside a request body.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) required: Vec<Parameter>,
    pub(crate) optional: Vec<Parameter>,
    pub(crate) doc: String,
}

/// How a list gets from one page to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    Offset,
    Cursor,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Nothing,
    Text,
    Count,
    Value,
    Named(String),
    Page(String),
}

#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    /// An object. If it is required, it is sent even if nothing is set.
    Object {
        needed: bool,
    },
    Form,
    /// A list of inputs.
    Items,
}

#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) function: String,
    pub(crate) request: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) answer: Answer,
    pub(crate) retry: Retry,
    pub(crate) credential: Key,
    pub(crate) deprecated: Option<String>,
    pub(crate) doc: String,
    pub(crate) args: Vec<Parameter>,
    /// The name of the struct of the body arguments, if there are too many.
    pub(crate) input: Option<String>,
    pub(crate) setters: Vec<Parameter>,
    pub(crate) exclusive: Vec<String>,
    /// Constant values in the body: name and Rust expression.
    pub(crate) fixed: Vec<(String, String)>,
    pub(crate) generated: Vec<String>,
    pub(crate) body: Body,
    pub(crate) paging: Option<Paging>,
    pub(crate) page_size: u64,
    /// Whether the list is requested as a page with a total count.
    pub(crate) paginated: bool,
    /// The key of the entries of a list, unless the list is the whole response.
    pub(crate) entries: String,
    /// Source and date, if the published document lacks the operation.
    pub(crate) addition: Option<String>,
    /// The object that the path names and that the response must describe.
    pub(crate) subject: Option<Subject>,
}

/// The object of an operation that has one object in both its path and its response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    /// The name of the path parameter in the document.
    pub(crate) parameter: String,
    /// The fields of the response that may contain the parameter's value.
    pub(crate) fields: Vec<String>,
}

pub(crate) struct Group {
    pub(crate) accessor: String,
    pub(crate) handle: String,
    pub(crate) feature: Option<String>,
    pub(crate) doc: String,
}

/// A type of webhook events.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) wire: String,
    pub(crate) variant: String,
    /// The type of the data.
    pub(crate) data: String,
    pub(crate) doc: String,
}

/// Everything that is generated.
pub(crate) struct Api {
    pub(crate) groups: Vec<Group>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) models: Vec<Model>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) events: Vec<Event>,
    /// The group of each type.
    pub(crate) homes: BTreeMap<String, String>,
    /// Public items without documentation.
    pub(crate) undocumented: Vec<String>,
}

impl Operation {
    /// Returns the values that the published document lacks.
    pub(crate) fn added(&self) -> Vec<&Parameter> {
        let all = self.args.iter().chain(&self.setters);
        all.filter(|parameter| parameter.addition.is_some())
            .collect()
    }
}

impl Api {
    pub(crate) fn group(&self, accessor: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.accessor == accessor)
    }

    pub(crate) fn feature_of_type(&self, name: &str) -> Option<&str> {
        self.group(self.homes.get(name)?)?.feature.as_deref()
    }
}
