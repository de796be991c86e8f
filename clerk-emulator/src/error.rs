use std::error::Error as _;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// An error of the emulator or its builder.
///
/// `Debug` shows the text with its causes, which makes `main() -> Result<(), Box<dyn Error>>` readable.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is in use or cannot be used.
    #[error("cannot listen on {address}: choose another port, or none for a free one")]
    Bind {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The server's thread or runtime could not be started.
    #[error("cannot start the server's thread")]
    Thread(#[source] std::io::Error),
    /// A signing key could not be generated.
    #[error("cannot generate an rsa key of 2048 bits")]
    KeyGeneration,
    /// The process's `jsonwebtoken` has no cryptography: an application that enabled both of its backends used it
    /// before the emulator was started, without installing a provider.
    #[error(
        "jsonwebtoken has no usable crypto provider: enable one of its backends, or install a provider first"
    )]
    CryptoProvider,
    /// A token could not be signed.
    #[error("cannot sign the token")]
    Signing,
    /// The data file cannot be used, and was left unchanged; or it can no longer be written.
    #[error("the data file {path} cannot be used")]
    DataFile {
        /// The file's path.
        path: PathBuf,
        /// What is wrong with it.
        source: Source,
    },
    /// The seed file cannot be read.
    #[error("the seed file {path} cannot be read")]
    ReadSeed {
        /// The file's path.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The seed is not valid JSON, or has a field that the emulator does not know.
    #[error("the seed is not a valid seed document")]
    ParseSeed(#[source] Source),
    /// The seed file is not valid, or has a field that the emulator does not know.
    #[error("the seed file {path} is not a valid seed document")]
    ParseSeedFile {
        /// The file's path.
        path: PathBuf,
        /// What is wrong with it, and where.
        source: Source,
    },
    /// The seed cannot be written as a document.
    #[error("the seed cannot be written as a document")]
    WriteSeed(#[source] Source),
    /// Two entries of the seed have the same identifier.
    #[error("the seed uses the {what} {value:?} twice")]
    Duplicate {
        /// The kind of identifier, such as `email address`.
        what: &'static str,
        /// The identifier.
        value: String,
    },
    /// The configuration refers to something that does not exist.
    #[error("there is no {what} {value:?}: seed it or create it first")]
    Unknown {
        /// The kind of thing, such as `user`.
        what: &'static str,
        /// The name that was looked up.
        value: String,
    },
    /// The user does not belong to the organization.
    #[error("user {user:?} is not a member of organization {organization:?}")]
    NotAMember {
        /// The ID or email address of the user.
        user: String,
        /// The ID or slug of the organization.
        organization: String,
    },
    /// Expected requests did not come, or came too often.
    #[error("not what was expected: {0}")]
    Unexpected(String),
    /// A value of the configuration cannot be used.
    #[error("{what} cannot be {value:?}: {expected}")]
    Invalid {
        /// The name of the value.
        what: &'static str,
        /// The value given.
        value: String,
        /// A description of the accepted values.
        expected: &'static str,
    },
}

impl Error {
    pub(crate) fn unknown(what: &'static str, value: impl Into<String>) -> Self {
        Self::Unknown {
            what,
            value: value.into(),
        }
    }
}

impl fmt::Debug for Error {
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
