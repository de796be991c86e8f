//! [Clerk](https://clerk.com) for [actix-web](actix_web): a middleware that authenticates requests, extractors for who sent
//! them, and guards for scopes and resources.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use clerk_actix::{Auth, Clerk, ClerkMiddleware, SignedIn, protect};
//!
//! async fn home(auth: Auth) -> String {
//!     auth.user_id().map_or("hello, visitor".into(), |id| format!("hello, {id}"))
//! }
//!
//! async fn admin(session: SignedIn) -> String {
//!     format!("at your service, {}", session.user_id())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Outside of the closure, which runs once per worker: all workers share one cache of signing keys.
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
//! | authenticate every request | [`ClerkMiddleware`]; it answers by itself only with a redirect to Clerk and back |
//! | find out who sent a request | [`Auth`], which never refuses |
//! | demand a signed-in person | [`SignedIn`]: a redirect for pages, else 401 |
//! | demand a role, a permission, a plan, a feature | [`Guarded`] with a [`Policy`], or `auth.protect(&Require::role("org:admin"))?`: else 403 |
//! | protect applications, scopes and resources | [`protect`], with [`only`](ProtectMiddleware::only) and [`except`](ProtectMiddleware::except) for paths |
//! | read the user, the organization, custom claims | [`SessionAuth`] |
//! | look up the user or the organization | `CurrentUser`, `CurrentOrganization`; everything else through [`Clerk::api`] |
//! | accept API keys, machines, OAuth clients | [`token`](ProtectMiddleware::token) |
//! | send a browser to the sign-in page | [`ClerkRejection::redirect_to_sign_in`] |
//! | receive webhooks | `VerifiedWebhook` |
//! | serve several instances | [`per_host`](ClerkMiddleware::per_host), [`per_request`](ClerkMiddleware::per_request) |
//!
//! Signed out is 401 or a redirect, not allowed is 403, and unable to decide, because Clerk is out of reach, is 503. An
//! extractor or guard without a [`ClerkMiddleware`] around it answers 500. What is not re-exported here is in [`core`].
//!
//! # Order
//!
//! What is wrapped last runs first. Wrap [`ClerkMiddleware`] after the guards that rely on it, and
//! [`NormalizePath`](actix_web::middleware::NormalizePath), CORS, compression and error handlers after both: they then
//! see refused requests and their responses, too.
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

mod context;
mod convert;
#[cfg(feature = "current-user")]
mod current_user;
mod extract;
mod middleware;
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
pub use middleware::{ClerkFuture, ClerkMiddleware, ClerkService};
pub use protect::{ProtectFuture, ProtectMiddleware, ProtectService, protect};

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
