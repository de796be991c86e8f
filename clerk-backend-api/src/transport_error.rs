use std::error::Error as StdError;

/// A connection that could not be made, or broke.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the connection to the clerk api broke" } else { "no connection to the clerk api could be made" })]
pub struct TransportError {
    connected: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl TransportError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        // The address may carry personal data in its query.
        Self {
            connected: !source.is_connect(),
            source: Box::new(source.without_url()),
        }
    }

    /// Whether a connection was made, so that the server may have seen the call.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}

/// An answer that did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the clerk api did not answer in time" } else { "no connection to the clerk api could be made in time" })]
pub struct TimeoutError {
    connected: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl TimeoutError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        Self {
            connected: !source.is_connect(),
            source: Box::new(source.without_url()),
        }
    }

    /// Whether a connection was made, so that the server may have seen the call.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}
