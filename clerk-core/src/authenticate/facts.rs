//! What is read from a request, once.

use std::borrow::Cow;
use std::sync::Arc;

use url::Url;

use super::cookie_header::{Cookies, SessionCookies};
use crate::config::{Config, ForwardedHeaders};
use crate::ecma::parse_int;
use crate::request::{RequestView, all_headers, joined_header};
use crate::token::{RawToken, VerifiedSession};
use crate::urls::query_parameter;

/// The facts of a request on which decisions rest. None of them is trusted.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) is_get: bool,
    /// The public URL ("clerk URL").
    pub(crate) url: Url,
    pub(crate) header_token: Option<RawToken>,
    pub(crate) origin: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) fetch_dest: Option<String>,
    pub(crate) accept: Option<String>,
    pub(crate) suffixed: bool,
    pub(crate) cookie_token: Option<RawToken>,
    /// `__client_uat`: Unix seconds of the client's last change, 0 for a client without sessions.
    pub(crate) client_uat: f64,
    pub(crate) dev_browser: Option<String>,
    pub(crate) refresh_token: Option<String>,
    pub(crate) handshake_token: Option<String>,
    pub(crate) handshake_nonce: Option<String>,
    pub(crate) redirect_count: RedirectCount,
    /// All headers, kept only where a session refresh may need them.
    pub(crate) headers: Vec<(String, String)>,
}

/// How often the browser has been sent through a handshake in the last seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectCount {
    /// 0, 1 or 2: another handshake is allowed.
    Below(u8),
    /// Three or more, or a number that we never wrote: no more handshakes.
    Exhausted,
}

impl Facts {
    /// Reads a request. `verified` returns the session of a token that was verified before and still holds.
    pub(crate) fn read(
        request: &(impl RequestView + ?Sized),
        config: &Config,
        now: i64,
        verified: impl Fn(&str) -> Option<Arc<VerifiedSession>>,
    ) -> Self {
        let text = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let token = |text: String| match verified(&text) {
            Some(session) => RawToken::verified(session),
            None => RawToken::decode(text),
        };
        let url = public_url(request, &config.forwarded_headers);
        let cookies = Cookies::parse(
            &joined_header(request, "cookie").unwrap_or_default(),
            config.cookie_suffix(),
        );
        let query = |name: &str| {
            query_parameter(&url, name)
                .filter(|value| !value.is_empty())
                .map(Cow::into_owned)
        };
        let sessions = SessionCookies {
            plain: cookies.session.map(&token),
            suffixed: cookies.session_suffixed.map(&token),
            plain_uat: cookies.client_uat,
            suffixed_uat: cookies.client_uat_suffixed,
        };
        let suffixed = sessions.uses_suffixed(config, now);
        let (cookie_token, client_uat, dev_browser) = if suffixed {
            (
                sessions.suffixed,
                sessions.suffixed_uat,
                cookies.dev_browser_suffixed,
            )
        } else {
            (sessions.plain, sessions.plain_uat, cookies.dev_browser)
        };
        Self {
            is_get: request.method() == "GET",
            header_token: bearer_token(text("authorization").as_deref()).map(token),
            origin: text("origin"),
            referrer: text("referer"),
            fetch_dest: text("sec-fetch-dest"),
            accept: text("accept"),
            suffixed,
            cookie_token,
            client_uat: client_uat.and_then(|uat| parse_int(&uat)).unwrap_or(0.0),
            dev_browser: query("__clerk_db_jwt").or(dev_browser),
            headers: if cookies.refresh.is_some() {
                all_headers(request)
            } else {
                Vec::new()
            },
            refresh_token: cookies.refresh,
            handshake_token: query("__clerk_handshake").or(cookies.handshake),
            handshake_nonce: query("__clerk_handshake_nonce").or(cookies.handshake_nonce),
            redirect_count: RedirectCount::parse(cookies.redirect_count.as_deref()),
            url,
        }
    }

    /// "The session token": the cookie's, else the header's.
    pub(crate) fn session_token(&self) -> Option<&RawToken> {
        self.cookie_token.as_ref().or(self.header_token.as_ref())
    }

    pub(crate) fn has_active_client(&self) -> bool {
        self.client_uat != 0.0
    }

    pub(crate) fn is_document(&self) -> bool {
        self.fetch_dest.as_deref() == Some("document")
    }

    /// Whether a browser may be sent through a handshake: only a navigation follows the redirect and comes back.
    pub(crate) fn is_handshake_eligible(&self) -> bool {
        self.is_get
            && match self.fetch_dest.as_deref() {
                Some("document" | "iframe") => true,
                Some(_) => false,
                None => self
                    .accept
                    .as_deref()
                    .is_some_and(|accept| accept.starts_with("text/html")),
            }
    }
}

impl RedirectCount {
    fn parse(cookie: Option<&str>) -> Self {
        match cookie.map(str::trim) {
            None | Some("" | "0") => Self::Below(0),
            Some("1") => Self::Below(1),
            Some("2") => Self::Below(2),
            // Text that is no number at all counts as absent, as in the reference; other numbers were never ours.
            Some(other) if other.parse::<f64>().is_err() && !other.starts_with("0x") => {
                Self::Below(0)
            }
            Some(other) if other.parse::<f64>() == Ok(0.0) => Self::Below(0),
            Some(_) => Self::Exhausted,
        }
    }
}

/// The token of an `Authorization` header. Other schemes than `Bearer` count as no token; a value without scheme is
/// the token itself.
fn bearer_token(header: Option<&str>) -> Option<String> {
    let header = header?.trim_matches([' ', '\t', '\r', '\n']);
    let mut pieces = header.split(' ');
    match (
        pieces.next().unwrap_or_default(),
        pieces.next().unwrap_or_default(),
    ) {
        ("", _) => None,
        (only, "") => Some(only.to_owned()),
        ("Bearer", token) => Some(token.to_owned()),
        _ => None,
    }
}

/// The URL under which the browser sees this request: forwarded headers where they are trusted, else `Host`, else
/// what the connection says.
fn public_url(request: &(impl RequestView + ?Sized), forwarded: &ForwardedHeaders) -> Url {
    let (path, query) = match request.path_and_query().split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.path_and_query(), None),
    };
    let first = |name: &str| {
        joined_header(request, name)
            .map(|value| value.split(',').next().unwrap_or_default().to_owned())
    };
    let own_scheme = request.scheme().unwrap_or("http");
    let host_header = joined_header(request, "host").filter(|host| !host.is_empty());
    let own_authority = request
        .authority()
        .or(host_header.as_deref())
        .unwrap_or("localhost");
    let own = origin(own_scheme, own_authority).unwrap_or_else(localhost);

    let (host, scheme) = if forwarded.is_trusted(first("x-forwarded-host").as_deref()) {
        (
            first("x-forwarded-host").or_else(|| host_header.clone()),
            first("x-forwarded-proto"),
        )
    } else {
        (host_header.clone(), None)
    };
    let scheme = scheme.unwrap_or_else(|| own_scheme.to_owned());
    let public = host
        .filter(|host| !host.is_empty())
        .and_then(|host| origin(&scheme, &host));
    let is_own = public
        .as_ref()
        .is_none_or(|public| public.origin() == own.origin());
    let mut url = match public {
        Some(public) if !is_own => public,
        _ => own.clone(),
    };
    // Set on the origin, never resolved against it: a path that begins with `//` must not become a host.
    url.set_path(path);
    // Moving a URL to another origin drops an empty query; leaving it where it is keeps it.
    url.set_query(query.filter(|query| is_own || !query.is_empty()));
    url
}

/// `scheme://host` as a URL, for http and https only, without whatever path a header may have carried.
fn origin(scheme: &str, host: &str) -> Option<Url> {
    let mut url = Url::parse(&format!("{scheme}://{host}")).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

#[expect(clippy::expect_used, reason = "the text is a constant, and a URL")]
fn localhost() -> Url {
    Url::parse("http://localhost/").expect("a constant URL")
}
