//! The facts that are read from a request, once.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use url::Url;

use super::cookie_header::{Cookies, SessionCookies};
use super::public_url::public_url;
use crate::config::Config;
use crate::ecma::parse_int;
use crate::headers::redirect_status;
use crate::request::{FetchDestination, RequestView, bounded_headers, joined_header};
use crate::token::{RawToken, VerifiedSession};
use crate::urls::query_parameter;

/// The facts about a request that decisions are based on. None of them is trusted.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) is_get: bool,
    /// The status for redirecting this request: 307 for GET and HEAD, and 303 for every other method (RFC 9110 section
    /// 15.4.4).
    pub(crate) redirect_status: StatusCode,
    /// The public URL ("clerk URL").
    pub(crate) url: Url,
    pub(crate) header_token: Option<RawToken>,
    pub(crate) origin: Option<String>,
    pub(crate) referrer: Option<String>,
    /// The page that htmx inserts the response into, if redirects for htmx are enabled.
    pub(crate) htmx_page: Option<String>,
    /// Whether the request is a navigation: a GET request for a document.
    pub(crate) is_navigation: bool,
    /// Whether the browser states that the request is for a top-level document.
    pub(crate) is_document: bool,
    pub(crate) suffixed: bool,
    pub(crate) cookie_token: Option<RawToken>,
    /// `__client_uat`: the time of the client's last change in Unix seconds, or 0 for a client without sessions.
    pub(crate) client_uat: f64,
    /// More session cookies with the same name.
    pub(crate) other_cookie_tokens: Vec<RawToken>,
    /// The largest of all `__client_uat` cookies.
    pub(crate) latest_client_uat: f64,
    pub(crate) dev_browser: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) handshake_token: Option<String>,
    pub(crate) handshake_nonce: Option<String>,
    /// The names of the cookies that contain a handshake.
    pub(crate) handshake_cookies: Vec<&'static str>,
    pub(crate) redirect_count: RedirectCount,
    /// All headers, if a session refresh may need them.
    pub(crate) headers: Vec<(String, String)>,
}

/// How many handshakes the browser has completed in the last seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectCount {
    /// 0, 1 or 2; another handshake is allowed.
    Below(u8),
    /// Three or more, or a number that this crate never writes; another handshake is not allowed.
    Exhausted,
}

impl Facts {
    /// Reads a request. `verified` returns the session of a token that was verified before and is still valid.
    pub(crate) fn read(
        request: &dyn RequestView,
        config: &Config,
        now: i64,
        verified: &dyn Fn(&str) -> Option<Arc<VerifiedSession>>,
    ) -> Self {
        let text = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let token = |text: String| match verified(&text) {
            Some(session) => RawToken::verified(session),
            None => RawToken::decode(text, config.max_token_bytes),
        };
        let url = public_url(
            request,
            &config.forwarded_headers,
            config.public_url.as_ref(),
        );
        let cookies = Cookies::parse(
            &(!config.header_only)
                .then(|| joined_header(request, "cookie"))
                .flatten()
                .unwrap_or_default(),
            config.cookie_suffix(),
        );
        let query = |name: &str| {
            query_parameter(&url, name)
                .filter(|value| !value.is_empty())
                .map(Cow::into_owned)
        };
        let handshake_cookies = cookies.handshake_names();
        let (plain, other_plain) = cookies.session.split();
        let (with_suffix, other_with_suffix) = cookies.session_suffixed.split();
        let (plain_uat, other_plain_uats) = cookies.client_uat.split();
        let (suffixed_uat, other_suffixed_uats) = cookies.client_uat_suffixed.split();
        let sessions = SessionCookies {
            plain: plain.map(&token),
            suffixed: with_suffix.map(&token),
            plain_uat,
            suffixed_uat,
        };
        let suffixed = sessions.uses_suffixed(config, now);
        let (cookie_token, client_uat, dev_browser, others, other_uats) = if suffixed {
            (
                sessions.suffixed,
                sessions.suffixed_uat,
                cookies.dev_browser_suffixed,
                other_with_suffix,
                other_suffixed_uats,
            )
        } else {
            (
                sessions.plain,
                sessions.plain_uat,
                cookies.dev_browser,
                other_plain,
                other_plain_uats,
            )
        };
        let seconds = |uat: &String| parse_int(uat).unwrap_or(0.0);
        let client_uat = client_uat.as_ref().map_or(0.0, seconds);
        let refresh_token = cookies.refresh.first();
        let is_get = request.method() == "GET";
        let destination = FetchDestination::of(request);
        Self {
            is_get,
            redirect_status: redirect_status(request.method()),
            header_token: bearer_token(text("authorization").as_deref())
                .or_else(|| websocket_token(request, config))
                .map(&token),
            origin: text("origin"),
            referrer: text("referer"),
            htmx_page: config
                .htmx_redirects
                .then(|| text("hx-current-url"))
                .flatten(),
            is_navigation: is_get && is_navigation(request, destination),
            is_document: destination == FetchDestination::Document,
            suffixed,
            cookie_token,
            client_uat,
            latest_client_uat: other_uats.iter().map(seconds).fold(client_uat, f64::max),
            other_cookie_tokens: others.into_iter().map(&token).collect(),
            dev_browser: query("__clerk_db_jwt").or(dev_browser.first()),
            headers: if is_get && refresh_token.is_some() {
                bounded_headers(request)
            } else {
                Vec::new()
            },
            refresh_token,
            handshake_cookies,
            handshake_token: query("__clerk_handshake").or(cookies.handshake.first()),
            handshake_nonce: query("__clerk_handshake_nonce").or(cookies.handshake_nonce.first()),
            redirect_count: RedirectCount::parse(cookies.redirect_count.first().as_deref()),
            url,
        }
    }

    /// Returns the session token: that of the cookie, or else that of the header.
    pub(crate) fn session_token(&self) -> Option<&RawToken> {
        self.cookie_token.as_ref().or(self.header_token.as_ref())
    }

    /// Drops the decoded parts of tokens, before a wait.
    pub(crate) fn let_go_of_decoded(&mut self) {
        self.header_token
            .iter_mut()
            .chain(&mut self.cookie_token)
            .chain(&mut self.other_cookie_tokens)
            .for_each(RawToken::let_go_of_decoded);
    }

    pub(crate) fn has_active_client(&self) -> bool {
        self.client_uat != 0.0
    }
}

/// Returns true if a GET request may start a handshake: only a navigation follows the redirect and comes back.
fn is_navigation(request: &dyn RequestView, destination: FetchDestination) -> bool {
    match destination {
        FetchDestination::Document | FetchDestination::Iframe => true,
        FetchDestination::Other => false,
        FetchDestination::Unknown => {
            joined_header(request, "accept").is_some_and(|accept| accept.starts_with("text/html"))
        }
    }
}

impl RedirectCount {
    fn parse(cookie: Option<&str>) -> Self {
        match cookie.map(str::trim) {
            None | Some("" | "0") => Self::Below(0),
            Some("1") => Self::Below(1),
            Some("2") => Self::Below(2),
            // Text that is not a number counts as absent, as in the reference. This crate never writes other numbers.
            Some(other) if other.parse::<f64>().is_err() && !other.starts_with("0x") => {
                Self::Below(0)
            }
            Some(other) if other.parse::<f64>() == Ok(0.0) => Self::Below(0),
            Some(_) => Self::Exhausted,
        }
    }
}

/// Returns the token after the configured subprotocol in the opening handshake of a WebSocket (RFC 6455 section 4.1).
fn websocket_token(request: &dyn RequestView, config: &Config) -> Option<String> {
    let name = config.websocket_protocol.as_deref()?;
    let is_websocket = joined_header(request, "upgrade")
        .is_some_and(|upgrade| upgrade.trim().eq_ignore_ascii_case("websocket"));
    if !is_websocket {
        return None;
    }
    let protocols = joined_header(request, "sec-websocket-protocol")?;
    let mut protocols = protocols.split(',').map(str::trim);
    protocols.find(|protocol| *protocol == name)?;
    protocols
        .next()
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
}

/// Returns the token of an `Authorization` header. The scheme is case-insensitive and followed by one or more spaces (RFC
/// 9110 sections 11.1 and 11.4).
///
/// A header with a scheme other than `Bearer` has no token. A value without a scheme is the token itself.
fn bearer_token(header: Option<&str>) -> Option<String> {
    let header = header?.trim_matches([' ', '\t', '\r', '\n']);
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    let token = rest.trim_start_matches(' ').split(' ').next();
    match token.filter(|token| !token.is_empty()) {
        None if scheme.is_empty() => None,
        None => Some(scheme.to_owned()),
        Some(token) if scheme.eq_ignore_ascii_case("bearer") => Some(token.to_owned()),
        Some(_) => None,
    }
}
