//! Framework-independent request authentication and authorization for [Clerk](https://clerk.com).
//!
//! Applications that use axum or actix-web depend on `clerk-axum` or `clerk-actix`, which re-export what they need from this
//! crate. Use this crate directly with other frameworks, or to verify tokens and webhooks and to build redirects outside of
//! a framework.
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
//!     Ok(session) => println!("{} is an admin", session.user_id()),
//!     Err(refusal) => println!("refused with status {}", refusal.status()),
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
//! | read the user ID, the organization and custom claims | [`SessionAuth`] |
//! | require a role, permission, plan or feature | [`Auth::protect`] with a [`Require`], or a [`Policy`] |
//! | protect routes by their paths | [`Protect`] with a [`RouteMatcher`] |
//! | accept API keys, M2M tokens and OAuth tokens | [`ClerkBuilder::accepts`], [`Protect::token`] |
//! | tell OAuth and MCP clients how to get a token | [`ClerkBuilder::oauth_resource`] |
//! | call the Backend API | [`Clerk::api`] |
//! | look up users and organizations through a cache | [`Clerk::users`], [`Clerk::organizations`] |
//! | share cached answers between processes | [`ClerkBuilder::shared_store`] |
//! | render pages with Clerk's components | [`components`] |
//! | send a Content-Security-Policy | [`ClerkBuilder::content_security_policy`] |
//! | serve the Frontend API on the own domain | [`ClerkBuilder::frontend_api_proxy`] |
//! | send a browser to the sign-in page | [`Clerk::build_sign_in_url`] |
//! | receive webhooks | [`WebhookVerifier`], then [`WebhookEvent`] |
//! | verify a token outside of a request | [`Clerk::verify_token`] |
//! | test handlers and applications | [`testing`] |
//! | find out why nobody can sign in | [`Clerk::diagnose`], [`Clerk::diagnose_online`], [`ClerkBuilder::diagnose`] |
//! | integrate another framework | [`adapter`] |
//!
//! # Overview
//!
//! - **Configuration** sets up an instance: [`Clerk`], [`ClerkBuilder`] and [`ConfigError`]; [`PublishableKey`] with its
//!   [`InstanceType`], [`PublishableKeyError`], [`account_portal`] and [`cookie_suffix`]; [`ForwardedHeaders`],
//!   [`OrganizationSync`], [`OAuthResource`] and [`OAuthResourceError`]; [`SharedStore`] with [`StoreFuture`],
//!   [`StoreError`], [`Removal`] and [`RemovalListener`]; [`ContentSecurityPolicy`] and [`FrontendApiProxy`]; [`Clock`], [`SystemClock`] and [`ManualClock`]; and [`Stats`].
//! - **Diagnosis** reports what is configured and what is wrong: [`Diagnosis`] with its [`ReportedSetting`]s and
//!   [`Finding`]s, each of a [`Severity`].
//! - **Authentication** finds out who sent a request: [`RequestState`], [`AuthStatus`] and [`AuthenticateError`] are the
//!   outcome. [`Auth`] is one of [`SessionAuth`] with its [`SessionOrganization`], [`ApiKeyAuth`], [`M2mTokenAuth`],
//!   [`OAuthTokenAuth`], and [`SignedOut`] with its [`Reason`] and [`RefreshRefusal`].
//! - **Tokens** are what is verified: [`TokenType`], [`AcceptedTokens`], [`Claims`], [`TokenError`] and [`JwtKeyError`].
//! - **Authorization** decides what a request may do: [`Require`], [`Policy`], [`Reverification`] and
//!   [`ReverificationLevel`]; [`Protect`]; [`RouteMatcher`], [`RoutePatternError`] and [`MalformedPath`].
//! - **Refusals and redirects** are what a client gets instead: [`Refusal`], [`RefusalKind`], [`RefusalPage`] and
//!   [`RequestKind`]; [`Redirect`], [`ReturnBack`], [`RedirectError`] and [`AllowedRedirectOrigins`].
//! - **Lookups** read users and organizations through a cache: [`Lookups`] of [`LookedUp`] objects, and [`LookupError`].
//! - **Webhooks** are messages from Clerk: [`WebhookVerifier`], [`WebhookSecret`], [`WebhookEvent`], [`WebhookEventType`],
//!   [`WebhookData`] and [`WebhookError`].
//!
//! The module [`components`] is for pages, [`adapter`] is for adapters to other frameworks, [`testing`] is for tests, and [`api`] is the client of the
//! Backend API.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `askama`, `maud`, `minijinja` | no | markup of [`components`] in the templates of these crates |
//! | `aws-lc-rs` | yes | the cryptography of aws-lc-rs, which is used if both are enabled |
//! | `ring` | no | the cryptography of ring, which takes less time to compile |
//! | `route-matcher` | yes | [`RouteMatcher`], with `only` and `except` of [`Protect`], and [`OrganizationSync`] |
//! | `lookups` | no | `Clerk::users` and `Clerk::organizations`, with their cache (moka) |
//! | `testing` | no | sessions, tokens and webhooks for tests, in `testing` |
//! | `transport` | yes | HTTPS to Clerk through rustls and aws-lc-rs |
//! | `transport-ring` | no | HTTPS to Clerk through rustls and ring |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library; needs `aws-lc-rs` or `ring` as well |
//! | `webhooks` | no | `WebhookEvent::typed`: the data of webhook events in the types of the Backend API client |
//!
//! [`Clerk::api`] always has users, sessions and organizations. The other resource groups (billing, enterprise, instance,
//! machine-auth) are features of `clerk-backend-api`. To enable them, add a dependency on that crate.
//!
//! # Logging
//!
//! The crate logs with [`tracing`](https://docs.rs/tracing):
//!
//! | level | what |
//! |---|---|
//! | ERROR | misconfiguration, and signing keys that cannot be loaded |
//! | WARN | signing keys that cannot be refreshed, calls to Clerk and lookups that fail, a shared store that does not respond, and handshakes that loop or are refused; corrected values of environment variables |
//! | INFO | on development instances, tokens and webhooks that are refused |
//! | DEBUG | requests that are not signed in, with the reason |
//!
//! | span | level | fields |
//! |---|---|---|
//! | `clerk.authenticate` | DEBUG | `clerk.outcome` and `clerk.reason`; around requests that wait for Clerk, which most do not |
//! | `clerk.request` | DEBUG | those of `clerk-backend-api`; around each call of the Backend API |
//!
//! | field of events | value |
//! |---|---|
//! | `clerk.outcome` | `signed-in`, `signed-out` or `handshake`, as in [`AuthStatus`] |
//! | `clerk.reason` | why a request is not signed in, as in [`Reason`] |
//! | `clerk.token_type` | the type of a valid token that a route refused, as in [`TokenType`] |
//! | `clerk.finding` | the code of a [`Finding`], logged by [`Diagnosis::log`] |
//! | `reason`, `error` | why something else failed |
//!
//! [`Clerk::stats`] returns numbers to export: key downloads, cache hits, and outcomes of authentication.
//!
//! Tokens, cookies, secrets and email addresses are never logged.

#![cfg_attr(docsrs, feature(doc_cfg))]

// In layers: a module uses only modules listed above it, and its own children.
mod clock;
mod crypto;
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
mod response_notes;
mod urls;

mod answer_body;
mod content_security_policy;
mod frontend_api_proxy;

mod completion;
mod forward;

mod authorized_parties;
mod key_check;

mod variables;

mod token;

mod authorization;

mod auth;

mod explanation;
mod redirect;
#[cfg(feature = "route-matcher")]
mod route_matcher;
mod routed_path;
mod webhook;

mod config_error;
mod oauth_resource;
mod organization_sync;
mod outbound;
mod refusal;
mod server_metadata;
mod signing_keys;
mod single_flight;
mod spread_count;
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
pub mod components;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[doc(inline)]
pub use clerk_backend_api as api;

// Configuration.
pub use builder::ClerkBuilder;
pub use clerk::{Clerk, Stats};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::ForwardedHeaders;
pub use config_error::ConfigError;
pub use content_security_policy::ContentSecurityPolicy;
pub use diagnosis::{Diagnosis, Finding, ReportedSetting, Severity};
pub use frontend_api_proxy::FrontendApiProxy;
pub use oauth_resource::{OAuthResource, OAuthResourceError};
#[cfg(feature = "route-matcher")]
pub use organization_sync::OrganizationSync;
pub use publishable_key::{
    InstanceType, PublishableKey, PublishableKeyError, account_portal, cookie_suffix,
};
pub use store::{Removal, RemovalListener, SharedStore, StoreError, StoreFuture};

// Authentication and tokens.
pub use auth::{
    ApiKeyAuth, Auth, M2mTokenAuth, OAuthTokenAuth, SessionAuth, SessionOrganization, SignedOut,
};
pub use authenticate::{AuthStatus, AuthenticateError, RequestState};
pub use reason::{Reason, RefreshRefusal};
pub use token::{AcceptedTokens, Claims, JwtKeyError, TokenError, TokenType};

// Authorization and refusals.
pub use authorization::{Policy, Require, Reverification, ReverificationLevel};
pub use protect::Protect;
pub use refusal::{Refusal, RefusalKind};
pub use refusal_page::RefusalPage;
pub use request_kind::RequestKind;
#[cfg(feature = "route-matcher")]
pub use route_matcher::{MalformedPath, RouteMatcher, RoutePatternError};

// Redirects to sign-in and sign-up pages.
pub use redirect::{AllowedRedirectOrigins, Redirect, RedirectError, ReturnBack};

// Users and organizations, looked up and remembered.
#[cfg(feature = "lookups")]
pub use lookups::{LookedUp, LookupError, Lookups};

// Webhooks.
#[cfg(feature = "webhooks")]
pub use clerk_backend_api::webhooks::WebhookData;
pub use clerk_backend_api::webhooks::WebhookEventType;
pub use webhook::{WebhookError, WebhookEvent, WebhookSecret, WebhookVerifier};

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
