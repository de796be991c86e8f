//! The Content-Security-Policy of pages with Clerk's components.

use std::collections::BTreeMap;

use http::HeaderValue;
use url::Url;

/// A Content-Security-Policy that allows what Clerk's browser SDK and components need, and nothing else
/// ([`ClerkBuilder::content_security_policy`](crate::ClerkBuilder::content_security_policy)).
///
/// The middleware adds it to every response of the application, except for 304 and its own redirects. It allows the
/// origins that this instance really uses: the Frontend API, the sign-in pages, and the services that components call.
/// Scripts of a page need the nonce of [`Page::nonce`](crate::components::Page::nonce) or an allowed origin.
///
/// If the application sets the header as well, both are merged into one header, directive by directive: the sources of
/// both are allowed. `'none'` in a directive of the application is kept, as are its `default-src`, `base-uri` and
/// `object-src`. If it allows inline scripts with `'unsafe-inline'`, no nonce is added, because a nonce would disable
/// that.
///
/// ```
/// use clerk_core::ContentSecurityPolicy;
///
/// let policy = ContentSecurityPolicy::new()
///     .strict()
///     .allow("img-src", ["https://images.example.com"]);
/// # let _ = clerk_core::Clerk::builder().content_security_policy(policy);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ContentSecurityPolicy {
    is_strict: bool,
    is_report_only: bool,
    report_to: Option<String>,
    allowed: Vec<(String, Vec<String>)>,
}

impl ContentSecurityPolicy {
    /// Creates the policy with its defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets scripts with a nonce load further scripts, and ignores the allowed origins of scripts (`'strict-dynamic'`).
    /// Also forbids plugins and foreign base URLs.
    pub fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// Reports violations without blocking anything (`Content-Security-Policy-Report-Only`).
    pub fn report_only(mut self) -> Self {
        self.is_report_only = true;
        self
    }

    /// Sets the URL that browsers report violations to.
    pub fn report_to(mut self, url: impl Into<String>) -> Self {
        self.report_to = Some(url.into());
        self
    }

    /// Adds sources to a directive, such as `img-src`. Keywords may be given without quotes, such as `self`; `none`
    /// replaces all other sources.
    ///
    /// [`ClerkBuilder::build`](crate::ClerkBuilder::build) refuses names and sources that would break the header.
    pub fn allow<I>(mut self, directive: impl Into<String>, sources: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let sources = sources.into_iter().map(Into::into).collect();
        self.allowed.push((directive.into(), sources));
        self
    }

    /// Prepares the policy for an instance.
    pub(crate) fn prepare(self, origins: &Origins) -> Result<PreparedPolicy, String> {
        let mut directives = defaults(origins);
        if self.is_strict {
            directives.insert("base-uri".to_owned(), vec!["'self'".to_owned()]);
            directives.insert("object-src".to_owned(), vec![NONE.to_owned()]);
        }
        for (name, sources) in self.allowed {
            let name = name.to_ascii_lowercase();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') {
                return Err(format!("has the directive {name:?}, which is no name"));
            }
            let known = directives.entry(name.clone()).or_default();
            for source in sources {
                if let Some(problem) = problem_of(&source) {
                    return Err(format!(
                        "has the source {source:?} of {name}, which {problem}"
                    ));
                }
                add(known, &quoted(source));
            }
            if known.iter().any(|source| source == NONE) {
                *known = vec![NONE.to_owned()];
            }
        }
        let report_to = self
            .report_to
            .map(|url| match Url::parse(&url) {
                Ok(url) => HeaderValue::from_str(&format!("{ENDPOINT}=\"{url}\""))
                    .map_err(|_| "has a reporting URL that no header can hold".to_owned()),
                Err(error) => Err(format!("has a reporting URL that is not valid: {error}")),
            })
            .transpose()?;
        if report_to.is_some() {
            directives.insert("report-to".to_owned(), vec![ENDPOINT.to_owned()]);
        }
        Ok(PreparedPolicy {
            is_strict: self.is_strict,
            is_report_only: self.is_report_only,
            reporting_endpoints: report_to,
            directives,
        })
    }
}

const NONE: &str = "'none'";
const ENDPOINT: &str = "csp-endpoint";

/// The origins that an instance uses, as sources of a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// The origin to which the browser SDK sends its requests.
    pub(crate) frontend_api: Option<String>,
    /// The origins of its scripts.
    pub(crate) scripts: Vec<String>,
    /// The origins to which browsers are redirected when they submit a form: the sign-in pages, and the Frontend API
    /// for a handshake.
    pub(crate) redirects: Vec<String>,
    /// The origin of an emulator's pictures.
    pub(crate) pictures: Option<String>,
}

fn defaults(origins: &Origins) -> BTreeMap<String, Vec<String>> {
    let own = || vec!["'self'".to_owned()];
    let with = |more: &[&str]| {
        let mut sources = own();
        more.iter().for_each(|source| add(&mut sources, source));
        sources
    };
    let mut connect = with(&[
        "https://accounts.google.com/gsi/",
        "https://clerk-telemetry.com",
        "https://*.clerk-telemetry.com",
        "https://api.stripe.com",
        "https://maps.googleapis.com",
        "https://img.clerk.com",
        "https://images.clerkstage.dev",
        // Browsers request other ports as well.
        "https://*.protect.clerk.com:*",
    ]);
    let mut scripts = with(&[
        "https://challenges.cloudflare.com",
        "https://*.js.stripe.com",
        "https://js.stripe.com",
        "https://maps.googleapis.com",
        "https://*.protect.clerk.com",
        "https://accounts.google.com/gsi/client",
    ]);
    let mut forms = own();
    // Components draw check marks, and previews of uploads, from `data:`.
    let mut pictures = with(&["data:", "https://img.clerk.com"]);
    origins
        .frontend_api
        .iter()
        .for_each(|source| add(&mut connect, source));
    origins
        .scripts
        .iter()
        .for_each(|source| add(&mut scripts, source));
    origins
        .redirects
        .iter()
        .for_each(|source| add(&mut forms, source));
    origins
        .pictures
        .iter()
        .for_each(|source| add(&mut pictures, source));
    [
        ("connect-src", connect),
        ("default-src", own()),
        ("form-action", forms),
        (
            "frame-src",
            with(&[
                "https://challenges.cloudflare.com",
                "https://*.js.stripe.com",
                "https://js.stripe.com",
                "https://hooks.stripe.com",
                "https://*.protect.clerk.com",
                "https://accounts.google.com/gsi/",
            ]),
        ),
        ("img-src", pictures),
        ("script-src", scripts),
        (
            "style-src",
            with(&["'unsafe-inline'", "https://accounts.google.com/gsi/style"]),
        ),
        ("worker-src", with(&["blob:"])),
    ]
    .into_iter()
    .map(|(name, sources)| (name.to_owned(), sources))
    .collect()
}

fn add(sources: &mut Vec<String>, source: &str) {
    if !sources.iter().any(|known| known == source) {
        sources.push(source.to_owned());
    }
}

/// Returns what is wrong with a source that is not a single token of the header (CSP Level 3 section 2.2.1).
fn problem_of(source: &str) -> Option<&'static str> {
    if source.is_empty() {
        Some("is empty")
    } else if source
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || matches!(byte, b';' | b','))
    {
        Some("has a character that separates sources")
    } else {
        None
    }
}

fn quoted(source: String) -> String {
    const KEYWORDS: [&str; 7] = [
        "none",
        "self",
        "strict-dynamic",
        "unsafe-eval",
        "unsafe-hashes",
        "unsafe-inline",
        "wasm-unsafe-eval",
    ];
    if KEYWORDS.contains(&source.as_str()) {
        format!("'{source}'")
    } else {
        source
    }
}

/// The policy of an instance.
#[derive(Debug)]
pub(crate) struct PreparedPolicy {
    is_strict: bool,
    pub(crate) is_report_only: bool,
    pub(crate) reporting_endpoints: Option<HeaderValue>,
    directives: BTreeMap<String, Vec<String>>,
}

impl PreparedPolicy {
    /// Returns the header: this policy, merged with each policy of the application's own headers.
    pub(crate) fn header(&self, own: &[Vec<u8>], nonce: Option<&str>) -> Option<HeaderValue> {
        // A header may have several policies, separated by commas, all of which apply.
        let own: Vec<BTreeMap<String, Vec<String>>> = own
            .iter()
            .flat_map(|value| value.split(|byte| *byte == b','))
            .filter_map(|policy| parse(std::str::from_utf8(policy).ok()?))
            .collect();
        let policies = if own.is_empty() {
            vec![self.merged(&BTreeMap::new(), nonce)]
        } else {
            own.iter().map(|own| self.merged(own, nonce)).collect()
        };
        let policies: Vec<String> = policies.iter().map(text).collect();
        HeaderValue::from_str(&policies.join(", ")).ok()
    }

    fn merged(
        &self,
        own: &BTreeMap<String, Vec<String>>,
        nonce: Option<&str>,
    ) -> BTreeMap<String, Vec<String>> {
        let mut merged = own.clone();
        for (name, ours) in &self.directives {
            let theirs = own.get(name);
            match name.as_str() {
                // Clerk needs no exception from what an application restricts with these.
                "default-src" | "base-uri" | "object-src" | "report-to" if theirs.is_some() => {}
                _ if theirs.is_some_and(|sources| sources.iter().any(|source| source == NONE)) => {}
                _ => {
                    // An added directive must not forbid what its fallback allows.
                    let base = theirs.or_else(|| {
                        fallbacks(name)
                            .iter()
                            .find_map(|fallback| own.get(*fallback))
                    });
                    let sources = self.union(name, base, ours, nonce);
                    merged.insert(name.clone(), sources);
                }
            }
        }
        // More specific directives of the application replace the general ones.
        for (specific, general) in [
            ("script-src-elem", "script-src"),
            ("style-src-elem", "style-src"),
        ] {
            if let (Some(theirs), Some(ours)) = (own.get(specific), self.directives.get(general))
                && !theirs.iter().any(|source| source == NONE)
            {
                let sources = self.union(general, Some(theirs), ours, nonce);
                merged.insert(specific.to_owned(), sources);
            }
        }
        merged
    }

    fn union(
        &self,
        name: &str,
        base: Option<&Vec<String>>,
        ours: &[String],
        nonce: Option<&str>,
    ) -> Vec<String> {
        let mut sources: Vec<String> = base
            .into_iter()
            .flatten()
            .filter(|source| *source != NONE)
            .cloned()
            .collect();
        let has = |what: &str| sources.iter().any(|source| source.starts_with(what));
        let relies_on_inline =
            has("'unsafe-inline'") && !has("'nonce-") && !has("'sha") && !has("'strict-dynamic'");
        ours.iter().for_each(|source| add(&mut sources, source));
        if name == "script-src"
            && !relies_on_inline
            && let Some(nonce) = nonce
        {
            if self.is_strict {
                add(&mut sources, "'strict-dynamic'");
            }
            add(&mut sources, &format!("'nonce-{nonce}'"));
        }
        // Our `'none'` is meaningful only if nothing else is allowed.
        if sources.len() > 1 {
            sources.retain(|source| source != NONE);
        }
        sources
    }
}

/// Returns the directives that a directive falls back to (CSP Level 3 section 6.8.3).
fn fallbacks(name: &str) -> &'static [&'static str] {
    match name {
        "worker-src" => &["child-src", "script-src", "default-src"],
        "frame-src" => &["child-src", "default-src"],
        name if name.ends_with("-src") => &["default-src"],
        _ => &[],
    }
}

/// Parses a policy. The first of two directives with the same name counts (CSP Level 3 section 2.2.1).
fn parse(policy: &str) -> Option<BTreeMap<String, Vec<String>>> {
    let mut directives = BTreeMap::new();
    for directive in policy.split(';') {
        let mut words = directive.split_ascii_whitespace();
        if let Some(name) = words.next() {
            let sources = words.map(str::to_owned).collect();
            directives
                .entry(name.to_ascii_lowercase())
                .or_insert(sources);
        }
    }
    (!directives.is_empty()).then_some(directives)
}

fn text(policy: &BTreeMap<String, Vec<String>>) -> String {
    let directives: Vec<String> = policy
        .iter()
        .map(|(name, sources)| {
            let words: Vec<&str> = std::iter::once(name.as_str())
                .chain(sources.iter().map(String::as_str))
                .collect();
            words.join(" ")
        })
        .collect();
    directives.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(policy: ContentSecurityPolicy) -> PreparedPolicy {
        let origins = Origins {
            frontend_api: Some("https://clerk.example.com".to_owned()),
            scripts: vec!["https://clerk.example.com".to_owned()],
            redirects: vec!["https://accounts.example.com".to_owned()],
            pictures: None,
        };
        policy.prepare(&origins).unwrap()
    }

    fn header(policy: ContentSecurityPolicy, own: &[&str], nonce: Option<&str>) -> String {
        let own: Vec<Vec<u8>> = own.iter().map(|value| value.as_bytes().to_vec()).collect();
        let header = prepared(policy).header(&own, nonce).unwrap();
        header.to_str().unwrap().to_owned()
    }

    /// Returns the sources of a directive in the header's only policy.
    fn directive(header: &str, name: &str) -> Option<String> {
        header.split("; ").find_map(|directive| {
            let (known, sources) = directive.split_once(' ')?;
            (known == name).then(|| sources.to_owned())
        })
    }

    #[test]
    fn the_policy_allows_what_the_instance_uses() {
        let policy = header(ContentSecurityPolicy::new(), &[], Some("abc"));
        for (name, source) in [
            ("connect-src", "https://clerk.example.com"),
            ("connect-src", "https://*.protect.clerk.com:*"),
            ("script-src", "https://clerk.example.com"),
            ("script-src", "'nonce-abc'"),
            ("form-action", "https://accounts.example.com"),
            ("img-src", "https://img.clerk.com"),
            ("worker-src", "blob:"),
        ] {
            let sources = directive(&policy, name).unwrap();
            assert!(
                sources.split(' ').any(|known| known == source),
                "{name}: {sources}"
            );
        }
        let scripts = directive(&policy, "script-src").unwrap();
        for open in [
            "'unsafe-inline'",
            "'unsafe-eval'",
            "https:",
            "'strict-dynamic'",
        ] {
            assert!(
                !scripts.split(' ').any(|source| source == open),
                "{scripts}"
            );
        }

        let strict = header(ContentSecurityPolicy::new().strict(), &[], Some("abc"));
        let scripts = directive(&strict, "script-src").unwrap();
        assert!(
            scripts.ends_with("'strict-dynamic' 'nonce-abc'"),
            "{scripts}"
        );
        assert_eq!(directive(&strict, "object-src").as_deref(), Some("'none'"));
        // Without a nonce, `'strict-dynamic'` would forbid every script.
        let no_nonce = header(ContentSecurityPolicy::new().strict(), &[], None);
        let scripts = directive(&no_nonce, "script-src").unwrap();
        assert!(!scripts.contains("strict-dynamic"), "{scripts}");
    }

    #[test]
    fn directives_of_the_application_are_merged() {
        let merge = |own: &str, name: &str| {
            let merged = header(ContentSecurityPolicy::new().strict(), &[own], Some("abc"));
            directive(&merged, name)
        };
        let has = |own: &str, name: &str, source: &str| {
            let sources = merge(own, name).unwrap_or_default();
            sources.split(' ').any(|known| known == source)
        };
        // Both sources are allowed, and other directives are kept.
        let own = "connect-src https://api.mine.example; frame-ancestors 'none'";
        assert!(has(own, "connect-src", "https://api.mine.example"));
        assert!(has(own, "connect-src", "https://clerk.example.com"));
        assert_eq!(merge(own, "frame-ancestors").as_deref(), Some("'none'"));
        // What the application forbids remains forbidden.
        assert_eq!(
            merge("connect-src 'none'", "connect-src").as_deref(),
            Some("'none'")
        );
        assert_eq!(
            merge("default-src 'none'", "default-src").as_deref(),
            Some("'none'")
        );
        assert!(has(
            "default-src 'none'",
            "connect-src",
            "https://clerk.example.com"
        ));
        assert!(!has("default-src 'none'", "connect-src", "'none'"));
        // Our directives do not forbid what `default-src` allows.
        let own = "default-src 'self' https://cdn.mine.example";
        assert!(has(own, "script-src", "https://cdn.mine.example"));
        assert!(has(
            "child-src https://frame.mine.example",
            "frame-src",
            "https://frame.mine.example"
        ));
        // Inline scripts that the application allows remain allowed.
        let own = "script-src 'self' 'unsafe-inline'";
        assert!(has(own, "script-src", "'unsafe-inline'"));
        assert!(!has(own, "script-src", "'nonce-abc'"));
        assert!(!has(own, "script-src", "'strict-dynamic'"));
        let own = "script-src 'nonce-mine' 'unsafe-inline'";
        assert!(has(own, "script-src", "'nonce-abc'"));
        assert!(has(own, "script-src", "'nonce-mine'"));
        // The more specific directive is the one that browsers read.
        assert!(has(
            "SCRIPT-SRC-ELEM 'self'",
            "script-src-elem",
            "'nonce-abc'"
        ));
        // Names are case-insensitive, and the first one counts.
        let own = "Img-Src https://one.example; img-src https://two.example";
        assert!(has(own, "img-src", "https://one.example"));
        assert!(!has(own, "img-src", "https://two.example"));
    }

    #[test]
    fn several_policies_of_the_application_all_apply() {
        let own = [
            "img-src https://one.example, img-src https://two.example",
            "  ;; ",
        ];
        let merged = header(ContentSecurityPolicy::new(), &own, None);
        let policies: Vec<&str> = merged.split(", ").collect();
        assert_eq!(policies.len(), 2);
        for (policy, source) in policies
            .iter()
            .zip(["https://one.example", "https://two.example"])
        {
            let pictures = directive(policy, "img-src").unwrap();
            assert!(pictures.starts_with(source), "{pictures}");
            assert!(pictures.ends_with("https://img.clerk.com"), "{pictures}");
        }
    }

    #[test]
    fn sources_are_added_and_checked() {
        let policy = ContentSecurityPolicy::new()
            .allow("img-src", ["blob:", "self"])
            .allow("Font-Src", ["none"])
            .report_to("https://reports.example/csp");
        let added = header(policy.clone(), &[], None);
        assert_eq!(
            directive(&added, "img-src").as_deref(),
            Some("'self' data: https://img.clerk.com blob:")
        );
        assert_eq!(directive(&added, "font-src").as_deref(), Some("'none'"));
        assert_eq!(
            directive(&added, "report-to").as_deref(),
            Some("csp-endpoint")
        );
        assert_eq!(
            prepared(policy).reporting_endpoints.unwrap(),
            "csp-endpoint=\"https://reports.example/csp\""
        );
        for (name, source) in [
            ("img-src", "a;script-src *"),
            ("img-src", "a, b"),
            ("img-src", "a b"),
            ("img-src", ""),
            ("img-src", "a\r\nx: y"),
            ("img-src", "é"),
            ("img src", "a"),
            ("", "a"),
        ] {
            let refused = ContentSecurityPolicy::new()
                .allow(name, [source])
                .prepare(&Origins::default());
            assert!(refused.is_err(), "{name} {source}");
        }
    }
}
