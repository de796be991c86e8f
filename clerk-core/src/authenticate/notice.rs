//! What a decision has to say to the operator.

use crate::reason::Reason;

/// Something that the application's operator should read in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    SatelliteRedirectIgnored,
    OrganizationLooped,
    SatelliteLooped,
    HandshakeLooped(Reason),
    HandshakeTokenRefused(Reason),
    HandshakeCookieUnusable,
    HandshakeSessionRefused(Reason),
    ClocksDiffer,
}

impl Notice {
    pub(crate) fn log(&self) {
        match self {
            Self::SatelliteRedirectIgnored => tracing::warn!(
                "a satellite's redirect was ignored: its origin is not configured as an allowed redirect origin"
            ),
            Self::OrganizationLooped => tracing::warn!(
                "activating the organization of this URL looped: its id or slug is probably wrong; the page is served \
                 with the organization that is active"
            ),
            Self::SatelliteLooped => tracing::warn!(
                "a satellite's handshake looped: check that this domain is configured in the Clerk dashboard as a \
                 satellite of the instance whose keys are used"
            ),
            Self::HandshakeLooped(reason) => tracing::warn!(
                %reason,
                "a handshake looped: CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY probably belong to different instances"
            ),
            Self::HandshakeTokenRefused(reason) => tracing::warn!(
                %reason,
                "a handshake token was refused; the request goes on without it"
            ),
            Self::HandshakeCookieUnusable => tracing::warn!(
                "a handshake brought a cookie that cannot be set; the request goes on without it"
            ),
            Self::HandshakeSessionRefused(reason) => {
                tracing::warn!(%reason, "the session that a handshake brought was refused");
            }
            Self::ClocksDiffer => tracing::error!(
                "the clock of this machine and Clerk's differ: the session that a handshake brought is outside its \
                 validity; set this machine's clock"
            ),
        }
    }
}
