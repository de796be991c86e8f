//! Typed client of the whole Clerk Backend API.

mod client;
mod config;
mod error;
mod lenient;
mod options;
mod patch;
mod path;
mod raw;
mod request;
mod retry;
mod secret;
mod upload;

pub use client::ClerkClient;
pub use config::{API_VERSION, ClerkClientBuilder};
pub use error::{
    ApiError, ApiErrorItem, ConfigError, DecodeError, Error, ErrorCode, InvalidRequest,
    InvalidRequestReason, Optional, TimeoutError, TransportError,
};
pub use options::RequestOptions;
pub use patch::Patch;
pub use raw::{RawRequest, RawResponse};
pub use retry::Retry;
pub use secret::{MachineSecretKey, MachineToken, Secret, SecretKey, SessionToken};
pub use upload::Upload;
