//! Where a request signs in: the page, with the way back.

use http::HeaderValue;

use crate::auth::SignInPage;
use crate::authenticate::Facts;
use crate::config::Config;
use crate::redirect::{Redirect, RedirectError, ReturnBack};
use crate::request_kind::RequestKind;

/// Whether somebody is signed in who has tasks to do first; the page is then that of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingSession {
    Present,
    Absent,
}

/// Returns the URL of the page to sign in on.
pub(crate) fn sign_in_url(
    config: &Config,
    facts: &Facts,
    pending: PendingSession,
    back: ReturnBack<'_>,
) -> Result<String, RedirectError> {
    redirect(config, facts)
        .pending_session(pending == PendingSession::Present)
        .sign_in(back)
}

/// Returns the URL of the page to sign up on.
pub(crate) fn sign_up_url(
    config: &Config,
    facts: &Facts,
    back: ReturnBack<'_>,
) -> Result<String, RedirectError> {
    redirect(config, facts).sign_up(back)
}

/// Returns where a signed-out request of this kind would sign in.
pub(crate) fn sign_in_page(
    config: &Config,
    facts: &Facts,
    kind: RequestKind,
    pending: PendingSession,
) -> SignInPage {
    let location = match kind {
        RequestKind::Page => sign_in_url(config, facts, pending, ReturnBack::Here)
            .ok()
            .and_then(|url| HeaderValue::from_str(&url).ok()),
        RequestKind::ServerAction | RequestKind::Api => None,
    };
    SignInPage { kind, location }
}

fn redirect<'a>(config: &'a Config, facts: &'a Facts) -> Redirect<'a> {
    Redirect::new(facts.url.as_str())
        .publishable_key(config.publishable_key.as_ref())
        .sign_in_url(config.sign_in_url.as_deref())
        .sign_up_url(config.sign_up_url.as_deref())
        .satellite(config.is_satellite)
        .dev_browser_token(facts.dev_browser.as_deref())
}
