//! Typed client of the whole Clerk Backend API.

mod client;
mod config;
mod deleted_object;
mod error;
mod fields;
mod jwk;
mod lenient;
mod metadata;
mod oauth_access_token;
mod options;
mod page;
mod patch;
mod path;
mod raw;
mod request;
pub mod resources;
mod response;
mod retry;
mod secret;
mod session_refresh;
mod timestamp;
mod upload;
mod verification;

pub use client::ClerkClient;
pub use config::{API_VERSION, ClerkClientBuilder};
pub use deleted_object::DeletedObject;
pub use error::{
    ApiError, ApiErrorItem, ConfigError, DecodeError, Error, ErrorCode, InvalidRequest,
    InvalidRequestReason, Optional, TimeoutError, TransportError,
};
pub use jwk::{Jwk, Jwks};
pub use metadata::Metadata;
pub use oauth_access_token::{OAuthAccessTokenVerification, VerifiedOAuthAccessToken};
pub use options::RequestOptions;
pub use page::{Page, PageStream};
pub use patch::Patch;
pub use raw::{RawRequest, RawResponse};
pub use response::Response;
pub use retry::Retry;
pub use secret::{MachineSecretKey, MachineToken, Secret, SecretKey, SessionToken};
pub use session_refresh::SessionRefresh;
pub use timestamp::Timestamp;
pub use upload::Upload;
pub use verification::{Verification, VerificationStatus, VerificationStrategy};

pub use resources::{
    organization_memberships::OrganizationMembership, organizations::Organization,
    sessions::Session, users::User,
};
