//! Authentication and authorization with [Clerk](https://clerk.com) for [actix-web](actix_web): middleware that
//! authenticates requests, extractors for the signed-in user, and guards for scopes and resources.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use clerk_actix::{Auth, Clerk, ClerkMiddleware, SignedIn, protect};
//!
//! async fn home(auth: Auth) -> String {
//!     auth.user_id().map_or("Hello, visitor!".into(), |id| format!("Hello, {id}!"))
//! }
//!
//! async fn admin(session: SignedIn) -> String {
//!     format!("Welcome to the admin area, {}.", session.user_id())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Build it outside the closure, which runs once per worker, so that all workers share one cache of signing keys.
//!     let clerk = Clerk::from_env()?;
//!     HttpServer::new(move || {
//!         App::new()
//!             .route("/", web::get().to(home))
//!             .service(
//!                 web::scope("/admin")
//!                     .wrap(protect().role("org:admin"))
//!                     .route("", web::get().to(admin)),
//!             )
//!             .wrap(ClerkMiddleware::new(clerk.clone()))
//!     })
//!     .bind(("127.0.0.1", 3000))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! # How do I
//!
//! | | |
//! |---|---|
//! | configure Clerk | [`Clerk::from_env`], [`Clerk::builder`] |
//! | authenticate every request | wrap the application in [`ClerkMiddleware`] |
//! | find out who sent a request | extract [`Auth`], which never refuses a signed-out request |
//! | require a signed-in user | extract [`SignedIn`] |
//! | require a role, permission, plan or feature | extract [`Guarded`] with a [`Policy`], or call `auth.protect(&Require::role("org:admin"))?` |
//! | protect applications, scopes and resources | [`protect`], with [`only`](ProtectMiddleware::only) and [`except`](ProtectMiddleware::except) to select paths |
//! | read the user ID, the organization and custom claims | [`SessionAuth`] |
//! | look up the user or the organization | extract [`CurrentUser`] or [`CurrentOrganization`]; use [`Clerk::api`] for everything else |
//! | accept API keys, M2M tokens and OAuth tokens | [`token`](ProtectMiddleware::token) |
//! | send a browser to the sign-in page | [`ClerkRejection::redirect_to_sign_in`] |
//! | render pages with Clerk's components | extract [`ClerkPage`]; see [`components`] |
//! | sign a user out | [`sign_out`] |
//! | receive webhooks | extract [`VerifiedWebhook`] |
//! | serve several instances | [`per_host`](ClerkMiddleware::per_host), [`per_request`](ClerkMiddleware::per_request) |
//!
//! # Overview
//!
//! - **Middleware** authenticates requests and protects routes: [`ClerkMiddleware`], and [`protect`] with
//!   [`ProtectMiddleware`]. [`ClerkService`], [`ClerkFuture`], [`ProtectService`] and [`ProtectFuture`] are their services
//!   and futures.
//! - **Extractors** give handlers the outcome: [`Auth`], [`SignedIn`], [`Guarded`], [`CurrentUser`] with its [`User`],
//!   [`CurrentOrganization`] with its [`Organization`], [`ClerkPage`], and [`VerifiedWebhook`]. They refuse with a [`ClerkRejection`].
//!   [`sign_out`] ends the session of a request.
//! - **Authentication** describes who sent a request: [`SessionAuth`] with its [`SessionOrganization`] and [`Claims`],
//!   [`ApiKeyAuth`], [`M2mTokenAuth`], [`OAuthTokenAuth`], and [`SignedOut`] with its [`Reason`]. [`TokenType`] and
//!   [`AcceptedTokens`] name the kinds of tokens, and [`AuthContext`] is what the middleware stores in a request's
//!   extensions.
//! - **Authorization** describes what a route requires: [`Require`], [`Policy`], [`Reverification`] and
//!   [`ReverificationLevel`], [`Protect`], and [`RouteMatcher`].
//! - **Refusals and redirects** describe what a client gets instead: [`Refusal`], [`RefusalKind`], [`RefusalPage`], and
//!   [`ReturnBack`].
//! - **Configuration** sets up an instance: [`Clerk`], [`ClerkBuilder`] and [`ConfigError`]; [`ForwardedHeaders`],
//!   [`AllowedRedirectOrigins`], [`OrganizationSync`], [`OAuthResource`] and [`OAuthResourceError`]; [`SharedStore`]; [`ContentSecurityPolicy`] and [`FrontendApiProxy`]; and
//!   [`Stats`].
//! - **Webhooks** verifies messages outside of the extractor: [`WebhookVerifier`], [`WebhookSecret`], [`WebhookEvent`],
//!   [`WebhookEventType`], [`WebhookData`] and [`WebhookError`].
//! - **Testing** creates sessions, tokens and webhooks for tests: [`testing`].
//!
//! Everything else is in [`core`].
//!
//! # Responses
//!
//! A signed-out request gets 401, or a redirect to the sign-in page if a browser asked for a page. A signed-in user who
//! does not meet the requirements gets 403. If Clerk cannot be reached and the request cannot be authenticated without
//! it, the response is 503. An extractor or guard without a [`ClerkMiddleware`] around it responds with 500.
//!
//! # Order
//!
//! Middleware that is wrapped last runs first. Wrap [`ClerkMiddleware`] after the guards that rely on it. Wrap
//! [`NormalizePath`](actix_web::middleware::NormalizePath), CORS, compression and error handlers after both, so that they
//! also see refused requests and their responses.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `askama`, `maud`, `minijinja` | no | markup of [`components`] in the templates of these crates |
//! | `current-user` | yes | the extractors `CurrentUser` and `CurrentOrganization`, with their cache (moka) |
//! | `aws-lc-rs` | yes | the cryptography of aws-lc-rs, which is used if both are enabled |
//! | `ring` | no | the cryptography of ring, which takes less time to compile |
//! | `route-matcher` | yes | [`RouteMatcher`], with `only` and `except` of [`protect`], and [`OrganizationSync`] |
//! | `testing` | no | sessions, tokens and webhooks for tests, in `testing` |
//! | `transport` | yes | HTTPS to Clerk through rustls and aws-lc-rs |
//! | `transport-ring` | no | HTTPS to Clerk through rustls and ring |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library; needs `aws-lc-rs` or `ring` as well |
//! | `webhooks` | yes | the extractor `VerifiedWebhook`, and `WebhookEvent::typed` |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod context;
mod convert;
#[cfg(feature = "current-user")]
mod current_user;
mod extract;
mod middleware;
mod page;
mod protect;
mod rejection;
mod sign_out;
#[cfg(feature = "webhooks")]
mod webhook;

#[doc(inline)]
pub use clerk_core as core;
#[doc(inline)]
pub use clerk_core::components;
#[cfg(feature = "testing")]
#[doc(inline)]
pub use clerk_core::testing;

// Middleware.
pub use middleware::{ClerkFuture, ClerkMiddleware, ClerkService};
pub use protect::{ProtectFuture, ProtectMiddleware, ProtectService, protect};

// Extractors and their rejection.
#[cfg(feature = "current-user")]
pub use clerk_core::api::{Organization, User};
#[cfg(feature = "current-user")]
pub use current_user::{CurrentOrganization, CurrentUser};
pub use extract::{Auth, Guarded, SignedIn};
pub use page::ClerkPage;
pub use rejection::ClerkRejection;
pub use sign_out::sign_out;
#[cfg(feature = "webhooks")]
pub use webhook::VerifiedWebhook;

// Authentication, authorization, refusals.
#[cfg(feature = "route-matcher")]
pub use clerk_core::RouteMatcher;
pub use clerk_core::adapter::AuthContext;
pub use clerk_core::{
    AcceptedTokens, ApiKeyAuth, Claims, M2mTokenAuth, OAuthResource, OAuthResourceError,
    OAuthTokenAuth, Policy, Protect, Reason, Refusal, RefusalKind, RefusalPage, Require,
    ReturnBack, Reverification, ReverificationLevel, SessionAuth, SessionOrganization, SignedOut,
    TokenType,
};

// Configuration.
#[cfg(feature = "route-matcher")]
pub use clerk_core::OrganizationSync;
pub use clerk_core::{
    AllowedRedirectOrigins, Clerk, ClerkBuilder, ConfigError, ContentSecurityPolicy,
    ForwardedHeaders, FrontendApiProxy, SharedStore, Stats,
};

// Webhooks.
#[cfg(feature = "webhooks")]
pub use clerk_core::WebhookData;
pub use clerk_core::{
    WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier,
};

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
