//! The location and the options of Clerk's browser SDK.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use super::appearance::Appearance;
use super::options::setters;

/// The major versions of the browser SDK and its components that this crate was written for.
const CLERK_JS_VERSION: &str = "6";
const UI_VERSION: &str = "1";

/// The characters that a segment of a path must not contain.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Settings of Clerk's browser SDK, for pages ([`ClerkBuilder::browser_sdk`](crate::ClerkBuilder::browser_sdk)).
///
/// The SDK consists of two scripts, `@clerk/clerk-js` and `@clerk/ui`, which has the components. By default, both are
/// loaded from the Frontend API, through the proxy if there is one.
///
/// ```
/// use clerk_core::components::{Appearance, BrowserSdk, Variables};
///
/// let sdk = BrowserSdk::new()
///     .clerk_js_version("6.40.0")
///     .ui_version("1.36.0")
///     .appearance(Appearance::new().variables(Variables::new().color_primary("#5b3df5")));
/// # let _ = clerk_core::Clerk::builder().browser_sdk(sdk);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct BrowserSdk {
    clerk_js_version: String,
    clerk_js_url: Option<String>,
    /// `None` for versions of the SDK that contain the components.
    ui_version: Option<String>,
    ui_url: Option<String>,
    script_path: Option<String>,
    pub(super) texts: Texts,
    pub(super) options: Map<String, Value>,
}

/// The texts that a page shows in place of components that are not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Texts {
    pub(super) loading: String,
    pub(super) failed: String,
    pub(super) sign_in: String,
    pub(super) sign_up: String,
    pub(super) signed_in: String,
    pub(super) try_again: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            loading: "Loading…".to_owned(),
            failed: "This part of the page could not be loaded.".to_owned(),
            sign_in: "Sign in".to_owned(),
            sign_up: "Sign up".to_owned(),
            signed_in: "Signed in".to_owned(),
            try_again: "Try again".to_owned(),
        }
    }
}

macro_rules! texts {
    ($($(#[$docs:meta])* $text:ident,)*) => {
        impl Texts {
            /// Creates the English texts.
            pub fn new() -> Self {
                Self::default()
            }

            $($(#[$docs])*
            pub fn $text(mut self, text: impl Into<String>) -> Self {
                self.$text = text.into();
                self
            })*
        }
    };
}

texts! {
    /// Sets the text while a component loads, by default `Loading…`.
    loading,
    /// Sets the text in place of a component that could not be loaded.
    failed,
    /// Sets the text of links to the sign-in page.
    sign_in,
    /// Sets the text of links to the sign-up page.
    sign_up,
    /// Sets the text in place of a user button.
    signed_in,
    /// Sets the text of links that load the page again.
    try_again,
}

impl Default for BrowserSdk {
    fn default() -> Self {
        Self {
            clerk_js_version: CLERK_JS_VERSION.to_owned(),
            clerk_js_url: None,
            ui_version: Some(UI_VERSION.to_owned()),
            ui_url: None,
            script_path: None,
            texts: Texts::default(),
            options: Map::new(),
        }
    }
}

impl BrowserSdk {
    /// Creates the default settings: the latest releases of the major versions that this crate was written for.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the version of `@clerk/clerk-js`, such as `6.40.0`, or a major version for its latest release.
    pub fn clerk_js_version(mut self, version: impl Into<String>) -> Self {
        self.clerk_js_version = version.into();
        self
    }

    /// Sets the version of `@clerk/ui`, such as `1.36.0`, or a major version for its latest release.
    pub fn ui_version(mut self, version: impl Into<String>) -> Self {
        self.ui_version = Some(version.into());
        self
    }

    /// Loads `@clerk/clerk-js` alone, for version 5, which contains the components.
    pub fn without_ui(mut self) -> Self {
        self.ui_version = None;
        self.ui_url = None;
        self
    }

    /// Sets the URL of the script of `@clerk/clerk-js`, if pages load it from elsewhere.
    pub fn clerk_js_url(mut self, url: impl Into<String>) -> Self {
        self.clerk_js_url = Some(url.into());
        self
    }

    /// Sets the URL of the script of `@clerk/ui`, if pages load it from elsewhere.
    pub fn ui_url(mut self, url: impl Into<String>) -> Self {
        self.ui_url = Some(url.into());
        self
    }

    /// Serves this crate's own script, which mounts the components, at this path of the application, such as
    /// `/clerk-components.js`. By default, it is inline in each page.
    ///
    /// Use this with a Content-Security-Policy that has no nonce. The middleware serves the path.
    pub fn script_path(mut self, path: impl Into<String>) -> Self {
        self.script_path = Some(path.into());
        self
    }

    /// Sets the texts that pages show in place of components that are not loaded.
    pub fn texts(mut self, texts: Texts) -> Self {
        self.texts = texts;
        self
    }

    setters! {
        /// Sets the appearance of all components.
        appearance: Appearance = "appearance",
        /// Sets the texts of all components (Clerk docs: "Localization").
        localization: json = "localization",
        /// Sets where users go after signing in if there is no `redirect_url`.
        sign_in_fallback_redirect_url: text = "signInFallbackRedirectUrl",
        /// Sets where users go after signing in, regardless of `redirect_url`.
        sign_in_force_redirect_url: text = "signInForceRedirectUrl",
        /// Sets where users go after signing up if there is no `redirect_url`.
        sign_up_fallback_redirect_url: text = "signUpFallbackRedirectUrl",
        /// Sets where users go after signing up, regardless of `redirect_url`.
        sign_up_force_redirect_url: text = "signUpForceRedirectUrl",
        /// Sets where users go after signing out.
        after_sign_out_url: text = "afterSignOutUrl",
        /// Sets the URL of the waitlist page.
        waitlist_url: text = "waitlistUrl",
        /// Sets whether the SDK reports usage to Clerk. By default, it does so in development, but not on an emulator.
        telemetry: bool = "telemetry",
    }

    /// Sets an option of `Clerk.load` for which this type has no method.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the path at which the middleware serves this crate's own script.
    pub(crate) fn own_script_path(&self) -> Option<&str> {
        self.script_path.as_deref()
    }

    /// Returns the URLs of the two scripts below the Frontend API, which is a URL or a path of the application.
    pub(crate) fn script_urls(&self, frontend_api: &str) -> (String, Option<String>) {
        let clerk_js = self.clerk_js_url.clone().unwrap_or_else(|| {
            script_url(
                frontend_api,
                "clerk-js",
                &self.clerk_js_version,
                "clerk.browser.js",
            )
        });
        let ui = self.ui_version.as_deref().map(|version| {
            let url = self.ui_url.clone();
            url.unwrap_or_else(|| script_url(frontend_api, "ui", version, "ui.browser.js"))
        });
        (clerk_js, ui)
    }
}

fn script_url(frontend_api: &str, package: &str, version: &str, file: &str) -> String {
    let version = utf8_percent_encode(version, SEGMENT);
    let path = format!("npm/@clerk/{package}@{version}/dist/{file}");
    match Url::parse(frontend_api) {
        Ok(mut url) => {
            let base = url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("{base}/{path}"));
            url.into()
        }
        Err(_) => format!("{}/{path}", frontend_api.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_below_the_frontend_api() {
        let urls = |sdk: BrowserSdk, frontend_api: &str| sdk.script_urls(frontend_api);
        let (clerk_js, ui) = urls(BrowserSdk::new(), "https://clerk.example.com");
        assert_eq!(
            clerk_js,
            "https://clerk.example.com/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
        );
        assert_eq!(
            ui.as_deref(),
            Some("https://clerk.example.com/npm/@clerk/ui@1/dist/ui.browser.js")
        );
        let pinned = BrowserSdk::new().clerk_js_version("6.40.0").without_ui();
        let (clerk_js, ui) = urls(pinned, "/__clerk");
        assert_eq!(
            clerk_js,
            "/__clerk/npm/@clerk/clerk-js@6.40.0/dist/clerk.browser.js"
        );
        assert_eq!(ui, None);
        let (clerk_js, _) = urls(BrowserSdk::new(), "http://localhost:4400/fapi/");
        assert_eq!(
            clerk_js,
            "http://localhost:4400/fapi/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
        );
        // A version cannot change the location.
        let hostile = BrowserSdk::new().clerk_js_version("6/../../evil?x#y");
        let (clerk_js, _) = urls(hostile, "https://clerk.example.com");
        assert_eq!(
            clerk_js,
            "https://clerk.example.com/npm/@clerk/clerk-js@6%2F..%2F..%2Fevil%3Fx%23y/dist/clerk.browser.js"
        );
        let elsewhere = BrowserSdk::new()
            .clerk_js_url("/assets/clerk.js")
            .ui_url("/assets/ui.js");
        assert_eq!(
            urls(elsewhere, "https://clerk.example.com"),
            (
                "/assets/clerk.js".to_owned(),
                Some("/assets/ui.js".to_owned())
            )
        );
    }
}
