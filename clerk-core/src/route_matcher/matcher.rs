//! Compiled path patterns.

use std::fmt;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};
use percent_encoding::percent_decode_str;

use super::code_units::{from_units, to_units};
use super::error::{MalformedPath, RoutePatternError};
use super::expression::{self, LetterCase};
use super::path_template::{End, Parameter, PathTemplate};

/// The backtracking limit for patterns with lookaround. Other patterns take linear time.
const BACKTRACK_LIMIT: usize = 100_000;

/// Patterns for request paths, as in the route matchers of Clerk's JavaScript SDKs.
///
/// | Pattern | Matches |
/// |---|---|
/// | `/about` | `/about`, `/about/`, `/ABOUT` |
/// | `/users/:id` | `/users/` and one segment |
/// | `/docs/:page?` | `/docs`, and `/docs/` and one segment |
/// | `/files/:path*` | `/files`, and `/files/` and any number of segments |
/// | `/files/:path+` | `/files/` and one or more segments |
/// | `/items/(\\d+)` | `/items/` and digits; parentheses contain a regular expression |
/// | `/api(.*)` | everything that begins with `/api`, including `/apiary` |
/// | `/docs{-:lang}?` | `/docs` and `/docs-en`; braces group text and a parameter |
///
/// The syntax is that of path-to-regexp 6 with its default options. Expressions in parentheses are JavaScript regular
/// expressions without backreferences. Case is ignored, and one trailing slash is allowed.
///
/// Before matching, the path is decoded once, and repeated slashes are merged. Escapes of `; / ? : @ & = + $ , #` stay
/// encoded, so `%2F` never splits a segment. Patterns are matched against the decoded path: write `/café`, not
/// `/caf%C3%A9`. Unlike in JavaScript, `.` matches every character, so that an encoded line break does not get past `(.*)`.
///
/// # Security
///
/// A matcher decides by the text of the path, and the router by its own rules; the two can disagree. Guard routers and
/// scopes where you can, and use matchers to list public paths, not protected ones.
///
/// # Examples
///
/// ```
/// use clerk_core::RouteMatcher;
///
/// let public = RouteMatcher::new(["/", "/sign-in(.*)", "/blog/:slug"])?;
/// assert!(public.is_match("/blog/hello/")?);
/// assert!(!public.is_match("/admin")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RouteMatcher {
    patterns: Arc<[CompiledPattern]>,
}

impl RouteMatcher {
    /// Compiles patterns into a matcher for every path that at least one of them matches.
    ///
    /// Empty patterns are skipped. A matcher without patterns matches nothing.
    ///
    /// # Errors
    ///
    /// Returns [`RoutePatternError`] for the first pattern that is not valid.
    pub fn new<I>(patterns: I) -> Result<Self, RoutePatternError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut compiled = Vec::new();
        for pattern in patterns {
            if !pattern.as_ref().is_empty() {
                compiled.push(CompiledPattern::for_routes(pattern.as_ref())?);
            }
        }
        Ok(Self {
            patterns: compiled.into(),
        })
    }

    /// Returns true if a pattern matches `path`, the encoded path of the request without its query.
    ///
    /// # Errors
    ///
    /// Returns [`MalformedPath`] if the path cannot be matched. Refuse such a request.
    pub fn is_match(&self, path: &str) -> Result<bool, MalformedPath> {
        if self.patterns.is_empty() {
            return Ok(false);
        }
        self.is_match_literally(&normalize(path)?)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Like [`is_match`](Self::is_match), but matches the path without decoding it.
    pub(crate) fn is_match_literally(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| Some(&pattern.regex))
    }

    /// Like [`is_match_literally`](Self::is_match_literally), but letter case and trailing slashes must match.
    pub(crate) fn is_match_exactly(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| pattern.exact.as_ref())
    }

    /// Like [`is_match_literally`](Self::is_match_literally), but parameters may be empty: `/:org/admin` matches `//admin`.
    pub(crate) fn is_match_hollowly(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| pattern.hollow.as_ref())
    }

    /// Like [`is_match_literally`](Self::is_match_literally), but a repeated parameter at the end may be empty:
    /// `/admin/:rest+` matches `/admin/`.
    pub(crate) fn is_match_with_empty_rest(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| pattern.empty_rest.as_ref())
    }

    fn any_matches(
        &self,
        path: &str,
        regex: impl Fn(&CompiledPattern) -> Option<&Regex>,
    ) -> Result<bool, MalformedPath> {
        let path = to_units(path);
        for regex in self.patterns.iter().filter_map(regex) {
            if regex
                .is_match(&*path)
                .map_err(|_| MalformedPath::TooComplex)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl fmt::Debug for RouteMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.patterns.iter().map(|pattern| &pattern.source))
            .finish()
    }
}

/// Patterns that extract the parameters `:id` and `:slug` from encoded paths. The first pattern that matches counts. An
/// empty list matches nothing.
#[derive(Clone, Default)]
pub(crate) struct PathPattern {
    patterns: Arc<[CompiledPattern]>,
}

impl PathPattern {
    /// Like [`RouteMatcher::new`], but refuses patterns that repeat `:id` or `:slug`: several values do not name an
    /// organization, so every request would start another handshake.
    pub(crate) fn new<I>(patterns: I) -> Result<Self, RoutePatternError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut compiled = Vec::new();
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let one = CompiledPattern::new(pattern)?;
            if one
                .parameters
                .iter()
                .any(|p| p.is_repeated && matches!(&*p.name, "id" | "slug"))
            {
                return Err(RoutePatternError::new(
                    pattern,
                    &"the parameters id and slug cannot be repeated",
                ));
            }
            compiled.push(one);
        }
        Ok(Self {
            patterns: compiled.into(),
        })
    }

    /// Returns the parameters of the first pattern that matches `path`, without decoding it.
    ///
    /// A path that exceeds the step limit does not match.
    pub(crate) fn matches(&self, path: &str) -> Option<PathParameters> {
        if self.patterns.is_empty() {
            return None;
        }
        let path = to_units(path);
        self.patterns
            .iter()
            .find_map(|pattern| pattern.parameters_of(&path))
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.patterns.iter().map(|pattern| &pattern.source))
            .finish()
    }
}

/// The parameters that a [`PathPattern`] extracted from a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathParameters(Vec<(String, String)>);

impl PathParameters {
    /// Returns the value of a parameter that participated in the match. If there are several with this name, the last one
    /// counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(own, _)| own == name)
            .map(|(_, value)| &**value)
    }
}

struct CompiledPattern {
    source: String,
    regex: Regex,
    /// The pattern with strict letter case and no optional slash at the end. `Some` only in route matchers.
    exact: Option<Regex>,
    /// The pattern with parameters that may be empty. `Some` only in route matchers.
    hollow: Option<Regex>,
    /// The pattern with a last parameter that may be empty. `Some` only in route matchers, for patterns that end in a
    /// repeated parameter.
    empty_rest: Option<Regex>,
    parameters: Vec<Parameter>,
}

impl CompiledPattern {
    fn new(pattern: &str) -> Result<Self, RoutePatternError> {
        let template = PathTemplate::parse(pattern)
            .map_err(|error| RoutePatternError::new(pattern, &error))?;
        Ok(Self {
            source: pattern.to_owned(),
            regex: compile(pattern, &template, End::Lenient, LetterCase::Ignored)?,
            exact: None,
            hollow: None,
            empty_rest: None,
            parameters: template.parameters(),
        })
    }

    fn for_routes(pattern: &str) -> Result<Self, RoutePatternError> {
        let template = PathTemplate::parse(pattern)
            .map_err(|error| RoutePatternError::new(pattern, &error))?;
        let empty_rest = template
            .ends_repeated()
            .then(|| compile(pattern, &template, End::EmptyRest, LetterCase::Ignored))
            .transpose()?;
        Ok(Self {
            empty_rest,
            exact: Some(compile(
                pattern,
                &template,
                End::Exact,
                LetterCase::Distinct,
            )?),
            hollow: Some(compile(
                pattern,
                &template,
                End::Hollow,
                LetterCase::Ignored,
            )?),
            ..Self::new(pattern)?
        })
    }

    fn parameters_of(&self, path: &str) -> Option<PathParameters> {
        let captures = self.regex.captures(path).ok().flatten()?;
        let values = self
            .parameters
            .iter()
            .enumerate()
            .filter_map(|(i, parameter)| {
                Some((
                    parameter.name.clone(),
                    from_units(captures.get(i + 1)?.as_str()),
                ))
            });
        Some(PathParameters(values.collect()))
    }
}

fn compile(
    pattern: &str,
    template: &PathTemplate,
    end: End,
    case: LetterCase,
) -> Result<Regex, RoutePatternError> {
    let expression = template
        .to_expression(end)
        .map_err(|error| RoutePatternError::new(pattern, &error))?;
    let translated = expression::translate(&expression, case)
        .map_err(|error| RoutePatternError::new(pattern, &error))?;
    RegexBuilder::new(&translated)
        .backtrack_limit(BACKTRACK_LIMIT)
        .build()
        .map_err(|error| RoutePatternError::new(pattern, &error))
}

/// Decodes a path once, except for escapes of characters that delimit the parts of a URL, and merges repeated slashes.
pub(crate) fn normalize(path: &str) -> Result<String, MalformedPath> {
    let bytes = path.as_bytes();
    let mut kept = String::with_capacity(path.len());
    let mut i = 0;
    // Encode the percent sign of escapes that must survive decoding.
    while let Some(&byte) = bytes.get(i) {
        if byte != b'%' {
            // `%` is ASCII, so the text before the next one ends at a character boundary.
            let end = path[i..].find('%').map_or(path.len(), |next| i + next);
            kept.push_str(&path[i..end]);
            i = end;
            continue;
        }
        let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        let (Some(high), Some(low)) = (digit(i + 1), digit(i + 2)) else {
            return Err(MalformedPath::Encoding);
        };
        let stays = u8::try_from(high * 16 + low).is_ok_and(|byte| b";/?:@&=+$,#".contains(&byte));
        kept.push_str(if stays { "%25" } else { "%" });
        kept.push_str(&path[i + 1..i + 3]);
        i += 3;
    }
    let decoded = percent_decode_str(&kept)
        .decode_utf8()
        .map_err(|_| MalformedPath::Encoding)?;
    let mut normalized = String::with_capacity(decoded.len());
    for c in decoded.chars() {
        if c != '/' || !normalized.ends_with('/') {
            normalized.push(c);
        }
    }
    Ok(normalized)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_match(pattern: &str, path: &str) -> bool {
        RouteMatcher::new([pattern])
            .unwrap()
            .is_match(path)
            .unwrap()
    }

    #[test]
    fn paths_are_decoded_once() {
        for (path, normalized) in [
            ("/api/%61dmin", "/api/admin"),
            ("//api///admin", "/api/admin"),
            ("/api%2Fadmin", "/api%2Fadmin"),
            ("/api%2fadmin", "/api%2fadmin"),
            ("/%7Euser/%3B", "/~user/%3B"),
            ("/%2561", "/%61"),
            ("/a/../b%5C", "/a/../b\\"),
            ("/caf%C3%A9/é", "/café/é"),
            ("", ""),
        ] {
            assert_eq!(normalize(path).unwrap(), normalized, "{path}");
        }
        for path in [
            "/%",
            "/%4",
            "/%zz",
            "/%E0%A4%A",
            "/%FF",
            "/%C3",
            "/%ED%A0%80",
            "/%+1",
            "/%é",
        ] {
            assert_eq!(normalize(path), Err(MalformedPath::Encoding), "{path}");
        }
    }

    #[test]
    fn table() {
        for (pattern, path, expected) in [
            ("/foo", "/FOO", true),
            ("/foo", "/foo//", true),
            ("/foo/", "/foo", false),
            ("/dashboard(.*)", "/dashboardxyz", true),
            ("/dashboard/:path*", "/dashboard", true),
            ("/dashboard/:path*", "/dashboard/a/b/", true),
            ("/dashboard/:path*", "/dashboardx", false),
            ("/:path*", "/", true),
            ("/café", "/caf%C3%A9", true),
            ("/café", "/CAF%C3%89", true),
            ("/a b", "/a%20b", true),
            ("/a%20b", "/a%20b", false),
            ("/foo/:id", "/foo/a%2Fb", true),
            ("/((?!api|static).*)", "/api/x", false),
            ("/((?!api|static).*)", "/other", true),
            ("/(.*(?<!\\.json|\\.xml))", "/a.json", false),
            ("/(.*(?<!\\.json|\\.xml))", "/a.html", true),
            ("/:a-:b", "/x-y", true),
            ("/:a-:b", "/x-y-z", true),
            ("/x:to-is-:b", "/xa-is-b", true),
            // Case folding is that of JavaScript: the Kelvin sign and the long s do not match ASCII letters.
            ("/dark", "/dar%E2%84%AA", false),
            ("/sign", "/%C5%BFign", false),
            // Classes are ASCII.
            ("/(\\d+)", "/%D9%A3", false),
            ("/(\\w+)", "/%C3%A9", false),
            ("/([^]+)", "/x%0Ay", true),
            ("/((?:(?=k))+?k)", "/k", true),
            ("/((?:(?=k))*x)", "/x", true),
            ("/(\\p+)", "/ppp", true),
            ("/(a\\b.*)", "/a-b", true),
            ("/(a\\b.*)", "/ab", false),
            // A character outside the Basic Multilingual Plane is two code units.
            ("/(.)", "/%F0%9F%98%80", false),
            ("/(..)", "/%F0%9F%98%80", true),
            ("/\u{1F600}", "/%F0%9F%98%80", true),
        ] {
            assert_eq!(is_match(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn encoded_line_breaks_do_not_slip_past_a_dot() {
        for path in [
            "/admin%0A",
            "/admin/%0Dx",
            "/admin/%E2%80%A8x",
            "/admin/\u{2029}",
        ] {
            assert!(is_match("/admin(.*)", path), "{path}");
        }
    }

    #[test]
    fn expressions_that_are_not_javascript_are_refused() {
        for pattern in [
            "/(*)",
            "/(a**)",
            "/([)",
            "/([z-a])",
            "/(a{2,1})",
            "/({1})",
            "/(^*)",
            "/((?i:a))",
            "/(a\\b+)",
            "/((?<=a)*)",
            "/:a/(\\1)",
            "/((?<n>a)\\k<n>)",
            "/((?<n>a)(?<n>b))",
            "/((?<1>a))",
            "/(?a)",
            "/([)/:b",
        ] {
            let refused = RouteMatcher::new([pattern]);
            // The last one is a valid JavaScript expression, though not the intended one.
            assert_eq!(refused.is_err(), pattern != "/([)/:b", "{pattern}");
        }
    }

    #[test]
    fn errors_name_the_pattern_and_the_place() {
        let error = RouteMatcher::new(["/ok", "/foo*"]).unwrap_err();
        assert_eq!(error.pattern(), "/foo*");
        assert_eq!(
            error.to_string(),
            "route pattern \"/foo*\" is not valid: unexpected modifier at 4, expected end of the pattern \
             (patterns are those of path-to-regexp 6)"
        );
    }

    #[test]
    fn nothing_matches_nothing() {
        let none: [&str; 0] = [];
        assert_eq!(RouteMatcher::new(none).unwrap().is_match("/%"), Ok(false));
        assert_eq!(RouteMatcher::new([""]).unwrap().is_match("/%"), Ok(false));
        assert_eq!(
            RouteMatcher::new(["", "/x"]).unwrap().is_match("/%"),
            Err(MalformedPath::Encoding)
        );
    }

    #[test]
    fn hostile_paths_end_at_the_step_limit() {
        let matcher = RouteMatcher::new(["/((?:(?!zz)a+)+)b"]).unwrap();
        let path = format!("/{}", "a".repeat(200));
        assert_eq!(matcher.is_match(&path), Err(MalformedPath::TooComplex));
        let linear = RouteMatcher::new(["/((?:a+)+)b"]).unwrap();
        assert_eq!(linear.is_match(&path), Ok(false));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let pattern = format!("/(a{}{})", "(?:".repeat(5_000), ")".repeat(5_000));
        assert!(RouteMatcher::new([pattern]).is_err());
    }

    #[test]
    fn parameters_of_raw_paths() {
        let patterns = PathPattern::new(&["/orgs/:slug/(.*)", "/o/:id", "/:slug/x"]).unwrap();
        let get = |path: &str, name: &str| {
            patterns
                .matches(path)
                .and_then(|p| p.get(name).map(str::to_owned))
        };
        assert_eq!(get("/orgs/acme/a/b", "slug").as_deref(), Some("acme"));
        assert_eq!(get("/ORGS/acme/a%2Fb/", "slug").as_deref(), Some("acme"));
        assert_eq!(get("/o/%61", "id").as_deref(), Some("%61"));
        assert_eq!(
            get("/o/x", "slug"),
            None,
            "the first pattern that matches wins"
        );
        assert!(
            patterns.matches("//o/x").is_none(),
            "slashes are not joined"
        );
        assert!(patterns.matches("/none").is_none());
        assert!(PathPattern::new(&["/o/:id+"]).is_err());
        assert!(PathPattern::new(&["/o/:rest+"]).is_ok());
    }

    proptest! {
        #[test]
        fn any_pattern_and_path_get_an_answer(
            pattern in r"[/:(){}\\?*+.|^$\[\]<>=!,\-a-c0-2é😀]{0,16}",
            path in r"[/%a-c0-2é😀.\-]{0,24}",
        ) {
            if let Ok(matcher) = RouteMatcher::new([&pattern]) {
                let _ = matcher.is_match(&path);
            }
            if let Ok(pattern) = PathPattern::new(&[&pattern]) {
                let _ = pattern.matches(&path);
            }
        }

        #[test]
        fn escaped_text_matches_itself(text in r"/[a-z (){}.*+?:!$|^\[\]=-]{0,12}") {
            let pattern: String = text.chars().flat_map(|c| ['\\', c]).collect();
            let path: String = percent_encoding::utf8_percent_encode(&text, percent_encoding::CONTROLS).to_string();
            prop_assert!(is_match(&pattern, &path));
        }
    }
}
