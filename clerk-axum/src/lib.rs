//! [Clerk](https://clerk.com) for [axum] and every other [tower] stack: a layer that authenticates, extractors that say
//! who is asking, and guards that refuse.
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
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let admin = Router::new()
//!         .route("/admin", get(admin))
//!         .route_layer(protect().role("org:admin"));
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .merge(admin)
//!         .layer(ClerkLayer::new(Clerk::from_env()?));
//!     let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! # Order
//!
//! What is layered last runs first. Add [`ClerkLayer`] after the guards that rely on it, and CORS, compression and
//! tracing after both: they then see refused requests and their responses, too.
//!
//! # Beyond axum
//!
//! [`ClerkLayer`] works under every tower stack whose response body has a `Default`; under tonic, guards answer with a
//! gRPC status ([`ProtectLayer::grpc`]), and methods find the outcome as [`Authenticated`] in the request's extensions.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `current-user` | yes | the extractor `CurrentUser` |
//! | `webhooks` | yes | the extractor `VerifiedWebhook` |
//!
//! [tower]: https://docs.rs/tower

#[cfg(feature = "current-user")]
mod current_user;
mod extract;
mod layer;
mod original_request;
mod protect;
mod rejection;
#[cfg(feature = "webhooks")]
mod webhook;

#[cfg(feature = "current-user")]
pub use clerk_core::api::User;
pub use clerk_core::{
    AcceptedTokens, AllowedRedirectOrigins, Authenticated, Clerk, ClerkBuilder, ConfigError,
    OrganizationSync, Policy, Protect, Refusal, RefusalKind, Require, ReturnBack, Reverification,
    ReverificationLevel, RouteMatcher, SessionAuth, TokenType,
};
#[cfg(feature = "current-user")]
pub use current_user::CurrentUser;
pub use extract::{Auth, Guarded, SignedIn};
pub use layer::{ClerkFuture, ClerkLayer, ClerkService};
pub use protect::{
    GrpcProtectLayer, GrpcProtectService, ProtectFuture, ProtectLayer, ProtectService, protect,
};
pub use rejection::ClerkRejection;
#[cfg(feature = "webhooks")]
pub use webhook::VerifiedWebhook;
