//! Framework-independent request authentication and authorization for [Clerk](https://clerk.com).
//!
//! Applications on axum or actix-web use `clerk-axum` or `clerk-actix`, which re-export what they need of this crate.
//! This crate is for other frameworks, and for what lies beside requests: verifying tokens, webhooks, redirects.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let request = http::Request::get("/").header("host", "example.com").body(())?;
//! use clerk_core::{Clerk, Require};
//!
//! let clerk = Clerk::builder()
//!     .secret_key("sk_test_example")
//!     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
//!     .build()?;
//! let state = clerk.authenticate_request(&request).await?;
//! match state.auth().protect(&Require::role("org:admin")) {
//!     Ok(session) => println!("{} may go on", session.user_id()),
//!     Err(refusal) => println!("answered with {}", refusal.status()),
//! }
//! # Ok(()) }
//! ```
//!
//! # How do I
//!
//! | | |
//! |---|---|
//! | configure an instance | [`Clerk::from_env`], [`Clerk::builder`] |
//! | find out who sent a request | [`Clerk::authenticate_request`], then [`RequestState::auth`] |
//! | read the user, the organization, custom claims | [`SessionAuth`] |
//! | require a role, a permission, a plan, a feature | [`Auth::protect`] with a [`Require`], or a [`Policy`] |
//! | protect routes by their paths | [`Protect`] with a [`RouteMatcher`] |
//! | let OAuth and MCP clients find out how to get a token | [`ClerkBuilder::oauth_resource`] |
//! | accept API keys, machines, OAuth clients | [`ClerkBuilder::accepts`], [`Protect::token`] |
//! | call the Backend API | [`Clerk::api`] |
//! | look up users and organizations again and again | `Clerk::users`, `Clerk::organizations` |
//! | share with other processes what was asked | [`ClerkBuilder::shared_store`] |
//! | send a browser to the sign-in page | [`Clerk::build_sign_in_url`] |
//! | receive webhooks | [`WebhookVerifier`], then [`WebhookEvent`] |
//! | verify a token that came without a request | [`Clerk::verify_token`] |
//! | test handlers and applications | `testing`, with the feature of that name |
//! | connect another framework | [`adapter`] |
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `lookups` | no | `Clerk::users` and `Clerk::organizations`, on a cache that loads once for all who wait (moka) |
//! | `testing` | no | sessions, tokens and webhooks for tests, in `testing` |
//! | `transport` | yes | HTTPS to Clerk through rustls |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library |
//! | `webhooks` | no | `WebhookEvent::typed`: the data of webhook events in the types of the Backend API client |
//!
//! [`Clerk::api`] always has users, sessions and organizations. The other resource groups (billing, enterprise, instance,
//! machine-auth) are features of `clerk-backend-api`: switch them on in a dependency of your own on that crate.
//!
//! # What is logged
//!
//! Through [`tracing`](https://docs.rs/tracing): configuration that cannot work at ERROR, key downloads that fail while old
//! keys serve, handshakes that loop, look-ups that fail and a shared store that does not answer at WARN, requests that are not signed in, with the reason, at DEBUG. Tokens,
//! cookies, secrets and e-mail addresses are never logged.

// From the ground up: a file uses only what stands above it here, and its own children.
mod clock;
mod diagnosis;
mod discreet;
mod ecma;
mod error_chain;
mod headers;
mod publishable_key;
mod reason;
mod refusal_page;
mod request;
mod request_kind;
mod urls;

mod authorized_parties;
mod key_check;

mod variables;

mod token;

mod authorization;

mod auth;

mod redirect;
mod route_matcher;
mod routed_path;
mod webhook;

mod config_error;
mod oauth_resource;
mod organization_sync;
mod outbound;
mod refusal;
mod signing_keys;
mod single_flight;
mod store;

mod config;
#[cfg(feature = "lookups")]
mod lookups;
mod outcome_counts;

mod instance;

mod sign_in;

mod authenticate;

mod protect;
mod sign_out;

mod diagnose;

mod builder;
mod clerk;

pub mod adapter;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(inline)]
pub use clerk_backend_api as api;

// The instance: its configuration, its keys, its clock.
pub use builder::ClerkBuilder;
pub use clerk::{Clerk, Stats};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::ForwardedHeaders;
pub use config_error::ConfigError;
pub use diagnosis::{Diagnosis, Finding, ReportedSetting, Severity};
pub use oauth_resource::{OAuthResource, OAuthResourceError};
pub use organization_sync::OrganizationSync;
pub use publishable_key::{
    InstanceType, PublishableKey, PublishableKeyError, account_portal, cookie_suffix,
};
pub use store::{Removal, RemovalListener, SharedStore, StoreError, StoreFuture};

// Authentication: who sent a request.
pub use auth::{
    ApiKeyAuth, Auth, M2mTokenAuth, OAuthTokenAuth, SessionAuth, SessionOrganization, SignedOut,
};
pub use authenticate::{AuthStatus, AuthenticateError, RequestState};
pub use reason::{Reason, RefreshRefusal};
pub use token::{AcceptedTokens, Claims, JwtKeyError, TokenError, TokenType};

// Authorization: what a session must have, and how a request is refused.
pub use authorization::{Policy, Require, Reverification, ReverificationLevel};
pub use protect::Protect;
pub use refusal::{Refusal, RefusalKind};
pub use refusal_page::RefusalPage;
pub use request_kind::RequestKind;
pub use route_matcher::{MalformedPath, RouteMatcher, RoutePatternError};

// Redirects to pages of Clerk's, and back.
pub use redirect::{AllowedRedirectOrigins, Redirect, RedirectError, ReturnBack};

// Users and organizations, looked up and remembered.
#[cfg(feature = "lookups")]
pub use lookups::{LookedUp, LookupError, Lookups};

// Webhooks.
#[cfg(feature = "webhooks")]
pub use clerk_backend_api::webhooks::WebhookData;
pub use clerk_backend_api::webhooks::WebhookEventType;
pub use webhook::{WebhookError, WebhookEvent, WebhookSecret, WebhookVerifier};
