//! Typed client of the whole [Clerk Backend API](https://clerk.com/docs/reference/backend-api): all 249 operations of
//! version 2026-05-12, with pages that stream, retries that are safe, and answers that are always read.
//!
//! ```no_run
//! use clerk_backend_api::{ClerkClient, Error};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = ClerkClient::from_env()?; // CLERK_SECRET_KEY
//! let user = client.users().get("user_2abc").send().await?;
//! println!("{:?}", user.full_name());
//! # Ok(())
//! # }
//! ```
//!
//! Operations stand in groups: `client.users()`, `client.organizations()`, `client.sessions()`. What an operation needs are
//! arguments, what it may take are setters named as on the wire, and `.send()` sends. The modules of [`resources`] list
//! every group with its operations and types.
//!
//! | about | groups |
//! |---|---|
//! | people | [`users`](resources::users), [`email_addresses`](resources::email_addresses), [`phone_numbers`](resources::phone_numbers), [`invitations`](resources::invitations), [`waitlist_entries`](resources::waitlist_entries), [`sign_ups`](resources::sign_ups) |
//! | signing in | [`sessions`](resources::sessions), [`clients`](resources::clients), [`sign_in_tokens`](resources::sign_in_tokens), [`actor_tokens`](resources::actor_tokens), [`agent_tasks`](resources::agent_tasks), [`testing_tokens`](resources::testing_tokens), [`jwks`](resources::jwks) |
//! | organizations | [`organizations`](resources::organizations), [`organization_memberships`](resources::organization_memberships), [`organization_invitations`](resources::organization_invitations), [`organization_domains`](resources::organization_domains), [`organization_roles`](resources::organization_roles), [`organization_permissions`](resources::organization_permissions), [`role_sets`](resources::role_sets) |
//! | programs (`machine-auth`) | `api_keys`, `m2m_tokens`, `machines`, `oauth_applications`, `oauth_access_tokens` |
//! | enterprises (`enterprise`) | `enterprise_connections`, `directories`, `scim_directories`, `saml_connections`, `admin_portal_link_tokens` |
//! | money (`billing`) | `billing`, and the billing calls of users and organizations |
//! | the instance (`instance`) | `instance`, `domains`, `redirect_urls`, `jwt_templates`, `webhooks`, `allowlist_identifiers`, `blocklist_identifiers`, `templates`, `beta_features`, `proxy_checks`, `interstitial` |
//!
//! # Lists
//!
//! `send` gives one [`Page`]; `stream` goes through all of them, fetching each when it is needed.
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, Error, Timestamp};
//! # async fn run(client: ClerkClient) -> Result<(), Error> {
//! let page = client
//!     .users()
//!     .list()
//!     .email_address(["ada@example.com", "alan@example.com"])
//!     .created_at_after(Timestamp::from_millis(1_700_690_400_000))
//!     .order_by("-last_sign_in_at")
//!     .limit(100)
//!     .send()
//!     .await?;
//! println!("{} on this page", page.data.len());
//!
//! let mut banned = client.users().list().banned(true).stream();
//! while let Some(user) = banned.try_next().await? {
//!     println!("{}", user.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Creating
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, Error};
//! # use serde_json::json;
//! # async fn run(client: ClerkClient) -> Result<(), Error> {
//! let user = client
//!     .users()
//!     .create()
//!     .email_address(["ada@example.com"])
//!     .first_name("Ada")
//!     .skip_password_requirement(true)
//!     .public_metadata(json!({ "plan": "pro" }))
//!     .send()
//!     .await?;
//! let organization = client.organizations().create("Acme").created_by(user.id).send().await?;
//! client
//!     .organization_invitations()
//!     .create(&organization.id, "alan@example.com", "org:member")
//!     .expires_in_days(7)
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Updating
//!
//! A value sets, `None` clears, and what is not called stays: see [`Patch`].
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, Error};
//! # async fn run(client: ClerkClient) -> Result<(), Error> {
//! client.users().update("user_2abc").first_name("Augusta").username(None).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Metadata
//!
//! `update_metadata` merges at every depth, where null removes a key; `replace_metadata` replaces each kind that is given.
//! Both take anything that serialises. [`Metadata`] of answers is read key by key or as a type of yours.
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, Error};
//! # use serde_json::json;
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Billing {
//!     customer: String,
//! }
//!
//! # async fn run(client: ClerkClient) -> Result<(), Box<dyn std::error::Error>> {
//! let user = client
//!     .users()
//!     .update_metadata("user_2abc")
//!     .public_metadata(json!({ "plan": "team", "trial_ends": null }))
//!     .private_metadata(Billing { customer: "cus_1".to_owned() })
//!     .send()
//!     .await?;
//! let plan: Option<String> = user.public_metadata.get("plan")?;
//! let billing: Billing = user.private_metadata.parse()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Uploads
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, Error, Upload};
//! # async fn run(client: ClerkClient, png: Vec<u8>) -> Result<(), Error> {
//! let logo = Upload::bytes(png).file_name("logo.png");
//! client.organizations().set_logo("org_2abc", logo).uploader_user_id("user_2abc").send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! One type, [`Error`], for all operations. It keeps status, codes, trace id, the time to wait and the body.
//!
//! ```no_run
//! use clerk_backend_api::{ErrorCode, Optional};
//! # use clerk_backend_api::{ClerkClient, Error};
//!
//! # async fn run(client: ClerkClient) -> Result<(), Error> {
//! let user = client.users().get("user_2abc").send().await.optional()?; // 404 is `None`
//!
//! match client.users().create().email_address(["ada@example.com"]).send().await {
//!     Ok(user) => println!("created {}", user.id),
//!     Err(error) if error.has_code(ErrorCode::FORM_IDENTIFIER_EXISTS) => println!("taken"),
//!     Err(error) if error.is_rate_limited() => println!("wait {:?}", error.retry_after()),
//!     Err(error) => {
//!         eprintln!("{error}, trace id {:?}", error.trace_id());
//!         return Err(error);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Timeouts, retries, other keys
//!
//! Of the client with [`ClerkClient::builder`], of one call with `timeout`, `retry` and `with`. What is retried, and what
//! never, says [`Retry`]. The application's own [`reqwest::Client`] can send the calls, see
//! [`ClerkClientBuilder::http_client`]. Calls about M2M tokens go under a machine's key where there is one.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use clerk_backend_api::{ClerkClient, Error, RequestOptions, Retry};
//! # async fn run(client: ClerkClient) -> Result<(), Error> {
//! let other_instance = RequestOptions::new().secret_key("sk_test_other");
//! let count = client
//!     .users()
//!     .count()
//!     .with(other_instance)
//!     .timeout(Duration::from_secs(2))
//!     .retry(Retry::none())
//!     .send()
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Whole answers, and calls that are not modelled
//!
//! `send_with_response` gives the [`Response`] with its headers and trace id. [`ClerkClient::request`] sends anything.
//!
//! # How answers are read
//!
//! Keys that are not known are ignored, and unknown names of open sets become `Other`. Null and missing values are `None`,
//! or the empty value where the type is plain, whatever was promised. Only what decisions rest on must be there: the id of
//! the thing that was asked for, and fields such as `revoked` and `expired` of verified tokens; without them reading fails
//! with [`Error::Decode`]. The constant `object` of each answer is not kept.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `transport` | yes | HTTPS through rustls |
//! | `native-tls` | no | HTTPS through the platform's library |
//! | `billing`, `enterprise`, `instance`, `machine-auth` | yes | groups of operations, see above |
//! | `serialize` | no | `Serialize` for what answers hold, without secrets and private metadata |
//!
//! # Logs
//!
//! Each call is a `tracing` span `clerk.request` at debug level, with the operation's name, the status, the number of
//! retries and the trace id. Keys, queries and bodies are never logged.

mod answer;
mod api_error;
mod builder;
mod client;
mod config_error;
mod connection;
mod decode_error;
mod deleted_object;
mod discreet;
mod error;
mod error_code;
mod fields;
mod finite;
mod invalid_request;
mod json;
mod jwk;
mod lenient;
mod metadata;
mod oauth_access_token;
mod open_enum;
mod operation;
mod options;
mod page;
mod page_stream;
mod patch;
mod path;
mod raw_request;
mod raw_response;
mod request;
pub mod resources;
mod response;
mod retry;
mod rfc3339;
mod scalar;
mod secret;
mod send;
mod session_refresh;
mod timestamp;
mod trace_id;
mod transport_error;
mod upload;
mod verification;

pub use api_error::{ApiError, ApiErrorItem};
pub use builder::{API_VERSION, ClerkClientBuilder};
pub use client::ClerkClient;
pub use config_error::ConfigError;
pub use decode_error::DecodeError;
pub use deleted_object::DeletedObject;
pub use error::{Error, Optional};
pub use error_code::ErrorCode;
pub use invalid_request::{InvalidRequest, InvalidRequestReason};
pub use json::from_json;
pub use jwk::{Jwk, Jwks};
pub use metadata::Metadata;
pub use oauth_access_token::{OAuthAccessTokenVerification, VerifiedOAuthAccessToken};
pub use options::RequestOptions;
pub use page::{Page, RowFailure};
pub use page_stream::PageStream;
pub use patch::Patch;
pub use raw_request::RawRequest;
pub use raw_response::RawResponse;
pub use response::Response;
pub use retry::Retry;
pub use secret::{MachineSecretKey, MachineToken, Secret, SecretKey, SessionToken};
pub use session_refresh::SessionRefresh;
#[cfg(any(feature = "jiff", feature = "time", feature = "chrono"))]
pub use timestamp::TimestampRangeError;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use transport_error::{TimeoutError, TransportError};
pub use upload::Upload;
pub use verification::{Verification, VerificationStatus, VerificationStrategy};

pub use resources::{
    organization_memberships::OrganizationMembership, organizations::Organization,
    sessions::Session, users::User,
};
