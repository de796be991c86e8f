//! Configurations that cannot work.

use crate::publishable_key::PublishableKeyError;
use crate::token::JwtKeyError;
use crate::webhook::WebhookError;

/// A configuration that cannot work. Nothing has been sent anywhere.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The publishable key is missing or malformed.
    #[error(transparent)]
    PublishableKey(#[from] PublishableKeyError),
    /// There is no secret key.
    #[error(
        "the secret key is missing: set CLERK_SECRET_KEY to the key (sk_test_... or sk_live_...) from the API keys page \
         of the Clerk dashboard"
    )]
    MissingSecretKey,
    /// Machine-to-machine tokens are accepted, but there is no key to verify them with.
    #[error(
        "machine tokens need a key to be verified with: set CLERK_MACHINE_SECRET_KEY to a machine's secret key (ak_...), \
         or CLERK_SECRET_KEY to the instance's"
    )]
    MissingMachineSecretKey,
    /// The PEM key is not usable.
    #[error(transparent)]
    JwtKey(#[from] JwtKeyError),
    /// The webhook secret is not usable.
    #[error("CLERK_WEBHOOK_SIGNING_SECRET cannot be used: {0}")]
    WebhookSecret(#[from] WebhookError),
    /// A development satellite has no sign-in page.
    #[error(
        "a satellite of a development instance needs the sign-in page of its primary application: set \
         CLERK_SIGN_IN_URL to its absolute URL"
    )]
    MissingSignInUrl,
    /// A satellite has neither a domain nor a proxy.
    #[error("a satellite needs its domain or a proxy URL: set CLERK_DOMAIN or CLERK_PROXY_URL")]
    MissingSatelliteDomain,
    /// An address is not acceptable.
    #[error("{setting} ({variable}) {problem}")]
    #[non_exhaustive]
    InvalidUrl {
        /// The builder's setting.
        setting: &'static str,
        /// Its variable.
        variable: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The Backend API client refused its part.
    #[error("the Backend API client cannot be set up: check CLERK_API_URL and CLERK_SECRET_KEY")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}
