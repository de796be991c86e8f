use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use url::form_urlencoded;

use super::page::{MOST_CREDENTIALS, Page};
use crate::rules::api_error::ApiError;

/// A decoded query or form, in which keys may repeat.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// Returns the first value.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Iterates over the names, without the brackets of repeated ones.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .map(|(name, _)| name.strip_suffix("[]").unwrap_or(name))
    }

    /// Returns the first value, unless it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Returns the first value in lowercase, unless it is empty.
    pub(crate) fn lower(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_lowercase)
    }

    /// Returns all values, from repeated keys (also as `name[]`) and separated by commas.
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
            Some(_) => Err(ApiError::value(name, "must be true or false")),
        }
    }

    /// Returns true if the value is true. Without a value it is false.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.boolean(name)? == Some(true))
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| ApiError::value(name, "must be a whole number"))
            })
            .transpose()
    }

    /// Returns the value if it is one of the allowed ones.
    pub(crate) fn one_of<'a>(
        &'a self,
        name: &str,
        allowed: &[&str],
    ) -> Result<Option<&'a str>, ApiError> {
        match self.text(name) {
            Some(value) if !allowed.contains(&value) => Err(ApiError::value(
                name,
                &format!("must be one of {}", allowed.join(", ")),
            )),
            value => Ok(value),
        }
    }

    /// Returns all values if each is one of the allowed ones.
    pub(crate) fn all_of(&self, name: &str, allowed: &[&str]) -> Result<Vec<&str>, ApiError> {
        let values = self.all(name);
        match values.iter().all(|value| allowed.contains(value)) {
            true => Ok(values),
            false => Err(ApiError::value(
                name,
                &format!("must be one of {}", allowed.join(", ")),
            )),
        }
    }

    /// Reads a whole number that may be written as `10.0`.
    fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
            let is_zero = fraction.bytes().all(|digit| digit == b'0');
            if is_zero { whole } else { text }
        });
        whole
            .parse()
            .map(Some)
            .map_err(|_| ApiError::value(name, "must be a whole number"))
    }

    /// Reads `limit` (10 by default, from 1 to `most`) and `offset` (0 by default).
    pub(crate) fn page(&self, most: usize) -> Result<Page, ApiError> {
        Self::page_of(self.integer("limit")?, self.integer("offset")?, most)
    }

    /// Reads the page of a list of credentials, whose operations accept `limit` and `offset` in the number format of
    /// JSON.
    pub(crate) fn credential_page(&self) -> Result<Page, ApiError> {
        let (limit, offset) = (self.number("limit")?, self.number("offset")?);
        Self::page_of(limit, offset, MOST_CREDENTIALS)
    }

    fn page_of(limit: Option<i64>, offset: Option<i64>, most: usize) -> Result<Page, ApiError> {
        let limit = match limit {
            None => 10,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=most).contains(limit))
                .ok_or_else(|| {
                    ApiError::value("limit", &format!("must be between 1 and {most}"))
                })?,
        };
        let offset = match offset {
            None => 0,
            Some(offset) => usize::try_from(offset)
                .map_err(|_| ApiError::value("offset", "must not be negative"))?,
        };
        Ok(Page { offset, limit })
    }

    /// Reads `order_by`: a field with `+` (or nothing) for ascending, `-` for descending.
    pub(crate) fn order_by<'a>(
        &'a self,
        fields: &[&str],
        default: &'a str,
    ) -> Result<Order<'a>, ApiError> {
        let wanted = self.text("order_by").unwrap_or(default);
        // A plus sign that the client did not encode arrives as a space.
        let (field, ascending) = match wanted.strip_prefix('-') {
            Some(field) => (field, false),
            None => (wanted.trim_start_matches(['+', ' ']), true),
        };
        if fields.contains(&field) {
            Ok(Order { field, ascending })
        } else {
            Err(ApiError::value(
                "order_by",
                &format!("must be one of {}", fields.join(", ")),
            ))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(
            parts.uri.query().unwrap_or_default().as_bytes(),
        ))
    }
}

/// The order of a list: the field, and the direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) field: &'a str,
    ascending: bool,
}

/// A sort key.
pub(crate) trait SortKey: Ord {
    /// Returns true if there is no value.
    fn is_null(&self) -> bool {
        false
    }
}

impl SortKey for i64 {}
impl SortKey for usize {}
impl SortKey for bool {}
impl SortKey for &str {}
impl SortKey for String {}

impl<K: SortKey> SortKey for Option<K> {
    fn is_null(&self) -> bool {
        self.is_none()
    }
}

impl Order<'_> {
    /// Sorts by a key. Rows without a value come last in ascending and first in descending order, as in PostgreSQL.
    /// Descending order also reverses equal rows, so that the newest comes first.
    pub(crate) fn sort<T, K: SortKey>(self, rows: &mut [T], key: impl Fn(&T) -> K) {
        if !self.ascending {
            rows.reverse();
        }
        rows.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            let order = (a.is_null(), a).cmp(&(b.is_null(), b));
            if self.ascending {
                order
            } else {
                order.reverse()
            }
        });
    }
}
