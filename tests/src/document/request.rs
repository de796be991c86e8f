//! Validates requests against the document.

use std::fmt;

use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde_json::{Number, Value, json};
use url::form_urlencoded;

use super::{
    Document, DocumentError,
    operation::{Body, Operation, Parameter},
};

/// A received request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming<'a> {
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Content<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Bytes(&'a [u8]),
    /// The parts of a form that were already read.
    Parts(&'a [Part]),
}

/// One part of a multipart form.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: Vec<u8>,
}

/// One problem of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub(super) status: StatusCode,
    pub(super) place: String,
    pub(super) what: String,
}

impl Complaint {
    fn new(place: impl Into<String>, what: impl fmt::Display) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            place: place.into(),
            what: what.to_string(),
        }
    }

    pub(super) fn unreadable(error: String) -> Self {
        Self::new("body", error)
    }

    pub(super) fn unanswerable(error: DocumentError) -> Self {
        Self::new("answer", error).with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Returns the body of an error response in the format of Clerk's API.
pub(super) fn error_body(complaints: &[Complaint]) -> Value {
    let errors: Vec<_> = complaints
        .iter()
        .map(|complaint| {
            json!({
                "code": match complaint.status {
                    StatusCode::NOT_FOUND => "resource_not_found",
                    StatusCode::UNAUTHORIZED => "authentication_invalid",
                    _ => "form_param_format_invalid",
                },
                "message": "the request does not match the document",
                "long_message": complaint.to_string(),
                "meta": { "param_name": complaint.place },
            })
        })
        .collect();
    json!({ "errors": errors, "clerk_trace_id": "trace_of_the_document_server" })
}

/// The values of a path template's parameters in a request, by name.
type PathValues<'a> = Vec<(&'a str, &'a str)>;

impl Document {
    /// Returns the operation for a method and the decoded segments of a path, and its position in the document.
    pub(super) fn route<'a>(
        &'a self,
        method: &Method,
        segments: &'a [String],
    ) -> Result<(usize, PathValues<'a>), Complaint> {
        let mut found: Option<(usize, PathValues<'a>)> = None;
        let mut path_exists = false;
        for (index, operation) in self.operations.iter().enumerate() {
            let Some(values) = operation.matches(segments) else {
                continue;
            };
            path_exists = true;
            let beaten = |best: usize| self.operations[best].literals() < operation.literals();
            if operation.method == *method && found.as_ref().is_none_or(|(best, _)| beaten(*best)) {
                found = Some((index, values));
            }
        }
        found.ok_or_else(|| {
            let complaint = Complaint::new("path", "matches no operation");
            complaint.with_status(if path_exists {
                StatusCode::METHOD_NOT_ALLOWED
            } else {
                StatusCode::NOT_FOUND
            })
        })
    }

    /// Returns the decoded segments after the base path.
    pub(super) fn segments(&self, path: &str) -> Result<Vec<String>, Complaint> {
        let outside = || {
            Complaint::new("path", format!("{path} is not under {}/", self.base_path))
                .with_status(StatusCode::NOT_FOUND)
        };
        let rest = path.strip_prefix(&self.base_path).ok_or_else(outside)?;
        let rest = rest.strip_prefix('/').ok_or_else(outside)?;
        rest.split('/')
            .map(|segment| {
                let text = percent_decode_str(segment).decode_utf8();
                match text {
                    Ok(text) if text.is_empty() => {
                        Err(Complaint::new("path", "has an empty segment"))
                    }
                    Ok(text) => Ok(text.into_owned()),
                    Err(error) => Err(Complaint::new("path", error)),
                }
            })
            .collect()
    }

    /// Returns all problems of a request to this operation.
    pub(super) fn complaints(
        &self,
        operation: &Operation,
        path_values: &[(&str, &str)],
        request: Incoming<'_>,
    ) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        self.check_headers(operation, request.headers, &mut complaints);
        for parameter in operation
            .parameters
            .iter()
            .filter(|parameter| parameter.in_path)
        {
            let values = path_values
                .iter()
                .filter(|(name, _)| *name == parameter.name)
                .map(|(_, value)| (*value).to_owned())
                .collect();
            parameter.check("path", values, &mut complaints);
        }
        check_query(operation, request.query, &mut complaints);
        check_body(operation, request, &mut complaints);
        complaints
    }

    fn check_headers(
        &self,
        operation: &Operation,
        headers: &HeaderMap,
        complaints: &mut Vec<Complaint>,
    ) {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let key = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match key.map(str::trim) {
            None | Some("") if operation.secured => complaints.push(
                Complaint::new("header authorization", "contains no bearer token")
                    .with_status(StatusCode::UNAUTHORIZED),
            ),
            Some(_) if !operation.secured => {
                complaints.push(Complaint::new(
                    "header authorization",
                    "sends a key that is not needed",
                ));
            }
            _ => {}
        }
        match text("clerk-api-version") {
            Some(version) if version == self.version => {}
            version => complaints.push(Complaint::new(
                "header clerk-api-version",
                format!("is {version:?} instead of {}", self.version),
            )),
        }
        if text("user-agent").is_none_or(str::is_empty) {
            complaints.push(Complaint::new("header user-agent", "is missing"));
        }
    }
}

fn check_query(operation: &Operation, query: &str, complaints: &mut Vec<Complaint>) {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    for (name, _) in &pairs {
        let known = |parameter: &Parameter| !parameter.in_path && parameter.name == *name;
        if !operation.parameters.iter().any(known) {
            complaints.push(Complaint::new(
                format!("query {name}"),
                "is not a parameter",
            ));
        }
    }
    for parameter in operation
        .parameters
        .iter()
        .filter(|parameter| !parameter.in_path)
    {
        let values = pairs
            .iter()
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.clone())
            .collect();
        parameter.check("query", values, complaints);
    }
}

impl Parameter {
    fn check(&self, place: &str, values: Vec<String>, complaints: &mut Vec<Complaint>) {
        let place = format!("{place} {}", self.name);
        let value = match self.value(values) {
            Ok(Some(value)) => value,
            Ok(None) if self.required => {
                return complaints.push(Complaint::new(place, "is required"));
            }
            Ok(None) => return,
            Err(what) => return complaints.push(Complaint::new(place, what)),
        };
        for error in self.validator.iter_errors(&value) {
            complaints.push(Complaint::new(&place, error));
        }
    }

    /// Converts the strings to a value.
    fn value(&self, values: Vec<String>) -> Result<Option<Value>, String> {
        let mut values = values.into_iter();
        let Some(first) = values.next() else {
            return Ok(None);
        };
        if self.schema.get("type").and_then(Value::as_str) != Some("array") {
            return match values.next() {
                Some(_) => Err("is given twice".to_owned()),
                None => scalar(&self.schema, first).map(Some),
            };
        }
        let items = self.schema.get("items").unwrap_or(&Value::Null);
        let texts: Vec<String> = if self.explode {
            std::iter::once(first).chain(values).collect()
        } else if values.next().is_some() {
            return Err("is given twice instead of as one comma-separated list".to_owned());
        } else {
            first.split(',').map(str::to_owned).collect()
        };
        texts
            .into_iter()
            .map(|text| scalar(items, text))
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// Converts a string to the type in the schema; a number must be formatted as the API accepts it.
fn scalar(schema: &Value, text: String) -> Result<Value, String> {
    Ok(match schema.get("type").and_then(Value::as_str) {
        Some("integer") => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => return Err(format!("{text:?} is not an integer")),
        },
        Some("number") => match text.parse::<i64>().map(Number::from).ok().or_else(|| {
            let number = text.parse().ok()?;
            Number::from_f64(number)
        }) {
            Some(number) => number.into(),
            None => return Err(format!("{text:?} is not a number")),
        },
        Some("boolean") => match text.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err(format!("{text:?} is neither true nor false")),
        },
        _ => text.into(),
    })
}

fn check_body(operation: &Operation, request: Incoming<'_>, complaints: &mut Vec<Complaint>) {
    let media_type = request
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.split(';').next().unwrap_or_default().trim());
    let empty = matches!(request.body, Content::Bytes([]));
    let mut complain = |what: &str| complaints.push(Complaint::new("body", what));
    let Some(body) = &operation.body else {
        if !empty {
            complain("is sent although none is expected");
        }
        if media_type.is_some() {
            complain("has a content type although none is expected");
        }
        return;
    };
    match request.body {
        Content::Bytes([]) if body.required => complain("is required"),
        Content::Bytes([]) => {}
        Content::Bytes(_) if body.multipart => complain("is not a multipart form"),
        Content::Parts(_) if !body.multipart => complain("is a multipart form instead of JSON"),
        Content::Bytes(_) if media_type != Some("application/json") => {
            complain("does not have the content type application/json");
        }
        Content::Bytes(bytes) => body.check_json(bytes, complaints),
        Content::Parts(parts) => body.check_parts(parts, complaints),
    }
}

impl Body {
    fn check_json(&self, bytes: &[u8], complaints: &mut Vec<Complaint>) {
        match serde_json::from_slice::<Value>(bytes) {
            Err(error) => complaints.push(Complaint::new("body", error)),
            Ok(value) => {
                for error in self.validator.iter_errors(&value) {
                    let place = format!("body {}", error.instance_path());
                    complaints.push(Complaint::new(place.trim_end(), error));
                }
            }
        }
    }

    /// Validates the strings of a form as an object; files only have to be files.
    fn check_parts(&self, parts: &[Part], complaints: &mut Vec<Complaint>) {
        let mut fields = serde_json::Map::new();
        if parts.is_empty() {
            complaints.push(Complaint::new("body", "is a form without parts"));
        }
        for part in parts {
            let place = format!("body {}", part.name);
            let Some(schema) = self.schema.pointer(&format!("/properties/{}", part.name)) else {
                complaints.push(Complaint::new(place, "is not a part of this form"));
                continue;
            };
            let binary = schema.get("format").and_then(Value::as_str) == Some("binary");
            let has_type = part
                .content_type
                .as_deref()
                .is_some_and(|kind| kind.starts_with("image/"));
            let text = match std::str::from_utf8(&part.content) {
                _ if binary => String::new(),
                Ok(text) => text.to_owned(),
                Err(error) => {
                    complaints.push(Complaint::new(place, error));
                    continue;
                }
            };
            if binary && (part.file_name.is_none() || !has_type || part.content.is_empty()) {
                let what = "lacks a file name, an image type or content";
                complaints.push(Complaint::new(&place, what));
            }
            if fields.insert(part.name.clone(), text.into()).is_some() {
                complaints.push(Complaint::new(place, "is given twice"));
            }
        }
        for error in self.validator.iter_errors(&fields.into()) {
            complaints.push(Complaint::new("body", error));
        }
    }
}
