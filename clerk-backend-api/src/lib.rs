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
mod temp_user {
    #![allow(
        missing_docs,
        unreachable_pub,
        missing_debug_implementations,
        clippy::all
    )]
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
    pub struct User {
        pub id: String,
        pub first_name: Option<String>,
    }
    pub struct Users<'a>(&'a crate::ClerkClient);
    pub struct GetUser(crate::RawRequest);
    impl crate::ClerkClient {
        pub fn users(&self) -> Users<'_> {
            Users(self)
        }
    }
    impl Users<'_> {
        pub fn get(&self, id: &str) -> GetUser {
            GetUser(self.0.request(http::Method::GET, ["users", id]))
        }
    }
    impl GetUser {
        pub async fn send(self) -> Result<User, crate::Error> {
            self.0.send().await?.json()
        }
    }
}
pub use temp_user::User;
