//! A page with Clerk's components, for the visitor who asked for it.

use std::fmt;

use serde_json::Value;

use super::SCRIPT;
use super::buttons::{ActionButton, Without};
use super::catalog::{MountPoint, Stand};
use super::markup::Markup;
use super::sdk::BrowserSdk;
use crate::auth::Auth;
use crate::authorization::Require;
use crate::clerk::Clerk;
use crate::config::Config;
use crate::request::RequestView;
use crate::response_notes::{Dependence, ResponseNotes};
use crate::sign_in::{hosted_pages, own_pages};

/// The names of options of `Clerk.load`.
const SIGN_IN_URL: &str = "signInUrl";
const SIGN_UP_URL: &str = "signUpUrl";

/// A page with Clerk's components, for the visitor who asked for it: its scripts, its components, and what the visitor
/// may see.
///
/// The adapters provide an extractor for it, `ClerkPage`. Its response is marked as private, so that no cache keeps it.
///
/// Put [`scripts`](Self::scripts) into the `head`, and components anywhere into the `body`:
///
/// ```
/// use clerk_core::components::{Page, SignIn, SignInButton, UserButton};
///
/// fn header(page: &Page) -> String {
///     if page.is_signed_in() {
///         format!("<header>{}</header>", page.mount(UserButton::new()))
///     } else {
///         format!("<header>{}</header>", page.button(SignInButton::new("Sign in")))
///     }
/// }
/// # let _ = header;
/// ```
///
/// # States
///
/// While the browser SDK loads, and if it cannot be loaded within 10 seconds, the page shows what the server decided,
/// along with links to sign in. The attribute `data-clerk-state` of the `html` element is `loading`, `loaded` or
/// `failed`, and elements with the attribute `data-clerk-when` are visible in that state only
/// ([`when_loading`](Self::when_loading) and its siblings).
///
/// # htmx
///
/// Fragments may contain components: they are mounted exactly once when inserted, and unmounted when removed. This
/// includes `hx-boost` and going back. Requests of htmx wait for a valid session token. htmx does not keep pages with
/// [`scripts`](Self::scripts) in the browser's storage.
#[derive(Clone)]
pub struct Page {
    clerk: Clerk,
    auth: Auth,
    notes: ResponseNotes,
    nonce: Option<String>,
    sign_in_url: String,
    sign_up_url: String,
    hosted_sign_in_url: String,
    hosted_sign_up_url: String,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl Page {
    pub(crate) fn new(
        clerk: &Clerk,
        auth: &Auth,
        notes: &ResponseNotes,
        request: &dyn RequestView,
    ) -> Self {
        notes.depends(Dependence::Private);
        let config = &clerk.instance().config;
        let facts = clerk.facts(request);
        let [sign_in_url, sign_up_url] = own_pages(config, &facts);
        let [hosted_sign_in_url, hosted_sign_up_url] = hosted_pages(config, &facts);
        Self {
            clerk: clerk.clone(),
            auth: auth.clone(),
            notes: notes.clone(),
            nonce: None,
            sign_in_url,
            sign_up_url,
            hosted_sign_in_url,
            hosted_sign_up_url,
        }
    }

    /// Returns who sent the request.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Returns true if the visitor is signed in; `<SignedIn>` of the official SDKs.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.auth.signed_in().is_ok()
    }

    /// Returns true if the visitor is not signed in; `<SignedOut>` of the official SDKs.
    ///
    /// If Clerk could not be reached to find out, [`is_signed_in`](Self::is_signed_in) is also false.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        !self.is_signed_in() && !self.auth.is_undecided()
    }

    /// Returns true if the visitor is signed in and meets the requirement; `<Protect>` of the official SDKs.
    #[must_use]
    pub fn has(&self, require: &Require) -> bool {
        self.auth
            .signed_in()
            .is_ok_and(|session| session.has(require))
    }

    /// Returns true if the visitor has this role in the active organization.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.has(&Require::role(role))
    }

    /// Returns true if the visitor has this permission in the active organization.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.has(&Require::permission(permission))
    }

    /// Returns true if the plan of the visitor or of the active organization has this feature.
    #[must_use]
    pub fn has_feature(&self, feature: &str) -> bool {
        self.has(&Require::feature(feature))
    }

    /// Returns true if the visitor or the active organization has this plan.
    #[must_use]
    pub fn has_plan(&self, plan: &str) -> bool {
        self.has(&Require::plan(plan))
    }

    /// Returns the URL of the sign-in page, from which the visitor returns to this page.
    #[must_use]
    pub fn sign_in_url(&self) -> &str {
        &self.sign_in_url
    }

    /// Returns the URL of the sign-up page, from which the visitor returns to this page.
    #[must_use]
    pub fn sign_up_url(&self) -> &str {
        &self.sign_up_url
    }

    /// Uses a nonce of the application's own Content-Security-Policy for the scripts.
    #[must_use]
    pub fn with_nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Returns the nonce for scripts of this page, or `None` if there is no
    /// [`ContentSecurityPolicy`](crate::ContentSecurityPolicy).
    ///
    /// The response is then sent with `Cache-Control: private, no-store`, because a nonce must not be used twice.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        if let Some(nonce) = &self.nonce {
            return Some(nonce);
        }
        self.config().content_security_policy.as_ref()?;
        self.notes.nonce()
    }

    fn config(&self) -> &Config {
        &self.clerk.instance().config
    }

    fn sdk(&self) -> &BrowserSdk {
        &self.config().browser_sdk
    }

    /// Returns the script tags for the `head` of the page: Clerk's browser SDK, and a script of this crate that mounts
    /// the components.
    ///
    /// The markup is empty if the instance has no publishable key.
    pub fn scripts(&self) -> Markup {
        let config = self.config();
        let Some(key) = &config.publishable_key else {
            return Markup::new();
        };
        let nonce = self.nonce();
        let (clerk_js, ui) = self.sdk().script_urls(&config.scripts_base());
        let options = Value::Object(self.load_options()).to_string();
        let own_path = self.sdk().own_script_path();
        // This script comes first, so that it notices whether the others load.
        let own = Markup::new().tag(
            "script",
            [
                ("data-clerk-load", Some(options.as_str())),
                ("data-clerk-ui", ui.is_some().then_some("")),
                // Pages in htmx's history would outlive the session.
                ("data-hx-history", Some("false")),
                ("nonce", nonce),
                ("src", own_path),
            ],
        );
        let own = match own_path {
            Some(_) => own,
            None => own.script(SCRIPT),
        };
        let sdk = |marker, url: &str| {
            Markup::new()
                .tag(
                    "script",
                    [
                        ("async", Some("")),
                        ("crossorigin", Some("anonymous")),
                        (marker, Some("")),
                        ("data-clerk-publishable-key", Some(key.as_str())),
                        ("data-clerk-proxy-url", config.proxy_url.as_deref()),
                        ("data-clerk-domain", config.domain.as_deref()),
                        ("nonce", nonce),
                        ("src", Some(url)),
                    ],
                )
                .end("script")
        };
        let ui = ui.map(|url| sdk("data-clerk-ui-script", &url));
        own.end("script")
            .markup(&sdk("data-clerk-js-script", &clerk_js))
            .markup(&ui.unwrap_or_default())
    }

    /// Returns the options of `Clerk.load`.
    fn load_options(&self) -> serde_json::Map<String, Value> {
        let config = self.config();
        let mut options = self.sdk().options.clone();
        let mut default = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                options.entry(name).or_insert(value);
            }
        };
        default(SIGN_IN_URL, config.sign_in_url.as_deref().map(Value::from));
        default(SIGN_UP_URL, config.sign_up_url.as_deref().map(Value::from));
        default("isSatellite", config.is_satellite.then_some(true.into()));
        default("telemetry", config.emulator().map(|_| false.into()));
        options
    }

    /// Returns the element that a component is mounted into, which can be anywhere in the `body`.
    pub fn mount(&self, component: impl Into<MountPoint>) -> Markup {
        let MountPoint {
            name,
            stand,
            id,
            class,
            options,
        } = component.into();
        let options = options_attribute(options);
        Markup::new()
            .tag(
                "div",
                [
                    ("data-clerk-component", Some(name)),
                    ("data-clerk-options", options.as_deref()),
                    ("id", id.as_deref()),
                    ("class", class.as_deref()),
                ],
            )
            .markup(&self.placeholder(stand))
            .end("div")
    }

    /// Returns the content that is shown until a component is mounted.
    fn placeholder(&self, stand: Stand) -> Markup {
        let texts = &self.sdk().texts;
        let link = |url: &str, text: &str| {
            Markup::new()
                .tag("a", [("href", Some(url))])
                .text(text)
                .end("a")
        };
        let sign_in = || link(&self.sign_in_url, &texts.sign_in);
        let again = || link("", &texts.try_again);
        let failed = |way_on: Markup| {
            let text = Markup::new().tag("p", []).text(&texts.failed).end("p");
            text.tag("p", []).markup(&way_on).end("p")
        };
        let is_signed_in = self.is_signed_in();
        let (loading, failed, without_scripts) = match stand {
            Stand::Invisible => return Markup::new(),
            Stand::SignIn => {
                let way_on = link(&self.hosted_sign_in_url, &texts.sign_in);
                (texts.loading.as_str(), failed(way_on.clone()), way_on)
            }
            Stand::SignUp => {
                let way_on = link(&self.hosted_sign_up_url, &texts.sign_up);
                (texts.loading.as_str(), failed(way_on.clone()), way_on)
            }
            Stand::Card if !is_signed_in => (texts.loading.as_str(), failed(sign_in()), sign_in()),
            Stand::Card | Stand::Public => {
                let text = Markup::new().text(&texts.failed);
                (texts.loading.as_str(), failed(again()), text)
            }
            Stand::Small => {
                let text = Markup::new().text(&texts.signed_in);
                let decided = if is_signed_in { text } else { sign_in() };
                ("", decided.clone(), decided)
            }
            Stand::Organization => {
                let session = self.auth.signed_in().ok();
                let active = session.and_then(|session| session.organization());
                let slug = active.and_then(|active| active.slug).unwrap_or_default();
                let text = Markup::new().text(slug);
                ("", text.clone(), text)
            }
        };
        let loading = Markup::new().text(loading);
        slot("loading", &loading)
            .markup(&slot("failed", &failed))
            .tag("noscript", [])
            .markup(&without_scripts)
            .end("noscript")
    }

    /// Returns a button that opens a component or performs an action of the browser SDK.
    pub fn button(&self, button: impl Into<ActionButton>) -> Markup {
        let ActionButton {
            action,
            without,
            id,
            class,
            label,
            options,
        } = button.into();
        let options = options_attribute(options);
        let attributes = [
            ("data-clerk-action", Some(action)),
            ("data-clerk-options", options.as_deref()),
            ("id", id.as_deref()),
            ("class", class.as_deref()),
        ];
        let link = |url: &str| {
            Markup::new()
                .tag("a", attributes.into_iter().chain([("href", Some(url))]))
                .text(&label)
                .end("a")
        };
        match &without {
            Without::SignIn => link(&self.sign_in_url),
            Without::SignUp => link(&self.sign_up_url),
            Without::Post(url) => Markup::new()
                .tag("form", [("method", Some("post")), ("action", Some(url))])
                .tag(
                    "button",
                    attributes.into_iter().chain([("type", Some("submit"))]),
                )
                .text(&label)
                .end("button")
                .end("form"),
            Without::Nothing => Markup::new()
                .tag(
                    "button",
                    attributes.into_iter().chain([
                        ("type", Some("button")),
                        ("data-clerk-needs-sdk", Some("")),
                        ("disabled", Some("")),
                    ]),
                )
                .text(&label)
                .end("button"),
        }
    }

    /// Returns text that is visible while the browser SDK loads; `<ClerkLoading>` of the official SDKs.
    pub fn when_loading(&self, text: &str) -> Markup {
        slot("loading", &Markup::new().text(text))
    }

    /// Returns text that is visible once the browser SDK is loaded; `<ClerkLoaded>` of the official SDKs.
    pub fn when_loaded(&self, text: &str) -> Markup {
        slot("loaded", &Markup::new().text(text))
    }

    /// Returns text that is visible if the browser SDK could not be loaded; `<ClerkFailed>` of the official SDKs.
    pub fn when_failed(&self, text: &str) -> Markup {
        slot("failed", &Markup::new().text(text))
    }
}

/// Returns an element that is visible in one state of the browser SDK. The initial state is `loading`.
fn slot(state: &'static str, content: &Markup) -> Markup {
    Markup::new()
        .tag(
            "div",
            [
                ("data-clerk-when", Some(state)),
                ("hidden", (state != "loading").then_some("")),
            ],
        )
        .markup(content)
        .end("div")
}

fn options_attribute(options: serde_json::Map<String, Value>) -> Option<String> {
    (!options.is_empty()).then(|| Value::Object(options).to_string())
}
