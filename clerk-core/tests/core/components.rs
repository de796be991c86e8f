//! Clerk's components in pages: every markup is read by an HTML parser, with hostile texts in every place.

use std::collections::BTreeMap;

use clerk_core::adapter::{AuthContext, Next};
use clerk_core::components::{
    ActionButton, ApiKeys, Appearance, BrowserSdk, CheckoutButton, CreateOrganization,
    GoogleOneTap, InitialValues, LayoutOptions, Markup, MountPoint, OAuthConsent, OAuthFlow,
    OrganizationList, OrganizationProfile, OrganizationSwitcher, Page, Payer, PlanPeriod,
    PricingTable, SignIn, SignInButton, SignOutButton, SignUp, SignUpButton,
    SubscriptionDetailsButton, TaskChooseOrganization, TaskResetPassword, TaskSetupMfa, Texts,
    UserAvatar, UserButton, UserProfile, Variables, Waitlist,
};
use clerk_core::{Auth, Clerk, ClerkBuilder, ContentSecurityPolicy};
use clerk_emulator::{Emulator, UserSeed};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Token, Tokenizer};
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::key_cache::on;
use crate::{development, production, request_to};

/// An element with its attributes, and the text in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn options(&self) -> Value {
        let options = self.attribute("data-clerk-options").unwrap_or("{}");
        serde_json::from_str(options).unwrap()
    }
}

/// Parses markup, in which nothing may be wrong or left open.
#[track_caller]
fn parse(markup: &str) -> Vec<Element> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut emitter = DefaultEmitter::default();
    // Scripts are text. In `noscript` there is markup, as for a browser without scripts.
    emitter.naively_switch_states(markup.starts_with("<script"));
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for Ok(token) in Tokenizer::new_with_emitter(markup, emitter) {
        match token {
            Token::StartTag(tag) => {
                open.push(elements.len());
                let attributes = tag.attributes.iter();
                elements.push(Element {
                    name: text(&tag.name),
                    attributes: attributes
                        .map(|(name, value)| (text(name), text(value)))
                        .collect(),
                    text: String::new(),
                });
            }
            Token::EndTag(tag) => {
                let last = open.pop().unwrap();
                assert_eq!(elements[last].name, text(&tag.name), "{markup}");
            }
            Token::String(string) => {
                let last = *open.last().unwrap();
                elements[last].text.push_str(&text(&string));
            }
            Token::Error(error) => panic!("{error:?} in {markup}"),
            Token::Comment(_) | Token::Doctype(_) => panic!("unexpected {markup}"),
        }
    }
    assert!(open.is_empty(), "{markup}");
    elements
}

fn page_at(clerk: &Clerk, auth: Auth, path: &str) -> Page {
    AuthContext::new(clerk.clone(), auth).page(&request_to("GET", path, &[]))
}

fn visitor(clerk: &Clerk) -> Page {
    page_at(clerk, Auth::signed_out(None), "/page?a=b&c='d'")
}

fn ada(clerk: &Clerk) -> Page {
    let claims = json!({
        "sub": "user_ada", "sid": "sess_1", "v": 2, "pla": "u:pro", "fea": "o:billing",
        "o": { "id": "org_1", "rol": "admin", "per": "manage", "fpm": "1" },
    });
    let claims = claims.as_object().unwrap().clone();
    page_at(
        clerk,
        clerk.dangerous_auth_from_claims(claims).unwrap(),
        "/page",
    )
}

/// Every component, with this text wherever one can be.
fn components(text: &str) -> Vec<(&'static str, MountPoint)> {
    macro_rules! all {
        ($($name:literal: $component:expr,)*) => {
            vec![$(($name, $component
                .id(text)
                .class(text)
                .appearance(Appearance::new().element("card", text).css_layer(text))
                .option(text, text)
                .into())),*]
        };
    }
    all! {
        "SignIn": SignIn::new().initial_values(InitialValues::new().email_address(text)),
        "SignUp": SignUp::new().unsafe_metadata(json!({ text: text })),
        "GoogleOneTap": GoogleOneTap::new(),
        "UserButton": UserButton::new(),
        "UserAvatar": UserAvatar::new(),
        "UserProfile": UserProfile::new(),
        "CreateOrganization": CreateOrganization::new(),
        "OrganizationSwitcher": OrganizationSwitcher::new(),
        "OrganizationProfile": OrganizationProfile::new(),
        "OrganizationList": OrganizationList::new(),
        "Waitlist": Waitlist::new(),
        "PricingTable": PricingTable::new().highlighted_plan(text),
        "APIKeys": ApiKeys::new(),
        "TaskChooseOrganization": TaskChooseOrganization::new(text),
        "TaskResetPassword": TaskResetPassword::new(text),
        "TaskSetupMFA": TaskSetupMfa::new(text),
        "OAuthConsent": OAuthConsent::new(),
    }
}

/// Every button, with this text wherever one can be.
fn buttons(text: &str) -> Vec<(&'static str, ActionButton)> {
    macro_rules! all {
        ($($action:literal: $button:expr,)*) => {
            vec![$(($action, $button.id(text).class(text).option(text, text).into())),*]
        };
    }
    all! {
        "sign-in": SignInButton::new(text).fallback_redirect_url(text),
        "sign-up": SignUpButton::new(text),
        "sign-out": SignOutButton::new(text).post_to(text),
        "sign-out": SignOutButton::new(text),
        "checkout": CheckoutButton::new(text, text),
        "subscription-details": SubscriptionDetailsButton::new(text),
    }
}

/// What a parser makes of text: it normalizes line breaks, and NUL becomes a replacement character.
fn read(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\0', "\u{fffd}")
}

#[track_caller]
fn assert_escaped(text: &str) {
    let clerk = production()
        .browser_sdk(
            BrowserSdk::new()
                .clerk_js_url(text)
                .option(text, text)
                .texts(Texts::new().loading(text).failed(text).sign_in(text)),
        )
        .build()
        .unwrap();
    for page in [visitor(&clerk), ada(&clerk)] {
        for (name, component) in components(text) {
            let markup = page.mount(component);
            let elements = parse(markup.as_str());
            let place = &elements[0];
            assert_eq!(place.attribute("data-clerk-component"), Some(name));
            assert_eq!(place.attribute("id"), Some(read(text).as_str()));
            assert_eq!(place.attribute("class"), Some(read(text).as_str()));
            assert_eq!(place.options()[text], text, "{name}");
            assert_eq!(place.options()["appearance"]["elements"]["card"], text);
            let allowed = ["div", "p", "a", "noscript"];
            assert!(
                elements
                    .iter()
                    .all(|it| allowed.contains(&it.name.as_str()))
            );
        }
        for (action, button) in buttons(text) {
            let markup = page.button(button);
            let elements = parse(markup.as_str());
            let button = elements
                .iter()
                .find(|it| it.attribute("data-clerk-action") == Some(action))
                .unwrap();
            assert_eq!(button.text, read(text));
            assert_eq!(button.options()[text], text);
            assert!(elements.len() <= 2, "{markup}");
        }
        for slot in [
            page.when_loading(text),
            page.when_loaded(text),
            page.when_failed(text),
        ] {
            let elements = parse(slot.as_str());
            assert_eq!(elements.len(), 1);
            assert_eq!(elements[0].text, read(text));
        }
        let page = page.with_nonce(text);
        let scripts = parse(page.scripts().as_str());
        assert_eq!(scripts.len(), 3);
        assert!(scripts.iter().all(|it| it.name == "script"));
        assert!(
            scripts
                .iter()
                .all(|it| it.attribute("nonce") == Some(&read(text)))
        );
        assert_eq!(scripts[1].attribute("src"), Some(read(text).as_str()));
        let load = scripts[0].attribute("data-clerk-load").unwrap();
        let load: Value = serde_json::from_str(load).unwrap();
        assert_eq!(load[text], text);
    }
}

#[test]
fn nothing_hostile_leaves_its_place() {
    for text in [
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</div></noscript><!--",
        "&lt;&quot;&#0;&amp",
        "{{7*7}}${7*7}<%= 7 %>",
        "a\0b\r\nc\u{2028}d\u{feff}",
        "",
    ] {
        assert_escaped(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_leaves_its_place(text in "[\\x00-\\x7f\u{80}-\u{2100}😀]{0,24}") {
        // A parser reports these itself, whoever wrote them.
        let forbidden = |c: char| c.is_control() && !matches!(c, '\0' | '\t' | '\n' | '\r');
        prop_assume!(!text.contains(forbidden));
        assert_escaped(&text);
    }
}

#[test]
fn scripts_are_those_of_the_instance() {
    let scripts = |clerk: &Clerk| parse(visitor(clerk).scripts().as_str());
    let load = |element: &Element| -> Value {
        serde_json::from_str(element.attribute("data-clerk-load").unwrap()).unwrap()
    };
    let clerk = production()
        .sign_in_url("/sign-in")
        .browser_sdk(
            BrowserSdk::new()
                .clerk_js_version("6.40.0")
                .after_sign_out_url("/bye"),
        )
        .build()
        .unwrap();
    let [own, clerk_js, ui] = <[Element; 3]>::try_from(scripts(&clerk)).unwrap();
    assert!(own.text.contains("Clerk.load"));
    assert_eq!(own.attribute("data-hx-history"), Some("false"));
    assert_eq!(own.attribute("nonce"), None);
    assert_eq!(
        load(&own),
        json!({ "afterSignOutUrl": "/bye", "signInUrl": "/sign-in" })
    );
    let host = "https://clerk.example.com/npm/@clerk";
    let src = format!("{host}/clerk-js@6.40.0/dist/clerk.browser.js");
    assert_eq!(clerk_js.attribute("src"), Some(src.as_str()));
    for attribute in ["async", "data-clerk-js-script"] {
        assert_eq!(clerk_js.attribute(attribute), Some(""), "{attribute}");
    }
    assert_eq!(clerk_js.attribute("crossorigin"), Some("anonymous"));
    assert!(
        clerk_js
            .attribute("data-clerk-publishable-key")
            .unwrap()
            .starts_with("pk_live_")
    );
    assert_eq!(clerk_js.attribute("data-clerk-proxy-url"), None);
    let src = format!("{host}/ui@1/dist/ui.browser.js");
    assert_eq!(ui.attribute("src"), Some(src.as_str()));

    // Behind a proxy, on a satellite, without the bundle of components, and with a file in place of inline text.
    let clerk = production()
        .proxy_url("/__clerk")
        .is_satellite(true)
        .domain("satellite.example")
        .sign_in_url("https://primary.example/sign-in")
        .browser_sdk(
            BrowserSdk::new()
                .without_ui()
                .script_path("/clerk-components.js"),
        )
        .build()
        .unwrap();
    let [own, clerk_js] = <[Element; 2]>::try_from(scripts(&clerk)).unwrap();
    assert_eq!(own.attribute("src"), Some("/clerk-components.js"));
    assert_eq!(own.text, "");
    assert_eq!(own.attribute("data-clerk-ui"), None);
    assert_eq!(load(&own)["isSatellite"], true);
    assert_eq!(
        clerk_js.attribute("src"),
        Some("/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js")
    );
    assert_eq!(clerk_js.attribute("data-clerk-proxy-url"), Some("/__clerk"));
    assert_eq!(
        clerk_js.attribute("data-clerk-domain"),
        Some("satellite.example")
    );

    // An emulator gets no telemetry.
    let clerk = development()
        .proxy_url("http://127.0.0.1:4000")
        .build()
        .unwrap();
    let [own, clerk_js, _] = <[Element; 3]>::try_from(scripts(&clerk)).unwrap();
    assert_eq!(load(&own)["telemetry"], false);
    assert!(
        clerk_js
            .attribute("src")
            .unwrap()
            .starts_with("http://127.0.0.1:4000/npm/")
    );
}

#[test]
fn pages_know_their_visitor() {
    let clerk = production().sign_in_url("/sign-in").build().unwrap();
    let visitor = visitor(&clerk);
    assert!(visitor.is_signed_out());
    assert!(!visitor.is_signed_in());
    assert!(!visitor.has_role("org:admin"));
    let ada = ada(&clerk);
    assert!(ada.is_signed_in());
    assert!(!ada.is_signed_out());
    assert!(ada.has_role("org:admin"));
    assert!(ada.has_permission("org:billing:manage"));
    assert!(ada.has_plan("user:pro"));
    assert!(ada.has_feature("org:billing"));
    assert!(!ada.has_role("org:owner"));
}

#[tokio::test]
async fn during_an_outage_a_visitor_is_neither_signed_in_nor_signed_out() {
    let ada = UserSeed::new("ada@example.com");
    let emulator = Emulator::builder().user(ada).start().await.unwrap();
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    emulator.faults().stop_keys();
    let clerk = on(&emulator).build().unwrap();
    let bearer = format!("Bearer {token}");
    let request = request_to("GET", "/page", &[("authorization", &bearer)]);
    let state = clerk.authenticate_request(&request).await.unwrap();
    let page = AuthContext::new(clerk, state.auth().clone()).page(&request);
    assert!(!page.is_signed_in() && !page.is_signed_out(), "{page:?}");
}

/// Returns the headers of a response with a page, or without one.
fn headers(clerk: &Clerk, has_page: bool) -> HeaderMap {
    completed(clerk, has_page, http::Response::new(()))
}

fn completed(clerk: &Clerk, has_page: bool, mut response: http::Response<()>) -> HeaderMap {
    let request = request_to("GET", "/page", &[]);
    let Next::GoOn(go_on) = clerk.attach(&request) else {
        panic!("nothing needs I/O")
    };
    if has_page {
        assert!(!go_on.context.page(&request).scripts().as_str().is_empty());
    }
    go_on.completion.complete(&mut response);
    response.into_parts().0.headers
}

#[test]
fn a_page_is_private_with_and_without_a_policy() {
    let policy = || production().content_security_policy(ContentSecurityPolicy::new());
    for builder in [production(), policy()] {
        let clerk = builder.build().unwrap();
        let page = headers(&clerk, true);
        assert_eq!(page["cache-control"], "private, no-store");
        assert_eq!(page["vary"], "Cookie, Authorization");
        let other = headers(&clerk, false);
        assert!(!other.contains_key("cache-control") && !other.contains_key("vary"));
    }
    // A nonce must not be used twice, so a page with one is not even kept if the application says so.
    for (builder, expected) in [
        (production(), "public, max-age=60"),
        (policy(), "private, no-store"),
    ] {
        let own = http::Response::builder().header("cache-control", "public, max-age=60");
        let clerk = builder.build().unwrap();
        let page = completed(&clerk, true, own.body(()).unwrap());
        let values: Vec<_> = page.get_all("cache-control").iter().collect();
        assert_eq!(values, [expected]);
    }
}

#[test]
fn the_policy_has_the_origins_that_the_instance_uses() {
    let base = || production().content_security_policy(ContentSecurityPolicy::new());
    let elsewhere = BrowserSdk::new()
        .clerk_js_url("https://cdn.example.net/clerk.js")
        .ui_url("https://ui.example.net/ui.js");
    let cases: [(ClerkBuilder, &[(&str, &str)]); 7] = [
        (
            base(),
            &[
                ("connect-src", "https://clerk.example.com"),
                ("script-src", "https://clerk.example.com"),
                // Handshakes, and the hosted sign-in page.
                ("form-action", "https://clerk.example.com"),
                ("form-action", "https://accounts.example.com"),
            ],
        ),
        (
            base().sign_in_url("https://login.example.net/in"),
            &[("form-action", "https://login.example.net")],
        ),
        (
            base().sign_up_url("https://join.example.net/up"),
            &[("form-action", "https://join.example.net")],
        ),
        (
            base().proxy_url("https://app.example.net/__clerk"),
            &[
                ("connect-src", "https://app.example.net"),
                ("script-src", "https://app.example.net"),
                ("form-action", "https://app.example.net"),
            ],
        ),
        (
            base().browser_sdk(elsewhere),
            &[
                ("script-src", "https://cdn.example.net"),
                ("script-src", "https://ui.example.net"),
            ],
        ),
        (
            base()
                .is_satellite(true)
                .domain("satellite.example.org")
                .sign_in_url("https://app.example.com/sign-in"),
            &[
                ("connect-src", "https://clerk.satellite.example.org"),
                ("form-action", "https://app.example.com"),
            ],
        ),
        (
            development()
                .content_security_policy(ContentSecurityPolicy::new())
                .proxy_url("http://127.0.0.1:4000"),
            &[
                ("connect-src", "http://127.0.0.1:4000"),
                ("img-src", "http://127.0.0.1:4000"),
                ("form-action", "http://127.0.0.1:4000"),
            ],
        ),
    ];
    for (builder, expected) in cases {
        let headers = headers(&builder.build().unwrap(), true);
        let policy = headers["content-security-policy"].to_str().unwrap();
        for (directive, origin) in expected {
            let sources = policy
                .split("; ")
                .find_map(|part| part.strip_prefix(&format!("{directive} ")));
            let mut sources = sources.unwrap_or_default().split(' ');
            assert!(
                sources.any(|source| source == *origin),
                "{directive} {origin}: {policy}"
            );
        }
    }
}

#[test]
fn links_lead_back_to_the_page() {
    let clerk = production().sign_in_url("/sign-in").build().unwrap();
    let page = |path: &str| page_at(&clerk, Auth::signed_out(None), path);
    let back = |url: &str| format!("https://app.example.com/sign-in?redirect_url={url}");
    let here = "https%3A%2F%2Fapp.example.com%2Fcart%3Fx%3D1";
    assert_eq!(page("/cart?x=1").sign_in_url(), back(here));
    // On the sign-in page, they lead where that page leads, and nowhere else.
    for (path, expected) in [
        ("/sign-in", "https%3A%2F%2Fapp.example.com%2F"),
        (
            "/sign-in/factor-one?redirect_url=%2Fcart",
            "https%3A%2F%2Fapp.example.com%2Fcart",
        ),
        (
            "/sign-in?redirect_url=https://evil.example/",
            "https%3A%2F%2Fapp.example.com%2F",
        ),
        (
            "/sign-in?redirect_url=//evil.example/",
            "https%3A%2F%2Fapp.example.com%2F",
        ),
        (
            "/sign-in?redirect_url=javascript:alert(1)",
            "https%3A%2F%2Fapp.example.com%2F",
        ),
    ] {
        assert_eq!(page(path).sign_in_url(), back(expected), "{path}");
    }
    // Without scripts, the form's place has a link to the hosted page.
    let form = page("/sign-in").mount(SignIn::new());
    let hosted =
        "https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fapp.example.com%2F";
    let elements = parse(form.as_str());
    let links: Vec<_> = elements
        .iter()
        .filter_map(|it| it.attribute("href"))
        .collect();
    assert_eq!(links, [hosted, hosted]);
}

#[test]
fn what_the_server_decided_stands_where_scripts_fail() {
    let clerk = production().build().unwrap();
    let texts = |markup: &Markup| -> Vec<(String, String)> {
        let elements = parse(markup.as_str());
        let shown = elements.iter().filter(|it| !it.text.is_empty());
        shown.map(|it| (it.name.clone(), it.text.clone())).collect()
    };
    let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(
        texts(&ada(&clerk).mount(UserButton::new())),
        [text("div", "Signed in"), text("noscript", "Signed in")]
    );
    assert_eq!(
        texts(&visitor(&clerk).mount(UserButton::new())),
        [text("a", "Sign in"), text("a", "Sign in")]
    );
    // One name for the account is enough beside a user button.
    for (slug, expected) in [
        (json!("acme"), &["acme", "acme"][..]),
        (json!("<b>"), &["<b>", "<b>"]),
        (Value::Null, &[]),
    ] {
        let claims = json!({
            "sub": "user_ada", "sid": "sess_1", "v": 2, "o": { "id": "org_1", "rol": "admin", "slg": slug },
        });
        let claims = claims.as_object().unwrap().clone();
        let auth = clerk.dangerous_auth_from_claims(claims).unwrap();
        let page = page_at(&clerk, auth, "/page");
        let shown = texts(&page.mount(OrganizationSwitcher::new()));
        let shown: Vec<&str> = shown.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(shown, expected);
    }
    assert_eq!(
        texts(&visitor(&clerk).mount(OrganizationSwitcher::new())),
        []
    );
    let card = parse(ada(&clerk).mount(UserProfile::new()).as_str());
    let slots: Vec<_> = card
        .iter()
        .filter_map(|it| Some((it.attribute("data-clerk-when")?, it.attribute("hidden"))))
        .collect();
    assert_eq!(slots, [("loading", None), ("failed", Some(""))]);
}

#[test]
fn typed_options_become_those_of_the_sdk() {
    let clerk = production().build().unwrap();
    let page = ada(&clerk);
    let options = |markup: Markup| parse(markup.as_str())[0].options();
    let appearance = Appearance::new()
        .variables(
            Variables::new()
                .color_primary("#5b3df5")
                .border_radius("1rem"),
        )
        .layout(LayoutOptions::new().show_optional_fields(false))
        .element_style("card", [("boxShadow", "none")]);
    assert_eq!(
        options(
            page.mount(
                SignIn::new()
                    .path("/sign-in")
                    .with_sign_up(true)
                    .oauth_flow(OAuthFlow::Popup)
                    .appearance(appearance)
            )
        ),
        json!({
            "path": "/sign-in", "withSignUp": true, "oauthFlow": "popup",
            "appearance": {
                "variables": { "colorPrimary": "#5b3df5", "borderRadius": "1rem" },
                "options": { "showOptionalFields": false },
                "elements": { "card": { "boxShadow": "none" } },
            },
        })
    );
    assert_eq!(
        options(page.mount(PricingTable::new().payer(Payer::Organization))),
        json!({ "for": "organization" })
    );
    assert_eq!(
        options(page.mount(ApiKeys::new().per_page(5))),
        json!({ "perPage": 5 })
    );
    let checkout = CheckoutButton::new("Buy", "cplan_1").plan_period(PlanPeriod::Annual);
    assert_eq!(
        options(page.button(checkout)),
        json!({ "planId": "cplan_1", "planPeriod": "annual" })
    );
}

#[test]
fn every_page_has_a_nonce_of_its_own_where_there_is_a_policy() {
    let clerk = production()
        .content_security_policy(ContentSecurityPolicy::new())
        .build()
        .unwrap();
    let nonces: Vec<String> = (0..2)
        .map(|_| {
            let page = visitor(&clerk);
            let scripts = parse(page.scripts().as_str());
            let nonce = page.nonce().unwrap().to_owned();
            assert!(
                scripts
                    .iter()
                    .all(|it| it.attribute("nonce") == Some(&nonce))
            );
            nonce
        })
        .collect();
    assert_ne!(nonces[0], nonces[1]);
}

#[cfg(feature = "minijinja")]
#[test]
fn minijinja_inserts_markup_as_it_is() {
    let clerk = production().build().unwrap();
    let page = visitor(&clerk);
    let mut templates = minijinja::Environment::new();
    templates.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let context = minijinja::context! { form => minijinja::Value::from(page.mount(SignIn::new())), name => "<b>" };
    let html = templates
        .render_str("{{ name }}{{ form }}", context)
        .unwrap();
    assert_eq!(html, format!("&lt;b&gt;{}", page.mount(SignIn::new())));
}

#[cfg(feature = "maud")]
#[test]
fn maud_inserts_markup_as_it_is() {
    let clerk = production().build().unwrap();
    let page = visitor(&clerk);
    let html = maud::html! { ("<b>") (page.mount(SignIn::new())) };
    let expected = format!("&lt;b&gt;{}", page.mount(SignIn::new()));
    assert_eq!(html.into_string(), expected);
}
