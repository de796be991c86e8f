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
    /// The satellite to answer (`__clerk_redirect_url`) is not an absolute URL.
    #[error("the URL of the satellite to answer (__clerk_redirect_url) is not absolute")]
    SyncTargetNotAbsolute,
    /// A handshake token did not verify, on a development instance. In production the request goes on without it.
    #[error(
        "the handshake token was refused: {0}; if the keys of another Clerk instance were used on this host before, \
         clear the browser's cookies and try again"
    )]
    Handshake(String),
}
