//! The borrowed view of a request that adapters pass in.

use std::collections::HashMap;
use std::net::IpAddr;

use http::header::{ACCEPT, AUTHORIZATION, COOKIE, FORWARDED, HOST, ORIGIN};

/// The parts of a request that authentication reads: its method, URL and headers, but never its body.
///
/// Implemented for [`http::request::Parts`] and [`http::Request`]. Adapters for frameworks with other types implement it by
/// borrowing from the request, so that only what is read gets copied.
pub trait RequestView {
    /// Returns the method, in uppercase.
    fn method(&self) -> &str;

    /// Returns the scheme of the connection, `http` or `https`, if it is known.
    fn scheme(&self) -> Option<&str>;

    /// Returns the authority of an absolute request target (`:authority` in HTTP/2), if there is one.
    fn authority(&self) -> Option<&str>;

    /// Returns the path and query as they were received.
    fn path_and_query(&self) -> &str;

    /// Calls `visit` with every value of a header, in order. `name` is in lowercase.
    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8]));

    /// Returns the address of the client's connection if it is known.
    fn peer_address(&self) -> Option<IpAddr> {
        None
    }

    /// Calls `visit` with every header. Names are in lowercase and may repeat.
    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8]));
}

impl RequestView for http::request::Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn scheme(&self) -> Option<&str> {
        self.uri.scheme_str()
    }

    fn authority(&self) -> Option<&str> {
        self.uri.authority().map(http::uri::Authority::as_str)
    }

    fn path_and_query(&self) -> &str {
        self.uri
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        visit_header(&self.headers, name, visit);
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        headers(&self.headers, visit);
    }
}

impl<B> RequestView for http::Request<B> {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn scheme(&self) -> Option<&str> {
        self.uri().scheme_str()
    }

    fn authority(&self) -> Option<&str> {
        self.uri().authority().map(http::uri::Authority::as_str)
    }

    fn path_and_query(&self) -> &str {
        self.uri()
            .path_and_query()
            .map_or("/", http::uri::PathAndQuery::as_str)
    }

    fn header(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        visit_header(self.headers(), name, visit);
    }

    fn headers(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        headers(self.headers(), visit);
    }
}

/// Calls `visit` with every value of a header, in order. `name` is in lowercase.
///
/// For [`RequestView::header`] of requests that have an [`http::HeaderMap`]. The names that most requests are asked for are not
/// parsed each time.
pub fn visit_header(headers: &http::HeaderMap, name: &str, visit: &mut dyn FnMut(&[u8])) {
    let values = match name {
        "accept" => headers.get_all(ACCEPT),
        "authorization" => headers.get_all(AUTHORIZATION),
        "cookie" => headers.get_all(COOKIE),
        "forwarded" => headers.get_all(FORWARDED),
        "host" => headers.get_all(HOST),
        "origin" => headers.get_all(ORIGIN),
        _ => headers.get_all(name),
    };
    values.iter().for_each(|value| visit(value.as_bytes()));
}

fn headers(headers: &http::HeaderMap, visit: &mut dyn FnMut(&str, &[u8])) {
    headers
        .iter()
        .for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
}

/// Returns the values of a header as one string, joined as in HTTP (RFC 9110 section 5.3, and RFC 6265 section 5.4 for
/// cookies), or `None` if there is no such header. Bytes are decoded as Latin-1.
pub(crate) fn joined_header(request: &dyn RequestView, name: &str) -> Option<String> {
    let mut joined: Option<String> = None;
    request.header(name, &mut |value| append(&mut joined, name, value));
    joined
}

/// The most headers, and bytes of headers, that a session refresh forwards. Browsers send about 20 headers, 4 KiB in total.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// Returns the headers by name, each joined to one string, in order of first appearance. Headers beyond the limits are
/// omitted.
pub(crate) fn bounded_headers(request: &dyn RequestView) -> Vec<(String, String)> {
    let mut all: Vec<(String, Option<String>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut bytes = 0;
    request.headers(&mut |name, value| {
        bytes += name.len() + value.len();
        if bytes > MOST_HEADER_BYTES {
            return;
        }
        let at = match places.get(name) {
            Some(at) => *at,
            None if all.len() == MOST_HEADERS => return,
            None => {
                places.insert(name.to_owned(), all.len());
                all.push((name.to_owned(), None));
                all.len() - 1
            }
        };
        append(&mut all[at].1, name, value);
    });
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn append(joined: &mut Option<String>, name: &str, value: &[u8]) {
    let text = joined.get_or_insert_with(String::new);
    if !text.is_empty() {
        text.push_str(if name == "cookie" { "; " } else { ", " });
    }
    // Nearly all headers are ASCII, which is copied at once.
    match std::str::from_utf8(value) {
        Ok(ascii) if ascii.is_ascii() => text.push_str(ascii),
        _ => text.extend(value.iter().map(|&byte| char::from(byte))),
    }
}

/// What a browser fetches a response for (`Sec-Fetch-Dest` of Fetch Metadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchDestination {
    Document,
    Iframe,
    /// Anything that is not a page, such as a script's fetch or an image.
    Other,
    /// The client sends no destination.
    Unknown,
}

impl FetchDestination {
    pub(crate) fn of(request: &dyn RequestView) -> Self {
        match joined_header(request, "sec-fetch-dest").as_deref() {
            Some("document") => Self::Document,
            Some("iframe") => Self::Iframe,
            None | Some("") => Self::Unknown,
            Some(_) => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_joined_by_name_and_bounded() {
        let request = http::Request::get("/")
            .header("a", "1")
            .header("cookie", "x=1")
            .header("a", "2")
            .header("cookie", "y=2")
            .body(())
            .unwrap();
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            bounded_headers(&request),
            [text("a", "1, 2"), text("cookie", "x=1; y=2")]
        );
        let mut many = http::Request::get("/");
        for i in 0..2000 {
            many = many.header(format!("x-{i}"), "1");
        }
        let many = many.header("y", "z".repeat(40_000)).body(()).unwrap();
        let headers = bounded_headers(&many);
        assert_eq!(headers.len(), MOST_HEADERS);
        assert!(headers.iter().all(|(name, _)| name != "y"));
    }
}
