//! Why a request is not signed in: one list for tokens, cookies and machines.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

macro_rules! reasons {
    ($($(#[$docs:meta])* $variant:ident = $name:literal $([$($trait:ident),*])?;)*) => {
        /// Why a request is not signed in, or a token was refused.
        ///
        /// [`as_str`](Self::as_str) is the text that Clerk's SDKs put into `x-clerk-auth-reason`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$docs])* $variant,)*
        /// The session token has expired, and Clerk refused to refresh it.
            RefreshRefused(RefreshRefusal),
        }

        impl Reason {
            /// Returns the reason as Clerk's SDKs spell it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::RefreshRefused(refusal) => &refusal.reason,
                }
            }

            /// Whether the request carried a token that is not valid (`invalid_token` in RFC 6750 section 3.1).
            #[must_use]
            pub fn is_bad_token(&self) -> bool {
                match self {
                    $(Self::$variant => false $($(|| reasons!(@bad_token $trait))*)?,)*
                    Self::RefreshRefused(_) => true,
                }
            }

            /// Whether the session token has expired and could not be refreshed.
            pub(crate) fn is_expired_session(&self) -> bool {
                match self {
                    $(Self::$variant => false $($(|| reasons!(@expired $trait))*)?,)*
                    Self::RefreshRefused(_) => true,
                }
            }

            /// Whether nothing could be decided, because Clerk could not be reached or refused this application's keys.
            ///
            /// Such a request is neither signed in nor refused for good: guards answer 503 in place of 401.
            #[must_use]
            pub fn is_undecided(&self) -> bool {
                match self {
                    $(Self::$variant => false $($(|| reasons!(@undecided $trait))*)?,)*
                    Self::RefreshRefused(refusal) => refusal.is_outage,
                }
            }
        }
    };
    (@bad_token bad_token) => { true };
    (@undecided undecided) => { true };
    (@expired expired) => { true };
    (@$question:ident $trait:ident) => { false };
}

reasons! {
    /// No session cookie, and no client that would have a session.
    SessionTokenAndUatMissing = "session-token-and-uat-missing";
    /// A session cookie, but no `__client_uat` cookie.
    SessionTokenButNoClientUat = "session-token-but-no-client-uat";
    /// A `__client_uat` cookie, but no session cookie.
    ClientUatButNoSessionToken = "client-uat-but-no-session-token";
    /// The client changed after the session token was issued.
    SessionTokenIatBeforeClientUat = "session-token-iat-before-client-uat" [bad_token];
    /// The session token is not active yet.
    SessionTokenNbf = "session-token-nbf" [bad_token];
    /// The session token was issued in the future.
    SessionTokenIatInTheFuture = "session-token-iat-in-the-future" [bad_token];
    /// A handshake brought no session.
    SessionTokenMissing = "session-token-missing";
    /// The session waits for tasks to be completed.
    SessionPending = "session-pending";
    /// The session's active organization is not the one that the URL names.
    ActiveOrganizationMismatch = "active-organization-mismatch";
    /// A development browser has no token yet.
    DevBrowserMissing = "dev-browser-missing";
    /// The URL brings the token of a development browser.
    DevBrowserSync = "dev-browser-sync";
    /// A satellite has to ask its primary application.
    SatelliteNeedsSyncing = "satellite-needs-syncing";
    /// The primary application answers a satellite.
    PrimaryRespondsToSyncing = "primary-responds-to-syncing";
    /// A page of the primary application was reached from another origin.
    PrimaryDomainCrossOriginSync = "primary-domain-cross-origin-sync";
    /// The token is of a kind that is not accepted.
    TokenTypeMismatch = "token-type-mismatch" [bad_token];
    /// A machine token is expected, and there is no token in the header.
    NoTokenInHeader = "No token in header";
    /// The session token has expired, and only GET requests refresh it.
    RefreshNotGet = "session-token-expired-refresh-non-eligible-non-get" [bad_token, expired];
    /// The session token has expired, and there is no cookie to refresh it with.
    RefreshNoCookie = "session-token-expired-refresh-non-eligible-no-refresh-cookie" [bad_token, expired];
    /// The session token has expired and vanished.
    RefreshMissingToken = "session-token-expired-refresh-missing-session-token" [bad_token, expired];
    /// The session token has expired and cannot be decoded.
    RefreshUndecodableToken = "session-token-expired-refresh-expired-session-token-decode-failed" [bad_token, expired];
    /// The session token has expired and names no session.
    RefreshMissingSid = "session-token-expired-refresh-expired-session-token-missing-sid-claim" [bad_token, expired];
    /// The session token has expired, and what the refresh brought is not a valid session token.
    RefreshInvalidToken = "session-token-expired-refresh-invalid-session-token" [bad_token, expired];
    /// The session token has expired, and Clerk's answer could not be understood.
    RefreshUnexpectedAnswer = "session-token-expired-refresh-unexpected-bapi-error" [bad_token, expired];
    /// The session token has expired, and Clerk's answer held no cookies.
    RefreshNoCookies = "session-token-expired-refresh-unexpected-sdk-error" [bad_token, expired];
    /// The session token has expired, and Clerk could not be asked for a new one.
    RefreshFetchError = "session-token-expired-refresh-fetch-error" [bad_token, expired, undecided];
    /// `exp` has passed.
    TokenExpired = "token-expired" [bad_token];
    /// Not a token of the expected form or kind.
    TokenInvalid = "token-invalid" [bad_token];
    /// `alg` is not RS256, RS384 or RS512.
    TokenInvalidAlgorithm = "token-invalid-algorithm" [bad_token];
    /// `azp` is not one of the authorized parties.
    TokenInvalidAuthorizedParties = "token-invalid-authorized-parties" [bad_token];
    /// `iss` is not one of the configured issuers.
    TokenInvalidIssuer = "token-invalid-issuer" [bad_token];
    /// The signature does not belong to the token and the signing key.
    TokenInvalidSignature = "token-invalid-signature" [bad_token];
    /// `nbf` lies in the future.
    TokenNotActiveYet = "token-not-active-yet" [bad_token];
    /// `iat` lies in the future.
    TokenIatInTheFuture = "token-iat-in-the-future" [bad_token];
    /// A claim is missing or has the wrong type, or the signing key cannot check the signature.
    TokenVerificationFailed = "token-verification-failed" [bad_token];
    /// A machine token could not be verified, because the signing keys were out of reach.
    TokenUnverifiable = "token-verification-failed" [bad_token, undecided];
    /// Clerk refused the secret key.
    SecretKeyInvalid = "secret-key-invalid" [undecided];
    /// The signing keys could not be loaded.
    JwksFailedToLoad = "jwk-remote-failed-to-load" [bad_token, undecided];
    /// Neither a PEM key nor a secret key is configured.
    JwkFailedToResolve = "jwk-failed-to-resolve" [bad_token, undecided];
    /// No signing key has the token's `kid`.
    JwkKidMismatch = "jwk-kid-mismatch" [bad_token];
    /// Clerk could not be reached, or said nothing that can be understood.
    UnexpectedError = "unexpected-error" [undecided];
}

/// The code with which Clerk refused to refresh a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefreshRefusal {
    reason: Arc<str>,
    /// Whether Clerk failed, in place of refusing.
    is_outage: bool,
}

impl RefreshRefusal {
    /// What stands in front of the code in the reason.
    const PREFIX: &str = "session-token-expired-refresh-";

    /// `status` is that of the answer.
    pub(crate) fn new(code: &str, status: StatusCode) -> Self {
        Self {
            reason: format!("{}{code}", Self::PREFIX).into(),
            is_outage: status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// Returns the code that Clerk answered.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.reason[Self::PREFIX.len()..]
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_to_refresh_keeps_its_code() {
        let refusal = RefreshRefusal::new("session_not_found", StatusCode::BAD_REQUEST);
        assert_eq!(refusal.code(), "session_not_found");
        let reason = Reason::RefreshRefused(refusal);
        assert_eq!(
            reason.as_str(),
            "session-token-expired-refresh-session_not_found"
        );
        assert!(reason.is_bad_token() && !reason.is_undecided());
        for status in [
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::TOO_MANY_REQUESTS,
        ] {
            let refusal = RefreshRefusal::new("internal_clerk_error", status);
            assert!(Reason::RefreshRefused(refusal).is_undecided(), "{status}");
        }
    }
}
