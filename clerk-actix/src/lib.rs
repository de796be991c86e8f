//! [Clerk](https://clerk.com) for [actix-web](actix_web): a middleware that authenticates, extractors that say who is
//! asking, and guards that refuse.
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
//! | `current-user` | yes | the extractor `CurrentUser` |
//! | `transport` | yes | HTTPS to Clerk through rustls |
//! | `native-tls` | no | HTTPS to Clerk through the platform's TLS library |
//! | `webhooks` | yes | the extractor `VerifiedWebhook` |

mod context;
mod convert;
#[cfg(feature = "current-user")]
mod current_user;
mod extract;
mod middleware;
mod protect;
mod rejection;
#[cfg(feature = "webhooks")]
mod webhook;

#[doc(inline)]
pub use clerk_core as core;

// The middlewares.
pub use middleware::{ClerkFuture, ClerkMiddleware, ClerkService};
pub use protect::{ProtectFuture, ProtectMiddleware, ProtectService, protect};

// The extractors, and what they refuse with.
#[cfg(feature = "current-user")]
pub use clerk_core::api::User;
#[cfg(feature = "current-user")]
pub use current_user::CurrentUser;
pub use extract::{Auth, Guarded, SignedIn};
pub use rejection::ClerkRejection;
#[cfg(feature = "webhooks")]
pub use webhook::VerifiedWebhook;

// What handlers and guards meet: who sent a request, and what is required.
pub use clerk_core::adapter::AuthContext;
pub use clerk_core::{
    AcceptedTokens, ApiKeyAuth, Claims, M2mTokenAuth, OAuthTokenAuth, Policy, Protect, Reason,
    Refusal, RefusalKind, Require, ReturnBack, Reverification, ReverificationLevel, RouteMatcher,
    SessionAuth, SessionOrganization, SignedOut, TokenType,
};

// The instance and its configuration.
pub use clerk_core::{
    AllowedRedirectOrigins, Clerk, ClerkBuilder, ConfigError, ForwardedHeaders, MachineTokenStore,
    OrganizationSync, Stats, StoreFuture,
};

// Webhooks.
pub use clerk_core::{
    WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier,
};
