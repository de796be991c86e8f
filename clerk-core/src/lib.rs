//! Who is asking, and may they: request authentication and authorization for [Clerk](https://clerk.com), without a web
//! framework.
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
//! # Contents
//!
//! - [`Clerk`] holds the configuration, the signing keys, the caches and the Backend API client; make one per instance.
//! - [`Clerk::authenticate_request`] finds out who sent a request ([`RequestState`], [`Auth`]); an adapter for a framework
//!   calls [`Clerk::begin_authentication`], which needs no future where nothing must be asked.
//! - [`Require`], [`Policy`] and [`Auth::protect`] say what a session must have; [`Protect`] is a guard with all the options
//!   of `auth.protect()` in the official SDKs, and [`Refusal`] the response that it gives.
//! - [`RouteMatcher`] selects paths by the patterns of Clerk's JavaScript SDKs.
//! - [`WebhookVerifier`] verifies webhooks, [`Redirect`] builds the URLs of sign-in pages.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `transport` | yes | HTTPS to Clerk through rustls |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library |
//!
//! [`Clerk::api`] always has users, sessions and organizations. The other resource groups (billing, enterprise, instance,
//! machine-auth) are features of `clerk-backend-api`: switch them on in a dependency of your own on that crate.
//!
//! # What is logged
//!
//! Through [`tracing`](https://docs.rs/tracing): configuration that cannot work at ERROR, key downloads that fail while old
//! keys serve and handshakes that loop at WARN, requests that are not signed in, with the reason, at DEBUG. Tokens, cookies, secrets and e-mail addresses never.

mod auth;
mod authenticate;
mod authenticated;
mod authorization;
mod clerk;
mod clock;
mod config;
mod jwks;
mod keys;
mod protect;
mod redirect;
mod refusal;
mod route_matcher;
mod routed_path;
mod token;
mod webhook;

pub use auth::{
    ApiKeyAuth, Auth, M2mTokenAuth, OAuthTokenAuth, SessionAuth, SessionOrganization, SignedOut,
};
pub use authenticate::{
    AcceptedTokens, AuthStatus, AuthenticateError, MachineTokenStore, OrganizationSync,
    RequestState, RequestView, StoreFuture,
};
pub use authenticated::{Authenticated, append_headers};
pub use authorization::{Policy, Require, Reverification, ReverificationLevel};
pub use clerk::{Authentication, Clerk, Stats, WaitingAuthentication};
pub use clerk_backend_api as api;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{ClerkBuilder, ConfigError, ForwardedHeaders};
pub use keys::{InstanceType, KeyError, PublishableKey, account_portal, cookie_suffix};
pub use protect::{Protect, RequestKind};
pub use redirect::{AllowedRedirectOrigins, Redirect, RedirectError, ReturnBack};
pub use refusal::{Refusal, RefusalKind};
pub use route_matcher::{MalformedPath, RouteMatcher, RoutePatternError};
pub use routed_path::RoutedPath;
pub use token::{Claims, JwtKeyError, TokenError, TokenErrorReason, TokenType};
pub use webhook::{WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier};
