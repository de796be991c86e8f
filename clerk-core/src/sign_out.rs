//! Signing out: revoking a session and clearing its cookies.

use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue};

use crate::auth::Auth;
use crate::headers::{PRIVATE, VARIES};
use crate::instance::Instance;
use crate::refusal::Refusal;

/// Revokes the session of the request, if it has one, and returns the headers that clear its cookies.
pub(crate) async fn sign_out(instance: &Instance, auth: &Auth) -> Result<HeaderMap, Refusal> {
    let session = match auth {
        Auth::SignedOut(signed_out) => signed_out.pending_session(),
        auth => auth.session(),
    };
    if let Some(session_id) = session.and_then(|session| session.session_id()) {
        let revoked = instance.client.sessions().revoke(session_id).send().await;
        if let Err(error) = revoked
            && !is_over(&error)
        {
            tracing::warn!(%error, "a session could not be revoked");
            return Err(Refusal::undecided(auth));
        }
    }
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, PRIVATE);
    headers.insert(VARY, VARIES);
    // Keep `__client_uat`: it makes the next navigation ask Clerk whether the client has other sessions.
    let suffix = instance.config.cookie_suffix();
    for name in ["__session", "__refresh"] {
        let plain = format!("{name}=; Path=/; Max-Age=0; SameSite=Lax");
        let suffixed = format!("{name}_{suffix}=; Path=/; Max-Age=0; SameSite=Lax");
        for directive in [plain, suffixed] {
            if let Ok(value) = HeaderValue::from_str(&directive) {
                headers.append(SET_COOKIE, value);
            }
        }
    }
    Ok(headers)
}

/// Returns true if the session ended earlier or does not exist.
fn is_over(error: &clerk_backend_api::Error) -> bool {
    error.is_not_found() || error.status().is_some_and(|status| status.as_u16() == 400)
}
