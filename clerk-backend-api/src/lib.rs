//! Typed client for the whole [Clerk Backend API](https://clerk.com/docs/reference/backend-api): all 249 operations of version
//! 2026-05-12 and a few newer ones, with streams over long lists, safe retries, and lenient reading of responses.
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
//! Operations are grouped: `client.users()`, `client.organizations()`, `client.sessions()`. Required values are arguments of an
//! operation, optional values are setters named as in Clerk's reference, and `.send()` sends the request. The modules of
//! [`resources`] list every group with its operations and types.
//!
//! | about | groups |
//! |---|---|
//! | people | [`users`](resources::users), [`email_addresses`](resources::email_addresses), [`phone_numbers`](resources::phone_numbers), [`invitations`](resources::invitations), [`waitlist_entries`](resources::waitlist_entries), [`sign_ups`](resources::sign_ups) |
//! | signing in | [`sessions`](resources::sessions), [`clients`](resources::clients), [`sign_in_tokens`](resources::sign_in_tokens), [`actor_tokens`](resources::actor_tokens), [`agent_tasks`](resources::agent_tasks), [`testing_tokens`](resources::testing_tokens), [`jwks`](resources::jwks) |
//! | organizations | [`organizations`](resources::organizations), [`organization_memberships`](resources::organization_memberships), [`organization_invitations`](resources::organization_invitations), [`organization_domains`](resources::organization_domains), [`organization_roles`](resources::organization_roles), [`organization_permissions`](resources::organization_permissions), [`role_sets`](resources::role_sets) |
//! | machines (`machine-auth`) | `api_keys`, `m2m_tokens`, `machines`, `oauth_applications`, `oauth_access_tokens` |
//! | enterprise single sign-on (`enterprise`) | `enterprise_connections`, `directories`, `scim_directories`, `saml_connections`, `admin_portal_link_tokens` |
//! | billing (`billing`) | `billing`, and the billing operations of users and organizations |
//! | instance settings (`instance`) | `instance`, `domains`, `redirect_urls`, `jwt_templates`, `webhooks`, `allowlist_identifiers`, `blocklist_identifiers`, `templates`, `beta_features`, `proxy_checks`, `interstitial` |
//!
//! # How do I
//!
//! | | |
//! |---|---|
//! | create a client | [`ClerkClient::from_env`], [`ClerkClient::new`], [`ClerkClient::builder`] |
//! | look up one object | `client.users().get(id).send()` |
//! | read a long list | `.list().stream()`; one page with `.send()`, the first entry with `.first()` |
//! | create and change | `.create()`, `.update(id)`, with setters named as in Clerk's reference |
//! | clear a value | [`Patch`] |
//! | read and merge metadata | [`Metadata`] |
//! | upload an image | [`Upload`] |
//! | find out why a request failed | [`Error`] and [`ErrorCode`] |
//! | change the timeout, retries or key of one request | [`RequestOptions`] |
//! | call an operation that is not modeled | [`ClerkClient::request`] |
//! | read the data of a webhook event | [`webhooks`] |
//! | test without Clerk | [Testing](#testing) |
//!
//! # Overview
//!
//! - **Client** sends requests: [`ClerkClient`], [`ClerkClientBuilder`], [`ConfigError`], [`Retry`],
//!   [`RequestOptions`], and
//!   [`API_VERSION`], the API version that this crate is made for.
//! - **Operations and their types** are in [`resources`], one module per group. The most common types are also at the crate
//!   root: [`User`], [`Session`], [`Organization`] and [`OrganizationMembership`].
//! - **Request values** are what setters accept: [`Patch`] sets or clears a field, and [`Upload`] is a file.
//! - **Response values** are types that several groups share: [`Metadata`], [`Timestamp`], [`Verification`],
//!   [`VerificationStatus`] and [`VerificationStrategy`], [`DeletedObject`], [`Jwk`] and [`Jwks`], [`SessionRefresh`],
//!   [`OAuthAccessTokenVerification`], [`VerifiedOAuthAccessToken`] and [`OAuthActor`]. [`from_json`] reads them from JSON.
//! - **Lists** are read page by page: [`Page`], [`PageStream`] and [`RowFailure`].
//! - **Secrets** are never printed: [`Secret`], [`SecretKey`], [`MachineSecretKey`], [`MachineToken`] and [`SessionToken`].
//! - **Responses** contain the status, headers and body of a request: [`Response`], and [`RawRequest`] and
//!   [`RawResponse`]
//!   for operations that are not modeled.
//! - **Errors** say why a request failed: [`Error`], [`ErrorCode`], [`ApiError`], [`ApiErrorItem`],
//!   [`DecodeError`],
//!   [`TransportError`], [`TimeoutError`], [`InvalidRequest`] and [`InvalidRequestReason`]. [`Optional`] turns a 404 into
//!   `None`, and [`ParseTimestampError`] is the error of [`Timestamp`].
//! - **Webhook events** use these types too: [`webhooks`].
//!
//! # Lists
//!
//! `send` fetches one [`Page`], `first` the first entry, and `stream` all entries, page by page as needed.
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
//! println!("{} on this page", page.len());
//!
//! let newest = client.users().list().first().await?;
//!
//! let mut banned = client.users().list().banned(true).stream();
//! while let Some(user) = banned.try_next().await? {
//!     println!("{}", user.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! An entry that cannot be read does not affect the others: [`Page::failures`] and [`PageStream::failures`] report it with its
//! position, ID and field.
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
//! Passing a value sets it, passing `None` clears it, and a setter that is not called leaves it unchanged; see [`Patch`].
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
//! `update_metadata` merges the given metadata at every depth; null removes a key. `replace_metadata` replaces each kind of
//! metadata that is given. Both accept any type that implements `Serialize`. The [`Metadata`] in responses can be read one key
//! at a time, or as a type of your own.
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
//! Numbers that JSON cannot represent, such as NaN, are rejected before anything is sent.
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
//! All operations share one error type, [`Error`]. It contains the status, the error codes, the trace ID, the requested delay
//! and the body.
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
//!     Err(error) if error.is_timeout() => println!("no response in time"),
//!     Err(error) => {
//!         eprintln!("{error}, trace ID {:?}", error.trace_id());
//!         return Err(error);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Timeouts, retries and other keys
//!
//! Set them for the client with [`ClerkClient::builder`], or for a single request with `timeout`, `retry` and `with`. See
//! [`Retry`] for which requests are retried; `repeatable` marks a single request as safe to retry. M2M token operations use the
//! machine secret key if there is one.
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
//! # Complete responses, and operations that are not modeled
//!
//! `send_with_response` returns the [`Response`] with its headers, body and trace ID. [`ClerkClient::request`] sends any
//! request.
//!
//! # Runtime
//!
//! Requests need a [tokio](https://docs.rs/tokio) runtime with its I/O and time drivers enabled, as started by `#[tokio::main]`
//! and actix-web. Without one, a request fails with [`InvalidRequestReason::NoRuntime`].
//!
//! Use a client in the runtime in which it made its first request. Its pooled connections are driven by the runtime that opened
//! them: if that runtime is idle or gone, a request from another one stalls until it times out. Programs with several runtimes,
//! and tests that each start their own, need a client for each.
//!
//! # Certificates
//!
//! HTTPS trusts the CA certificates of the system. Container images such as `debian:slim` and `scratch` have none, and building
//! a client then fails. Either install them (on Debian and Ubuntu the package `ca-certificates`), point `SSL_CERT_FILE` at a
//! bundle, or enable the feature `webpki-roots`, which compiles in Mozilla's certificates for use on systems that have none.
//! Loopback URLs that begin with `http://` need no certificates.
//!
//! # Proxies
//!
//! Requests to `https` URLs use the proxy in `HTTPS_PROXY` or `ALL_PROXY`, except for the hosts in `NO_PROXY`. Requests to
//! loopback addresses never use a proxy, which would receive the secret key unencrypted. For any other setup, pass your own
//! [`reqwest::Client`] to [`ClerkClientBuilder::http_client`].
//!
//! # Testing
//!
//! Point the client at a local server with [`ClerkClientBuilder::api_url`] or `CLERK_API_URL`. The crate `clerk-emulator` is
//! such a server, with users, organizations and sessions that behave like the real ones. Responses can also be built from JSON
//! text with [`from_json`].
//!
//! ```no_run
//! # use clerk_backend_api::{ClerkClient, ConfigError};
//! # fn run(url: &str) -> Result<(), ConfigError> {
//! let client = ClerkClient::builder().secret_key("sk_test_local").api_url(url).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # How responses are read
//!
//! Unknown keys are ignored, and unknown values of enums become `Other`. A missing or null value becomes `None`, or the empty
//! value if the field is not optional. Values of a different JSON type are read if their meaning is clear: times as
//! milliseconds or ISO 8601 text, `0` and `"true"` as booleans, numbers as text, `[]` as an empty object.
//!
//! Fields that security decisions depend on are read strictly: the ID of the object, and fields such as `revoked` and `expired`
//! of verified tokens. If they are missing or have another type, reading fails with [`Error::Decode`]. So does reading a
//! response about a different object than the requested one. The constant `object` of each response is not kept.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `transport` | yes | HTTPS through rustls and aws-lc-rs |
//! | `transport-ring` | no | HTTPS through rustls and ring |
//! | `native-tls` | no | HTTPS through the TLS library of the platform |
//! | `webpki-roots` | no | Mozilla's CA certificates, for systems that have none |
//! | `billing`, `enterprise`, `instance`, `machine-auth` | yes | groups of operations; see above |
//! | `serialize` | no | `Serialize` for responses, without secrets and private metadata |
//! | `webhooks` | no | the data of webhook events in the client's types; see [`webhooks`] |
//! | `chrono`, `jiff`, `time` | no | conversions between [`Timestamp`] and the times of these crates |
//!
//! # Logs
//!
//! Each request is a `tracing` span `clerk.request` at debug level, with the operation, the status, the number of retries and
//! the trace ID. Keys, queries and bodies are never logged. The `Debug` output of responses and requests shows IDs, states,
//! numbers and times, but neither secrets nor text that people wrote.

#![cfg_attr(docsrs, feature(doc_cfg))]

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
pub mod webhooks;

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
pub use oauth_access_token::{OAuthAccessTokenVerification, OAuthActor, VerifiedOAuthAccessToken};
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

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
