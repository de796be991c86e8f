//! [Clerk](https://clerk.com) for [axum] and every other [tower] stack: a layer that authenticates requests, extractors
//! for who sent them, and guards for routes.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use clerk_axum::{Auth, Clerk, ClerkLayer, SignedIn, protect};
//!
//! async fn home(auth: Auth) -> String {
//!     auth.user_id().map_or("hello, visitor".into(), |id| format!("hello, {id}"))
//! }
//!
//! async fn admin(session: SignedIn) -> String {
//!     format!("at your service, {}", session.user_id())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let clerk = Clerk::from_env()?;
//!     let administration = Router::new()
//!         .route("/admin", get(admin))
//!         .route_layer(protect().role("org:admin"));
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .merge(administration)
//!         .layer(ClerkLayer::new(clerk));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! # How do I
//!
//! | | |
//! |---|---|
//! | configure Clerk | [`Clerk::from_env`], [`Clerk::builder`] |
//! | authenticate every request | [`ClerkLayer`]; it answers by itself only with a redirect to Clerk and back |
//! | find out who sent a request | [`Auth`], which never refuses |
//! | demand a signed-in person | [`SignedIn`]: a redirect for pages, else 401 |
//! | demand a role, a permission, a plan, a feature | [`Guarded`] with a [`Policy`], or `auth.protect(&Require::role("org:admin"))?`: else 403 |
//! | protect routers and routes | [`protect`], with [`only`](ProtectLayer::only) and [`except`](ProtectLayer::except) for paths |
//! | read the user, the organization, custom claims | [`SessionAuth`] |
//! | look up the user or the organization | `CurrentUser`, `CurrentOrganization`; everything else through [`Clerk::api`] |
//! | accept API keys, machines, OAuth clients | [`token`](ProtectLayer::token) |
//! | send a browser to the sign-in page | [`ClerkRejection::redirect_to_sign_in`] |
//! | receive webhooks | `VerifiedWebhook` |
//! | serve several instances | [`per_host`](ClerkLayer::per_host), [`per_request`](ClerkLayer::per_request) |
//!
//! Signed out is 401 or a redirect, not allowed is 403, and unable to decide, because Clerk is out of reach, is 503. An
//! extractor or guard without a [`ClerkLayer`] around it answers 500. What is not re-exported here is in [`core`].
//!
//! # Order
//!
//! Layers that are added last run first. Add [`ClerkLayer`] after the guards that rely on it, with
//! [`Router::layer`](axum::Router::layer), and guards with [`Router::route_layer`](axum::Router::route_layer), so that
//! unknown paths stay 404. CORS, compression and tracing layers go on the outside: they then see refused requests too.
//!
//! # Beyond axum
//!
//! [`ClerkLayer`] works under every tower stack whose response body has a `Default`; under tonic, guards answer with a
//! gRPC status ([`ProtectLayer::grpc`]), and methods find the outcome as [`AuthContext`] in the request's extensions.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `current-user` | yes | the extractors `CurrentUser` and `CurrentOrganization`, and the cache behind them (moka) |
//! | `testing` | no | sessions, tokens and webhooks for tests, in `testing` |
//! | `transport` | yes | HTTPS to Clerk through rustls |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library |
//! | `webhooks` | yes | the extractor `VerifiedWebhook`, and `WebhookEvent::typed` |
//!
//! [tower]: https://docs.rs/tower

mod context;
#[cfg(feature = "current-user")]
mod current_user;
mod extract;
mod layer;
mod original_request;
mod protect;
mod rejection;
mod sign_out;
#[cfg(feature = "webhooks")]
mod webhook;

#[doc(inline)]
pub use clerk_core as core;
#[cfg(feature = "testing")]
#[doc(inline)]
pub use clerk_core::testing;

// The middlewares.
pub use layer::{ClerkFuture, ClerkLayer, ClerkService};
pub use protect::{
    GrpcProtectLayer, GrpcProtectService, ProtectFuture, ProtectLayer, ProtectService, protect,
};

// The extractors, and what they refuse with.
#[cfg(feature = "current-user")]
pub use clerk_core::api::{Organization, User};
#[cfg(feature = "current-user")]
pub use current_user::{CurrentOrganization, CurrentUser};
pub use extract::{Auth, Guarded, SignedIn};
pub use rejection::ClerkRejection;
pub use sign_out::sign_out;
#[cfg(feature = "webhooks")]
pub use webhook::VerifiedWebhook;

// What handlers and guards meet: who sent a request, and what is required.
pub use clerk_core::adapter::AuthContext;
pub use clerk_core::{
    AcceptedTokens, ApiKeyAuth, Claims, M2mTokenAuth, OAuthResource, OAuthResourceError,
    OAuthTokenAuth, Policy, Protect, Reason, Refusal, RefusalKind, RefusalPage, Require,
    ReturnBack, Reverification, ReverificationLevel, RouteMatcher, SessionAuth,
    SessionOrganization, SignedOut, TokenType,
};

// The instance and its configuration.
pub use clerk_core::{
    AllowedRedirectOrigins, Clerk, ClerkBuilder, ConfigError, ForwardedHeaders, OrganizationSync,
    SharedStore, Stats,
};

// Webhooks.
#[cfg(feature = "webhooks")]
pub use clerk_core::WebhookData;
pub use clerk_core::{
    WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier,
};
