//! [Clerk](https://clerk.com) for [axum] and every other [tower] stack: a layer that authenticates, extractors
//! that say who is asking, and guards that refuse.
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
