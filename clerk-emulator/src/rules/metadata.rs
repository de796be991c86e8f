use super::api_error::ApiError;
use crate::model::metadata::{self, MOST_METADATA_BYTES, Metadata};

/// Rejects metadata that exceeds Clerk's size limit.
pub(crate) fn check(param_name: &str, metadata: &Metadata) -> Result<(), ApiError> {
    if metadata::size(metadata) <= MOST_METADATA_BYTES {
        return Ok(());
    }
    Err(ApiError::param(
        "form_param_exceeds_allowed_size",
        param_name,
        format!(
            "{param_name} exceeds the maximum allowed size of {} KB",
            MOST_METADATA_BYTES / 1024
        ),
    ))
}

/// The way an update treats existing metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Update {
    /// Merges deeply. A null value removes a key.
    Merge,
    /// Replaces the whole object.
    Replace,
}

/// Updates one metadata object. Omitted metadata stays unchanged.
pub(crate) fn update(
    param_name: &str,
    current: &mut Metadata,
    given: Option<Metadata>,
    how: Update,
) -> Result<(), ApiError> {
    let Some(given) = given else { return Ok(()) };
    match how {
        Update::Merge => metadata::merge(current, given),
        Update::Replace => *current = given,
    }
    check(param_name, current)
}
