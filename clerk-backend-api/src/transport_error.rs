use std::error::Error as StdError;

/// A connection that could not be established or was lost.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the connection to the clerk api was lost" } else { "could not connect to the clerk api" })]
pub struct TransportError {
    connected: bool,
    source: Box<dyn StdError + Send + Sync>,
}

impl TransportError {
    pub(crate) fn new(source: reqwest::Error) -> Self {
        // The query of the URL may contain personal data.
        Self {
            connected: !source.is_connect(),
            source: Box::new(source.without_url()),
        }
    }

    /// Returns true if a connection was established, so that the server may have received the
    /// request.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}

/// A response that did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("{}", if *.connected { "the clerk api did not respond in time" } else { "could not connect to the clerk api in
#time" })]
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

    /// Returns true if a connection was established, so that the server may have received the
    /// request.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }
}
