//! What Clerk's components take besides what the other pages take: patience, and an authenticator.

use std::path::Path;
use std::time::Duration;

use fantoccini::Locator;
use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::Browser;

/// How often, and at what intervals, a page is asked for something before that counts as missing.
const ATTEMPTS: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

impl Browser {
    /// Starts a browser as a person has it: the components offer passkeys only to people.
    pub(crate) async fn of_a_person() -> Self {
        let arguments = [
            "--disable-blink-features=AutomationControlled",
            "--window-size=1200,900",
        ];
        Self::with(&arguments, "normal").await
    }

    /// Clicks an element as soon as it can be clicked: components replace their elements while they load, and enable buttons
    /// a moment after the form is complete.
    pub(crate) async fn click_when_ready(&self, locator: Locator<'_>) {
        let clicked = async || {
            let element = self.client.find(locator).await.ok()?;
            if !element.is_enabled().await.ok()? {
                return None;
            }
            element.click().await.ok()
        };
        self.until(&format!("{locator:?} cannot be clicked"), clicked)
            .await;
    }

    /// Clicks the button, or the link that looks like one, with this text.
    pub(crate) async fn press(&self, text: &str) {
        let button = format!("(//button[contains(., '{text}')]|//a[contains(., '{text}')])");
        self.click_when_ready(Locator::XPath(&button)).await;
    }

    /// Types into a field as soon as it takes text.
    pub(crate) async fn type_into(&self, css: &str, text: &str) {
        let typed = async || {
            let field = self.client.find(Locator::Css(css)).await.ok()?;
            field.send_keys(text).await.ok()
        };
        self.until(&format!("{css} takes no text"), typed).await;
    }

    /// Waits until an element has exactly this text.
    pub(crate) async fn expect(&self, css: &str, text: &str) {
        let seen = async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            (element.text().await.ok()? == text).then_some(())
        };
        self.until(&format!("{css} is not {text:?}"), seen).await;
    }

    /// Waits until the address contains this.
    pub(crate) async fn expect_address(&self, part: &str) {
        let seen = async || {
            let address = self.client.current_url().await.ok()?;
            address.as_str().contains(part).then_some(())
        };
        self.until(&format!("the address has no {part}"), seen)
            .await;
    }

    /// Asks again until there is an answer, or says what is on the page instead.
    pub(crate) async fn until<T>(
        &self,
        complaint: &str,
        mut answer: impl AsyncFnMut() -> Option<T>,
    ) -> T {
        for _ in 0..ATTEMPTS {
            if let Some(answer) = answer().await {
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.photograph("failure").await;
        let body = self.element(Locator::Css("body")).await;
        panic!(
            "{complaint} on {}:\n{}",
            self.client.current_url().await.unwrap(),
            body.text().await.unwrap()
        );
    }

    /// Keeps a picture of the page in `target/tmp/browser`.
    pub(crate) async fn photograph(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Keeps pictures of the page on a desktop and on a phone, light and dark.
    pub(crate) async fn photograph_everywhere(&self, name: &str) {
        for (device, width, height) in [("desktop", 1200, 900), ("phone", 390, 844)] {
            for scheme in ["light", "dark"] {
                self.emulate(Some((width, height)), scheme).await;
                self.photograph(&format!("{name}-{device}-{scheme}")).await;
            }
        }
        self.emulate(None, "").await;
    }

    /// Makes the window another size and lets it prefer a color scheme; the empty one is the default.
    async fn emulate(&self, size: Option<(u32, u32)>, scheme: &str) {
        let resized = match size {
            Some((width, height)) => DevTools(
                "Emulation.setDeviceMetricsOverride",
                json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
            ),
            None => DevTools("Emulation.clearDeviceMetricsOverride", json!({})),
        };
        self.client.issue_cmd(resized).await.unwrap();
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let colored = DevTools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        self.client.issue_cmd(colored).await.unwrap();
    }

    /// Runs a script that returns something.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Returns the violations of a Content-Security-Policy since the last call, in all tabs.
    pub(crate) async fn violations(&self) -> Vec<String> {
        let log = self.client.issue_cmd(TakeLog).await.unwrap();
        let entries = log.as_array().unwrap().iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .filter(|message| message.contains("Content Security Policy"))
            .collect()
    }

    /// Runs a script in every document before its own scripts.
    pub(crate) async fn run_first(&self, script: &str) {
        let command = DevTools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
        self.client.issue_cmd(command).await.unwrap();
    }

    /// Plugs in an authenticator that says yes to every passkey.
    pub(crate) async fn plug_authenticator_in(&self) {
        self.client.issue_cmd(AddAuthenticator).await.unwrap();
    }
}

/// Takes what Chromium logged.
#[derive(Debug)]
struct TakeLog;

impl WebDriverCompatibleCommand for TakeLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "type": "browser" });
        (Method::POST, Some(body.to_string()))
    }
}

/// A command of the DevTools protocol, through the driver.
#[derive(Debug)]
struct DevTools(&'static str, Value);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/goog/cdp/execute"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let Self(command, parameters) = self;
        let body = json!({ "cmd": command, "params": parameters });
        (Method::POST, Some(body.to_string()))
    }
}

/// Adds a virtual authenticator, as WebAuthn's extension of WebDriver has it.
#[derive(Debug)]
struct AddAuthenticator;

impl WebDriverCompatibleCommand for AddAuthenticator {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        let session = session_id.unwrap_or_default();
        base_url.join(&format!("session/{session}/webauthn/authenticator"))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let authenticator = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
        });
        (Method::POST, Some(authenticator.to_string()))
    }
}
