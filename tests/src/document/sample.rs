//! Generates requests from the document, to test the judge itself.

use serde_json::Value;

use super::{
    DocumentError,
    answer::Answer,
    operation::{Operation, Segment},
};

/// A request that uses everything that an operation accepts.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The path after the version segment.
    pub segments: Vec<String>,
    /// Every query parameter.
    pub query: Vec<(String, String)>,
    /// The body with every key; `None` if there is none or if it is a form.
    pub body: Option<Value>,
    /// Whether the body is a multipart form.
    pub multipart: bool,
}

impl Operation {
    /// Generates a valid request to this operation.
    ///
    /// # Errors
    /// Fails if no value of a schema can be generated.
    pub fn sample(&self) -> Result<Sample, DocumentError> {
        let make = |schema: &Value| {
            Answer::make(schema, 0)
                .map(|made| made.value)
                .map_err(|what| DocumentError::new(self.to_string(), what))
        };
        let mut segments = Vec::new();
        for segment in &self.segments {
            segments.push(match segment {
                Segment::Literal(literal) => literal.clone(),
                Segment::Parameter(name) => {
                    let parameter = self.parameters.iter().find(|known| known.name == *name);
                    match parameter {
                        Some(parameter) => text(&make(&parameter.schema)?),
                        None => {
                            return Err(DocumentError::new(
                                self.to_string(),
                                format!("does not describe {{{name}}}"),
                            ));
                        }
                    }
                }
            });
        }
        let mut query = Vec::new();
        for parameter in self
            .parameters
            .iter()
            .filter(|parameter| !parameter.in_path)
        {
            match make(&parameter.schema)? {
                Value::Array(values) => {
                    query.extend(
                        values
                            .iter()
                            .map(|value| (parameter.name.clone(), text(value))),
                    );
                }
                value => query.push((parameter.name.clone(), text(&value))),
            }
        }
        let multipart = self.body.as_ref().is_some_and(|body| body.multipart);
        let body = self.body.as_ref().filter(|body| !body.multipart);
        Ok(Sample {
            segments,
            query,
            body: body.map(|body| make(&body.schema)).transpose()?,
            multipart,
        })
    }

    /// Returns the required keys of a JSON body.
    #[must_use]
    pub fn required_body_keys(&self) -> Vec<&str> {
        let required = self
            .body
            .as_ref()
            .and_then(|body| body.schema.get("required")?.as_array());
        required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }

    /// Returns true if a JSON body may contain only the described keys.
    #[must_use]
    pub fn body_is_closed(&self) -> bool {
        let allowed = self
            .body
            .as_ref()
            .and_then(|body| body.schema.get("additionalProperties"));
        allowed == Some(&Value::Bool(false))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
