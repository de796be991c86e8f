//! The origins that session tokens may be issued to (`azp`).
//!
//! Browsers and tokens contain serialized origins (RFC 6454 section 6.2, WHATWG HTML "serialization of an origin"): lowercase,
//! with punycode, without a default port. Configured origins are normalized to that form, and those that cannot be are
//! refused.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::discreet::shown;

/// Decides whether an `azp` claim is accepted.
pub(crate) type Predicate = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The origins that tokens may be issued to. If there are none, every token is accepted.
#[derive(Clone, Default)]
pub(crate) struct AuthorizedParties {
    origins: Vec<String>,
    patterns: Vec<OriginPattern>,
    predicate: Option<Predicate>,
}

impl AuthorizedParties {
    pub(crate) fn new(
        origins: &[String],
        patterns: Vec<OriginPattern>,
        predicate: Option<Predicate>,
    ) -> Result<Self, OriginError> {
        Ok(Self {
            origins: origins
                .iter()
                .map(|text| origin(text).map_err(|problem| OriginError::of_origin(text, problem)))
                .collect::<Result<_, _>>()?,
            patterns,
            predicate,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.origins.is_empty() && self.patterns.is_empty() && self.predicate.is_none()
    }

    /// Returns true if the `azp` claim of a token is an authorized party.
    pub(crate) fn contains(&self, azp: &str) -> bool {
        self.origins.iter().any(|origin| origin == azp)
            || self.patterns.iter().any(|pattern| pattern.matches(azp))
            || self.predicate.as_ref().is_some_and(|accepts| accepts(azp))
    }
}

impl fmt::Debug for AuthorizedParties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizedParties")
            .field("origins", &self.origins)
            .field("patterns", &self.patterns)
            .field("predicate", &self.predicate.is_some())
            .finish()
    }
}

/// The error for text that is not an origin, or not a pattern of origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginError {
    /// The text without what may be a secret.
    value: String,
    problem: &'static str,
    /// A valid example.
    example: &'static str,
}

impl OriginError {
    fn of_origin(text: &str, problem: &'static str) -> Self {
        Self {
            value: shown(text),
            problem,
            example: "an origin looks like https://app.example.com or http://localhost:3000",
        }
    }

    fn of_pattern(text: &str, problem: &'static str) -> Self {
        Self {
            value: shown(text),
            problem,
            example: "a pattern looks like https://*.preview.example.com",
        }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            value,
            problem,
            example,
        } = self;
        write!(f, "contains {value}, which {problem}; {example}")
    }
}

/// Normalizes an origin to the form that tokens contain.
fn origin(text: &str) -> Result<String, &'static str> {
    let (scheme, authority) = scheme_and_authority(text)?;
    if authority.contains('*') {
        return Err("contains `*`: set patterns with authorized_party_patterns");
    }
    let url =
        Url::parse(&format!("{scheme}://{authority}")).map_err(|_| "has no valid host or port")?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url.origin().ascii_serialization())
    } else if authority.is_ascii() {
        Ok(format!("{scheme}://{authority}"))
    } else {
        Err("must be ASCII, because its scheme is neither http nor https")
    }
}

/// Splits an origin. One trailing slash is removed. Anything else that is not part of an origin is an error.
fn scheme_and_authority(text: &str) -> Result<(&str, &str), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("contains whitespace");
    }
    if text.contains(['"', '\'', '`', '\\']) {
        return Err("contains quotes or a backslash");
    }
    let (scheme, rest) = text
        .split_once("://")
        .filter(|(scheme, _)| !scheme.is_empty())
        .ok_or("has no scheme")?;
    let mut characters = scheme.chars();
    if !characters.next().is_some_and(|c| c.is_ascii_alphabetic())
        || !characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    {
        return Err("has no valid scheme");
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['?', '#']) {
        return Err("has a query or a fragment, which is not part of an origin");
    }
    if authority.contains('/') {
        return Err("has a path, which is not part of an origin");
    }
    if authority.contains('@') {
        return Err("has a user name, which is not part of an origin");
    }
    if authority.is_empty() {
        return Err("has no host");
    }
    Ok((scheme, authority))
}

/// A pattern of origins, such as `https://*.preview.example.com`. Each `*` matches exactly one label of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginPattern {
    /// The scheme with `://`.
    scheme: String,
    /// The labels of the host. `None` matches any label.
    labels: Vec<Option<String>>,
    /// The port with its colon, or an empty string for the default port.
    port: String,
}

impl OriginPattern {
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        Self::read(text).map_err(|problem| OriginError::of_pattern(text, problem))
    }

    fn read(text: &str) -> Result<Self, &'static str> {
        // Replaces each `*` while the rest is normalized.
        const STAR: &str = "star-label";
        let (_, authority) = scheme_and_authority(text)?;
        if !authority.contains('*') {
            return Err("contains no `*`: set it with authorized_parties");
        }
        let host = authority.split(':').next().unwrap_or_default();
        if host
            .split('.')
            .any(|label| label.contains('*') && label != "*")
            || authority[host.len()..].contains('*')
        {
            return Err("contains a `*` that is not a whole label of the host");
        }
        let stars: Vec<bool> = host.split('.').map(|label| label == "*").collect();
        let normal = origin(&text.replace('*', STAR))?;
        let (scheme, rest) = normal
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
            .ok_or("must have the scheme http or https")?;
        let (host, port) = match rest.find(':') {
            Some(colon) => rest.split_at(colon),
            None => (rest, ""),
        };
        let labels: Vec<Option<String>> = host
            .split('.')
            .zip(&stars)
            .map(|(label, is_star)| (!is_star).then(|| label.to_owned()))
            .collect();
        let fixed = |from_the_end: usize| {
            let label = labels.iter().rev().nth(from_the_end)?.as_deref()?;
            (!label.is_empty()).then_some(label)
        };
        if fixed(0) != Some("localhost") && (fixed(0).is_none() || fixed(1).is_none()) {
            return Err(
                "matches any domain: its last two labels must not be `*`, as in https://*.preview.example.com",
            );
        }
        Ok(Self {
            scheme: format!("{scheme}://"),
            labels,
            port: port.to_owned(),
        })
    }

    fn matches(&self, origin: &str) -> bool {
        let Some(host) = origin
            .strip_prefix(&*self.scheme)
            .and_then(|rest| rest.strip_suffix(&*self.port))
        else {
            return false;
        };
        let mut labels = host.split('.');
        self.labels.iter().all(|expected| {
            labels.next().is_some_and(|label| match expected {
                Some(fixed) => label == fixed,
                None => is_label(label),
            })
        }) && labels.next().is_none()
    }
}

/// Returns true for a label of a serialized host.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is accepted is a fixed point: bringing it to its form again changes nothing.
        #[test]
        fn origins_are_refused_or_brought_to_one_form(
            text in "((https?|HTTP|tauri|[a-z]{1,3}):/{0,3})?[a-zA-ZüÜ0-9.:@/?#*\\[\\] -]{0,24}"
        ) {
            if let Ok(normal) = origin(&text) {
                prop_assert_eq!(origin(&normal), Ok(normal.clone()), "{}", text);
                let serialized = Url::parse(&normal).unwrap().origin();
                if normal.starts_with("http://") || normal.starts_with("https://") {
                    prop_assert_eq!(serialized.ascii_serialization(), normal);
                }
            }
        }

        /// A pattern matches no origin but those of its scheme, its port, its number of labels and its fixed labels.
        #[test]
        fn patterns_match_one_label_for_each_star(azp in "\\PC{0,12}|https://[a-z.:/@?#-]{0,12}(\\.preview\\.example\\.com)?[:./a-z0-9]{0,4}") {
            let pattern = OriginPattern::parse("https://*.preview.example.com").unwrap();
            let expected = azp
                .strip_prefix("https://")
                .and_then(|rest| rest.strip_suffix(".preview.example.com"))
                .is_some_and(is_label);
            prop_assert_eq!(pattern.matches(&azp), expected, "{}", azp);
        }
    }
}
