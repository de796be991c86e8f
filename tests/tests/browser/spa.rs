//! The single-page example in a real browser: a page that calls the API on another origin.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use clerk_core::{Clock, SystemClock};
use fantoccini::Locator;
use pages_demo::SdkSource;
use serde_json::json;
use spa_api::Application;
use tokio::net::TcpListener;

use crate::Browser;
use crate::pages::{fill, run, until};

/// The computer's clock, or ahead of it.
#[derive(Clone, Debug, Default)]
struct Ahead(Arc<AtomicI64>);

impl Clock for Ahead {
    fn now(&self) -> i64 {
        SystemClock::default().now() + self.0.load(Ordering::Relaxed)
    }
}

/// The page and the API on ports of their own.
struct Spa {
    page: String,
    application: Arc<Application>,
    clock: Ahead,
}

/// Longer than a token lives.
const LATER: Duration = Duration::from_secs(120);

impl Spa {
    async fn start(sdk: SdkSource) -> Self {
        let for_page = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let for_api = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let page_port = for_page.local_addr().unwrap().port();
        let api_port = for_api.local_addr().unwrap().port();
        let clock = Ahead::default();
        let application = Application::on_emulator(page_port, api_port, sdk, clock.clone());
        let application = Arc::new(application.await.unwrap());
        let page = spa_api::page(Arc::clone(&application));
        let api = spa_api::api(Arc::clone(&application));
        tokio::spawn(async move { axum::serve(for_page, page).await });
        tokio::spawn(async move { axum::serve(for_api, api).await });
        Self {
            page: format!("http://localhost:{page_port}/"),
            application,
            clock,
        }
    }

    /// Moves the clocks of the API and of Clerk.
    fn wait(&self) {
        let milliseconds = i64::try_from(LATER.as_millis()).unwrap();
        self.clock.0.fetch_add(milliseconds, Ordering::Relaxed);
        self.application.emulator().unwrap().advance_clock(LATER);
    }
}

/// A condition for the newest requests, which the page lists first.
fn requests(newest: &[(&str, u16)]) -> String {
    let expected: Vec<_> = newest
        .iter()
        .map(|(line, status)| format!("{line} {status}"))
        .collect();
    format!(
        "JSON.stringify([...document.querySelectorAll('#requests li')].slice(0, {}).map(row =>
            row.querySelector('.line').textContent + ' ' + row.dataset.status)) === '{}'",
        expected.len(),
        json!(expected)
    )
}

async fn write(browser: &Browser, text: &str) {
    fill(browser, "#add input", text).await;
    until(
        browser,
        &format!("document.querySelector('#notes li:last-child span')?.textContent === '{text}'"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver, and the browser SDK in the folder CLERK_JS"]
#[expect(
    clippy::disallowed_methods,
    reason = "where the browser SDK is, is a matter of the computer"
)]
async fn an_expired_token_is_renewed_without_a_reload() {
    let folder = std::env::var_os("CLERK_JS").expect("CLERK_JS must name a folder, see pages.rs");
    let spa = Spa::start(SdkSource::Folder(folder.into())).await;
    let browser = Browser::start().await;
    browser.client.goto(&spa.page).await.unwrap();
    run(&browser, "window.sameDocument = true").await;

    // Nobody is signed in: the page can read the refusal of the API, too.
    until(
        &browser,
        "document.querySelector('#start').checkVisibility()",
    )
    .await;
    browser.click(Locator::Css("[data-anonymous]")).await;
    until(&browser, &requests(&[("GET /me", 401)])).await;

    browser.click(Locator::Css("#start")).await;
    fill(&browser, "input[name=identifier]", "ada@example.com").await;
    fill(
        &browser,
        "input[type=password]:not([tabindex='-1'])",
        "correct horse battery staple",
    )
    .await;
    until(&browser, &requests(&[("GET /notes", 200)])).await;
    write(&browser, "buy milk").await;

    // Later, the browser knows that its token has expired, and gets another before the call.
    spa.wait();
    run(
        &browser,
        "const now = Date.now; Date.now = () => now() + 120_000",
    )
    .await;
    write(&browser, "buy bread").await;
    until(
        &browser,
        &requests(&[("POST /notes", 200), ("POST /notes", 200)]),
    )
    .await;

    // The clock of the browser stays behind: the API refuses the token, and the page repeats the call with another.
    spa.wait();
    write(&browser, "buy eggs").await;
    until(
        &browser,
        &requests(&[
            ("POST /notes", 200),
            ("POST /notes", 401),
            ("POST /notes", 200),
        ]),
    )
    .await;
    assert_eq!(
        run(
            &browser,
            "return document.querySelectorAll('#notes li').length"
        )
        .await,
        3
    );

    // Clearing is for admins of the active organization.
    let clear = Locator::Css("[data-method=DELETE]");
    browser.click(clear).await;
    until(&browser, &requests(&[("DELETE /notes", 403)])).await;
    let problem = browser.text("#problem").await;
    assert!(problem.contains("Only admins"), "{problem}");
    run(&browser, "Clerk.setActive({ organization: 'acme' })").await;
    until(
        &browser,
        "document.querySelector('#owner').textContent === 'Acme'",
    )
    .await;
    write(&browser, "a note of Acme").await;
    browser.click(clear).await;
    until(
        &browser,
        "document.querySelector('#empty').checkVisibility()",
    )
    .await;

    // After signing out, nothing of it remains on the page.
    run(&browser, "Clerk.setActive({ organization: null })").await;
    until(
        &browser,
        "document.querySelectorAll('#notes li').length === 3",
    )
    .await;
    assert_eq!(run(&browser, "return window.sameDocument").await, true);
    run(&browser, "Clerk.signOut()").await;
    until(
        &browser,
        "document.querySelector('#start')?.checkVisibility()",
    )
    .await;
    assert_eq!(
        run(
            &browser,
            "return document.querySelectorAll('#notes li').length"
        )
        .await,
        0
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn the_page_says_that_the_sdk_is_missing() {
    let spa = Spa::start(SdkSource::FrontendApi).await;
    let browser = Browser::start().await;
    browser.client.goto(&spa.page).await.unwrap();
    until(
        &browser,
        "document.querySelector('#failed').checkVisibility()",
    )
    .await;
    let notice = browser.text("#failed").await;
    for must in [
        "did not load",
        "clerk.browser.js",
        "ui.browser.js",
        "CLERK_JS",
    ] {
        assert!(notice.contains(must), "{must} is missing from {notice}");
    }
    browser.click(Locator::Css("[data-anonymous]")).await;
    until(&browser, &requests(&[("GET /me", 401)])).await;
    browser.close().await;
}
