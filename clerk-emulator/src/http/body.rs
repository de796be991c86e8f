use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::query::Params;
use crate::model::patch::Patch;
use crate::rules::api_error::ApiError;

/// The body of a Frontend API request: a form.
#[derive(Debug, Default)]
pub(crate) struct Form(pub(crate) Params);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_bytes(request, state).await?;
        Ok(Self(Params::parse(&bytes)))
    }
}

/// A JSON object. An empty body counts as an empty object.
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
            Ok(_) | Err(_) => Err(unreadable("The request body is not a JSON object")),
        }
    }
}

/// A JSON array of objects.
#[derive(Debug)]
pub(crate) struct Bodies(Vec<Body>);

impl Bodies {
    /// Returns the objects, which must be at least one and at most `most`.
    pub(crate) fn at_most(self, most: usize) -> Result<Vec<Body>, ApiError> {
        if (1..=most).contains(&self.0.len()) {
            Ok(self.0)
        } else {
            Err(unreadable(&format!(
                "The request body must have between 1 and {most} elements"
            )))
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Bodies {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = body_bytes(request, state).await?;
        let not_a_list = || unreadable("The request body is not a JSON array of objects");
        match serde_json::from_slice(&bytes) {
            Ok(Value::Array(items)) => items
                .into_iter()
                .map(|item| match item {
                    Value::Object(fields) => Ok(Body(fields)),
                    _ => Err(not_a_list()),
                })
                .collect::<Result<_, _>>()
                .map(Self),
            Ok(_) | Err(_) => Err(not_a_list()),
        }
    }
}

fn unreadable(message: &str) -> ApiError {
    ApiError::bad_request("request_body_invalid", message)
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

impl From<Map<String, Value>> for Body {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl Body {
    /// Sets a field.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Refuses fields that the operation does not have.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, ApiError> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(unknown) => Err(ApiError::unknown(unknown)),
            None => Ok(self),
        }
    }

    /// Returns a value that is present and not null.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(ApiError::format(name, "must be a text")),
        }
    }

    /// Returns a string that must be present and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| ApiError::missing(name))
    }

    /// Returns a string of at most this many characters.
    pub(crate) fn text_up_to(&self, name: &str, most: usize) -> Result<Option<String>, ApiError> {
        match self.text(name)? {
            Some(text) if text.chars().count() > most => Err(ApiError::param(
                "form_param_max_length_exceeded",
                name,
                format!("{name} must have at most {most} characters"),
            )),
            text => Ok(text),
        }
    }

    /// Returns a string that must not be blank if it is present, of at most this many characters.
    pub(crate) fn name_up_to(&self, name: &str, most: usize) -> Result<Option<String>, ApiError> {
        match self.text_up_to(name, most)? {
            Some(text) if text.trim().is_empty() => Err(ApiError::missing(name)),
            text => Ok(text),
        }
    }

    /// Returns a string if it is one of the allowed ones.
    pub(crate) fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<String>, ApiError> {
        match self.text(name)? {
            Some(text) if !allowed.contains(&text.as_str()) => Err(ApiError::value(
                name,
                &format!("must be one of {}", allowed.join(", ")),
            )),
            text => Ok(text),
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(ApiError::format(name, "must be true or false")),
        }
    }

    /// Returns true if the value is present and true.
    pub(crate) fn is_true(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.boolean(name)? == Some(true))
    }

    /// Returns a whole number; `10.0` counts as one.
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
            .ok_or_else(|| ApiError::format(name, "must be a whole number"))
    }

    /// Returns a list of strings.
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
            .ok_or_else(|| ApiError::format(name, "must be a list of texts"))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Map<String, Value>>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object.clone())),
            Some(_) => Err(ApiError::format(name, "must be an object")),
        }
    }

    /// Returns an object that has only these fields.
    pub(crate) fn nested(&self, name: &str, known: &[&str]) -> Result<Option<Self>, ApiError> {
        self.object(name)?
            .map(|fields| Self(fields).only(known))
            .transpose()
    }

    /// Returns a list of objects that have only these fields.
    pub(crate) fn nested_list(
        &self,
        name: &str,
        known: &[&str],
    ) -> Result<Option<Vec<Self>>, ApiError> {
        let not_a_list = || ApiError::format(name, "must be a list of objects");
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let items = value.as_array().ok_or_else(not_a_list)?;
        items
            .iter()
            .map(|item| match item {
                Value::Object(fields) => Self(fields.clone()).only(known),
                _ => Err(not_a_list()),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Returns a time in RFC 3339 format, in milliseconds since the Unix epoch.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .and_then(|time| i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok())
            .map(Some)
            .ok_or_else(|| ApiError::format(name, "must be a time as in 2012-10-20T07:15:20.902Z"))
    }

    /// Returns the update of a text field: null and the empty string clear it.
    pub(crate) fn patch_text(&self, name: &str) -> Result<Patch<String>, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        Ok(self.patch(name, text))
    }

    /// Returns the update of a field of any type: null clears it.
    pub(crate) fn patch_value(&self, name: &str) -> Patch<Value> {
        self.patch(name, self.value(name).cloned())
    }

    /// Returns the update of a number: null clears it.
    pub(crate) fn patch_integer(&self, name: &str) -> Result<Patch<i64>, ApiError> {
        Ok(self.patch(name, self.integer(name)?))
    }

    /// Returns the update of a time: null clears it.
    pub(crate) fn patch_time(&self, name: &str) -> Result<Patch<i64>, ApiError> {
        Ok(self.patch(name, self.time(name)?))
    }

    /// Returns the update of a list of strings: null clears it.
    pub(crate) fn patch_texts(&self, name: &str) -> Result<Patch<Vec<String>>, ApiError> {
        Ok(self.patch(name, self.texts(name)?))
    }

    fn patch<T>(&self, name: &str, value: Option<T>) -> Patch<T> {
        match value {
            Some(value) => Patch::Set(value),
            None if self.0.contains_key(name) => Patch::Clear,
            None => Patch::Keep,
        }
    }
}
