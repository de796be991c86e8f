//! How the answers of the generated operations are read.

use serde::de::DeserializeOwned;

use crate::{error::Error, lenient::model, page::Page, raw_response::RawResponse};

/// Reads an answer that is JSON.
#[inline]
pub(crate) fn json<T: DeserializeOwned>(answer: &RawResponse) -> Result<T, Error> {
    answer.json()
}

/// Reads an answer without a body; whatever it holds is ignored.
#[cfg(any(feature = "instance", feature = "machine-auth"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the signature of the other readers"
)]
pub(crate) fn nothing(_: &RawResponse) -> Result<(), Error> {
    Ok(())
}

/// Reads an answer that is text.
#[cfg(feature = "instance")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "has the signature of the other readers"
)]
pub(crate) fn text(answer: &RawResponse) -> Result<String, Error> {
    Ok(String::from_utf8_lossy(answer.body()).into_owned())
}

/// Reads an answer that is a list; entries that are null are dropped.
#[inline]
pub(crate) fn list<T: DeserializeOwned>(answer: &RawResponse) -> Result<Vec<T>, Error> {
    Ok(answer.json::<Page<T>>()?.data)
}

/// Reads an answer that is a number of things.
pub(crate) fn count(answer: &RawResponse) -> Result<u64, Error> {
    let count: TotalCount = answer.json()?;
    Ok(count.total_count.try_into().unwrap_or_default())
}

#[derive(Default)]
struct TotalCount {
    total_count: i64,
}

model! {
    TotalCount
    lenient { "total_count" => total_count, }
}
