use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::raw_response::RawResponse;

/// A result together with the response it was parsed from, returned by `send_with_response`.
///
/// ```
/// use clerk_backend_api::{ClerkClient, Error};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// let response = client.users().get("user_2abc").send_with_response().await?;
/// println!("{:?}", response.trace_id());
/// let user = response.into_value();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Response<T> {
    value: T,
    raw: RawResponse,
}

impl<T> Response<T> {
    pub(crate) fn new(value: T, raw: RawResponse) -> Self {
        Self { value, raw }
    }

    /// Returns the result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Returns the result and drops the rest of the response.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// Returns the status, which is always 2xx.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.raw.status()
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.raw.headers()
    }

    /// Returns the body, for values that the types of this crate do not include.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.raw.body()
    }

    /// Returns the trace ID, which Clerk's support team can use to find the request.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.raw.trace_id()
    }
}
