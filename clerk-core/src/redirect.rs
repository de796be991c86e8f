//! The URLs of the sign-in, sign-up and tasks pages, and the allowed targets of redirects.

use std::fmt;

use url::{Origin, Url};

use crate::error_chain::write_with_causes;
use crate::publishable_key::{InstanceType, PublishableKey, account_portal};
use crate::urls::{is_http, is_loopback, set_query_parameter};

/// Where the sign-in or sign-up page sends the browser afterward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReturnBack<'a> {
    /// To the requested URL, or for a form to the page that it was on. With a [`Redirect`], to its base URL.
    #[default]
    Here,
    /// To the page's own default.
    Nowhere,
    /// To this URL or path. An empty string means [`Nowhere`](Self::Nowhere).
    To(&'a str),
}

/// Why a redirect could not be built.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// There is neither a page of the application nor a publishable key to find the hosted page with.
    #[error(
        "no page to redirect to: set CLERK_PUBLISHABLE_KEY for the hosted pages, or CLERK_SIGN_IN_URL and CLERK_SIGN_UP_URL for your own"
    )]
    MissingPublishableKey,
    /// The base URL is empty, and neither the URL of the page nor the return URL is absolute.
    #[error(
        "cannot build a redirect: the URL of the page or the return URL must be absolute if the URL of the request is unknown"
    )]
    NoAbsoluteUrl,
    /// One of the URLs cannot be parsed.
    #[error("cannot build a redirect: {what} is not a valid URL")]
    InvalidUrl {
        /// The URL that cannot be parsed.
        what: &'static str,
        /// The error of the URL parser.
        source: url::ParseError,
    },
}

impl fmt::Debug for RedirectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}

/// Builds URLs of the sign-in and sign-up pages that lead back to the application.
///
/// # Examples
///
/// ```
/// use clerk_core::{PublishableKey, Redirect, ReturnBack};
///
/// let key: PublishableKey = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk".parse()?;
/// let redirect = Redirect::new("https://app.example/x").publishable_key(Some(&key));
/// assert_eq!(
///     redirect.sign_in(ReturnBack::To("/dash"))?,
///     "https://foo-bar-13.accounts.dev/sign-in?redirect_url=https%3A%2F%2Fapp.example%2Fdash",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Redirect<'a> {
    base_url: &'a str,
    publishable_key: Option<&'a PublishableKey>,
    sign_in_url: Option<&'a str>,
    sign_up_url: Option<&'a str>,
    dev_browser_token: Option<&'a str>,
    is_pending: bool,
    is_satellite: bool,
}

impl<'a> Redirect<'a> {
    /// Creates a builder from the public URL of the request, which relative URLs are resolved against.
    ///
    /// If it is empty, the URL of the page or the return URL must be absolute.
    pub fn new(base_url: &'a str) -> Self {
        Self {
            base_url,
            publishable_key: None,
            sign_in_url: None,
            sign_up_url: None,
            dev_browser_token: None,
            is_pending: false,
            is_satellite: false,
        }
    }

    /// Sets the publishable key, which the URLs of the hosted pages are derived from.
    pub fn publishable_key(mut self, key: Option<&'a PublishableKey>) -> Self {
        self.publishable_key = key;
        self
    }

    /// Sets the URL or path of the application's own sign-in page.
    pub fn sign_in_url(mut self, url: Option<&'a str>) -> Self {
        self.sign_in_url = url.filter(|url| !url.is_empty());
        self
    }

    /// Sets the URL or path of the application's own sign-up page. If there is none, the sign-up page is `/create` below
    /// the application's own sign-in page.
    pub fn sign_up_url(mut self, url: Option<&'a str>) -> Self {
        self.sign_up_url = url.filter(|url| !url.is_empty());
        self
    }

    /// Sets the development browser token to pass to a page on another host. Only development instances pass it on.
    pub fn dev_browser_token(mut self, token: Option<&'a str>) -> Self {
        self.dev_browser_token = token.filter(|token| !token.is_empty());
        self
    }

    /// Sets whether the session is pending. If it is, the redirect leads to the tasks page below the sign-in or sign-up
    /// page.
    pub fn pending_session(mut self, is_pending: bool) -> Self {
        self.is_pending = is_pending;
        self
    }

    /// Sets whether the application is a satellite. If it is, its session is synchronized again when the browser returns.
    pub fn satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Returns the URL of the sign-in page.
    ///
    /// # Errors
    ///
    /// Returns [`RedirectError`] if there is no page to redirect to or a URL cannot be parsed.
    pub fn sign_in(&self, return_back: ReturnBack<'_>) -> Result<String, RedirectError> {
        let target = match self.sign_in_url {
            Some(url) => url.to_owned(),
            None => self
                .hosted_page("/sign-in")
                .ok_or(RedirectError::MissingPublishableKey)?,
        };
        self.build(target, return_back)
    }

    /// Returns the URL of the sign-up page.
    ///
    /// # Errors
    ///
    /// Returns [`RedirectError`] if there is no page to redirect to or a URL cannot be parsed. A sign-in page without a
    /// publishable key is not enough.
    pub fn sign_up(&self, return_back: ReturnBack<'_>) -> Result<String, RedirectError> {
        let target = match (
            self.sign_up_url,
            self.hosted_page("/sign-up"),
            self.sign_in_url,
        ) {
            (Some(url), ..) => url.to_owned(),
            (None, None, _) => return Err(RedirectError::MissingPublishableKey),
            (None, Some(_), Some(sign_in_url)) => self.sign_up_below(sign_in_url)?,
            (None, Some(hosted), None) => hosted,
        };
        self.build(target, return_back)
    }

    fn hosted_page(&self, path: &str) -> Option<String> {
        self.publishable_key
            .map(|key| account_portal(key.frontend_api()) + path)
    }

    fn sign_up_below(&self, sign_in_url: &str) -> Result<String, RedirectError> {
        let mut url = parse("the URL of the request", self.base_url)?
            .join(sign_in_url)
            .map_err(invalid("the sign-in URL"))?;
        if !url.cannot_be_a_base() {
            let path = format!("{}/create", url.path());
            url.set_path(&path);
        }
        Ok(url.into())
    }

    fn build(
        &self,
        mut target: String,
        return_back: ReturnBack<'_>,
    ) -> Result<String, RedirectError> {
        if self.is_pending {
            append_tasks(&mut target);
        }
        let return_back = match return_back {
            ReturnBack::Here => Some(self.base_url),
            ReturnBack::Nowhere => None,
            ReturnBack::To(url) => Some(url),
        };
        let return_back = return_back.filter(|url| !url.is_empty());
        if self.base_url.is_empty() {
            return build_without_base(&target, return_back);
        }
        let base = parse("the URL of the request", self.base_url)?;
        let return_back = return_back
            .map(|url| base.join(url).map_err(invalid("the return URL")))
            .transpose()?;
        let mut url = base.join(&target).map_err(invalid("the URL of the page"))?;
        // Ignore the scheme, because a proxy that terminates TLS leads to the same application.
        let is_elsewhere = (base.host(), base.port()) != (url.host(), url.port());
        if let Some(mut return_back) = return_back {
            if is_elsewhere && self.is_satellite {
                set_query_parameter(&mut return_back, "__clerk_synced", "false");
            }
            set_query_parameter(&mut url, "redirect_url", return_back.as_str());
        }
        let is_development = self
            .publishable_key
            .is_some_and(|key| key.instance_type() == InstanceType::Development);
        if let Some(token) = self.dev_browser_token
            && is_elsewhere
            && is_development
        {
            set_query_parameter(&mut url, "__clerk_db_jwt", token);
        }
        Ok(url.into())
    }
}

/// The allowed targets of redirects whose target comes from a request.
///
/// The application's own origin and loopback are always allowed, and other origins only if they are listed. Otherwise a
/// link to the application could send users, and their development browser token, to a page of an attacker's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedRedirectOrigins(Policy);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Policy {
    Any,
    List(Vec<Origin>),
}

impl Default for Policy {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl AllowedRedirectOrigins {
    /// Allows the origins of these URLs in addition to the application's own.
    ///
    /// # Errors
    ///
    /// Returns [`RedirectError::InvalidUrl`] if one of them is not an absolute `http` or `https` URL.
    ///
    /// # Examples
    ///
    /// ```
    /// use clerk_core::AllowedRedirectOrigins;
    /// use url::Url;
    ///
    /// let allowed = AllowedRedirectOrigins::list(["https://satellite.example"])?;
    /// let own = Url::parse("https://app.example/sign-in")?;
    /// assert!(allowed.allows(&Url::parse("https://app.example/x")?, &own));
    /// assert!(allowed.allows(&Url::parse("https://satellite.example/y")?, &own));
    /// assert!(!allowed.allows(&Url::parse("https://evil.example/")?, &own));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list<I>(urls: I) -> Result<Self, RedirectError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        const WHAT: &str = "an allowed redirect origin";
        let mut origins = Vec::new();
        for url in urls {
            let url = parse(WHAT, url.as_ref())?;
            if !is_http(&url) {
                return Err(invalid(WHAT)(url::ParseError::RelativeUrlWithoutBase));
            }
            origins.push(url.origin());
        }
        Ok(Self(Policy::List(origins)))
    }

    /// Allows every target.
    ///
    /// # Security
    ///
    /// This makes the application an open redirect: a link can send its users to any site.
    #[must_use]
    pub fn any() -> Self {
        Self(Policy::Any)
    }

    /// Returns true if a redirect to `target` is allowed for the application at `own_origin`, which may be any of its URLs.
    #[must_use]
    pub fn allows(&self, target: &Url, own_origin: &Url) -> bool {
        let Policy::List(origins) = &self.0 else {
            return true;
        };
        // Other schemes have no origin to compare, and `javascript:` and `data:` are dangerous.
        is_http(target)
            && (is_loopback(target)
                || target.origin() == own_origin.origin()
                || origins.contains(&target.origin()))
    }
}

/// Appends `/tasks` to the path, before the query. Pages with hash-based routing have their path in the fragment.
fn append_tasks(target: &mut String) {
    let at = match (target.find('?'), target.find('#')) {
        (Some(query), None) => query,
        _ => target.len(),
    };
    target.insert_str(at, "/tasks");
}

fn build_without_base(target: &str, return_back: Option<&str>) -> Result<String, RedirectError> {
    let mut url = if target.starts_with("http") {
        parse("the URL of the page", target)?
    } else {
        let absolute = return_back
            .filter(|url| url.starts_with("http"))
            .ok_or(RedirectError::NoAbsoluteUrl)?;
        let origin = parse("the return URL", absolute)?
            .origin()
            .ascii_serialization();
        parse("the return URL", &origin)?
            .join(target)
            .map_err(invalid("the URL of the page"))?
    };
    if let Some(return_back) = return_back {
        set_query_parameter(&mut url, "redirect_url", return_back);
    }
    Ok(url.into())
}

fn parse(what: &'static str, url: &str) -> Result<Url, RedirectError> {
    Url::parse(url).map_err(invalid(what))
}

fn invalid(what: &'static str) -> impl FnOnce(url::ParseError) -> RedirectError {
    move |source| RedirectError::InvalidUrl { what, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
    const BASE: &str = "https://app.com/x?y=1";

    fn key() -> PublishableKey {
        KEY.parse().unwrap()
    }

    #[test]
    fn sign_in_targets() {
        let key = key();
        let redirect = || Redirect::new(BASE).publishable_key(Some(&key));
        let portal = "https://foo-bar-13.accounts.dev/sign-in";
        let back = "redirect_url=https%3A%2F%2Fapp.com%2Fd";
        for (redirect, return_back, expected) in [
            (
                redirect(),
                ReturnBack::To("https://app.com/d"),
                format!("{portal}?{back}"),
            ),
            (redirect(), ReturnBack::To("/d"), format!("{portal}?{back}")),
            (redirect(), ReturnBack::Nowhere, portal.to_owned()),
            (
                redirect(),
                ReturnBack::Here,
                format!("{portal}?redirect_url=https%3A%2F%2Fapp.com%2Fx%3Fy%3D1"),
            ),
            (
                redirect()
                    .pending_session(true)
                    .dev_browser_token(Some("db")),
                ReturnBack::To("/d"),
                format!("{portal}/tasks?{back}&__clerk_db_jwt=db"),
            ),
            (
                redirect()
                    .sign_in_url(Some("/si"))
                    .dev_browser_token(Some("db")),
                ReturnBack::To("/d"),
                format!("https://app.com/si?{back}"),
            ),
            (
                redirect()
                    .sign_in_url(Some("http://app.com/si"))
                    .dev_browser_token(Some("db")),
                ReturnBack::To("/d"),
                format!("http://app.com/si?{back}"),
            ),
            (
                redirect()
                    .sign_in_url(Some("https://app.com:444/si"))
                    .dev_browser_token(Some("db")),
                ReturnBack::To("/d"),
                format!("https://app.com:444/si?{back}&__clerk_db_jwt=db"),
            ),
            (
                redirect()
                    .sign_in_url(Some("https://primary.com/si"))
                    .satellite(true)
                    .dev_browser_token(Some("db")),
                ReturnBack::To("/d?__clerk_synced=true"),
                format!("https://primary.com/si?{back}%3F__clerk_synced%3Dfalse&__clerk_db_jwt=db"),
            ),
            (
                redirect().sign_in_url(Some("/si")).satellite(true),
                ReturnBack::To("/d"),
                format!("https://app.com/si?{back}"),
            ),
            (
                redirect().sign_in_url(Some(
                    "https://a.com/si?redirect_url=old&k=v&redirect_url=older",
                )),
                ReturnBack::To("/d"),
                format!("https://a.com/si?{back}&k=v"),
            ),
        ] {
            assert_eq!(
                redirect.sign_in(return_back).as_deref(),
                Ok(&*expected),
                "{redirect:?}"
            );
        }
    }

    #[test]
    fn sign_up_targets() {
        let key = key();
        let redirect = || Redirect::new(BASE).publishable_key(Some(&key));
        for (redirect, expected) in [
            (redirect(), "https://foo-bar-13.accounts.dev/sign-up"),
            (
                redirect().sign_in_url(Some("/hello?z=1")),
                "https://app.com/hello/create?z=1",
            ),
            (
                redirect().sign_in_url(Some("https://o.com/si/")),
                "https://o.com/si//create",
            ),
            (
                redirect().sign_up_url(Some("/up")).sign_in_url(Some("/in")),
                "https://app.com/up",
            ),
            (
                redirect().sign_in_url(Some("/si")).pending_session(true),
                "https://app.com/si/create/tasks",
            ),
        ] {
            assert_eq!(
                redirect.sign_up(ReturnBack::Nowhere).as_deref(),
                Ok(expected),
                "{redirect:?}"
            );
        }
    }

    #[test]
    fn tasks_page_keeps_the_query_of_the_sign_in_page() {
        for (sign_in_url, expected) in [
            ("/si?a=b", "https://app.com/si/tasks?a=b"),
            ("/si/?a=/b", "https://app.com/si//tasks?a=/b"),
            ("/si#/step", "https://app.com/si#/step/tasks"),
            ("/si?a=b#/step", "https://app.com/si?a=b#/step/tasks"),
            ("/si", "https://app.com/si/tasks"),
        ] {
            let redirect = Redirect::new(BASE)
                .sign_in_url(Some(sign_in_url))
                .pending_session(true);
            assert_eq!(
                redirect.sign_in(ReturnBack::Nowhere).as_deref(),
                Ok(expected)
            );
        }
    }

    #[test]
    fn missing_and_malformed_inputs() {
        let key = key();
        let nowhere = ReturnBack::Nowhere;
        assert_eq!(
            Redirect::new(BASE).sign_in(nowhere),
            Err(RedirectError::MissingPublishableKey)
        );
        // A sign-in page alone does not say where sign-up is hosted.
        assert_eq!(
            Redirect::new(BASE)
                .sign_in_url(Some("/si"))
                .sign_up(nowhere),
            Err(RedirectError::MissingPublishableKey)
        );
        for (redirect, what) in [
            (
                Redirect::new("/relative").publishable_key(Some(&key)),
                "the URL of the request",
            ),
            (
                Redirect::new(BASE).sign_in_url(Some("http://[bad")),
                "the URL of the page",
            ),
            (
                Redirect::new("").sign_in_url(Some("http://[bad")),
                "the URL of the page",
            ),
        ] {
            let error = redirect.sign_in(nowhere).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("cannot build a redirect: {what} is not a valid URL")
            );
        }
    }

    #[test]
    fn errors_say_what_to_set() {
        let nowhere = Redirect::new(BASE).sign_in(ReturnBack::Nowhere);
        assert_eq!(
            nowhere.unwrap_err().to_string(),
            "no page to redirect to: set CLERK_PUBLISHABLE_KEY for the hosted pages, or CLERK_SIGN_IN_URL and \
             CLERK_SIGN_UP_URL for your own"
        );
        let unknown = Redirect::new("")
            .sign_in_url(Some("/si"))
            .sign_in(ReturnBack::Here);
        assert_eq!(
            unknown.unwrap_err().to_string(),
            "cannot build a redirect: the URL of the page or the return URL must be absolute if the URL of the request \
             is unknown"
        );
        let bad = Redirect::new(BASE).sign_in_url(Some("http://[bad"));
        let bad = bad.sign_in(ReturnBack::Nowhere).unwrap_err();
        assert!(
            format!("{bad:?}").ends_with(": invalid IPv6 address"),
            "{bad:?}"
        );
    }

    #[test]
    fn without_a_base_url() {
        let redirect = Redirect::new("").sign_in_url(Some("/si"));
        assert_eq!(
            redirect.sign_in(ReturnBack::To("/d")),
            Err(RedirectError::NoAbsoluteUrl)
        );
        assert_eq!(
            redirect.sign_in(ReturnBack::Here),
            Err(RedirectError::NoAbsoluteUrl)
        );
        assert_eq!(
            redirect
                .sign_in(ReturnBack::To("http://b.com:80/d"))
                .as_deref(),
            Ok("http://b.com/si?redirect_url=http%3A%2F%2Fb.com%3A80%2Fd")
        );
    }

    #[test]
    fn production_keys_hand_over_no_dev_browser() {
        let key = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
        let redirect = Redirect::new(BASE)
            .publishable_key(Some(&key))
            .dev_browser_token(Some("db"));
        assert_eq!(
            redirect.sign_in(ReturnBack::Nowhere).as_deref(),
            Ok("https://accounts.example.com/sign-in")
        );
    }

    #[test]
    fn redirect_targets() {
        let own = Url::parse("https://app.example/x").unwrap();
        let listed = AllowedRedirectOrigins::list(["https://sat.example/ignored"]).unwrap();
        for (target, allowed) in [
            ("https://app.example/y", true),
            ("https://app.example:443/y", true),
            ("https://sat.example/", true),
            ("http://localhost:3000/", true),
            ("http://app.localhost/", true),
            ("http://127.0.0.2:8080/", true),
            ("http://[::1]/", true),
            ("http://app.example/", false),
            ("https://app.example:444/", false),
            ("http://sat.example/", false),
            ("https://app.example.evil.example/", false),
            ("https://app.example@evil.example/", false),
            ("https://localhost.evil.example/", false),
            ("http://128.0.0.1/", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
        ] {
            let target = Url::parse(target).unwrap();
            assert_eq!(listed.allows(&target, &own), allowed, "{target}");
            assert!(AllowedRedirectOrigins::any().allows(&target, &own));
        }
        let elsewhere = Url::parse("https://sat.example/").unwrap();
        assert!(!AllowedRedirectOrigins::default().allows(&elsewhere, &own));
        for bad in ["sat.example", "/x", "data:x"] {
            assert!(AllowedRedirectOrigins::list([bad]).is_err(), "{bad}");
        }
    }
}
