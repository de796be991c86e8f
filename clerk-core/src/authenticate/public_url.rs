//! The public URL of a request: the URL that the browser requested.

use std::sync::LazyLock;

use url::{Host, Url};

use crate::config::ForwardedHeaders;
use crate::request::{RequestView, joined_header};

/// Returns the public URL. Its origin is the configured one, or else that of trusted forwarded headers, of the `Host`
/// header, or of the connection, in this order.
///
/// Headers are parsed, never copied into the URL as text: a scheme must be `http` or `https`, and a host must be a host with
/// an optional port.
pub(super) fn public_url(
    request: &dyn RequestView,
    forwarded: &ForwardedHeaders,
    configured: Option<&Url>,
) -> Url {
    let (path, query) = match request.path_and_query().split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.path_and_query(), None),
    };
    let own_scheme = request
        .scheme()
        .and_then(Scheme::parse)
        .unwrap_or(Scheme::Http);
    let host_header = joined_header(request, "host").and_then(|host| Authority::parse(&host));
    let own_authority = request
        .authority()
        .and_then(Authority::parse)
        .or_else(|| host_header.clone());
    let public = match configured {
        Some(configured) => Some(configured.clone()),
        None => forwarded_origin(request, forwarded, host_header, own_scheme)
            // Usually nothing is forwarded, and there is one URL to build.
            .filter(|(authority, scheme)| {
                own_authority.as_ref() != Some(authority) || *scheme != own_scheme
            })
            .map(|(authority, scheme)| authority.origin(scheme)),
    };
    let own = own_authority.map_or_else(localhost, |authority| authority.origin(own_scheme));
    let is_own = public
        .as_ref()
        .is_none_or(|public| public.origin() == own.origin());
    let mut url = match public {
        Some(public) if !is_own => public,
        _ => own,
    };
    // Set the path instead of resolving it: a path that begins with `//` must not become a host.
    url.set_path(path);
    // Like the reference, drop an empty query only if the origin changes.
    url.set_query(query.filter(|query| is_own || !query.is_empty()));
    url
}

/// Reads the authority and scheme of the origin from forwarded headers and `Host`.
fn forwarded_origin(
    request: &dyn RequestView,
    forwarded: &ForwardedHeaders,
    host_header: Option<Authority>,
    own_scheme: Scheme,
) -> Option<(Authority, Scheme)> {
    let first = |name: &str| {
        joined_header(request, name).and_then(|list| first_element(&list).map(str::to_owned))
    };
    let standard = joined_header(request, "forwarded");
    let parameter = |name: &str| {
        standard
            .as_deref()
            .and_then(|list| forwarded_parameter(list, name))
    };
    let host = first("x-forwarded-host")
        .or_else(|| parameter("host"))
        .and_then(|host| Authority::parse(&host));
    let is_trusted = match forwarded {
        ForwardedHeaders::Trust => true,
        ForwardedHeaders::Ignore => false,
        ForwardedHeaders::Hosts(hosts) => host.as_ref().is_some_and(|host| {
            hosts
                .iter()
                .filter_map(|known| Authority::parse(known))
                .any(|known| known.without_default_port() == host.without_default_port())
        }),
    };
    if !is_trusted {
        return host_header.map(|host| (host, own_scheme));
    }
    let scheme = match first("x-forwarded-proto").or_else(|| parameter("proto")) {
        // If the scheme is anything else, do not trust the other headers either.
        Some(scheme) => Some(Scheme::parse(&scheme)?),
        None => None,
    };
    let mut authority = host.or(host_header)?;
    // A proxy that terminates TLS and forwards to port 80 is itself reached on port 443.
    if scheme == Some(Scheme::Https) && authority.port == Some(80) {
        authority.port = None;
    }
    Some((authority, scheme.unwrap_or(own_scheme)))
}

/// Returns the first nonempty element of a list (RFC 9110 section 5.6.1).
fn first_element(list: &str) -> Option<&str> {
    list.split(',')
        .map(|element| element.trim_matches([' ', '\t']))
        .find(|element| !element.is_empty())
}

/// Returns a parameter of the first element of `Forwarded`, which the proxy closest to the client added (RFC 7239 section
/// 4).
fn forwarded_parameter(list: &str, name: &str) -> Option<String> {
    // Empty elements do not count.
    let mut rest = list.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() && !rest.starts_with(',') {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = quoted_or_token(after)?;
        if key.trim_matches([' ', '\t']).eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = after.trim_start_matches([' ', '\t', ';']);
    }
    None
}

/// Parses a quoted string or a token (RFC 9110 section 5.6). Also returns the rest of the text.
fn quoted_or_token(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let value = text[..end].trim_matches([' ', '\t']);
        return Some((value.to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("http") {
            Some(Self::Http)
        } else if text.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else {
            None
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A host with an optional port, without user information, path, query or whitespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    host: Host,
    port: Option<u16>,
}

impl Authority {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t']);
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address are inside brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None | Some("") => None,
            Some(port) if port.bytes().all(|digit| digit.is_ascii_digit()) => {
                Some(port.parse().ok()?)
            }
            Some(_) => return None,
        };
        // URL parsers accept these characters in a host (sub-delims, RFC 3986 section 3.2.2), but only lists contain them.
        if host.contains(['=', ';', ',', '"', '\'', '(', ')', '*', '+', '!', '$', '&']) {
            return None;
        }
        Some(Self {
            host: Host::parse(host).ok()?,
            port,
        })
    }

    /// Returns the host without the port, as in a URL.
    pub(crate) fn host(&self) -> String {
        self.host.to_string()
    }

    fn without_default_port(&self) -> (&Host, Option<u16>) {
        (
            &self.host,
            self.port.filter(|port| !matches!(port, 80 | 443)),
        )
    }

    fn origin(&self, scheme: Scheme) -> Url {
        let mut url = localhost();
        // None of these can fail: every parsed host is valid in an http URL, and both schemes have ports.
        let _ = url.set_scheme(scheme.as_str());
        let _ = url.set_host(Some(&self.host.to_string()));
        let _ = url.set_port(self.port);
        url
    }
}

fn localhost() -> Url {
    #[expect(clippy::expect_used, reason = "the text is a constant, and a URL")]
    static LOCALHOST: LazyLock<Url> =
        LazyLock::new(|| Url::parse("http://localhost/").expect("a constant URL"));
    LOCALHOST.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(forwarded: &ForwardedHeaders, headers: &[(&str, &str)]) -> String {
        let mut request = http::Request::get("/p?q");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        public_url(&request.body(()).unwrap(), forwarded, None).into()
    }

    #[test]
    fn headers_become_schemes_and_hosts_or_nothing() {
        let host = ("host", "inner:8080");
        for (headers, expected) in [
            (vec![host], "http://inner:8080/p?q"),
            (
                vec![host, ("x-forwarded-proto", "https , http")],
                "https://inner:8080/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", ",app.example.com , inner")],
                "http://app.example.com/p?q",
            ),
            (
                vec![
                    host,
                    ("x-forwarded-host", "app.example.com:80"),
                    ("x-forwarded-proto", "https"),
                ],
                "https://app.example.com/p?q",
            ),
            (
                vec![
                    host,
                    ("x-forwarded-host", "APP.example.com:443"),
                    ("x-forwarded-proto", "HTTPS"),
                ],
                "https://app.example.com/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", "[::1]:3000")],
                "http://[::1]:3000/p?q",
            ),
            // What is no scheme and no host is set aside.
            (
                vec![host, ("x-forwarded-proto", "https://evil.example/")],
                "http://inner:8080/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", "evil.example/x")],
                "http://inner:8080/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", "inner@evil.example")],
                "http://inner:8080/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", "evil.example\\@inner")],
                "http://inner:8080/p?q",
            ),
            (
                vec![host, ("x-forwarded-host", "inner:80#.evil.example")],
                "http://inner:8080/p?q",
            ),
            (
                vec![("host", "inner/..//evil.example")],
                "http://localhost/p?q",
            ),
            (vec![("host", "in ner")], "http://localhost/p?q"),
            (vec![("host", "inner:port")], "http://localhost/p?q"),
            // RFC 7239, where the older headers are absent.
            (
                vec![
                    host,
                    (
                        "forwarded",
                        "for=\"[2001:db8::1]:4711\";proto=https;host=\"app.example.com:443\", for=1.2.3.4;host=no",
                    ),
                ],
                "https://app.example.com/p?q",
            ),
            (
                vec![host, ("forwarded", ", Host=app.example.com")],
                "http://app.example.com/p?q",
            ),
            (
                vec![host, ("forwarded", "for=a, host=other.example.com")],
                "http://inner:8080/p?q",
            ),
            (
                vec![host, ("forwarded", "host=\"app.example.com")],
                "http://inner:8080/p?q",
            ),
            (
                vec![
                    host,
                    ("x-forwarded-host", "older.example.com"),
                    ("forwarded", "host=newer.example.com"),
                ],
                "http://older.example.com/p?q",
            ),
        ] {
            assert_eq!(
                url(&ForwardedHeaders::Trust, &headers),
                expected,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn trust_can_be_limited_to_hosts() {
        let hosts = ForwardedHeaders::Hosts(vec!["App.example.com".to_owned()]);
        for (forwarded_host, expected) in [
            ("app.example.com , inner", "https://app.example.com/p?q"),
            ("app.example.com:443", "https://app.example.com/p?q"),
            ("app.example.com:444", "http://inner/p?q"),
            ("evil.example, app.example.com", "http://inner/p?q"),
        ] {
            let headers = [
                ("host", "inner"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", forwarded_host),
            ];
            assert_eq!(url(&hosts, &headers), expected, "{forwarded_host}");
        }
    }

    #[test]
    fn a_configured_origin_wins() {
        let request = http::Request::get("/p?q")
            .header("host", "inner")
            .header("x-forwarded-host", "other.example.com")
            .body(())
            .unwrap();
        let configured = Url::parse("https://app.example.com/").unwrap();
        assert_eq!(
            public_url(&request, &ForwardedHeaders::Trust, Some(&configured)).as_str(),
            "https://app.example.com/p?q"
        );
    }
}
