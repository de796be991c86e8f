use super::api_error::ApiError;

/// What came of an attempt that leaves traces even when it is refused, such as a counted wrong code.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done,
    Refused(ApiError),
}

impl Verdict {
    /// Keeps the refusal for later.
    pub(crate) fn of(result: Result<(), ApiError>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(refusal) => Self::Refused(refusal),
        }
    }
}
