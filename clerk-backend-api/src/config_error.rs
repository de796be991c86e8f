use std::error::Error as StdError;

/// A configuration that no client can be built from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required variable of the environment is not set.
    #[error("the environment variable {0} is not set")]
    MissingVariable(&'static str),
    /// A variable of the environment is not valid Unicode.
    #[error("the environment variable {0} is not valid unicode")]
    UnreadableVariable(&'static str),
    /// The secret key is empty.
    #[error("the secret key is empty, take it from the api keys page of the clerk dashboard")]
    EmptySecretKey,
    /// The machine secret key is empty.
    #[error("the machine secret key is empty")]
    EmptyMachineSecretKey,
    /// A key or default header holds characters that no header may hold.
    #[error("{0} holds characters that no http header may hold")]
    InvalidHeader(&'static str),
    /// The API URL is not an absolute `http` or `https` URL without query and fragment.
    #[error("the api url must be an absolute http or https url without user, query and fragment")]
    InvalidApiUrl(#[source] Option<url::ParseError>),
    /// The API URL is `http` and leads off this machine.
    #[error(
        "the api url must be https unless its host is loopback, keys would travel in the clear"
    )]
    InsecureApiUrl,
    /// The version segment is empty or not a single path segment.
    #[error("the api version must be one path segment such as v1")]
    InvalidApiVersion,
    /// The HTTP client could not be set up, in most cases because the system has no CA certificates.
    #[error(
        "the http client could not be set up; if this system has no ca certificates, install them \
         (debian and ubuntu: the package ca-certificates), point SSL_CERT_FILE at a bundle, or \
         switch on the feature `webpki-roots` of clerk-backend-api"
    )]
    HttpClient(#[source] Box<dyn StdError + Send + Sync>),
}
