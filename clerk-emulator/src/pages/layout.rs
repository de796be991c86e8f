//! The layout of the pages other than the dashboard: one card, which works without scripts.

use aws_lc_rs::digest;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};

/// The colors, type and controls of all pages.
pub(super) const STYLE: &str = include_str!("style.css");
const CARD_STYLE: &str = include_str!("card.css");
/// The icon in the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' \
    height='16' rx='4' fill='%234f46e5'/%3E%3Cpath d='M10.9 5.2a4 4 0 1 0 0 5.6' fill='none' stroke='%23fff' \
    stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/// Responds with a page that contains one card. The title is text, the content HTML.
///
/// The style is embedded in the page, which may be behind a proxy that does not forward other paths.
pub(crate) fn page(
    status: StatusCode,
    title: &str,
    content: &str,
    cookie: Option<String>,
) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} · Clerk emulator</title><link rel=\"icon\" href=\"{ICON}\">\
         <style>{STYLE}{CARD_STYLE}</style></head><body><main><div class=\"card\">{content}</div></main>\
         <footer>Clerk emulator, for development and tests only · <a href=\"/\">Dashboard</a></footer></body></html>"
    );
    let mut response = (
        status,
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "same-origin"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
            ),
        ],
        html,
    )
        .into_response();
    if let Some(cookie) = cookie.and_then(|cookie| cookie.try_into().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// Responds with a page that shows one message: a heading and a paragraph, both text, and HTML below them.
pub(crate) fn message(status: StatusCode, heading: &str, text: &str, below: &str) -> Response {
    let content = format!("{}{below}", self::heading("", heading, text));
    page(status, heading, &content, None)
}

/// Submits the page's form.
const SUBMIT: &str = "document.forms[0].submit()";

/// Responds with a page that posts a form to another address at once, which browsers without scripts do with a click.
pub(crate) fn posting(title: &str, action: &str, fields: &[(&str, &str)]) -> Response {
    let fields: String = fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        })
        .collect();
    let html = format!(
        "{}<form method=\"post\" action=\"{}\">{fields}<button class=\"primary\">Continue</button></form>\
         <script>{SUBMIT}</script>",
        heading("", title, ""),
        escape(action),
    );
    let mut page = page(StatusCode::OK, title, &html, None);
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SUBMIT.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{hash}'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// Returns the heading of a card: a line above it, which may be empty, the heading, and a line below it.
pub(crate) fn heading(above: &str, heading: &str, below: &str) -> String {
    let line = |text: &str| match text {
        "" => String::new(),
        text => format!("<p class=\"quiet\">{}</p>", escape(text)),
    };
    format!(
        "<div class=\"heading\">{}<h1>{}</h1>{}</div>",
        line(above),
        escape(heading),
        line(below)
    )
}

/// Returns an error message, which screen readers announce at once.
pub(crate) fn alert(text: &str) -> String {
    format!(
        "<p class=\"notice bad\" role=\"alert\">{}</p>",
        escape(text)
    )
}

/// Returns the image, the name and the identifier of a user.
pub(crate) fn person(name: &str, identifier: &str) -> String {
    let initial: String = name.chars().take(1).flat_map(char::to_uppercase).collect();
    let below = if name == identifier {
        String::new()
    } else {
        format!("<span class=\"quiet small\">{}</span>", escape(identifier))
    };
    format!(
        "<span class=\"avatar\" aria-hidden=\"true\">{}</span><span class=\"who\"><strong>{}</strong>{below}</span>",
        escape(&initial),
        escape(name),
    )
}

/// Escapes text for HTML and XML, including attribute values.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
