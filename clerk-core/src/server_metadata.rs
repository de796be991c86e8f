//! Metadata of the authorization server (RFC 8414), for OAuth clients that predate RFC 9728 and request it from the
//! application.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use clerk_backend_api::ClerkClient;
use http::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::clock::{Clock, Moment};

/// The path of the metadata, below the URL of a server.
const PATH: [&str; 2] = [".well-known", "oauth-authorization-server"];
/// How long the metadata is used before it is requested again.
const FRESH_FOR: Duration = Duration::from_secs(300);
/// How long to wait after a failure before the metadata is requested again.
const COOL_DOWN: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(5);

/// The metadata of the Frontend API, downloaded when a client requests it.
pub(crate) struct ServerMetadata {
    client: ClerkClient,
    /// The metadata as last downloaded. It is locked during a download, so that there is one at a time. Dropping a
    /// request ends its download, and the next one starts another.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    text: Option<Bytes>,
    /// When it was last requested, and how long to wait before it is requested again.
    requested: Option<(Moment, Duration)>,
}

impl ServerMetadata {
    /// Creates the metadata of the server that this client sends requests to.
    pub(crate) fn new(client: ClerkClient) -> Self {
        Self {
            client,
            known: Mutex::default(),
        }
    }

    /// Returns the document, or `None` if it cannot be downloaded and is not known from earlier.
    pub(crate) async fn read(&self, clock: &dyn Clock) -> Option<Bytes> {
        let mut known = self.known.lock().await;
        // After the wait for the lock.
        let now = Moment::now(clock);
        if known
            .requested
            .is_some_and(|(requested, wait)| now.since(requested) < wait)
        {
            return known.text.clone();
        }
        match self.download().await {
            Ok(text) => {
                *known = Known {
                    text: Some(text),
                    requested: Some((now, FRESH_FOR)),
                };
            }
            Err(problem) => {
                tracing::warn!(
                    "the metadata of the authorization server cannot be read: {problem}"
                );
                known.requested = Some((now, COOL_DOWN));
            }
        }
        known.text.clone()
    }

    async fn download(&self) -> Result<Bytes, String> {
        let request = self.client.request(Method::GET, PATH).unversioned();
        let request = request.unauthenticated().timeout(TIMEOUT);
        let response = request.send().await.map_err(|error| error.to_string())?;
        match response.json::<Value>() {
            Ok(metadata) if metadata["issuer"].is_string() => Ok(response.body().clone()),
            Ok(_) => Err("it names no issuer".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl fmt::Debug for ServerMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerMetadata").finish_non_exhaustive()
    }
}
