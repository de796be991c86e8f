//! Patterns for paths, compiled.

use std::fmt;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};
use percent_encoding::percent_decode_str;

use super::code_units::{from_units, to_units};
use super::error::{MalformedPath, RoutePatternError};
use super::expression::{self, LetterCase};
use super::path_template::{End, Parameter, PathTemplate};

/// How many steps back the engine may take on a pattern with look-around. Patterns without take linear time.
const BACKTRACK_LIMIT: usize = 100_000;

/// Patterns for request paths, as in the route matchers of Clerk's JavaScript SDKs.
///
/// | Pattern | Matches |
/// |---|---|
/// | `/about` | `/about`, `/about/`, `/ABOUT` |
/// | `/users/:id` | one segment in place of `:id` |
/// | `/docs/:page?` | with or without the segment |
/// | `/files/:path*`, `/files/:path+` | any number of segments, at least one |
/// | `/items/(\\d+)` | a group with an expression of its own |
/// | `/api(.*)` | everything that begins with `/api`, also `/apiary` |
/// | `/docs{-:lang}?` | a group with text around a parameter |
///
/// The syntax is that of path-to-regexp 6 with its default options; expressions in parentheses are JavaScript, without
/// references to earlier groups. Case is ignored and one trailing slash is allowed.
///
/// Before matching, the path is decoded once and repeated slashes become one. Escapes of `; / ? : @ & = + $ , #` stay
/// encoded, so `%2F` never splits a segment. Patterns are compared with the decoded path: write `/café`, not
/// `/caf%C3%A9`. Unlike in JavaScript, `.` matches every character, so no encoded line break slips past `(.*)`.
///
/// # Security
///
/// A matcher decides by text, the router decides by its own rules, and the two can disagree. Guard routers and scopes where
/// you can, and let matchers name what is public rather than what is protected.
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
    /// Compiles the patterns; a path that any of them matches is matched. Empty patterns are skipped, and no patterns
    /// match no path.
    ///
    /// # Errors
    ///
    /// [`RoutePatternError`] for the first pattern that cannot be compiled.
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

    /// Whether a pattern matches `path`: the encoded path of the request, without a query.
    ///
    /// # Errors
    ///
    /// [`MalformedPath`] when no answer can be given; treat such a request as refused.
    pub fn is_match(&self, path: &str) -> Result<bool, MalformedPath> {
        if self.patterns.is_empty() {
            return Ok(false);
        }
        self.is_match_literally(&normalize(path)?)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// As [`is_match`](Self::is_match), for a path that is to be taken as it is.
    pub(crate) fn is_match_literally(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| Some(&pattern.regex))
    }

    /// As [`is_match_literally`](Self::is_match_literally), where a letter's case counts and a slash at the end, too.
    pub(crate) fn is_match_exactly(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| pattern.exact.as_ref())
    }

    /// As [`is_match_literally`](Self::is_match_literally), where a parameter may be empty: `//admin` matches `/:org/admin`.
    pub(crate) fn is_match_hollowly(&self, path: &str) -> Result<bool, MalformedPath> {
        self.any_matches(path, |pattern| pattern.hollow.as_ref())
    }

    /// As [`is_match_literally`](Self::is_match_literally), where a repeated parameter at the end may be empty: `/admin/`
    /// matches `/admin/:rest+`.
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

/// Patterns that read the parameters `:id` and `:slug` out of encoded paths. The first that matches wins; none match
/// nothing.
#[derive(Clone, Default)]
pub(crate) struct PathPattern {
    patterns: Arc<[CompiledPattern]>,
}

impl PathPattern {
    /// As [`RouteMatcher::new`], except that `:id` and `:slug` may not be repeated: several values at once name no
    /// organization, and the wish for one would never be fulfilled.
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

    /// The parameters of the first pattern that matches `path` as it is, without decoding it.
    ///
    /// A path that takes too many steps counts as not matched.
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

/// What a [`PathPattern`] read out of a path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PathParameters(Vec<(String, String)>);

impl PathParameters {
    /// The value of a parameter that took part in the match. Where a name comes twice, the last counts.
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
    /// The same without leniency about letter case and the path's end. Only route matchers have it.
    exact: Option<Regex>,
    /// The same with parameters that may be empty. Only route matchers have it.
    hollow: Option<Regex>,
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

/// Decodes a path once, but for the escapes of characters that structure a URL, and joins repeated slashes.
pub(crate) fn normalize(path: &str) -> Result<String, MalformedPath> {
    let bytes = path.as_bytes();
    let mut kept = String::with_capacity(path.len());
    let mut i = 0;
    // Escapes that must survive the decoding get their percent sign encoded first.
    while let Some(&byte) = bytes.get(i) {
        if byte != b'%' {
            // `%` is ASCII, so the text up to the next one ends at a character's border.
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
            // Letter case as in JavaScript: neither the Kelvin sign nor the long s is an ASCII letter.
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
            // Beyond the Basic Multilingual Plane a character is two units.
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
            // The last is an expression in JavaScript, though not the one that was meant.
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
