//! The example with pages in a real browser, with Clerk's browser SDK, under its strict Content-Security-Policy.
//!
//! The SDK is in the folder that `CLERK_JS` names: a `node_modules` with `@clerk/clerk-js` and `@clerk/ui`. `.ci/run` gets it
//! from npm. The test of pages without the SDK needs no folder.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clerk_core::{Clock, ManualClock, SystemClock};
use fantoccini::Locator;
use fantoccini::error::ErrorStatus;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use pages_demo::Application;
use serde_json::{Value, json};
use url::Url;

use crate::Browser;

/// The example on a port of its own.
struct Pages {
    origin: String,
    clock: ManualClock,
    application: Arc<Application>,
}

impl Pages {
    async fn start(clerk_js: Option<&str>) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = ManualClock::new(SystemClock::default().now());
        let application = Application::on_emulator(port, clerk_js, clock.clone());
        let application = Arc::new(application.await.unwrap());
        let app = axum_web::app(Arc::clone(&application));
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            origin: format!("http://localhost:{port}"),
            clock,
            application,
        }
    }

    /// The application's clock follows the computer's, which the emulator and the browser have.
    fn catch_up(&self) {
        let behind = SystemClock::default().now() - self.clock.now();
        if behind > 0 {
            self.clock
                .advance(Duration::from_millis(behind.unsigned_abs()));
        }
    }

    async fn open(&self, browser: &Browser, path: &str) {
        self.catch_up();
        let url = format!("{}{path}", self.origin);
        browser.client.goto(&url).await.unwrap();
    }
}

/// A command of Chromium's own protocol, through its driver.
#[derive(Debug)]
struct Chromium(&'static str, Value);

impl WebDriverCompatibleCommand for Chromium {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let Self(command, parameters) = self;
        let body = json!({ "cmd": command, "params": parameters });
        (Method::POST, Some(body.to_string()))
    }
}

/// Records violations of the policy in every document, for [`violations`].
async fn record_violations(browser: &Browser) {
    let source = "addEventListener('securitypolicyviolation', violation => {
        const known = JSON.parse(localStorage.getItem('violations') || '[]');
        known.push(violation.effectiveDirective + ' ' + violation.blockedURI + ' ' + violation.sourceFile);
        localStorage.setItem('violations', JSON.stringify(known));
    });";
    let command = Chromium(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": source }),
    );
    browser.client.issue_cmd(command).await.unwrap();
}

pub(crate) async fn run(browser: &Browser, script: &str) -> Value {
    browser.client.execute(script, Vec::new()).await.unwrap()
}

async fn violations(browser: &Browser) -> Value {
    run(
        browser,
        "return JSON.parse(localStorage.getItem('violations') || '[]')",
    )
    .await
}

/// Waits until a script of the page returns true, and says what the page looks like if it does not.
pub(crate) async fn until(browser: &Browser, script: &str) {
    let condition = format!("return !!({script})");
    let is_true = || async { Ok::<_, ErrorStatus>(run(browser, &condition).await == true) };
    if wait_for(is_true).await.is_none() {
        panic!(
            "{script} does not become true on {}:\n{}",
            browser.client.current_url().await.unwrap(),
            browser.client.source().await.unwrap()
        );
    }
}

async fn wait_for<F: Future<Output = Result<bool, ErrorStatus>>>(
    mut is_true: impl FnMut() -> F,
) -> Option<()> {
    let polling = async {
        while is_true().await != Ok(true) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), polling)
        .await
        .ok()
}

pub(crate) async fn fill(browser: &Browser, css: &str, text: &str) {
    let field = browser.element(Locator::Css(css)).await;
    field.send_keys(text).await.unwrap();
    field.send_keys(&Key::Enter.to_string()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver, and the browser SDK in the folder CLERK_JS"]
#[expect(
    clippy::disallowed_methods,
    reason = "where the browser SDK is, is a matter of the computer"
)]
async fn components_work_under_a_strict_policy() {
    let folder =
        std::env::var("CLERK_JS").expect("CLERK_JS must name a folder, see the top of this file");
    let pages = Pages::start(Some(&folder)).await;
    let browser = Browser::start().await;
    record_violations(&browser).await;

    // Sign in on the application's own page, and come back to the page that was asked for.
    pages.open(&browser, "/notes").await;
    pages.catch_up();
    fill(&browser, "input[name=identifier]", "ada@example.com").await;
    fill(
        &browser,
        "input[type=password]:not([tabindex='-1'])",
        "correct horse battery staple",
    )
    .await;
    until(&browser, "location.pathname === '/notes'").await;
    pages.catch_up();
    until(&browser, "document.querySelector('.cl-userButtonTrigger')").await;

    // Boosted links swap the body: components are mounted once, and the SDK is loaded once.
    run(&browser, "window.sameDocument = true").await;
    browser.click(Locator::Css("nav a[href='/pricing']")).await;
    until(&browser, "document.querySelector('.cl-pricingTable')").await;
    until(&browser, "document.querySelector('.cl-userButtonTrigger')").await;
    browser.click(Locator::Css("nav a[href='/profile']")).await;
    until(
        &browser,
        "document.querySelector('.cl-userProfile-root, .cl-profilePage')",
    )
    .await;
    run(&browser, "history.back()").await;
    until(&browser, "document.querySelector('.cl-pricingTable')").await;
    let once = "document.querySelectorAll('.cl-userButtonTrigger').length === 1";
    until(&browser, once).await;
    assert_eq!(run(&browser, "return window.sameDocument").await, true);
    let loads = "return performance.getEntriesByType('resource').filter(it => it.name.includes('clerk.browser.js')).length";
    assert_eq!(run(&browser, loads).await, 1);
    assert_eq!(
        run(
            &browser,
            "return localStorage.getItem('htmx-history-cache')"
        )
        .await,
        Value::Null
    );

    // A note, from a tab that slept longer than its token lives.
    browser.click(Locator::Css("nav a[href='/notes']")).await;
    until(
        &browser,
        "document.querySelector('#notes input[name=text]')",
    )
    .await;
    pages
        .application
        .emulator()
        .unwrap()
        .advance_clock(Duration::from_secs(120));
    pages.clock.advance(Duration::from_secs(120));
    run(
        &browser,
        "const now = Date.now; Date.now = () => now() + 120_000",
    )
    .await;
    fill(&browser, "#notes input[name=text]", "buy milk").await;
    until(
        &browser,
        "document.querySelector('.notes li')?.textContent.includes('buy milk')",
    )
    .await;
    assert_eq!(run(&browser, "return window.sameDocument").await, true);

    assert_eq!(violations(&browser).await, json!([]));

    // After signing out, going back shows nothing of it.
    run(&browser, "Clerk.signOut()").await;
    until(
        &browser,
        "location.pathname === '/' && document.readyState === 'complete'",
    )
    .await;
    run(&browser, "history.back()").await;
    until(&browser, "location.pathname !== '/'").await;
    until(&browser, "document.readyState === 'complete'").await;
    let source = browser.client.source().await.unwrap();
    assert!(!source.contains("buy milk"), "{source}");

    // The check above can fail: this is one violation.
    pages.open(&browser, "/").await;
    run(
        &browser,
        "document.body.append(Object.assign(new Image(), { src: 'https://blocked.example/' }))",
    )
    .await;
    until(
        &browser,
        "JSON.parse(localStorage.getItem('violations') || '[]').length === 1",
    )
    .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn sign_in_links_remain_where_the_sdk_does_not_load() {
    let pages = Pages::start(None).await;
    let browser = Browser::start().await;
    pages.open(&browser, "/notes").await;
    until(
        &browser,
        "document.documentElement.dataset.clerkState === 'failed'",
    )
    .await;
    let link = "main [data-clerk-when=failed] a";
    until(
        &browser,
        &format!("document.querySelector('{link}').checkVisibility()"),
    )
    .await;
    browser.click(Locator::Css(link)).await;
    pages.catch_up();
    browser
        .click(Locator::XPath("//button[contains(., 'Ada')]"))
        .await;
    pages.catch_up();
    until(
        &browser,
        "location.pathname === '/notes' && document.querySelector('#notes')",
    )
    .await;
    // What the server decided: the visitor is signed in.
    let visitor = browser.text(".visitor").await;
    assert!(visitor.contains("Signed in"), "{visitor}");
    // Notes work without the SDK.
    fill(&browser, "#notes input[name=text]", "buy bread").await;
    until(
        &browser,
        "document.querySelector('.notes li')?.textContent.includes('buy bread')",
    )
    .await;
    browser.close().await;
}
