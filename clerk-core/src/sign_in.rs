//! The sign-in and sign-up page for a request, with the URL to return to.

use http::{HeaderValue, StatusCode};
use url::Url;

use crate::auth::{RedirectWay, SignInPage};
use crate::authenticate::Facts;
use crate::config::Config;
use crate::redirect::{Redirect, RedirectError, ReturnBack};
use crate::refusal_page::RefusalPages;
use crate::request_kind::RequestKind;
use crate::urls::{query_parameter, remove_query_parameters};

/// Clerk's single-use query parameters, which are removed from return URLs.
const SINGLE_USE_PARAMETERS: [&str; 5] = [
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_help",
    "__clerk_db_jwt",
    "__dev_session",
];

/// Whether the request has a pending session, whose user is sent to the tasks page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingSession {
    Present,
    Absent,
}

/// Returns the URL of the sign-in page.
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

/// Returns the URL of the sign-up page.
pub(crate) fn sign_up_url(
    config: &Config,
    facts: &Facts,
    back: ReturnBack<'_>,
) -> Result<String, RedirectError> {
    with_way_back(facts, back, |back| redirect(config, facts).sign_up(back))
}

/// Returns the sign-in page for a signed-out request of this kind.
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
        is_of_development: config.is_development(),
    }
}

/// Returns the URLs of the sign-in and the sign-up page for links of a page, which lead back to it. On one of the two pages
/// itself, they lead where that page leads. A URL that cannot be built is empty.
pub(crate) fn own_pages(config: &Config, facts: &Facts) -> [String; 2] {
    let redirect = redirect(config, facts);
    with_page_back(config, facts, |back| {
        [redirect.sign_in(back), redirect.sign_up(back)].map(Result::unwrap_or_default)
    })
}

/// Returns the URLs of Clerk's hosted sign-in and sign-up pages, or of an emulator's, as [`own_pages`] does.
pub(crate) fn hosted_pages(config: &Config, facts: &Facts) -> [String; 2] {
    let of_emulator = |name: &str| {
        let mut url = config.emulator()?;
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{name}"));
        Some(url)
    };
    let [sign_in, sign_up] = ["sign-in", "sign-up"].map(of_emulator);
    let redirect = redirect(config, facts)
        .sign_in_url(sign_in.as_ref().map(Url::as_str))
        .sign_up_url(sign_up.as_ref().map(Url::as_str));
    with_page_back(config, facts, |back| {
        [redirect.sign_in(back), redirect.sign_up(back)].map(Result::unwrap_or_default)
    })
}

fn with_page_back<T>(config: &Config, facts: &Facts, build: impl FnOnce(ReturnBack<'_>) -> T) -> T {
    let is_at = |page: Option<&str>| {
        page.and_then(|page| facts.url.join(page).ok())
            .is_some_and(|page| {
                page.origin() == facts.url.origin()
                    && facts
                        .url
                        .path()
                        .starts_with(page.path().trim_end_matches('/'))
            })
    };
    if !is_at(config.sign_in_url.as_deref()) && !is_at(config.sign_up_url.as_deref()) {
        return build(ReturnBack::To(here(facts).as_str()));
    }
    let asked = query_parameter(&facts.url, "redirect_url")
        .and_then(|back| facts.url.join(&back).ok())
        .filter(|back| config.redirect_origins.allows(back, &facts.url));
    match asked {
        Some(back) => build(ReturnBack::To(back.as_str())),
        None => build(ReturnBack::To("/")),
    }
}

/// Returns how a request of this kind is redirected. `status` is the status of redirects for clients other than htmx.
pub(crate) fn redirect_way(config: &Config, kind: RequestKind, status: StatusCode) -> RedirectWay {
    if kind == RequestKind::Htmx && config.htmx_redirects {
        RedirectWay::Htmx
    } else {
        RedirectWay::Status(status)
    }
}

/// Returns the renderer of refusal pages if a request of this kind expects a page.
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

/// Returns the URL to return to after signing in.
///
/// It is the requested URL if that is a page. A form cannot be sent again and a fragment is not a page, so for these it is
/// the page that they were on if that has the same origin, and the root otherwise.
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
