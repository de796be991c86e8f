//! The Clerk instance, and where the page and the API are.

use clerk_core::{Clerk, ClerkBuilder, Clock};
use clerk_emulator::Emulator;
use pages_demo::{Notes, SdkSource};
use quickstart_demo::{Instance, SetUpError};
use serde::Serialize;

/// The Clerk instance, and what the API stores.
#[derive(Debug)]
pub struct Application {
    instance: Instance,
    notes: Notes,
    sdk: SdkSource,
    page_origins: [String; 2],
    api_origin: String,
}

/// What the page must know.
#[derive(Debug, Serialize)]
pub(crate) struct Settings {
    api: String,
    publishable_key: String,
    /// The URL of the Frontend API if the publishable key does not lead there, as with the emulator.
    proxy_url: Option<String>,
    clerk_js_url: String,
    ui_url: String,
    /// Who can sign in, on the emulator.
    hint: Option<&'static str>,
}

impl Application {
    /// Configures Clerk from the environment if it has keys, or else starts an emulator. The ports are those of the page and
    /// of the API.
    ///
    /// With an emulator, the browser SDK is served from the folder in `CLERK_JS` (a `node_modules` with `@clerk/clerk-js`
    /// and `@clerk/ui`), or loaded from jsDelivr if there is none.
    ///
    /// # Errors
    /// Returns an error if the configuration is not valid, or if the emulator does not start.
    pub async fn set_up(page_port: u16, api_port: u16) -> Result<Self, SetUpError> {
        let sdk = SdkSource::from_env();
        let emulator = sdk.serve_from(Emulator::builder());
        let configure = |clerk| configure(clerk, page_port);
        let instance = Instance::set_up_with(page_port, emulator, configure).await?;
        Ok(Self::on(instance, sdk, page_port, api_port))
    }

    /// Starts an emulator, from which the page loads the browser SDK.
    ///
    /// # Errors
    /// Returns an error if the emulator does not start.
    pub async fn on_emulator(
        page_port: u16,
        api_port: u16,
        sdk: SdkSource,
        clock: impl Clock,
    ) -> Result<Self, SetUpError> {
        let emulator = sdk.serve_from(Emulator::builder());
        let configure = |clerk| configure(clerk, page_port);
        let instance = Instance::on_emulator_with(page_port, emulator, clock, configure).await?;
        Ok(Self::on(instance, sdk, page_port, api_port))
    }

    fn on(instance: Instance, sdk: SdkSource, page_port: u16, api_port: u16) -> Self {
        Self {
            instance,
            notes: Notes::default(),
            sdk,
            page_origins: page_origins(page_port),
            api_origin: format!("http://localhost:{api_port}"),
        }
    }

    /// Returns the handle for the middleware.
    #[must_use]
    pub fn clerk(&self) -> Clerk {
        self.instance.clerk()
    }

    /// Returns the emulator if one is running.
    #[must_use]
    pub fn emulator(&self) -> Option<&Emulator> {
        self.instance.emulator()
    }

    /// Returns instructions to open the page and sign in.
    #[must_use]
    pub fn greeting(&self) -> String {
        format!(
            "{}\nThe page calls the API at {}.\n",
            self.instance.greeting(),
            self.api_origin
        )
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    pub(crate) fn page_origins(&self) -> &[String] {
        &self.page_origins
    }

    pub(crate) fn settings(&self) -> Settings {
        let clerk = self.instance.clerk();
        let key = clerk.publishable_key();
        let proxy_url = self.emulator().map(|emulator| emulator.url().to_owned());
        let frontend_api = proxy_url.clone().unwrap_or_else(|| {
            let host = key.map_or("", |key| key.frontend_api());
            format!("https://{host}")
        });
        let [clerk_js_url, ui_url] = self.sdk.scripts(&frontend_api);
        Settings {
            api: self.api_origin.clone(),
            publishable_key: key.map_or_else(String::new, |key| key.as_str().to_owned()),
            hint: proxy_url.is_some().then_some(
                "On the emulator: ada@example.com (admin of Acme) or alan@example.com (member), \
                 with the password “correct horse battery staple”.",
            ),
            proxy_url,
            clerk_js_url,
            ui_url,
        }
    }
}

/// The origins at which browsers on this machine reach the page.
fn page_origins(port: u16) -> [String; 2] {
    ["localhost", "127.0.0.1"].map(|host| format!("http://{host}:{port}"))
}

/// Accepts tokens that were issued for the page, in the header `Authorization` only.
fn configure(clerk: ClerkBuilder, page_port: u16) -> ClerkBuilder {
    clerk
        .authorized_parties(page_origins(page_port))
        .header_only(true)
}
