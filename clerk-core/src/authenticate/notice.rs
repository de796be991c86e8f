//! What a decision has to say to the operator.

use std::sync::Once;

use crate::reason::Reason;

/// Something that the application's operator should read in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    SatelliteRedirectIgnored,
    SatelliteRedirectNoUrl,
    OrganizationLooped,
    SatelliteLooped,
    HandshakeLooped {
        reason: Reason,
        /// Seconds that the token's time of issue lies after this machine's clock.
        clock_behind: Option<i64>,
    },
    HandshakeTokenRefused(Reason),
    HandshakeCookieUnusable,
    HandshakeSessionRefused(Reason),
    HandshakeNonceUnknown,
    HandshakeUnavailable,
    ClocksDiffer,
    /// A session cookie without `azp`, where authorized parties are configured.
    AuthorizedPartyMissing,
}

/// Notices that anybody can cause by a request: said once, so that nobody fills the log.
static REDIRECT_NO_URL: Once = Once::new();
static AUTHORIZED_PARTY_MISSING: Once = Once::new();

impl Notice {
    pub(crate) fn log(&self) {
        match self {
            Self::SatelliteRedirectIgnored => tracing::warn!(
                "a satellite's redirect was ignored: its origin is not configured as an allowed redirect origin"
            ),
            Self::SatelliteRedirectNoUrl => {
                REDIRECT_NO_URL.call_once(|| {
                    tracing::warn!(
                        "a request's __clerk_redirect_url was ignored, because it is not an absolute URL; this is said once"
                    );
                });
            }
            Self::OrganizationLooped => tracing::warn!(
                "activating the organization of this URL looped: its id or slug is probably wrong; the page is served \
                 with the organization that is active"
            ),
            Self::SatelliteLooped => tracing::warn!(
                "a satellite's handshake looped: check that this domain is configured in the Clerk dashboard as a \
                 satellite of the instance whose keys are used"
            ),
            Self::HandshakeLooped {
                reason,
                clock_behind,
            } => tracing::warn!(
                %reason,
                clock_behind_seconds = clock_behind,
                "a browser was sent through three handshakes in a row and still is not signed in: {}",
                cause_of_loop(reason)
            ),
            Self::HandshakeTokenRefused(reason) => tracing::warn!(
                %reason,
                "a handshake token was refused and its cookie cleared; the request goes on without it. If the keys of \
                 another Clerk instance were used on this host before, nothing needs to be done"
            ),
            Self::HandshakeCookieUnusable => tracing::warn!(
                "a handshake brought a cookie that cannot be set; the request goes on without it"
            ),
            Self::HandshakeSessionRefused(reason) => {
                tracing::warn!(%reason, "the session that a handshake brought was refused");
            }
            Self::HandshakeNonceUnknown => tracing::debug!(
                "Clerk does not know a handshake nonce, or it was used before; its cookie is cleared, and the \
                 request's own cookies decide"
            ),
            Self::HandshakeUnavailable => tracing::warn!(
                "a handshake nonce could not be exchanged, because Clerk's Backend API could not be reached or \
                 answered with a server error"
            ),
            Self::ClocksDiffer => tracing::error!(
                "the clock of this machine and Clerk's differ: the session that a handshake brought is outside its \
                 validity; set this machine's clock"
            ),
            Self::AuthorizedPartyMissing => {
                AUTHORIZED_PARTY_MISSING.call_once(|| {
                    tracing::warn!(
                        "a session cookie names no authorized party (azp), and authorized parties are configured: \
                         Clerk mints such tokens when a page is opened before its scripts have run. The visitor is \
                         signed out here. Load Clerk's browser SDK on this origin, or leave CLERK_AUTHORIZED_PARTIES \
                         unset; this is said once"
                    );
                });
            }
        }
    }
}

/// Says what makes handshakes loop, by the reason of the last one.
fn cause_of_loop(reason: &Reason) -> &'static str {
    match reason {
        Reason::SessionTokenNbf | Reason::SessionTokenIatInTheFuture => {
            "its session token is not valid yet by this machine's clock; set this machine's clock"
        }
        Reason::ClientUatButNoSessionToken => {
            "it keeps no session cookie; a cookie of more than 4 KB is dropped by browsers (shorten the custom claims of \
             the session token), and so is one of another domain than this host's"
        }
        Reason::DevBrowserMissing | Reason::DevBrowserSync => {
            "it keeps no __clerk_db_jwt cookie; check that it accepts cookies of this host"
        }
        Reason::SessionTokenIatBeforeClientUat => {
            "its session cookie is older than the last change of the client; a stale cookie of another path or domain \
             may hide the fresh one"
        }
        reason if reason.is_expired_session() => {
            "its session token has expired and is not replaced by a fresh one; check this machine's clock, and whether a \
             stale cookie of another path or domain hides the fresh one"
        }
        _ => {
            "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY may belong to different instances, or this host may not be a \
             domain of the instance"
        }
    }
}
