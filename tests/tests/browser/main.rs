//! The quickstart in a real browser: Chromium, controlled through `chromedriver`.
//!
//! These tests need both programs and are ignored by default; run them with `cargo test -p clerk-tests --test browser
//! -- --ignored`. `.ci/run` installs Chromium and runs them. Every application has a strict Content-Security-Policy, and no
//! scenario may violate it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

#[cfg(test)]
mod chromium;
#[cfg(test)]
mod components;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod site;
#[cfg(test)]
mod spa;

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clerk_core::{Clock, ContentSecurityPolicy, ManualClock, SystemClock};
use clerk_emulator::{Emulator, UserSeed};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use quickstart_demo::{Instance, with_refusal_page};
use serde_json::json;

/// A quickstart on its own port.
struct Application {
    origin: String,
    instance: Arc<Instance>,
    clock: ManualClock,
}

impl Application {
    /// `host` is the host of the Frontend API in the publishable key, which distinguishes instances on one computer.
    async fn start(host: &str) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        let clock = ManualClock::new(SystemClock::default().now());
        let emulator = Emulator::builder().frontend_api_host(host);
        let strict = |clerk| {
            with_refusal_page(clerk).content_security_policy(ContentSecurityPolicy::new().strict())
        };
        let instance = Instance::on_emulator_with(port, emulator, clock.clone(), strict).await;
        let instance = Arc::new(instance.unwrap());
        let app = axum_quickstart::app(Arc::clone(&instance));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            origin: format!("http://localhost:{port}"),
            instance,
            clock,
        }
    }

    fn emulator(&self) -> &Emulator {
        self.instance.emulator().unwrap()
    }

    /// Moves the clocks of the application and of its Clerk.
    fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.emulator().advance_clock(by);
    }

    /// Sets the application's clock to that of the emulator, which runs with the computer's.
    fn catch_up(&self) {
        let behind = SystemClock::default().now() - self.clock.now();
        if behind > 0 {
            self.clock
                .advance(Duration::from_millis(behind.unsigned_abs()));
        }
    }

    fn url(&self, path: &str) -> String {
        self.catch_up();
        format!("{}{path}", self.origin)
    }
}

/// A browser without history that is closed when it is dropped.
struct Browser {
    client: Client,
    driver: Child,
}

impl Browser {
    async fn start() -> Self {
        Self::with(&[], "normal").await
    }

    /// Starts a browser that does not wait for the scripts of a page that it opens.
    async fn hurried() -> Self {
        Self::with(&[], "eager").await
    }

    /// Starts Chromium with these arguments besides those that every test has, and with this page load strategy.
    async fn with(arguments: &[&str], page_load_strategy: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver must be installed to run these tests");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.unwrap();
                let after = line.split("started successfully on port ").nth(1)?;
                Some(after.trim_end_matches('.').parse::<u16>().unwrap())
            })
            .expect("chromedriver prints its port");
        // Its pipe must stay open and must be read.
        std::thread::spawn(move || lines.for_each(drop));
        let mut all = vec![
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        all.extend(arguments);
        let capabilities = json!({
            "goog:chromeOptions": { "args": all },
            "goog:loggingPrefs": { "browser": "ALL" },
            "pageLoadStrategy": page_load_strategy,
        });
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { client, driver }
    }

    /// Removes the counter of handshakes, which expires after two seconds, because this browser is faster than people.
    async fn forget_redirects(&self) {
        self.client
            .delete_cookie("__clerk_redirect_count")
            .await
            .unwrap();
    }

    async fn open(&self, application: &Application, path: &str) {
        self.client.goto(&application.url(path)).await.unwrap();
    }

    async fn text(&self, css: &str) -> String {
        self.element(Locator::Css(css)).await.text().await.unwrap()
    }

    /// Waits for an element. If it does not appear, reports the page that is shown instead.
    async fn element(&self, locator: Locator<'_>) -> Element {
        match self.client.wait().for_element(locator).await {
            Ok(element) => element,
            Err(error) => panic!(
                "{locator:?} did not appear ({error}) on {}:\n{}",
                self.client.current_url().await.unwrap(),
                self.client.source().await.unwrap()
            ),
        }
    }

    async fn click(&self, locator: Locator<'_>) {
        self.element(locator).await.click().await.unwrap();
    }

    /// Signs a seeded user in through the emulator's page and ends on the dashboard.
    async fn sign_in(&self, application: &Application, name: &str) {
        self.open(application, "/").await;
        assert_eq!(self.text("#greeting").await, "Hello, visitor.");
        self.click(Locator::Css("#sign-in")).await;
        application.catch_up();
        let button = format!("//button[contains(., '{name}')]");
        self.click(Locator::XPath(&button)).await;
        self.element(Locator::Css("#user-id")).await;
        assert_eq!(
            self.client.current_url().await.unwrap().as_str(),
            application.url("/dashboard")
        );
    }

    /// Returns the status of a request that a script on the page sends, without following redirects.
    async fn fetch_status(&self, method: &str, path: &str) -> u64 {
        let script = "const [method, path, done] = arguments;
            fetch(path, { method, redirect: 'manual' }).then(answer => done(answer.status), () => done(-1));";
        let status = self
            .client
            .execute_async(script, vec![json!(method), json!(path)])
            .await
            .unwrap();
        status.as_u64().unwrap()
    }

    /// Closes the browser after a scenario in which no page violated its Content-Security-Policy.
    async fn close(self) {
        assert_eq!(self.violations().await, [""; 0]);
        self.client.clone().close().await.unwrap();
    }
}

impl Drop for Browser {
    /// Stops the driver and, after a failure, its browser: both are in one process group.
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["--", &format!("-{}", self.driver.id())])
            .status();
        let _ = self.driver.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn a_member_signs_in_sees_the_page_is_refused_and_signs_out() {
    let application = Application::start("one.emulator.accounts.dev").await;
    let browser = Browser::start().await;

    browser.sign_in(&application, "Alan").await;
    let id = application.emulator().user_id("alan@example.com").unwrap();
    assert_eq!(browser.text("#user-id").await, id);
    browser.open(&application, "/").await;
    assert_eq!(browser.text("#greeting").await, "Hello, Alan.");

    browser.open(&application, "/admin").await;
    assert!(
        browser
            .client
            .source()
            .await
            .unwrap()
            .contains("You don’t have access to this page")
    );
    assert_eq!(browser.fetch_status("POST", "/api/invoices").await, 403);
    assert_eq!(browser.fetch_status("GET", "/me").await, 200);

    browser.open(&application, "/").await;
    browser.click(Locator::Css("#sign-out")).await;
    application.catch_up();
    browser.open(&application, "/").await;
    assert_eq!(browser.text("#greeting").await, "Hello, visitor.");
    assert_eq!(browser.fetch_status("GET", "/me").await, 401);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn a_session_survives_the_loss_of_its_cookie_and_the_expiry_of_its_token() {
    let application = Application::start("one.emulator.accounts.dev").await;
    let browser = Browser::start().await;
    browser.sign_in(&application, "Ada").await;
    browser.open(&application, "/admin").await;
    assert_eq!(browser.text("h1").await, "Administration");
    assert_eq!(browser.fetch_status("POST", "/api/invoices").await, 200);

    // The cookie is lost: a handshake brings the session back.
    for cookie in browser.client.get_all_cookies().await.unwrap() {
        if cookie.name().starts_with("__session") {
            browser.client.delete_cookie(cookie.name()).await.unwrap();
        }
    }
    browser.open(&application, "/dashboard").await;
    let id = application.emulator().user_id("ada@example.com").unwrap();
    assert_eq!(browser.text("#user-id").await, id);

    // The token expires: a POST request of a script is refused, and not redirected ...
    application.advance(Duration::from_secs(90));
    assert_eq!(browser.fetch_status("POST", "/api/invoices").await, 401);
    // ... and the next page renews the session silently.
    browser.open(&application, "/dashboard").await;
    assert_eq!(browser.text("#user-id").await, id);
    assert_eq!(browser.fetch_status("POST", "/api/invoices").await, 200);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn two_instances_on_one_host_do_not_disturb_each_other() {
    let one = Application::start("one.emulator.accounts.dev").await;
    let two = Application::start("two.emulator.accounts.dev").await;
    let browser = Browser::start().await;
    browser.sign_in(&one, "Ada").await;
    browser.forget_redirects().await;
    browser.sign_in(&two, "Alan").await;

    for _ in 0..2 {
        browser.open(&one, "/").await;
        assert_eq!(browser.text("#greeting").await, "Hello, Ada.");
        browser.open(&two, "/").await;
        assert_eq!(browser.text("#greeting").await, "Hello, Alan.");
    }

    browser.click(Locator::Css("#sign-out")).await;
    two.catch_up();
    browser.open(&two, "/").await;
    assert_eq!(browser.text("#greeting").await, "Hello, visitor.");
    browser.open(&one, "/").await;
    assert_eq!(browser.text("#greeting").await, "Hello, Ada.");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver"]
async fn the_emulators_dashboard_shows_what_happens_and_changes_it() {
    const HOSTILE: &str = "<img src=x onerror=\"document.title='caught'\">";
    let emulator = Emulator::builder()
        .user(
            UserSeed::new("ada@example.com")
                .first_name("Ada")
                .last_name("Lovelace"),
        )
        .user(UserSeed::new("eve@example.com").first_name(HOSTILE))
        .start()
        .await
        .unwrap();
    let browser = Browser::start().await;
    let named = |name: &str| format!("//button[@aria-label='{name}']");
    browser
        .client
        .goto(&format!("{}/#users", emulator.url()))
        .await
        .unwrap();

    // Names are texts.
    browser
        .element(Locator::XPath(&named("Sign in as Ada Lovelace")))
        .await;
    let list = browser.text("#content").await;
    assert!(list.contains(HOSTILE), "{list}");
    assert_ne!(browser.client.title().await.unwrap(), "caught");

    // What happens elsewhere appears by itself.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = r#"{"email_address":["grace@example.com"],"skip_password_requirement":true}"#;
    let created = client
        .post(format!("{}/v1/users", emulator.url()))
        .bearer_auth(emulator.secret_key())
        .header("content-type", "application/json")
        .body(body);
    assert_eq!(created.send().await.unwrap().status(), 200);
    browser
        .element(Locator::XPath(&named("Edit grace@example.com")))
        .await;

    // An edit.
    browser
        .click(Locator::XPath(&named("Edit grace@example.com")))
        .await;
    let field = browser
        .element(Locator::Css("dialog input[name=first_name]"))
        .await;
    field.send_keys("Grace").await.unwrap();
    browser
        .click(Locator::Css("dialog form button.primary"))
        .await;
    browser.element(Locator::XPath(&named("Edit Grace"))).await;

    // One click signs this browser in.
    browser
        .click(Locator::XPath(&named("Sign in as Ada Lovelace")))
        .await;
    browser
        .client
        .goto(&format!("{}/#sessions", emulator.url()))
        .await
        .unwrap();
    browser
        .element(Locator::XPath(&named("Revoke the session of Ada Lovelace")))
        .await;

    // A reset.
    browser
        .client
        .goto(&format!("{}/#controls", emulator.url()))
        .await
        .unwrap();
    browser
        .click(Locator::XPath("//button[@data-key='reset']"))
        .await;
    browser.click(Locator::Css("dialog button.danger")).await;
    browser
        .client
        .goto(&format!("{}/#sessions", emulator.url()))
        .await
        .unwrap();
    browser
        .element(Locator::XPath("//strong[.='Nobody is signed in']"))
        .await;
    assert!(emulator.user_id("grace@example.com").is_err());
    browser.close().await;
}
