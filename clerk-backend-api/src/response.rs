use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::raw_response::RawResponse;

/// A result together with the answer it was read from, as `send_with_response` gives it.
///
/// ```
/// use clerk_backend_api::{ClerkClient, Error};
///
/// # async fn run(client: ClerkClient) -> Result<(), Error> {
/// let answer = client.users().get("user_2abc").send_with_response().await?;
/// println!("{:?}", answer.trace_id());
/// let user = answer.into_value();
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

    /// The result.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The result alone.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The status of the answer, a 2xx one.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.raw.status()
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.raw.headers()
    }

    /// The body of the answer, for what the types of this crate do not show.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.raw.body()
    }

    /// The identifier under which Clerk's support finds the call.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.raw.trace_id()
    }
}
