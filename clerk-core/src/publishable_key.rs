//! Publishable keys and the hosts that are derived from them.

use std::{fmt, str::FromStr};

use base64_simd::{STANDARD, STANDARD_NO_PAD, forgiving_decode_to_vec};

use crate::crypto::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use crate::error_chain::write_with_causes;

const LIVE_PREFIX: &str = "pk_live_";
const TEST_PREFIX: &str = "pk_test_";

/// The type of a Clerk instance.
///
/// The prefix of a key determines it, not the host in the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceType {
    /// A development instance (`pk_test_…`), whose session state is passed on in a development browser token.
    Development,
    /// A production instance (`pk_live_…`).
    Production,
}

/// Why a publishable key was refused.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishableKeyError {
    /// The key is missing or empty.
    #[error(
        "publishable key is missing: set CLERK_PUBLISHABLE_KEY to the key shown under \"API keys\" in the Clerk Dashboard"
    )]
    Missing,
    /// The text is not a publishable key.
    #[error(
        "publishable key is not valid (expected pk_test_... or pk_live_...): copy CLERK_PUBLISHABLE_KEY again from \"API keys\" in the Clerk Dashboard"
    )]
    Invalid,
    /// The host to derive the key from is empty.
    #[error("host is empty: a publishable key can only be derived from a host name")]
    EmptyHost,
    /// The text to derive the key from cannot be a host.
    #[error(
        "host cannot be encoded in a publishable key: it must be ASCII, contain a dot and no dollar sign"
    )]
    InvalidHost,
}

/// Writes the message with its causes, because `main` shows the `Debug` output of the error that it returns.
impl fmt::Debug for PublishableKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// A valid publishable key.
///
/// A publishable key is `pk_test_` or `pk_live_`, followed by the base64 encoding of the instance's Frontend API host and a
/// dollar sign. It is not a secret. The text is kept exactly as it was configured, because the names of the session cookies
/// are derived from it.
///
/// # Examples
///
/// ```
/// use clerk_core::{InstanceType, PublishableKey};
///
/// let key: PublishableKey = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk".parse()?;
/// assert_eq!(key.frontend_api(), "foo-bar-13.clerk.accounts.dev");
/// assert_eq!(key.instance_type(), InstanceType::Development);
/// assert_eq!(key.cookie_suffix(), "nx2hSE6I");
/// # Ok::<(), clerk_core::PublishableKeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublishableKey {
    raw: String,
    frontend_api: String,
    cookie_suffix: String,
    instance_type: InstanceType,
}

impl PublishableKey {
    /// Parses a key and decodes the host in it.
    ///
    /// Base64 is decoded as in browsers (WHATWG "forgiving-base64 decode"): the alphabet is the standard one, padding is
    /// optional but must be correct if present, and ASCII whitespace is ignored. Whitespace before the prefix is an error.
    ///
    /// # Errors
    ///
    /// Returns [`PublishableKeyError::Missing`] if `key` is empty, and [`PublishableKeyError::Invalid`] if it is not a
    /// publishable key.
    pub fn parse(key: &str) -> Result<Self, PublishableKeyError> {
        if key.is_empty() {
            return Err(PublishableKeyError::Missing);
        }
        let (instance_type, encoded) = if let Some(rest) = key.strip_prefix(LIVE_PREFIX) {
            (InstanceType::Production, rest)
        } else if let Some(rest) = key.strip_prefix(TEST_PREFIX) {
            (InstanceType::Development, rest)
        } else {
            return Err(PublishableKeyError::Invalid);
        };
        if encoded.contains('_') {
            return Err(PublishableKeyError::Invalid);
        }
        let decoded = forgiving_decode_to_vec(encoded.as_bytes())
            .map_err(|_| PublishableKeyError::Invalid)?;
        // The decoded text is Latin-1, not UTF-8.
        let decoded: String = decoded.into_iter().map(char::from).collect();
        let host = decoded
            .strip_suffix('$')
            .ok_or(PublishableKeyError::Invalid)?;
        if host.contains('$') || !host.contains('.') {
            return Err(PublishableKeyError::Invalid);
        }
        Ok(Self {
            raw: key.to_owned(),
            frontend_api: host.to_owned(),
            cookie_suffix: cookie_suffix(key),
            instance_type,
        })
    }

    /// Creates the key of the instance whose Frontend API has the host `frontend_api`, without a scheme.
    ///
    /// The key has the prefix `pk_test_` for hosts under Clerk's development domains and `pk_live_` for all others.
    ///
    /// # Errors
    ///
    /// Returns [`PublishableKeyError::InvalidHost`] if the text cannot be encoded in a key.
    pub fn for_frontend_api(frontend_api: &str) -> Result<Self, PublishableKeyError> {
        if !frontend_api.is_ascii() {
            return Err(PublishableKeyError::InvalidHost);
        }
        let prefix = if is_development_frontend_api(frontend_api) {
            TEST_PREFIX
        } else {
            LIVE_PREFIX
        };
        let body = STANDARD_NO_PAD.encode_to_string(format!("{frontend_api}$"));
        Self::parse(&format!("{prefix}{body}")).map_err(|_| PublishableKeyError::InvalidHost)
    }

    /// Creates the key for the host of a request, for processes that serve several production domains.
    ///
    /// A `fallback` of a development instance is returned unchanged. Otherwise, this is the key of `clerk.<host>`, with the
    /// host in lowercase and without its port.
    ///
    /// # Errors
    ///
    /// Returns [`PublishableKeyError::EmptyHost`] if the host is empty or only a port, and
    /// [`PublishableKeyError::InvalidHost`] if it cannot be a host.
    ///
    /// # Security
    ///
    /// The client chooses the host of a request. Check it against a list of your own domains first.
    pub fn for_host(host: &str, fallback: Option<&Self>) -> Result<Self, PublishableKeyError> {
        if let Some(key) = fallback
            && key.instance_type == InstanceType::Development
        {
            return Ok(key.clone());
        }
        let host = host.to_ascii_lowercase();
        let host = match host.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                name
            }
            _ => &host,
        };
        if host.is_empty() {
            return Err(PublishableKeyError::EmptyHost);
        }
        Self::for_frontend_api(&format!("clerk.{host}"))
    }

    /// Returns the key as it was configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Returns the host of the Frontend API in the key, without a scheme.
    #[must_use]
    pub fn frontend_api(&self) -> &str {
        &self.frontend_api
    }

    /// Returns the type of the instance that the key belongs to.
    #[must_use]
    pub fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// Returns the eight characters that distinguish this instance's cookies from those of others on the same domain.
    ///
    /// They are the first characters of the key's SHA-1 digest in URL-safe base64. The session cookie is named
    /// `__session_<suffix>`.
    #[must_use]
    pub fn cookie_suffix(&self) -> &str {
        &self.cookie_suffix
    }

    /// Returns the URL or host at which browsers reach the Frontend API of this deployment.
    ///
    /// It is the proxy URL if there is one, `clerk.<domain>` for a satellite of a production instance, and the host in the
    /// key otherwise. Empty strings count as absent.
    #[must_use]
    pub fn effective_frontend_api(
        &self,
        proxy_url: Option<&str>,
        satellite_domain: Option<&str>,
    ) -> String {
        if let Some(proxy_url) = proxy_url.filter(|url| !url.is_empty()) {
            return proxy_url.to_owned();
        }
        match satellite_domain.filter(|domain| !domain.is_empty()) {
            Some(domain) if self.instance_type == InstanceType::Production => {
                format!("clerk.{domain}")
            }
            _ => self.frontend_api.clone(),
        }
    }

    /// Returns the origin of the Backend API for this key's instance.
    #[must_use]
    pub fn backend_api_url(&self) -> &'static str {
        match ApiEnvironment::of(&self.frontend_api) {
            ApiEnvironment::Production => "https://api.clerk.com",
            ApiEnvironment::Staging => "https://api.clerkstage.dev",
            ApiEnvironment::Local => "https://api.lclclerk.com",
        }
    }

    /// Returns the origin of the Frontend API that a proxy forwards this instance's requests to.
    #[must_use]
    pub fn frontend_api_upstream_url(&self) -> &'static str {
        match ApiEnvironment::of(&self.frontend_api) {
            ApiEnvironment::Production => "https://frontend-api.clerk.dev",
            ApiEnvironment::Staging => "https://frontend-api.clerkstage.dev",
            ApiEnvironment::Local => "https://frontend-api.lclclerk.com",
        }
    }
}

impl FromStr for PublishableKey {
    type Err = PublishableKeyError;

    fn from_str(key: &str) -> Result<Self, PublishableKeyError> {
        Self::parse(key)
    }
}

impl fmt::Display for PublishableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

impl fmt::Debug for PublishableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublishableKey").field(&self.raw).finish()
    }
}

/// Returns the base URL of the hosted account pages for a Frontend API host, or an empty string for an empty host.
///
/// `frontend_api` must be a host; the result for a proxy URL is meaningless.
///
/// ```
/// use clerk_core::account_portal;
///
/// assert_eq!(account_portal("clerk.example.com"), "https://accounts.example.com");
/// assert_eq!(account_portal("foo-bar-13.clerk.accounts.dev"), "https://foo-bar-13.accounts.dev");
/// ```
#[must_use]
pub fn account_portal(frontend_api: &str) -> String {
    if frontend_api.is_empty() {
        return String::new();
    }
    let host = frontend_api.replacen("clerk.accountsstage.", "accountsstage.", 1);
    let host = match host.find("clerk.") {
        Some(at) if host[at..].starts_with("clerk.accounts.") => {
            host.replacen("clerk.accounts.", "accounts.", 1)
        }
        Some(_) => host.replacen("clerk.", "accounts.", 1),
        None => host,
    };
    format!("https://{host}")
}

/// Returns the suffix of the cookies that belong to a publishable key, without validating the key.
///
/// For a validated key, use [`PublishableKey::cookie_suffix`].
///
/// ```
/// assert_eq!(clerk_core::cookie_suffix("pk_live_Y2xlcmsuY2xlcmsuZGV2JA"), "1Z8AzTQD");
/// ```
#[must_use]
pub fn cookie_suffix(publishable_key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    let encoded = STANDARD.encode_to_string(hash);
    encoded
        .chars()
        .take(8)
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect()
}

/// The environment of Clerk's that a Frontend API host belongs to.
enum ApiEnvironment {
    Production,
    Staging,
    Local,
}

impl ApiEnvironment {
    fn of(frontend_api: &str) -> Self {
        let ends_with = |suffixes: &[&str]| suffixes.iter().any(|s| frontend_api.ends_with(s));
        if frontend_api.starts_with("clerk.") && ends_with(&LEGACY_DEVELOPMENT_SUFFIXES) {
            Self::Production
        } else if ends_with(&LOCAL_SUFFIXES) {
            Self::Local
        } else if ends_with(&STAGING_SUFFIXES) {
            Self::Staging
        } else {
            Self::Production
        }
    }
}

/// Returns true if `host` serves the hosted account pages of a development instance, with the current or the legacy naming.
pub(crate) fn is_development_portal_host(host: &str) -> bool {
    is_legacy_development_portal_host(host) || is_current_development_portal_host(host)
}

/// Returns true for hosts such as `accounts.<name>.lcl.dev`, the naming of older development instances.
pub(crate) fn is_legacy_development_portal_host(host: &str) -> bool {
    host.starts_with("accounts.")
        && LEGACY_DEVELOPMENT_SUFFIXES
            .iter()
            .any(|suffix| host.ends_with(suffix))
}

/// Returns true for hosts such as `<name>.accounts.dev`, but not for the Frontend API (`<name>.clerk.accounts.dev`).
pub(crate) fn is_current_development_portal_host(host: &str) -> bool {
    CURRENT_DEVELOPMENT_SUFFIXES.iter().any(|suffix| {
        host.strip_suffix(suffix)
            .is_some_and(|name| !name.ends_with(".clerk"))
    })
}

fn is_development_frontend_api(host: &str) -> bool {
    is_named_development_host(host)
        || (host.starts_with("clerk.")
            && LEGACY_DEVELOPMENT_SUFFIXES
                .iter()
                .any(|suffix| host.ends_with(suffix))
            && !host.ends_with(".prod.lclclerk.com"))
}

/// Returns true for hosts such as `word-word-12.clerk.accounts…dev` or `…com`, in any letter case.
fn is_named_development_host(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let Some((name, rest)) = host.split_once('.') else {
        return false;
    };
    let mut parts = name.split('-');
    let mut word = || {
        parts
            .next()
            .is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
    };
    let words = word() && word();
    let number = parts.next().is_some_and(|part| {
        matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit())
    });
    let Some(domain) = rest.strip_prefix("clerk.accounts") else {
        return false;
    };
    words
        && number
        && parts.next().is_none()
        && (domain.ends_with("dev") || domain.ends_with("com"))
        && domain.bytes().all(|b| b.is_ascii_lowercase() || b == b'.')
}

const LEGACY_DEVELOPMENT_SUFFIXES: [&str; 3] = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
const CURRENT_DEVELOPMENT_SUFFIXES: [&str; 3] = [
    ".accounts.dev",
    ".accountsstage.dev",
    ".accounts.lclclerk.com",
];
// The second entry has no leading dot in the reference either.
const LOCAL_SUFFIXES: [&str; 4] = [
    ".lcl.dev",
    "lclstage.dev",
    ".lclclerk.com",
    ".accounts.lclclerk.com",
];
const STAGING_SUFFIXES: [&str; 1] = [".accountsstage.dev"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(prefix: &str, text: &[u8]) -> String {
        format!("{prefix}{}", STANDARD.encode_to_string(text))
    }

    #[test]
    fn cookie_suffixes() {
        for (key, suffix) in [
            (
                "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk",
                "nx2hSE6I",
            ),
            ("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "naoXFJnI"),
            (
                "pk_live_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA",
                "MqCvchyS",
            ),
            (
                "pk_test_Y2xlcmsuaW5zcGlyZWQucHVtYS03NC5sY2wuZGV2JA",
                "vWCgMp3A",
            ),
            ("pk_live_Y2xlcmsuY2xlcmsuZGV2JA", "1Z8AzTQD"),
            ("pk_test_Y2xlcmsuY2xlcmsuZGV2JA", "QvfNY2dr"),
            (
                "pk_test_ZW5vdWdoLWFscGFjYS04Mi5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k",
                "jtYvyt_H",
            ),
            (
                "pk_test_eHh4eHh4LXhhYWFhYS1hYS5jbGVyay5hY2NvdW50cy5sY2xjbGVyay5jb20k",
                "tZJdb-5s",
            ),
        ] {
            assert_eq!(
                PublishableKey::parse(key).unwrap().cookie_suffix(),
                suffix,
                "{key}"
            );
        }
    }

    #[test]
    fn spelling_of_a_key_changes_its_suffix_but_not_its_host() {
        let padded = PublishableKey::parse("pk_live_Y2xlcmsuY2xlcmsuZGV2JA==").unwrap();
        let bare = PublishableKey::parse("pk_live_Y2xlcmsuY2xlcmsuZGV2JA").unwrap();
        assert_eq!(padded.frontend_api(), bare.frontend_api());
        assert_ne!(padded.cookie_suffix(), bare.cookie_suffix());
    }

    #[test]
    fn refused_keys() {
        assert_eq!(PublishableKey::parse(""), Err(PublishableKeyError::Missing));
        for bad in [
            "pk_prod_Y2xlcmsuZXhhbXBsZS5jb20k".to_owned(),
            "PK_LIVE_Y2xlcmsuZXhhbXBsZS5jb20k".to_owned(),
            " pk_live_Y2xlcmsuZXhhbXBsZS5jb20k".to_owned(),
            "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k_x".to_owned(),
            "pk_live_".to_owned(),
            "pk_live_A".to_owned(),
            "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k==".to_owned(),
            "pk_live_Y2xlcmsufn5-Pz4uY29tJA==".to_owned(),
            key(LIVE_PREFIX, b"clerk.example.com"),
            key(LIVE_PREFIX, b"clerk.example.com$\n"),
            key(LIVE_PREFIX, b"a.b$c$"),
            key(LIVE_PREFIX, b"a.b$$"),
            key(LIVE_PREFIX, b"localhost$"),
            key(LIVE_PREFIX, b"$"),
        ] {
            assert_eq!(
                PublishableKey::parse(&bad),
                Err(PublishableKeyError::Invalid),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn host_is_read_as_latin_1() {
        let key = PublishableKey::parse(&key(TEST_PREFIX, b"caf\xe9.dev$")).unwrap();
        assert_eq!(key.frontend_api(), "café.dev");
    }

    #[test]
    fn effective_frontend_api_order() {
        let live = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        let test = PublishableKey::parse("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        let proxy = "https://app.test/__clerk";
        let domain = Some("sat.test");
        assert_eq!(live.effective_frontend_api(Some(proxy), domain), proxy);
        assert_eq!(live.effective_frontend_api(None, domain), "clerk.sat.test");
        assert_eq!(
            live.effective_frontend_api(Some(""), None),
            "clerk.example.com"
        );
        assert_eq!(
            live.effective_frontend_api(None, Some("")),
            "clerk.example.com"
        );
        assert_eq!(
            test.effective_frontend_api(None, domain),
            "clerk.example.com"
        );
    }

    #[test]
    fn account_portals() {
        for (frontend_api, portal) in [
            (
                "foo-bar-13.clerk.accounts.dev",
                "https://foo-bar-13.accounts.dev",
            ),
            ("x.clerk.accountsstage.dev", "https://x.accountsstage.dev"),
            ("clerk.example.com", "https://accounts.example.com"),
            ("clerk.accounts.example.com", "https://accounts.example.com"),
            (
                "clerk.foo.bar-13.lcl.dev",
                "https://accounts.foo.bar-13.lcl.dev",
            ),
            ("myclerk.example.com", "https://myaccounts.example.com"),
            (
                "clerk.clerk.accounts.dev",
                "https://accounts.clerk.accounts.dev",
            ),
            ("https://app.com/__clerk", "https://https://app.com/__clerk"),
            ("", ""),
        ] {
            assert_eq!(account_portal(frontend_api), portal, "{frontend_api}");
        }
    }

    #[test]
    fn built_keys_take_their_type_from_the_host() {
        for (host, instance_type) in [
            ("foo-bar-13.clerk.accounts.dev", InstanceType::Development),
            ("Foo-Bar-1.clerk.accounts.dev", InstanceType::Development),
            (
                "foo-bar-13.clerk.accounts.lclclerk.com",
                InstanceType::Development,
            ),
            ("clerk.foo.bar-13.lcl.dev", InstanceType::Development),
            ("clerk.foo.lclclerk.com", InstanceType::Development),
            ("clerk.foo.prod.lclclerk.com", InstanceType::Production),
            ("foo-bar-133.clerk.accounts.dev", InstanceType::Production),
            ("foo-bar.clerk.accounts.dev", InstanceType::Production),
            ("clerk.example.com", InstanceType::Production),
        ] {
            let key = PublishableKey::for_frontend_api(host).unwrap();
            assert_eq!(key.instance_type(), instance_type, "{host}");
            assert_eq!(key.frontend_api(), host);
            assert!(!key.as_str().ends_with('='), "{key}");
        }
        for bad in ["", "nodot", "a.b$c", "é.com"] {
            assert_eq!(
                PublishableKey::for_frontend_api(bad),
                Err(PublishableKeyError::InvalidHost),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn keys_for_request_hosts() {
        let test = PublishableKey::parse("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        let live = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        assert_eq!(PublishableKey::for_host("other.com", Some(&test)), Ok(test));
        let derived = PublishableKey::for_host("Shop.Example.COM:8443", Some(&live)).unwrap();
        assert_eq!(derived.frontend_api(), "clerk.shop.example.com");
        assert_eq!(
            PublishableKey::for_host(":443", None),
            Err(PublishableKeyError::EmptyHost)
        );
        assert_eq!(
            PublishableKey::for_host("", None),
            Err(PublishableKeyError::EmptyHost)
        );
    }

    #[test]
    fn api_hosts() {
        for (host, backend, upstream) in [
            (
                "clerk.a.lcl.dev",
                "https://api.clerk.com",
                "https://frontend-api.clerk.dev",
            ),
            (
                "a.lcl.dev",
                "https://api.lclclerk.com",
                "https://frontend-api.lclclerk.com",
            ),
            (
                "x.clerk.accountsstage.dev",
                "https://api.clerkstage.dev",
                "https://frontend-api.clerkstage.dev",
            ),
            (
                "clerk.example.com",
                "https://api.clerk.com",
                "https://frontend-api.clerk.dev",
            ),
        ] {
            let key = PublishableKey::for_frontend_api(host).unwrap();
            assert_eq!(key.backend_api_url(), backend, "{host}");
            assert_eq!(key.frontend_api_upstream_url(), upstream, "{host}");
        }
    }

    #[test]
    fn development_portal_hosts() {
        for (host, legacy, current) in [
            ("accounts.foo.lcl.dev", true, false),
            ("foo.lcl.dev", false, false),
            ("foo-bar-1.accounts.dev", false, true),
            ("foo-bar-1.clerk.accounts.dev", false, false),
            ("accounts.foo.accounts.lclclerk.com", true, true),
            ("accounts.example.com", false, false),
        ] {
            assert_eq!(is_legacy_development_portal_host(host), legacy, "{host}");
            assert_eq!(is_current_development_portal_host(host), current, "{host}");
            assert_eq!(
                is_development_portal_host(host),
                legacy || current,
                "{host}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_an_error(text in "(pk_(test|live)_)?\\PC{0,40}") {
            if let Ok(key) = PublishableKey::parse(&text) {
                prop_assert_eq!(key.as_str(), text);
                prop_assert_eq!(key.cookie_suffix().len(), 8);
            }
        }

        #[test]
        fn built_keys_hold_their_host(host in "[a-z]{1,8}\\.[a-z.]{1,12}") {
            let key = PublishableKey::for_frontend_api(&host).unwrap();
            prop_assert_eq!(key.frontend_api(), host);
        }
    }
}
