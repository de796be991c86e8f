//! Where a request signs in: the page, with the way back.

use http::{HeaderValue, StatusCode};
use url::Url;

use crate::auth::{RedirectWay, SignInPage};
use crate::authenticate::Facts;
use crate::config::Config;
use crate::redirect::{Redirect, RedirectError, ReturnBack};
use crate::refusal_page::RefusalPages;
use crate::request_kind::RequestKind;
use crate::urls::{query_parameter, remove_query_parameters};

/// Clerk's own query parameters, which mean something once: a way back does not carry them.
const SINGLE_USE_PARAMETERS: [&str; 5] = [
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_help",
    "__clerk_db_jwt",
    "__dev_session",
];

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
    with_way_back(facts, back, |back| {
        redirect(config, facts)
            .pending_session(pending == PendingSession::Present)
            .sign_in(back)
    })
}

/// Returns the URL of the page to sign up on.
pub(crate) fn sign_up_url(
    config: &Config,
    facts: &Facts,
    back: ReturnBack<'_>,
) -> Result<String, RedirectError> {
    with_way_back(facts, back, |back| redirect(config, facts).sign_up(back))
}

/// Returns where a signed-out request of this kind would sign in.
pub(crate) fn sign_in_page(
    config: &Config,
    facts: &Facts,
    kind: RequestKind,
    pending: PendingSession,
) -> SignInPage {
    let is_sent = match kind {
        RequestKind::Page => !config.header_only,
        RequestKind::Htmx => config.htmx_redirects && !config.header_only,
        RequestKind::ServerAction | RequestKind::Api => false,
    };
    let location = is_sent
        .then(|| sign_in_url(config, facts, pending, ReturnBack::Here).ok())
        .flatten()
        .and_then(|url| HeaderValue::from_str(&url).ok());
    SignInPage {
        kind,
        location,
        way: redirect_way(config, kind, facts.redirect_status),
        refusal_pages: refusal_pages(config, kind),
    }
}

/// Returns how a request of this kind is sent elsewhere; `status` redirects it otherwise.
pub(crate) fn redirect_way(config: &Config, kind: RequestKind, status: StatusCode) -> RedirectWay {
    if kind == RequestKind::Htmx && config.htmx_redirects {
        RedirectWay::Htmx
    } else {
        RedirectWay::Status(status)
    }
}

/// Returns how refusals of a request of this kind are shown to people, if they are.
pub(crate) fn refusal_pages(config: &Config, kind: RequestKind) -> Option<RefusalPages> {
    (kind == RequestKind::Page && !config.header_only).then(|| config.refusal_pages.clone())
}

fn with_way_back<T>(
    facts: &Facts,
    back: ReturnBack<'_>,
    build: impl FnOnce(ReturnBack<'_>) -> T,
) -> T {
    match back {
        ReturnBack::Here => build(ReturnBack::To(here(facts).as_str())),
        elsewhere => build(elsewhere),
    }
}

/// Returns the page to come back to: the one that was asked for. A form is not sent again, and a fragment is no page, so
/// what asked for them comes back to the page that it stood on, where that is one of this origin, and to the root
/// otherwise.
fn here(facts: &Facts) -> Url {
    let mut here = if facts.redirect_status == StatusCode::SEE_OTHER || facts.htmx_page.is_some() {
        let referrer = facts
            .htmx_page
            .as_deref()
            .or(facts.referrer.as_deref())
            .and_then(|referrer| Url::parse(referrer).ok())
            .filter(|referrer| referrer.origin() == facts.url.origin());
        referrer.unwrap_or_else(|| {
            let mut root = facts.url.clone();
            root.set_path("/");
            root.set_query(None);
            root
        })
    } else {
        facts.url.clone()
    };
    if SINGLE_USE_PARAMETERS
        .iter()
        .any(|name| query_parameter(&here, name).is_some())
    {
        remove_query_parameters(&mut here, &SINGLE_USE_PARAMETERS);
    }
    here
}

fn redirect<'a>(config: &'a Config, facts: &'a Facts) -> Redirect<'a> {
    Redirect::new(facts.url.as_str())
        .publishable_key(config.publishable_key.as_ref())
        .sign_in_url(config.sign_in_url.as_deref())
        .sign_up_url(config.sign_up_url.as_deref())
        .satellite(config.is_satellite)
        .dev_browser_token(facts.dev_browser.as_deref())
}
