//! The error for requests that contradict the configuration.

/// A request that cannot be authenticated, because it contradicts the configuration. Adapters respond with 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// The sign-in URL of a satellite is not absolute.
    #[error(
        "the sign-in URL of a satellite must be absolute; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlNotAbsolute,
    /// The sign-in URL of a satellite has the origin of the satellite itself.
    #[error(
        "the sign-in URL of a satellite must not have the satellite's own origin; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlOnSatellite,
}
