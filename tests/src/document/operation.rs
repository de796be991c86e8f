//! One operation of the document: its valid requests and its responses.

use http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::Value;

use super::{
    DocumentError,
    answer::{self, Answer},
    schema::Schemas,
};

/// One method on one path.
#[derive(Debug)]
pub struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) segments: Vec<Segment>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    /// Whether a key is required.
    pub(super) secured: bool,
    success: Success,
    answer_schema: Option<(Value, Validator)>,
    /// Every status that the operation may answer.
    statuses: Vec<StatusCode>,
}

#[derive(Debug)]
pub(super) enum Segment {
    Literal(String),
    Parameter(String),
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) in_path: bool,
    pub(super) required: bool,
    pub(super) schema: Value,
    /// Whether an array is sent as repeated keys instead of a comma-separated list.
    pub(super) explode: bool,
    pub(super) validator: Validator,
}

#[derive(Debug)]
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) multipart: bool,
    pub(super) schema: Value,
    pub(super) validator: Validator,
}

/// The content of a successful response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests distinguish all of them")]
pub enum Success {
    /// A JSON value.
    Json(StatusCode),
    /// A page of HTML.
    Html(StatusCode),
    /// No body.
    Empty(StatusCode),
}

impl Success {
    /// The successful status in the document.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Json(status) | Self::Html(status) | Self::Empty(status) => status,
        }
    }
}

impl Operation {
    pub(super) fn read<'a>(
        schemas: &Schemas<'a>,
        path: &str,
        method: &str,
        operation: &'a Value,
    ) -> Result<Self, DocumentError> {
        let read = Self::read_answer(schemas, path, method, operation)?;
        let place = read.to_string();
        let list = |name| operation.get(name).and_then(Value::as_array);
        let parameters = list("parameters")
            .into_iter()
            .flatten()
            .map(|parameter| Parameter::read(schemas, schemas.follow(parameter)?, &place))
            .collect::<Result<Vec<_>, _>>()?;
        let body = operation
            .get("requestBody")
            .map(|body| Body::read(schemas, schemas.follow(body)?, &place))
            .transpose()?;
        if read.success.status().is_redirection() {
            return Err(DocumentError::new(place, "has no successful response"));
        }
        Ok(Self {
            parameters,
            body,
            secured: list("security").is_none_or(|schemes| !schemes.is_empty()),
            ..read
        })
    }

    /// Reads only the responses of an operation. If it only redirects, that is its successful response.
    pub(super) fn read_answer<'a>(
        schemas: &Schemas<'a>,
        path: &str,
        method: &str,
        operation: &'a Value,
    ) -> Result<Self, DocumentError> {
        let place = format!("{} {path}", method.to_uppercase());
        let error = |what: &str| DocumentError::new(&place, what);
        let method = Method::from_bytes(method.to_uppercase().as_bytes())
            .ok()
            .filter(|method| {
                [
                    Method::GET,
                    Method::POST,
                    Method::PUT,
                    Method::PATCH,
                    Method::DELETE,
                ]
                .contains(method)
            })
            .ok_or_else(|| error("is not a supported method"))?;
        let segments = path
            .split('/')
            .skip(1)
            .map(|segment| {
                match segment
                    .strip_prefix('{')
                    .and_then(|rest| rest.strip_suffix('}'))
                {
                    Some(name) => Segment::Parameter(name.to_owned()),
                    None => Segment::Literal(segment.to_owned()),
                }
            })
            .collect();
        let (success, content) = success(schemas, operation)?
            .or_else(|| redirect(operation))
            .ok_or_else(|| error("has no successful response"))?;
        let answer_schema = content
            .map(|schema| {
                let inlined = schemas.inline(schema, &place)?;
                let validator = schemas.compile(&inlined, &place)?;
                Ok::<_, DocumentError>((inlined, validator))
            })
            .transpose()?;
        Ok(Self {
            method,
            path: path.to_owned(),
            segments,
            parameters: Vec::new(),
            body: None,
            secured: false,
            success,
            answer_schema,
            statuses: statuses(operation),
        })
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the path template, such as `/users/{user_id}`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the content of a successful response.
    #[must_use]
    pub fn success(&self) -> Success {
        self.success
    }

    /// Returns true if the operation may answer with this status.
    #[must_use]
    pub fn declares(&self, status: StatusCode) -> bool {
        self.statuses.contains(&status)
    }

    /// Returns the names of the fields of a JSON body.
    pub fn body_fields(&self) -> impl Iterator<Item = &str> {
        let body = self.body.as_ref().filter(|body| !body.multipart);
        let fields = body.and_then(|body| body.schema.get("properties")?.as_object());
        fields.into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Returns true if the document allows a JSON body.
    #[must_use]
    pub fn allows_body(&self, body: &Value) -> bool {
        let schema = self.body.as_ref().filter(|body| !body.multipart);
        schema.is_some_and(|schema| schema.validator.is_valid(body))
    }

    /// Returns true if the operation has a query parameter, and the document does not allow it to have this value.
    #[must_use]
    pub fn forbids_query(&self, name: &str, value: &str) -> bool {
        self.parameters
            .iter()
            .filter(|parameter| !parameter.in_path && parameter.name == name)
            .any(|parameter| !parameter.allows(value))
    }

    /// Returns the names of the query parameters.
    pub fn query_parameters(&self) -> impl Iterator<Item = &str> {
        let in_query = self.parameters.iter().filter(|one| !one.in_path);
        in_query.map(|parameter| parameter.name.as_str())
    }

    /// Returns true if the response is a list that `paginated=true` turns into a page.
    #[must_use]
    pub fn accepts_paginated(&self) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.name == "paginated" && !parameter.in_path)
    }

    /// Returns the number of responses after which each alternative and each enum value has occurred.
    #[must_use]
    pub fn variants(&self) -> usize {
        match &self.answer_schema {
            Some((schema, _)) => answer::variants(schema),
            None => 0,
        }
    }

    /// Generates a response from the schema; `None` if the response is not JSON. Variants count from 0 and repeat.
    ///
    /// # Errors
    /// Fails if no value of the schema can be generated.
    pub fn answer(&self, variant: usize) -> Result<Option<Answer>, DocumentError> {
        match &self.answer_schema {
            Some((schema, _)) => Answer::make(schema, variant)
                .map(Some)
                .map_err(|what| DocumentError::new(self.to_string(), what)),
            None => Ok(None),
        }
    }

    /// Returns everything in a response that contradicts the document.
    #[must_use]
    pub fn complaints_about_answer(&self, answer: &Value) -> Vec<String> {
        let validator = self.answer_schema.as_ref().map(|(_, validator)| validator);
        validator
            .into_iter()
            .flat_map(|validator| validator.iter_errors(answer))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    /// Returns the values of the path parameters, if the decoded segments match the template.
    pub(super) fn matches<'a>(&self, segments: &'a [String]) -> Option<Vec<(&str, &'a str)>> {
        if segments.len() != self.segments.len() {
            return None;
        }
        let mut values = Vec::new();
        for (expected, found) in self.segments.iter().zip(segments) {
            match expected {
                Segment::Literal(literal) if literal == found => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) => values.push((name.as_str(), found.as_str())),
            }
        }
        Some(values)
    }

    /// Returns the number of literal segments: `/users/count` takes precedence over `/users/{user_id}`.
    pub(super) fn literals(&self) -> usize {
        let literal = |segment: &&Segment| matches!(segment, Segment::Literal(_));
        self.segments.iter().filter(literal).count()
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Parameter {
    fn read<'a>(
        schemas: &Schemas<'a>,
        parameter: &'a Value,
        place: &str,
    ) -> Result<Self, DocumentError> {
        let text = |key| parameter.get(key).and_then(Value::as_str);
        let name = text("name").unwrap_or_default().to_owned();
        let place = format!("{place} ?{name}");
        let error = |what: &str| DocumentError::new(&place, what);
        let in_path = match text("in") {
            Some("path") => true,
            Some("query") => false,
            _ => return Err(error("is in an unsupported location")),
        };
        if !in_path && !matches!(text("style"), None | Some("form")) {
            return Err(error("has an unsupported style"));
        }
        let schema = parameter
            .get("schema")
            .ok_or_else(|| error("has no schema"))?;
        let schema = schemas.inline(schema, &place)?;
        let validator = schemas.compile(&schema, &place)?;
        Ok(Self {
            name,
            in_path,
            required: in_path || parameter.get("required") == Some(&Value::Bool(true)),
            schema,
            explode: parameter.get("explode") != Some(&Value::Bool(false)),
            validator,
        })
    }
}

impl Parameter {
    /// Returns true if the document allows a text as the value, or as an entry of it.
    fn allows(&self, text: &str) -> bool {
        let text = Value::from(text);
        self.validator.is_valid(&text) || self.validator.is_valid(&Value::Array(vec![text]))
    }
}

impl Body {
    fn read<'a>(
        schemas: &Schemas<'a>,
        body: &'a Value,
        place: &str,
    ) -> Result<Self, DocumentError> {
        let place = format!("{place} body");
        let content = body.get("content").and_then(Value::as_object);
        let mut content = content.into_iter().flatten();
        let (Some((media_type, content)), None) = (content.next(), content.next()) else {
            return Err(DocumentError::new(
                place,
                "does not have exactly one content type",
            ));
        };
        let multipart = match media_type.as_str() {
            "application/json" => false,
            "multipart/form-data" => true,
            other => return Err(DocumentError::new(place, format!("is {other}"))),
        };
        let schema = content.get("schema").unwrap_or(&Value::Null);
        let schema = schemas.inline(schema, &place)?;
        let validator = schemas.compile(&schema, &place)?;
        // A body with a required key is required, regardless of what the document says about the body itself.
        let has_required_key = schema.get("required").is_some();
        Ok(Self {
            required: has_required_key || body.get("required") == Some(&Value::Bool(true)),
            multipart,
            schema,
            validator,
        })
    }
}

fn success<'a>(
    schemas: &Schemas<'a>,
    operation: &'a Value,
) -> Result<Option<(Success, Option<&'a Value>)>, DocumentError> {
    let responses = operation.get("responses").and_then(Value::as_object);
    for (status, response) in responses.into_iter().flatten() {
        let Some(status) = status
            .parse()
            .ok()
            .and_then(|status| StatusCode::from_u16(status).ok())
            .filter(StatusCode::is_success)
        else {
            continue;
        };
        let response = schemas.follow(response)?;
        let json = response.pointer("/content/application~1json/schema");
        return Ok(Some(match json {
            Some(schema) => (Success::Json(status), Some(schema)),
            // The only operation with a body but no content type is described as HTML.
            None if status == StatusCode::OK => (Success::Html(status), None),
            None => (Success::Empty(status), None),
        }));
    }
    Ok(None)
}

fn statuses(operation: &Value) -> Vec<StatusCode> {
    let responses = operation.get("responses").and_then(Value::as_object);
    responses
        .into_iter()
        .flat_map(|responses| responses.keys())
        .filter_map(|status| status.parse().ok())
        .collect()
}

/// Returns the redirect of an operation that has no other successful response.
fn redirect(operation: &Value) -> Option<(Success, Option<&Value>)> {
    let responses = operation.get("responses")?.as_object()?;
    let mut statuses = responses.keys().filter_map(|status| status.parse().ok());
    let status = statuses.find(StatusCode::is_redirection)?;
    Some((Success::Empty(status), None))
}
