//! Who is asking, and may they: request authentication and authorization for [Clerk](https://clerk.com), without a web
//! framework.

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
pub use protect::{Protect, Refusal, RefusalKind, RequestKind};
pub use redirect::{AllowedRedirectOrigins, Redirect, RedirectError, ReturnBack};
pub use route_matcher::{MalformedPath, RouteMatcher, RoutePatternError};
pub use routed_path::RoutedPath;
pub use token::{Claims, JwtKeyError, TokenError, TokenErrorReason, TokenType};
pub use webhook::{WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier};
