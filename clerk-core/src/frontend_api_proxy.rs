//! The proxy of the Frontend API: which requests it forwards, with which headers, and what it sends back.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use url::Url;

use crate::request::{RequestView, joined_header};
use crate::urls::{is_http, is_loopback};

/// Serves Clerk's Frontend API below a path of the application, for networks that block Clerk's domains
/// ([`ClerkBuilder::frontend_api_proxy`](crate::ClerkBuilder::frontend_api_proxy); Clerk docs: "Proxying the Clerk
/// Frontend API").
///
/// The middleware forwards requests below the path before it authenticates anything, and streams bodies in both
/// directions. They go only to the Frontend API, regardless of what the request contains; redirects are not followed.
/// Clerk receives the secret key and the client's address with each request.
///
/// The client's address is that of the connection. If there is a proxy of your own in front of the application, list it
/// with [`trusted_proxies`](Self::trusted_proxies), so that the address that it reports is used. With axum, serve the
/// application with [`into_make_service_with_connect_info`](https://docs.rs/axum/latest/axum/struct.Router.html#method.into_make_service_with_connect_info),
/// because the addresses of connections are not available otherwise.
///
/// ```
/// use clerk_core::FrontendApiProxy;
///
/// let proxy = FrontendApiProxy::new().trusted_proxies(["10.0.0.0/8"]);
/// # let _ = clerk_core::Clerk::builder().frontend_api_proxy(proxy);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct FrontendApiProxy {
    path: String,
    upstream: Option<String>,
    trusted_proxies: Vec<String>,
    body_limit: u64,
    timeout: Duration,
}

const DEFAULT_PATH: &str = "/__clerk";
/// The default limit. The Frontend API accepts pictures of 10 MB.
const DEFAULT_BODY_LIMIT: u64 = 12 * 1024 * 1024;
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

impl Default for FrontendApiProxy {
    fn default() -> Self {
        Self {
            path: DEFAULT_PATH.to_owned(),
            upstream: None,
            trusted_proxies: Vec::new(),
            body_limit: DEFAULT_BODY_LIMIT,
            timeout: DEFAULT_TIMEOUT,
        }
    }
}

impl FrontendApiProxy {
    /// Creates a proxy below `/__clerk`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the path below which the proxy is served. The default is `/__clerk`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the URL of the Frontend API. By default, it is Clerk's for the publishable key, or the configured proxy URL
    /// if that is on loopback, as it is with an emulator.
    ///
    /// `http` is accepted only on loopback, because requests contain the secret key.
    pub fn upstream(mut self, url: impl Into<String>) -> Self {
        self.upstream = Some(url.into());
        self
    }

    /// Sets the addresses of proxies in front of the application, such as `10.0.0.0/8` or `::1`, whose
    /// `X-Forwarded-For` and `X-Real-IP` are read. By default, none are.
    pub fn trusted_proxies<I>(mut self, addresses: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.trusted_proxies = addresses.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the maximum length of request bodies, in bytes. The default is 12 MiB. The response to longer ones is 413.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets how long a request waits for the response to begin, and for each further part of it. The default is 30
    /// seconds. After that, the response is 504, or ends early.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks the settings. `default_upstream` is the Frontend API if none is set.
    pub(crate) fn prepare(self, default_upstream: &str) -> Result<PreparedProxy, String> {
        let path = self.path.trim_end_matches('/');
        let path = if path.is_empty() { DEFAULT_PATH } else { path };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
        if !path.starts_with('/') || path.contains("//") || !path.bytes().all(plain) {
            return Err(format!(
                "has the path {path:?}, which must be like {DEFAULT_PATH}"
            ));
        }
        let text = self.upstream.as_deref().unwrap_or(default_upstream);
        let mut upstream = Url::parse(text)
            .map_err(|error| format!("has an upstream URL that is not valid: {error}"))?;
        if !is_http(&upstream)
            || !upstream.username().is_empty()
            || upstream.password().is_some()
            || upstream.query().is_some()
            || upstream.fragment().is_some()
        {
            return Err("has an upstream that must be an http or https URL without a user, a query or a fragment".to_owned());
        }
        if upstream.scheme() == "http" && !is_loopback(&upstream) {
            return Err(
                "has an upstream that must use https; http is accepted on loopback only".to_owned(),
            );
        }
        let base = upstream.path().trim_end_matches('/').to_owned();
        upstream.set_path(&base);
        let trusted_proxies = self
            .trusted_proxies
            .iter()
            .map(|text| {
                text.parse::<IpNet>()
                    .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("has the trusted proxy {text:?}, which is not an address such as 10.0.0.0/8"))
            })
            .collect::<Result<_, _>>()?;
        Ok(PreparedProxy {
            path: path.to_owned(),
            upstream,
            trusted_proxies,
            body_limit: self.body_limit,
            timeout: self.timeout,
        })
    }
}

/// A proxy whose settings were checked.
#[derive(Clone, Debug)]
pub(crate) struct PreparedProxy {
    pub(crate) path: String,
    pub(crate) upstream: Url,
    trusted_proxies: Vec<IpNet>,
    pub(crate) body_limit: u64,
    pub(crate) timeout: Duration,
}

const SECRET_KEY: HeaderName = HeaderName::from_static("clerk-secret-key");
const PROXY_URL: HeaderName = HeaderName::from_static("clerk-proxy-url");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers that are not forwarded: those with which clients and proxies report addresses, hosts and protocols, and
/// those that are set here.
const NOT_FORWARDED: [&str; 14] = [
    "accept-encoding",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "clerk-proxy-url",
    "clerk-secret-key",
    "fastly-client-ip",
    "forwarded",
    "host",
    "true-client-ip",
    "x-client-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

impl PreparedProxy {
    /// Returns the rest of the path and the query if a request is for the proxy.
    pub(crate) fn target<'r>(&self, path_and_query: &'r str) -> Option<(&'r str, Option<&'r str>)> {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let rest = path.strip_prefix(&self.path)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((rest, query))
    }

    /// Returns the URL that a request is forwarded to, which always has the origin of the upstream.
    pub(crate) fn upstream_url(&self, rest: &str, query: Option<&str>) -> Url {
        let mut url = self.upstream.clone();
        // Set the path instead of resolving it: a rest that begins with `//` must not become a host.
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!(
            "{base}{}",
            if rest.is_empty() { "/" } else { rest }
        ));
        url.set_query(query);
        url
    }

    /// Returns the headers of the forwarded request. `public` is the URL of the request for browsers.
    pub(crate) fn request_headers(
        &self,
        request: &dyn RequestView,
        public: &Url,
        peer: Option<IpAddr>,
        secret_key: &str,
    ) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(mut value) = HeaderValue::from_str(value) {
                value.set_sensitive(name == SECRET_KEY);
                headers.insert(name, value);
            }
        };
        let origin = public.origin().ascii_serialization();
        set(SECRET_KEY, secret_key);
        set(ACCEPT_ENCODING, "identity");
        set(PROXY_URL, &format!("{origin}{}", self.path));
        set(FORWARDED_PROTO, public.scheme());
        if let Some((_, authority)) = origin.split_once("://") {
            set(FORWARDED_HOST, authority);
        }
        if let Some(client) = self.client(request, peer) {
            set(FORWARDED_FOR, &client.to_string());
        }
        let dropped = hop_by_hop(joined_header(request, CONNECTION.as_str()).as_deref());
        request.headers(&mut |name, value| {
            if dropped.contains(name) || NOT_FORWARDED.contains(&name) {
                return;
            }
            let header = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(value),
            );
            if let (Ok(name), Ok(value)) = header {
                // Fails if there are more headers than a map can have. Those are omitted.
                let _ = headers.try_append(name, value);
            }
        });
        headers
    }

    /// Returns the address of the client: that of the connection, or the last one that a trusted proxy was connected
    /// to.
    fn client(&self, request: &dyn RequestView, peer: Option<IpAddr>) -> Option<IpAddr> {
        let is_trusted = |address: &IpAddr| {
            let address = address.to_canonical();
            self.trusted_proxies
                .iter()
                .any(|net| net.contains(&address))
        };
        let peer = peer?.to_canonical();
        if !is_trusted(&peer) {
            return Some(peer);
        }
        if let Some(list) = joined_header(request, "x-forwarded-for") {
            let mut client = peer;
            // Each proxy appends the address of its peer, so the list can be trusted from its end up to the first
            // unknown address.
            for element in list.rsplit(',') {
                let Ok(address) = element.trim().parse::<IpAddr>() else {
                    break;
                };
                client = address.to_canonical();
                if !is_trusted(&client) {
                    break;
                }
            }
            return Some(client);
        }
        let real = joined_header(request, "x-real-ip").and_then(|ip| ip.trim().parse().ok());
        Some(real.unwrap_or(peer))
    }

    /// Returns the headers of the response to the browser.
    pub(crate) fn response_headers(&self, headers: &HeaderMap, public: &Url) -> HeaderMap {
        let connection: Vec<&str> = headers
            .get_all(CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let mut dropped = hop_by_hop(Some(&connection.join(",")));
        // The application's server sets the length if it is known.
        dropped.insert(CONTENT_LENGTH.as_str().to_owned());
        let mut kept = HeaderMap::new();
        for (name, value) in headers {
            if dropped.contains(name.as_str()) {
                continue;
            }
            let rewritten = (name == LOCATION).then(|| self.location(value, public));
            kept.append(name, rewritten.flatten().unwrap_or_else(|| value.clone()));
        }
        kept
    }

    /// Returns the location below the proxy if it belongs to the upstream.
    fn location(&self, location: &HeaderValue, public: &Url) -> Option<HeaderValue> {
        let url = self.upstream.join(location.to_str().ok()?).ok()?;
        if url.origin() != self.upstream.origin() {
            return None;
        }
        let base = self.upstream.path().trim_end_matches('/');
        let rest = url
            .path()
            .strip_prefix(base)
            .unwrap_or(url.path())
            .to_owned();
        let mut proxied = public.clone();
        proxied.set_path(&format!("{}{rest}", self.path));
        proxied.set_query(url.query());
        proxied.set_fragment(url.fragment());
        HeaderValue::from_str(proxied.as_str()).ok()
    }
}

/// Returns the names of headers that concern one connection only (RFC 9110 section 7.6.1).
fn hop_by_hop(connection: Option<&str>) -> HashSet<String> {
    let known = [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    let named = connection.into_iter().flat_map(|list| list.split(','));
    let named = named.map(|name| name.trim().to_ascii_lowercase());
    known
        .iter()
        .map(|name| name.as_str().to_owned())
        .chain(named.filter(|name| !name.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy() -> FrontendApiProxy {
        FrontendApiProxy::new()
    }

    fn prepared(proxy: FrontendApiProxy) -> PreparedProxy {
        proxy.prepare("https://frontend-api.clerk.dev").unwrap()
    }

    #[test]
    fn only_requests_below_the_path_are_forwarded_and_only_to_the_upstream() {
        let proxy = prepared(proxy());
        for (target, expected) in [
            ("/__clerk", Some("https://frontend-api.clerk.dev/")),
            (
                "/__clerk/v1/client?a=b",
                Some("https://frontend-api.clerk.dev/v1/client?a=b"),
            ),
            ("/__clerk?x", Some("https://frontend-api.clerk.dev/?x")),
            (
                "/__clerk//evil.example/x",
                Some("https://frontend-api.clerk.dev//evil.example/x"),
            ),
            (
                "/__clerk/@evil.example",
                Some("https://frontend-api.clerk.dev/@evil.example"),
            ),
            (
                "/__clerk/\\evil.example",
                Some("https://frontend-api.clerk.dev//evil.example"),
            ),
            ("/__clerk/../../x", Some("https://frontend-api.clerk.dev/x")),
            ("/__clerk/a#b", Some("https://frontend-api.clerk.dev/a%23b")),
            ("/__clerk-admin", None),
            ("/__CLERK/v1", None),
            ("/x/__clerk/v1", None),
            ("//__clerk/v1", None),
            ("/%5F_clerk/v1", None),
        ] {
            let url = proxy
                .target(target)
                .map(|(rest, query)| proxy.upstream_url(rest, query));
            assert_eq!(url.as_ref().map(Url::as_str), expected, "{target}");
        }
        let below = FrontendApiProxy::new().upstream("http://127.0.0.1:4000/fapi/");
        let below = prepared(below.path("/clerk/"));
        let (rest, query) = below.target("/clerk/v1/client").unwrap();
        assert_eq!(
            below.upstream_url(rest, query).as_str(),
            "http://127.0.0.1:4000/fapi/v1/client"
        );
    }

    #[test]
    fn addresses_count_only_from_trusted_proxies() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let client = |proxy: &PreparedProxy, peer: Option<&str>, headers: &[(&str, &str)]| {
            let mut request = http::Request::get("/__clerk/v1/client");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(()).unwrap();
            let public = Url::parse("https://app.example/").unwrap();
            let headers =
                proxy.request_headers(&request, &public, peer.map(address), "sk_test_example");
            for stated in [
                "cf-connecting-ip",
                "x-real-ip",
                "forwarded",
                "true-client-ip",
            ] {
                assert!(!headers.contains_key(stated), "{stated}");
            }
            let value = headers.get("x-forwarded-for");
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let lying = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-real-ip", "2.2.2.2"),
            ("cf-connecting-ip", "3.3.3.3"),
            ("true-client-ip", "4.4.4.4"),
            ("forwarded", "for=5.5.5.5"),
        ];
        let alone = prepared(proxy());
        assert_eq!(
            client(&alone, Some("9.9.9.9"), &lying).as_deref(),
            Some("9.9.9.9")
        );
        assert_eq!(client(&alone, None, &lying), None);
        let behind = prepared(proxy().trusted_proxies(["10.0.0.0/8", "::1"]));
        for (peer, headers, expected) in [
            ("9.9.9.9", &lying[..], "9.9.9.9"),
            ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1")], "1.1.1.1"),
            // Everything before the first unknown address was sent by its owner.
            (
                "10.0.0.1",
                &[("x-forwarded-for", "6.6.6.6, 1.1.1.1, 10.2.0.1")],
                "1.1.1.1",
            ),
            (
                "::1",
                &[
                    ("x-forwarded-for", "6.6.6.6"),
                    ("x-forwarded-for", "2001:db8::1"),
                ],
                "2001:db8::1",
            ),
            ("10.0.0.1", &[("x-forwarded-for", "nonsense")], "10.0.0.1"),
            ("10.0.0.1", &[("x-real-ip", "1.1.1.1")], "1.1.1.1"),
            ("::ffff:10.0.0.1", &[("x-real-ip", "1.1.1.1")], "1.1.1.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(
                client(&behind, Some(peer), headers).as_deref(),
                Some(expected),
                "{peer} {headers:?}"
            );
        }
    }

    #[test]
    fn headers_of_a_connection_end_with_it() {
        let request = http::Request::post("/__clerk/v1/client")
            .header("host", "app.example")
            .header("connection", "close, X-Secret-Hop")
            .header("x-secret-hop", "1")
            .header("transfer-encoding", "chunked")
            .header("te", "trailers")
            .header("proxy-authorization", "Basic x")
            .header("clerk-secret-key", "sk_forged")
            .header("clerk-proxy-url", "https://evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("accept-encoding", "gzip")
            .header("cookie", "__client=1")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(())
            .unwrap();
        let public = Url::parse("https://app.example:8443/__clerk/v1/client?x").unwrap();
        let headers = prepared(proxy()).request_headers(&request, &public, None, "sk_test_example");
        let mut all: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        all.sort_unstable();
        assert_eq!(
            all,
            [
                ("accept-encoding", "identity"),
                ("clerk-proxy-url", "https://app.example:8443/__clerk"),
                ("clerk-secret-key", "sk_test_example"),
                ("content-type", "application/x-www-form-urlencoded"),
                ("cookie", "__client=1"),
                ("x-forwarded-host", "app.example:8443"),
                ("x-forwarded-proto", "https"),
            ]
        );
        assert!(!format!("{headers:?}").contains("sk_test_example"));
    }

    /// A request with more headers than an [`HeaderMap`] can have, as HTTP/2 allows.
    struct ManyHeaders(usize);

    impl RequestView for ManyHeaders {
        fn method(&self) -> &str {
            "GET"
        }

        fn scheme(&self) -> Option<&str> {
            None
        }

        fn authority(&self) -> Option<&str> {
            None
        }

        fn path_and_query(&self) -> &str {
            "/__clerk/v1/client"
        }

        fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
            self.headers(&mut |other, value| {
                if other == name {
                    visit(value);
                }
            });
        }

        fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
            for number in 0..self.0 {
                visit("connection", format!("x-hop-{number}").as_bytes());
                visit(&format!("x-header-{number}"), b"1");
            }
            visit("clerk-secret-key", b"sk_forged");
        }
    }

    #[test]
    fn any_number_of_headers_leaves_those_that_are_set_here() {
        let public = Url::parse("https://app.example/__clerk/v1/client").unwrap();
        for number in [0, 1, 20_000, 100_000] {
            let request = ManyHeaders(number);
            let headers =
                prepared(proxy()).request_headers(&request, &public, None, "sk_test_example");
            let keys: Vec<_> = headers.get_all(SECRET_KEY).iter().collect();
            assert_eq!(keys, ["sk_test_example"], "{number}");
            assert_eq!(headers["x-forwarded-host"], "app.example", "{number}");
            assert!(headers.len() >= number.min(20_000), "{number}");
        }
    }

    #[test]
    fn locations_of_the_upstream_lead_through_the_proxy() {
        let public = Url::parse("https://app.example/__clerk/v1/x?y").unwrap();
        for (location, expected) in [
            (
                "https://frontend-api.clerk.dev/npm/a.js?v=1#f",
                "https://app.example/__clerk/npm/a.js?v=1#f",
            ),
            ("/npm/a.js", "https://app.example/__clerk/npm/a.js"),
            (
                "https://app.example/dashboard",
                "https://app.example/dashboard",
            ),
            (
                "http://frontend-api.clerk.dev/x",
                "http://frontend-api.clerk.dev/x",
            ),
            ("//evil.example/x", "//evil.example/x"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LOCATION, HeaderValue::from_static(location));
            for cookie in ["a=1", "b=2"] {
                headers.append("set-cookie", HeaderValue::from_static(cookie));
            }
            headers.insert(CONNECTION, HeaderValue::from_static("x-hop"));
            headers.insert("x-hop", HeaderValue::from_static("1"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("5"));
            let kept = prepared(proxy()).response_headers(&headers, &public);
            assert_eq!(kept[LOCATION], expected);
            assert_eq!(kept.get_all("set-cookie").iter().count(), 2);
            assert_eq!(kept.len(), 3, "{kept:?}");
        }
    }

    #[test]
    fn settings_are_checked() {
        for refused in [
            proxy().path("x"),
            proxy().path("//x"),
            proxy().path("/x y"),
            proxy().path("/x?y"),
            proxy().path("/%2e"),
            proxy().upstream("ftp://x.example"),
            proxy().upstream("http://x.example"),
            proxy().upstream("https://user@x.example"),
            proxy().upstream("https://x.example?y"),
            proxy().upstream("x.example"),
            proxy().trusted_proxies(["example.com"]),
            proxy().trusted_proxies(["10.0.0.0/99"]),
        ] {
            assert!(
                refused.clone().prepare("https://x.example").is_err(),
                "{refused:?}"
            );
        }
        let root = prepared(proxy().path("/"));
        assert_eq!(root.path, "/__clerk");
    }
}
