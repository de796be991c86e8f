//! The example with pages in a real browser, with Clerk's browser SDK, under its strict Content-Security-Policy.
//!
//! The SDK is in the folder that `CLERK_JS` names: a `node_modules` with `@clerk/clerk-js` and `@clerk/ui`. `.ci/run` gets it
//! from npm. The test of pages without the SDK needs no folder.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clerk_core::{Clock, ManualClock, SystemClock};
use clerk_emulator::Fault;
use fantoccini::Locator;
use fantoccini::error::ErrorStatus;
use fantoccini::key::Key;
use pages_demo::Application;
use serde_json::Value;

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

pub(crate) async fn run(browser: &Browser, script: &str) -> Value {
    browser.client.execute(script, Vec::new()).await.unwrap()
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

/// Counts calls of `Clerk.load` in each document.
const COUNT_LOADS: &str = "
    let clerk;
    Object.defineProperty(window, 'Clerk', {
        configurable: true,
        get: () => clerk,
        set: value => {
            clerk = value;
            if (!value?.load) return;
            const load = value.load;
            value.load = (...options) => {
                window.clerkLoads = (window.clerkLoads ?? 0) + 1;
                return load.apply(value, options);
            };
        },
    });";

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
    browser.run_first(COUNT_LOADS).await;

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
    // Also if a swap brings the script again.
    run(
        &browser,
        "const script = document.querySelector('script[data-clerk-load]');
        const again = document.createElement('script');
        for (const { name, value } of script.attributes) again.setAttribute(name, value);
        again.nonce = script.nonce;
        again.text = script.text + '; window.ranAgain = true;';
        document.body.append(again);",
    )
    .await;
    assert_eq!(run(&browser, "return window.ranAgain").await, true);
    until(&browser, once).await;
    assert_eq!(run(&browser, "return window.clerkLoads").await, 1);
    // The history of htmx goes back to pages that it does not keep.
    let kept = "return sessionStorage.getItem('htmx-history-cache')";
    assert_eq!(run(&browser, kept).await, Value::Null);
    let history = "return sessionStorage.getItem('htmx-current-path-for-history')";
    assert_eq!(run(&browser, history).await, "/pricing");

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

    assert_eq!(browser.violations().await, [""; 0]);

    // After signing out, going back shows nothing of it: neither the page before, nor those that htmx showed before it.
    run(&browser, "Clerk.signOut()").await;
    until(
        &browser,
        "location.pathname === '/' && document.readyState === 'complete'",
    )
    .await;
    for _ in 0..4 {
        let mark =
            "document.body.append(Object.assign(document.createElement('i'), { id: 'before' }))";
        run(&browser, mark).await;
        run(&browser, "history.back()").await;
        until(
            &browser,
            "!document.querySelector('#before') && document.readyState === 'complete' && document.querySelector('footer')",
        )
        .await;
        let source = browser.client.source().await.unwrap();
        for private in ["buy milk", "Signed in", "cl-userButtonTrigger"] {
            assert!(!source.contains(private), "{private} in {source}");
        }
    }
    assert_eq!(browser.violations().await, [""; 0]);

    // The check above can fail: this is one violation.
    pages.open(&browser, "/").await;
    run(
        &browser,
        "document.body.append(Object.assign(new Image(), { src: 'https://blocked.example/' }))",
    )
    .await;
    let blocked = async || {
        let violations = browser.violations().await;
        violations
            .iter()
            .find(|it| it.contains("blocked.example"))
            .cloned()
    };
    browser.until("no violation is reported", blocked).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn sign_in_links_remain_where_the_sdk_does_not_exist() {
    let pages = Pages::start(None).await;
    let browser = Browser::start().await;
    pages.open(&browser, "/notes").await;
    sign_in_links_remain(&pages, &browser).await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn sign_in_links_remain_where_the_sdk_does_not_load_in_time() {
    let pages = Pages::start(None).await;
    let never = Fault::slow(Duration::from_secs(3600)).on("/npm");
    let emulator = pages.application.emulator().unwrap();
    emulator.faults().add(never.always());
    let browser = Browser::hurried().await;
    pages.open(&browser, "/notes").await;
    until(
        &browser,
        "document.documentElement.dataset.clerkState === 'loading'",
    )
    .await;
    sign_in_links_remain(&pages, &browser).await;
    browser.close().await;
}

/// Signs in, on the page that was opened, without the SDK.
async fn sign_in_links_remain(pages: &Pages, browser: &Browser) {
    until(
        browser,
        "document.documentElement.dataset.clerkState === 'failed'",
    )
    .await;
    let link = "main [data-clerk-when=failed] a";
    until(
        browser,
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
        browser,
        "location.pathname === '/notes' && document.querySelector('#notes')",
    )
    .await;
    // What the server decided: the visitor is signed in.
    until(
        browser,
        "document.querySelector('.visitor').innerText.includes('Signed in')",
    )
    .await;
    // Notes work without the SDK.
    fill(browser, "#notes input[name=text]", "buy bread").await;
    until(
        browser,
        "document.querySelector('.notes li')?.textContent.includes('buy bread')",
    )
    .await;
}
