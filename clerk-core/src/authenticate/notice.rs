//! Log messages that result from decisions.

use std::sync::Once;

use crate::reason::Reason;

/// A message for the operator of the application, which is written to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    SatelliteRedirectIgnored,
    SatelliteRedirectNoUrl,
    OrganizationLooped,
    SatelliteLooped,
    HandshakeLooped {
        reason: Reason,
        /// The number of seconds by which the token's `iat` is ahead of this machine's clock.
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

/// Notices that any client can cause are logged once per process, so that clients cannot fill the log.
static REDIRECT_NO_URL: Once = Once::new();
static AUTHORIZED_PARTY_MISSING: Once = Once::new();

impl Notice {
    pub(crate) fn log(&self) {
        match self {
            Self::SatelliteRedirectIgnored => tracing::warn!(
                "the redirect to a satellite was ignored, because its origin is not one of the allowed redirect origins"
            ),
            Self::SatelliteRedirectNoUrl => {
                REDIRECT_NO_URL.call_once(|| {
                    tracing::warn!(
                        "the __clerk_redirect_url of a request was ignored, because it is not an absolute URL (logged once)"
                    );
                });
            }
            Self::OrganizationLooped => tracing::warn!(
                "the handshake that activates the organization of this URL looped, probably because the ID or slug in the \
                 URL is wrong; the active organization was left unchanged"
            ),
            Self::SatelliteLooped => tracing::warn!(
                "the handshake of a satellite looped: check in the Clerk Dashboard that this domain is a satellite domain \
                 of the instance that the keys belong to"
            ),
            Self::HandshakeLooped {
                reason,
                clock_behind,
            } => tracing::warn!(
                %reason,
                clock_behind_seconds = clock_behind,
                "a browser completed three handshakes in a row and is still not signed in: {}",
                cause_of_loop(reason)
            ),
            Self::HandshakeTokenRefused(reason) => tracing::warn!(
                %reason,
                "a handshake token was refused and its cookie was cleared; the request continues without it. If this host \
                 used the keys of another Clerk instance before, this is expected"
            ),
            Self::HandshakeCookieUnusable => tracing::warn!(
                "a handshake returned a cookie that is not a valid header value; the request continues without it"
            ),
            Self::HandshakeSessionRefused(reason) => {
                tracing::warn!(%reason, "the session token that a handshake returned was refused");
            }
            Self::HandshakeNonceUnknown => tracing::debug!(
                "a handshake nonce is unknown to Clerk or was used before; its cookie was cleared, and the request \
                 continues with its own cookies"
            ),
            Self::HandshakeUnavailable => tracing::warn!(
                "a handshake nonce could not be exchanged, because Clerk's Backend API could not be reached or \
                 responded with a server error"
            ),
            Self::ClocksDiffer => tracing::error!(
                "the session token that a handshake returned is not valid at this time, because this machine's clock \
                 differs from Clerk's; set this machine's clock"
            ),
            Self::AuthorizedPartyMissing => {
                AUTHORIZED_PARTY_MISSING.call_once(|| {
                    tracing::warn!(
                        "a session cookie has no authorized party (azp), but authorized parties are configured, so the \
                         visitor is signed out. Clerk issues such tokens when a page is opened before its scripts have \
                         run. Load Clerk's browser SDK on this origin, or leave CLERK_AUTHORIZED_PARTIES unset (logged \
                         once)"
                    );
                });
            }
        }
    }
}

/// Returns the likely cause of a handshake loop, given the reason of the last handshake.
fn cause_of_loop(reason: &Reason) -> &'static str {
    match reason {
        Reason::SessionTokenNbf | Reason::SessionTokenIatInTheFuture => {
            "its session token is not valid yet according to this machine's clock; set this machine's clock"
        }
        Reason::ClientUatButNoSessionToken => {
            "it does not keep the session cookie. Browsers drop cookies of more than 4 KB (shorten the custom claims of the \
             session token) and cookies whose domain does not include this host"
        }
        Reason::DevBrowserMissing | Reason::DevBrowserSync => {
            "it does not keep the __clerk_db_jwt cookie; check that it accepts cookies from this host"
        }
        Reason::SessionTokenIatBeforeClientUat => {
            "its session cookie is older than the last change of the client; a stale cookie with another path or domain \
             may hide the current one"
        }
        reason if reason.is_expired_session() => {
            "its session token has expired and is not replaced by a new one; check this machine's clock, and whether a \
             stale cookie with another path or domain hides the current one"
        }
        _ => {
            "CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY may belong to different instances, or this host may not be a \
             domain of the instance"
        }
    }
}
