//! Who is asking, and may they: request authentication and authorization for [Clerk](https://clerk.com), without a web
//! framework.

mod keys;
mod redirect;
mod route_matcher;
mod webhook;

pub use keys::{InstanceType, KeyError, PublishableKey, account_portal, cookie_suffix};
pub use redirect::{AllowedRedirectOrigins, Redirect, RedirectError, ReturnBack};
pub use route_matcher::{MalformedPath, RouteMatcher, RoutePatternError};
pub use webhook::{WebhookError, WebhookEvent, WebhookEventType, WebhookSecret, WebhookVerifier};
