//! Readers for the responses of the generated operations.

use serde::de::{DeserializeOwned, Error as _};

use crate::{
    error::Error,
    lenient::model,
    page::{self, Page},
    raw_response::RawResponse,
};

/// Reads a JSON response.
#[inline]
pub(crate) fn json<T: DeserializeOwned>(answer: &RawResponse) -> Result<T, Error> {
    answer.json()
}

/// Reads a response without a body. Any body is ignored.
#[cfg(any(feature = "instance", feature = "machine-auth"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the signature of the other readers"
)]
pub(crate) fn nothing(_: &RawResponse) -> Result<(), Error> {
    Ok(())
}

/// Reads a text response.
#[cfg(feature = "instance")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the signature of the other readers"
)]
pub(crate) fn text(answer: &RawResponse) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// Reads a list response, whose entries are under `key`.
#[inline]
pub(crate) fn page<T: DeserializeOwned>(
    answer: &RawResponse,
    key: &'static str,
) -> Result<Page<T>, Error> {
    page::read(answer.body(), key)
        .map_err(|source| answer.decode_error(std::any::type_name::<Page<T>>(), source))
}

/// Reads a response that contains a count.
pub(crate) fn count(answer: &RawResponse) -> Result<u64, Error> {
    let TotalCount { total_count } = answer.json()?;
    total_count.try_into().map_err(|_| {
        let source = serde_json::Error::custom("`total_count`: is negative");
        answer.decode_error("count", source)
    })
}

/// Rejects a response about a different object than the requested one.
///
/// `names` are the ID and other unique names of the object in the response. A response without any
/// of them is accepted.
pub(crate) fn same<const N: usize>(
    answer: &RawResponse,
    asked: &str,
    names: [Option<&str>; N],
) -> Result<(), Error> {
    let mut names = names.into_iter().flatten().peekable();
    if names.peek().is_none() || names.any(|name| name == asked) {
        return Ok(());
    }
    Err(answer.other_object())
}

/// Reads an ID that some responses leave out.
pub(crate) trait Name {
    fn name(&self) -> Option<&str>;
}

impl Name for String {
    fn name(&self) -> Option<&str> {
        Some(self)
    }
}

impl Name for Option<String> {
    fn name(&self) -> Option<&str> {
        self.as_deref()
    }
}

#[derive(Default)]
struct TotalCount {
    total_count: i64,
}

model! {
    TotalCount
    strict { "total_count" => total_count, }
}
