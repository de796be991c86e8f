//! The readings of a path that a guard must consider.
//!
//! A [`RouteMatcher`] interprets a path by the rules of Clerk's JavaScript SDKs, and a router by its own: one compares the
//! path as it was received, another decodes most of it first, and a third runs behind middleware that merges slashes. If
//! the interpretations differ, a guard that considers only one of them can be bypassed.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::RoutedPath;
use crate::route_matcher::{MalformedPath, RouteMatcher, normalize};

impl<'a> RoutedPath<'a> {
    /// Returns true if the routes match any reading, and for targets that are not paths, such as `*`.
    pub(crate) fn may_match(&self, routes: &RouteMatcher) -> Result<bool, MalformedPath> {
        if routes.is_empty() {
            return Ok(false);
        }
        if !self.received.starts_with('/') {
            return Ok(true);
        }
        if self.is_plain() {
            if matches_as_read(routes, self.received)? {
                return Ok(true);
            }
        } else if self.is_too_long_to_read() {
            return Ok(true);
        } else {
            let joined = normalize(self.received)?;
            let as_sent = decode_necessary(self.received);
            let spellings = [Some(&*joined), Some(self.received), Some(&*as_sent)];
            for reading in readings(spellings.into_iter().chain([self.decoded]).flatten()) {
                let reading = with_delimiters_encoded(&reading);
                if matches_as_read(routes, &reading)?
                    || (reading.contains("//") && routes.is_match_hollowly(&reading)?)
                {
                    return Ok(true);
                }
            }
        }
        // The nested path is empty below a route that matched the whole path.
        let is_nested = |nested: &&str| {
            !nested.is_empty() && *nested != self.received && Some(*nested) != self.decoded
        };
        let Some(nested) = self.nested.filter(is_nested) else {
            return Ok(false);
        };
        // The nested path may be decoded already. If it cannot be decoded again, it is guarded.
        let may_match = |nested| Self::received(nested).may_match(routes).unwrap_or(true);
        Ok(may_match(nested) || self.with_all_slashes(nested).is_some_and(may_match))
    }

    /// Returns the nested path with all of its leading slashes if it has lost some. The empty segments between them are
    /// empty parameters to the nested router.
    fn with_all_slashes(&self, nested: &str) -> Option<&'a str> {
        let prefix = self.received.strip_suffix(nested)?;
        let lost = prefix.len() - prefix.trim_end_matches('/').len();
        (lost > 0).then(|| &self.received[prefix.len() - lost..])
    }

    /// Returns true if the routes match every reading exactly, because routers distinguish letter case, and `/a` from `/a/`.
    ///
    /// Returns false for paths with dot segments or backslashes, encoded or not, because where they lead depends on who
    /// resolves them.
    pub(crate) fn surely_matches(&self, routes: &RouteMatcher) -> Result<bool, MalformedPath> {
        if routes.is_empty() || !self.received.starts_with('/') {
            return Ok(false);
        }
        let matches = if self.is_plain() {
            routes.is_match_exactly(self.received)?
        } else if self.is_too_long_to_read() {
            false
        } else {
            let normalized = normalize(self.received)?;
            routes.is_match_exactly(&normalized)?
                && !leads_elsewhere(self.received)
                && routes.is_match_exactly(&decode_necessary(self.received))?
                && match self.decoded {
                    Some(text) => {
                        !leads_elsewhere(text)
                            && routes.is_match_exactly(&with_delimiters_encoded(text))?
                    }
                    None => true,
                }
                && self.matches_when_split(routes)?
        };
        // A nested router sees the end of the path. Any other text was rewritten on the way, and the patterns may be meant
        // for either.
        let is_rewritten = |nested: &&str| {
            *nested != "/"
                && !self.received.ends_with(*nested)
                && !self.decoded.is_some_and(|text| text.ends_with(*nested))
        };
        match self.nested.filter(is_rewritten) {
            Some(nested) if matches => Self::received(nested).surely_matches(routes),
            _ => Ok(matches),
        }
    }

    /// Returns true if the routes also match exactly when encoded slashes count as slashes, and when parameters of segments
    /// (`;a=b`) are ignored.
    fn matches_when_split(&self, routes: &RouteMatcher) -> Result<bool, MalformedPath> {
        let split = decode_slashes(self.received);
        for reading in [Cow::Borrowed(&*split), without_parameters(&split)] {
            if reading != self.received && !routes.is_match_exactly(&decode_necessary(&reading))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns true if the path is too long to consider all of its readings. Such a path is guarded.
    fn is_too_long_to_read(&self) -> bool {
        self.received.len() > LONGEST_UNUSUAL_PATH
    }

    /// Returns true if all readings are the same text: nothing is encoded, no segment is empty or begins with a dot, and
    /// there are neither backslashes nor parameters of segments.
    fn is_plain(&self) -> bool {
        let mut before = b'a';
        for &byte in self.received.as_bytes() {
            if matches!(byte, b'%' | b'\\' | b';')
                || (before == b'/' && matches!(byte, b'/' | b'.'))
            {
                return false;
            }
            before = byte;
        }
        self.decoded.is_none_or(|text| text == self.received)
    }
}

/// The longest path, in bytes, for which all readings are considered. There can be a hundred, each matched against every
/// pattern. Paths with a single reading have no limit.
const LONGEST_UNUSUAL_PATH: usize = 2048;

/// Returns true if the routes match this reading, or match it when a repeated parameter at the end is empty: the catch-all
/// routes of some routers match `/admin/` with nothing after the slash.
fn matches_as_read(routes: &RouteMatcher, reading: &str) -> Result<bool, MalformedPath> {
    Ok(routes.is_match_literally(reading)?
        || (reading.ends_with('/') && routes.is_match_with_empty_rest(reading)?))
}

/// Returns the ways in which routers, middleware and servers behind a gateway may read these spellings of a path.
///
/// These are the spellings after any combination of: decoding once or twice, removing the control characters that URL
/// parsers drop, turning backslashes into slashes, removing the parameters of segments, merging slashes, and resolving dot
/// segments.
fn readings<'p>(spellings: impl Iterator<Item = &'p str>) -> Vec<String> {
    let steps: [fn(&str) -> Cow<'_, str>; 8] = [
        |path| percent_decode_str(path).decode_utf8_lossy(),
        |path| percent_decode_str(path).decode_utf8_lossy(),
        |path| Cow::Owned(path.replace(DROPPED_BY_URL_PARSERS, "")),
        |path| Cow::Owned(path.replace('\\', "/")),
        |path| without_parameters(path),
        // Before dot segments are resolved too, so that `..` does not remove an empty segment.
        |path| join_slashes(path),
        |path| resolve_dots(path),
        |path| join_slashes(path),
    ];
    let mut readings: Vec<String> = Vec::new();
    for spelling in spellings {
        if !readings.iter().any(|known| known == spelling) {
            readings.push(spelling.to_owned());
        }
    }
    for step in steps {
        for at in 0..readings.len() {
            let reading = step(&readings[at]);
            if !readings.iter().any(|known| *known == reading) {
                let reading = reading.into_owned();
                readings.push(reading);
            }
        }
    }
    readings
}

/// The characters that URL parsers drop everywhere (WHATWG URL, "basic URL parser").
const DROPPED_BY_URL_PARSERS: [char; 3] = ['\t', '\n', '\r'];

/// How many times a path is decoded. A path that is still encoded after that counts as leading elsewhere.
const MOST_DECODINGS: usize = 4;

/// Returns true if a path contains a segment `.` or `..` or a backslash, even if it is encoded several times.
fn leads_elsewhere(path: &str) -> bool {
    let mut path = Cow::Borrowed(path);
    for _ in 0..MOST_DECODINGS {
        let seen = path.replace(DROPPED_BY_URL_PARSERS, "");
        if seen.contains('\\')
            || seen
                .split('/')
                .any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
        {
            return true;
        }
        let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if decoded == path {
            return false;
        }
        path = Cow::Owned(decoded);
    }
    true
}

/// Decodes only the encoded slashes of a path.
fn decode_slashes(path: &str) -> Cow<'_, str> {
    if path.contains("%2F") || path.contains("%2f") {
        Cow::Owned(path.replace("%2F", "/").replace("%2f", "/"))
    } else {
        Cow::Borrowed(path)
    }
}

/// Removes the parameters of the segments of a path (RFC 3986 section 3.3), as servlet containers do.
fn without_parameters(path: &str) -> Cow<'_, str> {
    if !path.contains(';') {
        return Cow::Borrowed(path);
    }
    let segments = path
        .split('/')
        .map(|segment| segment.split(';').next().unwrap_or_default());
    Cow::Owned(segments.collect::<Vec<&str>>().join("/"))
}

/// Resolves dot segments (RFC 3986 section 5.2.4).
fn resolve_dots(path: &str) -> Cow<'_, str> {
    if !path.contains("/.") {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    Cow::Owned(format!("/{}", kept.join("/")))
}

impl<'a> From<&'a str> for RoutedPath<'a> {
    fn from(path: &'a str) -> Self {
        Self::received(path)
    }
}

/// Decodes the escapes of characters that a path cannot contain. Other escapes stay encoded, because a router that compares
/// encoded paths treats a path with unnecessary escapes as a different one.
fn decode_necessary(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, ..] => char::from(*high)
                .to_digit(16)
                .zip(char::from(*low).to_digit(16))
                .and_then(|(high, low)| u8::try_from(high * 16 + low).ok()),
            _ => None,
        };
        match escaped {
            Some(byte) if must_be_encoded(byte) => {
                decoded.push(byte);
                rest = &rest[3..];
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// Returns true for bytes that a path segment cannot contain (RFC 3986 section 3.3), except for `/`, `?` and `#`, which
/// would end it.
fn must_be_encoded(byte: u8) -> bool {
    !(0x21..=0x7e).contains(&byte) || b"\"%<>[\\]^`{|}".contains(&byte)
}

/// Encodes `?` and `#` in a decoded path, which patterns would take for its end.
fn with_delimiters_encoded(text: &str) -> Cow<'_, str> {
    if text.contains(['?', '#']) {
        Cow::Owned(text.replace('?', "%3F").replace('#', "%23"))
    } else {
        Cow::Borrowed(text)
    }
}

fn join_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut joined = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !joined.ends_with('/') {
            joined.push(c);
        }
    }
    Cow::Owned(joined)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn routes(pattern: &str) -> RouteMatcher {
        RouteMatcher::new([pattern]).unwrap()
    }

    #[test]
    fn one_reading_is_enough_to_be_guarded() {
        for (pattern, path) in [
            // The router compares what was received.
            ("/caf%C3%A9", RoutedPath::received("/caf%C3%A9")),
            ("/café", RoutedPath::received("/caf%C3%A9")),
            ("/admin", RoutedPath::received("/%61dmin")),
            ("/admin", RoutedPath::received("//admin//")),
            // The router decodes what the matcher keeps encoded.
            ("/a@b", RoutedPath::received("/a%40b").decoded_as("/a@b")),
            ("/a;b", RoutedPath::received("//a%3Bb").decoded_as("//a;b")),
            (
                "/a@b/:id",
                RoutedPath::received("/a%40b/x%23y").decoded_as("/a@b/x#y"),
            ),
            // The patterns are meant for the nested router, or for the whole path.
            (
                "/users",
                RoutedPath::received("/api/users").nested_as("/users"),
            ),
            (
                "/api/users",
                RoutedPath::received("/api/users").nested_as("/users"),
            ),
            // Routers take an empty segment for a parameter that is not the last.
            ("/:org/admin", RoutedPath::received("//admin")),
            (
                "/t/:tenant/invoices/(.*)",
                RoutedPath::received("/t//invoices/acme/2026.pdf"),
            ),
            ("/admin/:rest+", RoutedPath::received("/admin//")),
            ("/:all+", RoutedPath::received("//")),
            // The catch-all routes of some routers match nothing.
            ("/admin/:rest+", RoutedPath::received("/admin/")),
            (
                "/admin/:rest+",
                RoutedPath::received("/api/admin/").nested_as("/admin/"),
            ),
            ("/admin/:rest+", RoutedPath::received("/%61dmin/")),
            ("/:all+", RoutedPath::received("/")),
            ("/a/:x/b/:y", RoutedPath::received("/a//b/c")),
            ("/n/:id(\\d+)/b", RoutedPath::received("/n//b")),
            // A server behind a gateway resolves the path again.
            ("/admin(.*)", RoutedPath::received("/public/../admin")),
            ("/admin(.*)", RoutedPath::received("/public/%2e%2e/admin")),
            ("/admin(.*)", RoutedPath::received("/public/.%2E/admin")),
            ("/admin(.*)", RoutedPath::received("/public\\..\\admin")),
            ("/admin(.*)", RoutedPath::received("/public/..%5cadmin")),
            ("/admin(.*)", RoutedPath::received("/public/..%2fadmin")),
            ("/admin(.*)", RoutedPath::received("/public/%2F../admin")),
            ("/admin(.*)", RoutedPath::received("/public/;/../admin")),
            (
                "/admin(.*)",
                RoutedPath::received("/public/%252e%252e/admin"),
            ),
            ("/admin(.*)", RoutedPath::received("/public/.%09./admin")),
            // The nested path is decoded already.
            (
                "/a%b",
                RoutedPath::received("/api/a%25b")
                    .decoded_as("/api/a%25b")
                    .nested_as("/a%b"),
            ),
            ("/admin(.*)", RoutedPath::received("/public/\\../admin")),
            ("/admin(.*)", RoutedPath::received("/./admin")),
            ("/admin(.*)", RoutedPath::received("/.//admin")),
            ("/admin/x", RoutedPath::received("/admin;a=b/x;c")),
            ("/admin", RoutedPath::received("/public/..;/admin")),
            ("/admin/x", RoutedPath::received("/admin%2Fx")),
            // Not a path.
            ("/(.*)", RoutedPath::received("*")),
            ("/(.*)", RoutedPath::received("")),
        ] {
            assert_eq!(path.may_match(&routes(pattern)), Ok(true), "{path:?}");
        }
    }

    #[test]
    fn a_long_path_of_many_readings_is_guarded() {
        let plain = format!("/public/{}", "a".repeat(10 * LONGEST_UNUSUAL_PATH));
        let encoded = plain.replacen("/a", "/%61", 1);
        let admin = routes("/admin(.*)");
        let public = routes("/public(.*)");
        assert_eq!(RoutedPath::received(&plain).may_match(&admin), Ok(false));
        assert_eq!(
            RoutedPath::received(&plain).surely_matches(&public),
            Ok(true)
        );
        assert_eq!(RoutedPath::received(&encoded).may_match(&admin), Ok(true));
        assert_eq!(
            RoutedPath::received(&encoded).surely_matches(&public),
            Ok(false)
        );
    }

    #[test]
    fn every_reading_is_needed_to_be_let_through() {
        for (pattern, path, is_open) in [
            ("/public", RoutedPath::received("/public"), true),
            ("/public(.*)", RoutedPath::received("/public/"), true),
            ("/café", RoutedPath::received("/caf%C3%A9"), true),
            (
                "/a b",
                RoutedPath::received("/a%20b").decoded_as("/a b"),
                true,
            ),
            (
                "/u/:id",
                RoutedPath::received("/u/a%40b%23").decoded_as("/u/a@b#"),
                true,
            ),
            // Spellings that a router may take for another path.
            ("/public", RoutedPath::received("/%70ublic"), false),
            ("/public", RoutedPath::received("//public"), false),
            ("/public", RoutedPath::received("/public/"), false),
            ("/public", RoutedPath::received("/Public"), false),
            ("/public/:id", RoutedPath::received("/public/ID"), true),
            (
                "/u/:id",
                RoutedPath::received("/u/a").decoded_as("/u/a/b"),
                false,
            ),
            // Paths that lead elsewhere when something resolves them.
            (
                "/public(.*)",
                RoutedPath::received("/public/../admin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public/%2e%2e/admin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public/.%2E/admin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public\\..\\admin"),
                false,
            ),
            ("/public(.*)", RoutedPath::received("/public/a%5Cb"), false),
            (
                "/public(.*)",
                RoutedPath::received("/public/%252e%252e/admin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public/%255C..%255Cadmin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public/.%09./admin"),
                false,
            ),
            (
                "/public(.*)",
                RoutedPath::received("/public/%2e%0D%2e/admin"),
                false,
            ),
            ("/public(.*)", RoutedPath::received("/public/100%25"), true),
            ("/public(.*)", RoutedPath::received("/public/./a"), false),
            (
                "/public(.*)",
                RoutedPath::received("/public/..;x/admin"),
                false,
            ),
            ("/public(.*)", RoutedPath::received("/public/..%2Fa"), false),
            ("/public/:id", RoutedPath::received("/public/a%2Fb"), false),
            ("/public/:id", RoutedPath::received("/public/a;b"), true),
            ("/public;x", RoutedPath::received("/public;x"), false),
            (
                "/public(.*)",
                RoutedPath::received("/public/@scope%2Fname"),
                true,
            ),
            (
                "/(.well-known.*)",
                RoutedPath::received("/.well-known/jwks.json"),
                true,
            ),
            ("/(.*)", RoutedPath::received("*"), false),
            (
                "/api/public",
                RoutedPath::received("/api/public").nested_as("/public"),
                true,
            ),
            ("/api", RoutedPath::received("/api").nested_as("/"), true),
            (
                "/public",
                RoutedPath::received("/public").nested_as("/admin"),
                false,
            ),
        ] {
            assert_eq!(
                path.surely_matches(&routes(pattern)),
                Ok(is_open),
                "{path:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_an_error_and_no_routes_match_nothing() {
        let path = RoutedPath::received("/%zz");
        assert!(path.may_match(&routes("/a")).is_err());
        assert!(path.surely_matches(&routes("/a")).is_err());
        let none = RouteMatcher::new(Vec::<String>::new()).unwrap();
        assert_eq!(path.may_match(&none), Ok(false));
        assert_eq!(path.surely_matches(&none), Ok(false));
    }

    proptest! {
        #[test]
        fn what_surely_matches_may_match(path in "/[a/%267fF#?é]{0,12}", decoded in "/[a/&é#?]{0,6}") {
            for path in [RoutedPath::received(&path), RoutedPath::received(&path).decoded_as(&decoded)] {
                for routes in [routes("/a"), routes("/:a"), routes("/a(.*)"), routes("/é/:b*")] {
                    if path.surely_matches(&routes) == Ok(true) {
                        prop_assert_eq!(path.may_match(&routes), Ok(true));
                    }
                }
            }
        }

        #[test]
        fn the_matcher_alone_never_guards_more(path in "/[a/%267fF;é]{0,12}") {
            for routes in [routes("/a"), routes("/:a"), routes("/a(.*)")] {
                if routes.is_match(&path) == Ok(true) {
                    prop_assert_eq!(RoutedPath::received(&path).may_match(&routes), Ok(true));
                }
                if RoutedPath::received(&path).surely_matches(&routes) == Ok(true) {
                    prop_assert_eq!(routes.is_match(&path), Ok(true));
                }
            }
        }
    }
}
