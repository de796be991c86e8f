//! The API as the generator writes it: operations, models, enumerations, and where each stands.

use std::collections::BTreeMap;

use super::overlay::{Key, Retry};

/// The type of a value, in an answer or in a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Integer,
    /// A whole number in a request that cannot be negative.
    Unsigned,
    Float,
    Timestamp,
    /// A point in time in a request that travels as RFC 3339 text.
    DateTime,
    /// A number of seconds in a request.
    Seconds,
    /// A text that is kept secret, by the name of its type.
    Secret(String),
    Enum(String),
    /// An object with a type of its own.
    Named(String),
    Metadata,
    /// An object without known keys.
    Object,
    /// An object whose values are texts.
    Texts,
    /// Anything.
    Value,
    File,
    List(Box<Self>),
}

/// A field of an answer's object.
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

/// An object of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) schemas: Vec<String>,
    /// The object that this one extends: name of the field and type.
    pub(crate) base: Option<(String, String)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) doc: String,
    /// How many schemas it was made of, named or not.
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

/// A value of a request.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) repeat: bool,
    /// Several values travel as one, with commas.
    pub(crate) joined: bool,
    pub(crate) doc: String,
    /// Set when deprecated: what to use instead.
    pub(crate) deprecated: Option<String>,
    /// Source and date, if the published document lacks the value.
    pub(crate) addition: Option<String>,
    /// Rust expression of a sample value.
    pub(crate) sample: String,
}

/// An object inside a request's body.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) required: Vec<Parameter>,
    pub(crate) optional: Vec<Parameter>,
    pub(crate) doc: String,
}

/// How a list goes on to its next page.
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
    /// An object. When it is needed, it is sent even when nothing is set.
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
    /// Name of the struct that holds the arguments of the body, when there are too many.
    pub(crate) input: Option<String>,
    pub(crate) setters: Vec<Parameter>,
    pub(crate) exclusive: Vec<String>,
    /// Constant body values: name and Rust expression.
    pub(crate) fixed: Vec<(String, String)>,
    pub(crate) generated: Vec<String>,
    pub(crate) body: Body,
    pub(crate) paging: Option<Paging>,
    pub(crate) page_size: u64,
    /// The list is asked for as a page with a total count.
    pub(crate) paginated: bool,
    /// The key under which the entries of a list stand, unless the list is the whole answer.
    pub(crate) entries: String,
    /// Source and date, if the published document lacks the operation.
    pub(crate) addition: Option<String>,
    /// The object that the path names and the answer must be about.
    pub(crate) subject: Option<Subject>,
}

/// What an operation with one object in its path and its answer is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subject {
    /// Wire name of the path parameter.
    pub(crate) parameter: String,
    /// Fields of the answer that may hold the parameter's value.
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
    /// Type of the data.
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
    /// Group of each type.
    pub(crate) homes: BTreeMap<String, String>,
    /// Public items that nobody has described.
    pub(crate) undocumented: Vec<String>,
}

impl Operation {
    /// The values that the published document lacks.
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
