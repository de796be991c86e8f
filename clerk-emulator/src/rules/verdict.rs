use super::api_error::ApiError;

/// The outcome of an attempt that has effects even when it is rejected, such as counting a wrong code.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done,
    Refused(ApiError),
}

impl Verdict {
    /// Creates a verdict that keeps an error for later.
    pub(crate) fn of(result: Result<(), ApiError>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(refusal) => Self::Refused(refusal),
        }
    }
}
