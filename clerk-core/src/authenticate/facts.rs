//! What is read from a request, once.

use std::sync::{Arc, OnceLock};

use percent_encoding::percent_decode_str;
use url::Url;

use super::request::{RequestView, all_headers, joined_header};
use crate::auth::{as_js_number, is_truthy};
use crate::config::{Config, ForwardedHeaders};
use crate::keys::InstanceType;
use crate::token::{ParsedToken, TokenError};

/// A token as it stood in the request, decoded when first asked for.
#[derive(Debug)]
pub(crate) struct RawToken {
    text: String,
    parsed: OnceLock<Result<Arc<ParsedToken>, TokenError>>,
}

impl RawToken {
    pub(crate) fn new(text: String) -> Self {
        Self {
            text,
            parsed: OnceLock::new(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn parsed(&self) -> Result<&Arc<ParsedToken>, &TokenError> {
        self.parsed
            .get_or_init(|| ParsedToken::parse(&self.text).map(Arc::new))
            .as_ref()
    }

    /// `iat` of the unverified token: 0 where there is none, and not a number, which no comparison holds for, where it
    /// is none.
    fn issued(&self) -> f64 {
        self.parsed()
            .ok()
            .and_then(|token| token.claims().get("iat"))
            .filter(|issued| is_truthy(issued))
            .map_or(0.0, |issued| as_js_number(issued).unwrap_or(f64::NAN))
    }
}

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
    pub(crate) fn read(request: &(impl RequestView + ?Sized), config: &Config) -> Self {
        let text = |name: &str| joined_header(request, name).filter(|value| !value.is_empty());
        let url = public_url(request, &config.forwarded_headers);
        let suffix = config
            .publishable_key
            .as_ref()
            .map_or("", |key| key.cookie_suffix());
        let cookies = Cookies::parse(
            &joined_header(request, "cookie").unwrap_or_default(),
            suffix,
        );
        let query = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .filter(|v| !v.is_empty())
        };

        let plain = cookies.session.map(RawToken::new);
        let with_suffix = cookies.session_suffixed.map(RawToken::new);
        let suffixed = uses_suffixed_cookies(
            config,
            plain.as_ref(),
            with_suffix.as_ref(),
            cookies.client_uat.as_deref(),
            cookies.client_uat_suffixed.as_deref(),
        );
        let (cookie_token, client_uat, dev_browser) = if suffixed {
            (
                with_suffix,
                cookies.client_uat_suffixed,
                cookies.dev_browser_suffixed,
            )
        } else {
            (plain, cookies.client_uat, cookies.dev_browser)
        };
        Self {
            is_get: request.method() == "GET",
            header_token: bearer_token(text("authorization").as_deref()).map(RawToken::new),
            origin: text("origin"),
            referrer: text("referer"),
            fetch_dest: text("sec-fetch-dest"),
            accept: text("accept"),
            suffixed,
            cookie_token,
            client_uat: client_uat.map_or(0.0, |uat| leading_integer(&uat)),
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

    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.url
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
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
pub(crate) fn bearer_token(header: Option<&str>) -> Option<String> {
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

/// The cookies that matter, first occurrence of each name. An empty value counts as absent.
#[derive(Debug, Default)]
struct Cookies {
    session: Option<String>,
    session_suffixed: Option<String>,
    client_uat: Option<String>,
    client_uat_suffixed: Option<String>,
    dev_browser: Option<String>,
    dev_browser_suffixed: Option<String>,
    refresh: Option<String>,
    handshake: Option<String>,
    handshake_nonce: Option<String>,
    redirect_count: Option<String>,
}

impl Cookies {
    fn parse(header: &str, suffix: &str) -> Self {
        let mut found: [Option<&str>; 10] = [None; 10];
        for piece in header.split(';') {
            let Some((name, value)) = piece.split_once('=') else {
                continue;
            };
            let blanks = [' ', '\t'];
            let (name, value) = (name.trim_matches(blanks), value.trim_matches(blanks));
            let (base, is_suffixed) = match name
                .strip_suffix(suffix)
                .and_then(|base| base.strip_suffix('_'))
            {
                Some(base) if !suffix.is_empty() => (base, true),
                _ => (name, false),
            };
            let at = match (base, is_suffixed) {
                ("__session", false) => 0,
                ("__session", true) => 1,
                ("__client_uat", false) => 2,
                ("__client_uat", true) => 3,
                ("__clerk_db_jwt", false) => 4,
                ("__clerk_db_jwt", true) => 5,
                ("__refresh", true) => 6,
                ("__clerk_handshake", false) => 7,
                ("__clerk_handshake_nonce", false) => 8,
                ("__clerk_redirect_count", false) => 9,
                _ => continue,
            };
            found[at].get_or_insert(value);
        }
        let [
            session,
            session_suffixed,
            client_uat,
            client_uat_suffixed,
            dev_browser,
            dev_browser_suffixed,
            refresh,
            handshake,
            handshake_nonce,
            redirect_count,
        ] = found.map(|value| value.filter(|value| !value.is_empty()).map(decode_cookie));
        Self {
            session,
            session_suffixed,
            client_uat,
            client_uat_suffixed,
            dev_browser,
            dev_browser_suffixed,
            refresh,
            handshake,
            handshake_nonce,
            redirect_count,
        }
    }
}

/// Percent-decodes a cookie value, after the header was split: an encoded `;` must not make cookies. A value with a
/// broken escape stays as it is.
fn decode_cookie(value: &str) -> String {
    let escapes_are_whole = value
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    if !escapes_are_whole {
        return value.to_owned();
    }
    percent_decode_str(value)
        .decode_utf8()
        .map_or_else(|_| value.to_owned(), std::borrow::Cow::into_owned)
}

/// Chooses between the suffixed cookies of this instance and the plain ones, which instances on one host share
/// (Clerk docs: "How Clerk works", cookies). The first rule that fits decides.
fn uses_suffixed_cookies(
    config: &Config,
    plain: Option<&RawToken>,
    with_suffix: Option<&RawToken>,
    plain_uat: Option<&str>,
    suffixed_uat: Option<&str>,
) -> bool {
    if let Some(plain) = plain {
        let Ok(token) = plain.parsed() else {
            return false;
        };
        match token.claims().get("iss") {
            None => return false,
            Some(iss) if !is_truthy(iss) => return false,
            Some(serde_json::Value::String(iss))
                if without_scheme(iss) == config.original_frontend_api => {}
            Some(_) => return true,
        }
    }
    if suffixed_uat.is_none() && with_suffix.is_none() {
        return false;
    }
    let issued = |token: Option<&RawToken>| token.map_or(0.0, RawToken::issued);
    let suffixed_signed_out = suffixed_uat == Some("0");
    let plain_signed_out = plain_uat == Some("0");
    if !suffixed_signed_out && !plain_signed_out && issued(plain) > issued(with_suffix) {
        return false;
    }
    if suffixed_signed_out && !plain_signed_out {
        return false;
    }
    if config.instance_type() != Some(InstanceType::Production)
        && !suffixed_signed_out
        && plain_signed_out
    {
        let expired = with_suffix
            .and_then(|token| token.parsed().ok())
            .and_then(|token| token.claims().number("exp"))
            .is_some_and(|expires| expires <= (config.clock.now() as f64 / 1000.0).floor());
        if expired {
            return false;
        }
    }
    !(suffixed_uat.is_none() && with_suffix.is_some())
}

/// Removes every `http://` and `https://`, in any case.
fn without_scheme(issuer: &str) -> String {
    let mut rest = issuer;
    let mut kept = String::with_capacity(issuer.len());
    while let Some(next) = rest.chars().next() {
        let scheme = ["https://", "http://"].iter().find(|scheme| {
            rest.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        });
        let (skip, keep) = match scheme {
            Some(scheme) => (scheme.len(), 0),
            None => (next.len_utf8(), next.len_utf8()),
        };
        kept.push_str(&rest[..keep]);
        rest = &rest[skip..];
    }
    kept
}

/// The integer with which a text begins, hexadecimal after `0x`, 0 where there is none (ECMA-262 `parseInt`).
fn leading_integer(text: &str) -> f64 {
    let text = text.trim_start();
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if let Some(digits) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        let digits = digits.chars().map_while(|digit| digit.to_digit(16));
        return sign * digits.fold(0.0, |number, digit| number * 16.0 + f64::from(digit));
    }
    let end = digits
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end]
        .parse::<f64>()
        .map_or(0.0, |number| sign * number)
}
