//! The reasons why a request is not signed in, for session tokens, cookies and machine tokens alike.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

macro_rules! reasons {
    ($($(#[$docs:meta])* $variant:ident = $name:literal $([$($trait:ident),*])?;)*) => {
        /// Why a request is not signed in, or a token was refused.
        ///
        /// [`as_str`](Self::as_str) returns the text that Clerk's SDKs send in `x-clerk-auth-reason`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$docs])* $variant,)*
        /// The session token has expired, and Clerk refused to refresh it.
            RefreshRefused(RefreshRefusal),
        }

        impl Reason {
            /// Returns the name that Clerk's SDKs use for the reason.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::RefreshRefused(refusal) => &refusal.reason,
                }
            }

            /// Returns true if the request has a token that is not valid (`invalid_token` in RFC 6750 section 3.1).
            #[must_use]
            pub fn is_bad_token(&self) -> bool {
                match self {
                    $(Self::$variant => false $($(|| reasons!(@bad_token $trait))*)?,)*
                    Self::RefreshRefused(_) => true,
                }
            }

            /// Returns true if the session token has expired and could not be refreshed.
            pub(crate) fn is_expired_session(&self) -> bool {
                match self {
                    $(Self::$variant => false $($(|| reasons!(@expired $trait))*)?,)*
                    Self::RefreshRefused(_) => true,
                }
            }

            /// Returns true if the request could not be authenticated, because Clerk could not be reached or refused the
            /// keys of this application.
            ///
            /// Guards respond to such a request with 503 instead of 401.
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
    /// There is neither a session token nor a `__client_uat` cookie.
    SessionTokenAndUatMissing = "session-token-and-uat-missing";
    /// There is a session cookie, but no `__client_uat` cookie.
    SessionTokenButNoClientUat = "session-token-but-no-client-uat";
    /// There is a `__client_uat` cookie, but no session cookie.
    ClientUatButNoSessionToken = "client-uat-but-no-session-token";
    /// The client changed after the session token was issued.
    SessionTokenIatBeforeClientUat = "session-token-iat-before-client-uat" [bad_token];
    /// The session token is not active yet.
    SessionTokenNbf = "session-token-nbf" [bad_token];
    /// The session token was issued in the future.
    SessionTokenIatInTheFuture = "session-token-iat-in-the-future" [bad_token];
    /// The handshake returned no session token.
    SessionTokenMissing = "session-token-missing";
    /// The session is pending: the user has to complete tasks first.
    SessionPending = "session-pending";
    /// The active organization of the session is not the one that the URL names.
    ActiveOrganizationMismatch = "active-organization-mismatch";
    /// The browser has no development browser token yet.
    DevBrowserMissing = "dev-browser-missing";
    /// The URL contains a development browser token.
    DevBrowserSync = "dev-browser-sync";
    /// The satellite domain has to synchronize with its primary domain.
    SatelliteNeedsSyncing = "satellite-needs-syncing";
    /// The primary domain responds to a satellite domain that synchronizes.
    PrimaryRespondsToSyncing = "primary-responds-to-syncing";
    /// A page of the primary domain was reached from another origin.
    PrimaryDomainCrossOriginSync = "primary-domain-cross-origin-sync";
    /// The type of the token is not accepted.
    TokenTypeMismatch = "token-type-mismatch" [bad_token];
    /// A machine token is required, but the header has no token.
    NoTokenInHeader = "No token in header";
    /// The session token has expired, and only GET requests refresh it.
    RefreshNotGet = "session-token-expired-refresh-non-eligible-non-get" [bad_token, expired];
    /// The session token has expired, and there is no refresh cookie.
    RefreshNoCookie = "session-token-expired-refresh-non-eligible-no-refresh-cookie" [bad_token, expired];
    /// The session token has expired, and the token to refresh is missing.
    RefreshMissingToken = "session-token-expired-refresh-missing-session-token" [bad_token, expired];
    /// The session token has expired and cannot be decoded.
    RefreshUndecodableToken = "session-token-expired-refresh-expired-session-token-decode-failed" [bad_token, expired];
    /// The session token has expired and has no session ID.
    RefreshMissingSid = "session-token-expired-refresh-expired-session-token-missing-sid-claim" [bad_token, expired];
    /// The session token has expired, and the refresh returned an invalid session token.
    RefreshInvalidToken = "session-token-expired-refresh-invalid-session-token" [bad_token, expired];
    /// The session token has expired, and Clerk's response to the refresh could not be read.
    RefreshUnexpectedAnswer = "session-token-expired-refresh-unexpected-bapi-error" [bad_token, expired];
    /// The session token has expired, and Clerk's response to the refresh contained no cookies.
    RefreshNoCookies = "session-token-expired-refresh-unexpected-sdk-error" [bad_token, expired];
    /// The session token has expired, and Clerk could not be reached to refresh it.
    RefreshFetchError = "session-token-expired-refresh-fetch-error" [bad_token, expired, undecided];
    /// The token has expired (`exp`).
    TokenExpired = "token-expired" [bad_token];
    /// The token is malformed, or not of the expected type.
    TokenInvalid = "token-invalid" [bad_token];
    /// `alg` is not RS256, RS384 or RS512.
    TokenInvalidAlgorithm = "token-invalid-algorithm" [bad_token];
    /// `azp` is not one of the authorized parties.
    TokenInvalidAuthorizedParties = "token-invalid-authorized-parties" [bad_token];
    /// `iss` is not one of the configured issuers.
    TokenInvalidIssuer = "token-invalid-issuer" [bad_token];
    /// The signature does not match the token and the signing key.
    TokenInvalidSignature = "token-invalid-signature" [bad_token];
    /// The token is not active yet: `nbf` is in the future.
    TokenNotActiveYet = "token-not-active-yet" [bad_token];
    /// The token was issued in the future (`iat`).
    TokenIatInTheFuture = "token-iat-in-the-future" [bad_token];
    /// A claim is missing or has the wrong type, or the signing key cannot be used for the token.
    TokenVerificationFailed = "token-verification-failed" [bad_token];
    /// The machine token could not be verified, because the signing keys could not be loaded.
    TokenUnverifiable = "token-verification-failed" [bad_token, undecided];
    /// Clerk refused the secret key.
    SecretKeyInvalid = "secret-key-invalid" [undecided];
    /// The signing keys could not be loaded.
    JwksFailedToLoad = "jwk-remote-failed-to-load" [bad_token, undecided];
    /// Neither a PEM key nor a secret key is configured.
    JwkFailedToResolve = "jwk-failed-to-resolve" [bad_token, undecided];
    /// No signing key has the `kid` of the token.
    JwkKidMismatch = "jwk-kid-mismatch" [bad_token];
    /// Clerk could not be reached, or its response could not be read.
    UnexpectedError = "unexpected-error" [undecided];
}

impl Reason {
    /// Says what a developer can do about a refusal for this reason.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::SessionTokenAndUatMissing
            | Self::SessionTokenMissing
            | Self::DevBrowserMissing
            | Self::NoTokenInHeader => {
                "send a token in the header `Authorization: Bearer <token>`, or sign in on a page of this host"
            }
            Self::SessionTokenButNoClientUat
            | Self::ClientUatButNoSessionToken
            | Self::SessionTokenIatBeforeClientUat
            | Self::ActiveOrganizationMismatch
            | Self::DevBrowserSync
            | Self::SatelliteNeedsSyncing
            | Self::PrimaryRespondsToSyncing
            | Self::PrimaryDomainCrossOriginSync => {
                "open a page of this host in the browser, which renews the cookies of its session"
            }
            Self::SessionPending => {
                "send the user to the sign-in page, to complete the tasks of the session"
            }
            Self::TokenTypeMismatch => {
                "send a token of an accepted type, or accept this type with ClerkBuilder::accepts and in the guard"
            }
            Self::SessionTokenNbf
            | Self::SessionTokenIatInTheFuture
            | Self::TokenNotActiveYet
            | Self::TokenIatInTheFuture => "synchronize this machine's clock, preferably with NTP",
            Self::TokenExpired
            | Self::RefreshNotGet
            | Self::RefreshNoCookie
            | Self::RefreshMissingToken
            | Self::RefreshUndecodableToken
            | Self::RefreshMissingSid
            | Self::RefreshInvalidToken
            | Self::RefreshUnexpectedAnswer
            | Self::RefreshNoCookies
            | Self::RefreshRefused(_) => {
                "get a new token for each request, because session tokens expire after a minute (getToken() of Clerk's \
                 browser SDK), and check this machine's clock"
            }
            Self::TokenInvalid | Self::TokenInvalidAlgorithm => {
                "send a token as Clerk issued it, such as that of getToken() of Clerk's browser SDK"
            }
            Self::TokenVerificationFailed => {
                "compare the claims of the token with the configuration, such as ClerkBuilder::audience"
            }
            Self::TokenInvalidAuthorizedParties => {
                "if the origin is yours, add it to CLERK_AUTHORIZED_PARTIES"
            }
            Self::TokenInvalidIssuer => {
                "compare the issuer (iss) of the token with ClerkBuilder::issuer"
            }
            Self::TokenInvalidSignature | Self::JwkKidMismatch => {
                "use the keys of the instance that issued the token: CLERK_SECRET_KEY, CLERK_PUBLISHABLE_KEY and, if it is \
                 set, CLERK_JWT_KEY"
            }
            Self::RefreshFetchError
            | Self::TokenUnverifiable
            | Self::SecretKeyInvalid
            | Self::JwksFailedToLoad
            | Self::JwkFailedToResolve
            | Self::UnexpectedError => {
                "call Clerk::diagnose_online or run clerk-doctor, which name the cause"
            }
        }
    }
}

/// The error code of a session refresh that Clerk refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefreshRefusal {
    reason: Arc<str>,
    /// Whether the response was a failure of Clerk's and not a refusal.
    is_outage: bool,
}

impl RefreshRefusal {
    /// The prefix of the reason before the code.
    const PREFIX: &str = "session-token-expired-refresh-";

    /// Creates the refusal from the error code and the status of Clerk's response.
    pub(crate) fn new(code: &str, status: StatusCode) -> Self {
        Self {
            reason: format!("{}{code}", Self::PREFIX).into(),
            is_outage: status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// Returns the error code of Clerk's response.
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
