//! Reading queries and bodies.

use std::ops::Range;

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use serde_json::{Map, Value};
use std::convert::Infallible;
use url::form_urlencoded;

use crate::reply::ApiError;

/// A decoded query or form: keys may repeat.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All values: repeated keys (also as `name[]`) and comma-separated ones.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key.strip_suffix("[]").unwrap_or(key) == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name) {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| invalid(name, "must be a whole number"))
            })
            .transpose()
    }

    /// `limit` (default 10, 1 to `most`) and `offset` (default 0).
    pub(crate) fn page(&self, most: usize) -> Result<Page, ApiError> {
        let limit = match self.integer("limit")? {
            None => 10,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=most).contains(limit))
                .ok_or_else(|| invalid("limit", &format!("must be between 1 and {most}")))?,
        };
        let offset = match self.integer("offset")? {
            None => 0,
            Some(offset) => {
                usize::try_from(offset).map_err(|_| invalid("offset", "must not be negative"))?
            }
        };
        Ok(Page { offset, limit })
    }
}

fn invalid(name: &str, rule: &str) -> ApiError {
    ApiError::param("form_param_format_invalid", name, format!("{name} {rule}"))
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(
            parts.uri.query().unwrap_or_default().as_bytes(),
        ))
    }
}

/// A piece of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    offset: usize,
    limit: usize,
}

impl Page {
    pub(crate) fn of<T>(self, rows: &[T]) -> &[T] {
        let range: Range<usize> =
            self.offset.min(rows.len())..self.offset.saturating_add(self.limit).min(rows.len());
        &rows[range]
    }
}

/// A body of the Frontend API: a form.
#[derive(Debug, Default)]
pub(crate) struct Form(pub(crate) Params);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_bytes(request, state).await?;
        Ok(Self(Params::parse(&bytes)))
    }
}

/// A JSON object; an empty body counts as an empty object.
#[derive(Debug, Default)]
pub(crate) struct Body(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_bytes(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(Value::Null) => Ok(Self::default()),
            Ok(_) | Err(_) => Err(ApiError::bad_request(
                "request_body_invalid",
                "The request body is not a JSON object",
            )),
        }
    }
}

async fn body_bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            ApiError::new(
                rejection.status(),
                "request_body_invalid",
                rejection.body_text(),
            )
        })
}

impl Body {
    /// Refuses fields that the operation does not have.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, ApiError> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(unknown) => Err(ApiError::param(
                "form_param_unknown",
                unknown.clone(),
                format!("{unknown} is not a valid parameter for this request"),
            )),
            None => Ok(self),
        }
    }

    /// A value that is there and not null.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(invalid(name, "must be a text")),
        }
    }

    /// A text that must be there and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| {
                ApiError::param(
                    "form_param_missing",
                    name,
                    format!("{name} must be included"),
                )
            })
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(name, "must be true or false")),
        }
    }

    /// A whole number; `10.0` counts as one.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and within the range where floats are exact"
        )]
        let from_float = || {
            value
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() < 9e15)
                .map(|float| float as i64)
        };
        value
            .as_i64()
            .or_else(from_float)
            .map(Some)
            .ok_or_else(|| invalid(name, "must be a whole number"))
    }

    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        value
            .as_array()
            .and_then(|items| {
                items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect()
            })
            .map(Some)
            .ok_or_else(|| invalid(name, "must be a list of texts"))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Map<String, Value>>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object.clone())),
            Some(_) => Err(invalid(name, "must be an object")),
        }
    }

    /// Writes a text into `field` when the body has it: null and the empty text clear it.
    pub(crate) fn patch_text(
        &self,
        name: &str,
        field: &mut Option<String>,
    ) -> Result<(), ApiError> {
        if self.0.contains_key(name) {
            *field = self.text(name)?.filter(|text| !text.is_empty());
        }
        Ok(())
    }
}

/// Merges `patch` into `target` as Clerk merges metadata: objects deeply, null removes a key.
pub(crate) fn merge_metadata(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(&key);
            }
            Value::Object(patch) => match target.get_mut(&key) {
                Some(Value::Object(current)) => merge_metadata(current, patch),
                _ => {
                    let mut fresh = Map::new();
                    merge_metadata(&mut fresh, patch);
                    target.insert(key, Value::Object(fresh));
                }
            },
            other => {
                target.insert(key, other);
            }
        }
    }
}
