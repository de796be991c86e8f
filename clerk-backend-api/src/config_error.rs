use std::{error::Error as StdError, fmt};

/// An error in the configuration of a client.
///
/// `Debug` prints the message and its causes, so that `main() -> Result<(), Box<dyn Error>>` shows
/// them.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required environment variable is not set.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
    /// An environment variable is not valid Unicode.
    #[error("the environment variable {0} is not valid unicode")]
    UnreadableVariable(&'static str),
    /// The secret key is empty.
    #[error("the secret key is empty, take it from the api keys page of the clerk dashboard")]
    EmptySecretKey,
    /// The machine secret key is empty.
    #[error("the machine secret key is empty")]
    EmptyMachineSecretKey,
    /// A key or default header contains characters that are not allowed in a header.
    #[error("{0} contains characters that are not allowed in an http header")]
    InvalidHeader(&'static str),
    /// The API URL is not an absolute `http` or `https` URL without query and fragment.
    #[error("the api url must be an absolute http or https url without user, query and fragment")]
    InvalidApiUrl(#[source] Option<url::ParseError>),
    /// The API URL is `http` and its host is not loopback.
    #[error(
        "the api url must be https unless its host is loopback, because keys would be sent unencrypted; \
         for development set CLERK_DEVELOPMENT_ALLOW_HTTP=true or call \
         `dangerous_allow_http` on the builder"
    )]
    InsecureApiUrl,
    /// The version segment is empty or is not a single path segment.
    #[error("the api version must be one path segment such as v1")]
    InvalidApiVersion,
    /// The HTTP client could not be set up, usually because the system has no CA certificates.
    #[error(
        "the http client could not be set up; if this system has no ca certificates, install them \
         (debian and ubuntu: the package ca-certificates), point SSL_CERT_FILE at a bundle, or \
         switch on the feature `webpki-roots` of clerk-backend-api"
    )]
    HttpClient(#[source] Box<dyn StdError + Send + Sync>),
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::ClerkClient;

    #[test]
    fn debug_is_the_text_with_its_causes() {
        let error = ClerkClient::builder()
            .api_url("https://exa mple.com:port")
            .build()
            .map(|_| ())
            .unwrap_err();
        assert_eq!(format!("{error:?}"), error.to_string());
        let error = ClerkClient::builder()
            .api_url("https://example.com:port")
            .build()
            .map(|_| ())
            .unwrap_err();
        let text = format!("{error:?}");
        assert!(text.starts_with(&error.to_string()), "{text}");
        assert!(text.ends_with(": invalid port number"), "{text}");
    }
}
