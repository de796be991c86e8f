//! Requests that cannot be authenticated at all.

/// A request that cannot be authenticated at all. Frameworks answer 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// A satellite's sign-in URL is not absolute.
    #[error(
        "the sign-in URL of a satellite must be absolute; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlNotAbsolute,
    /// A satellite's sign-in URL lies on the satellite itself.
    #[error(
        "the sign-in URL of a satellite must lie on another origin than the satellite; set CLERK_SIGN_IN_URL to a URL of the primary application"
    )]
    SignInUrlOnSatellite,
}
