//! The Clerk instance of the examples.

use clerk_core::components::{Appearance, BrowserSdk, LayoutOptions, Variables};
use clerk_core::{Clerk, ClerkBuilder, Clock, ContentSecurityPolicy, FrontendApiProxy};
use clerk_emulator::{Emulator, EmulatorBuilder, PlanSeed, SettingsSeed};
use quickstart_demo::{Instance, SetUpError};

use crate::notes::Notes;
use crate::sdk_source::SdkSource;

/// The Clerk instance, and what the application stores.
#[derive(Debug)]
pub struct Application {
    instance: Instance,
    notes: Notes,
}

impl Application {
    /// Configures Clerk from the environment if it has keys, or else starts an emulator. `port` is the port of the
    /// application.
    ///
    /// With an emulator, Clerk's browser SDK is served from the folder in `CLERK_JS` (a `node_modules` with
    /// `@clerk/clerk-js` and `@clerk/ui`), or loaded from jsDelivr if there is none.
    ///
    /// # Errors
    /// Returns an error if the configuration is not valid, or if the emulator does not start.
    pub async fn set_up(port: u16) -> Result<Self, SetUpError> {
        let source = SdkSource::from_env();
        let sdk = match source.cdn_scripts() {
            Some([clerk_js, ui]) => BrowserSdk::new().clerk_js_url(clerk_js).ui_url(ui),
            None => BrowserSdk::new(),
        };
        let configure = |clerk| configure(clerk, sdk);
        let instance = Instance::set_up_with(port, source.serve_from(emulator()), configure);
        Ok(Self::on(instance.await?))
    }

    /// Starts an emulator that serves Clerk's browser SDK from `clerk_js` if it is given.
    ///
    /// # Errors
    /// Returns an error if the emulator does not start.
    pub async fn on_emulator(
        port: u16,
        clerk_js: Option<&str>,
        clock: impl Clock,
    ) -> Result<Self, SetUpError> {
        let emulator = match clerk_js {
            Some(folder) => emulator().clerk_js(folder),
            None => emulator(),
        };
        let configure = |clerk| configure(clerk, BrowserSdk::new());
        let instance = Instance::on_emulator_with(port, emulator, clock, configure).await?;
        Ok(Self::on(instance))
    }

    fn on(instance: Instance) -> Self {
        Self {
            instance,
            notes: Notes::default(),
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

    /// Returns the notes.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Returns instructions to open the application and sign in.
    #[must_use]
    pub fn greeting(&self) -> String {
        self.instance.greeting()
    }
}

/// Adds the settings that make Clerk's components part of the application's own pages.
fn configure(clerk: ClerkBuilder, sdk: BrowserSdk) -> ClerkBuilder {
    clerk
        .sign_in_url("/sign-in")
        .sign_up_url("/sign-up")
        .htmx_redirects(true)
        .frontend_api_proxy(FrontendApiProxy::new())
        .content_security_policy(ContentSecurityPolicy::new().strict())
        .browser_sdk(
            sdk.appearance(appearance())
                .sign_in_fallback_redirect_url("/notes")
                .sign_up_fallback_redirect_url("/notes")
                .after_sign_out_url("/"),
        )
}

/// Returns an appearance of Clerk's components in the colors of the page, which has a light and a dark scheme.
pub fn appearance() -> Appearance {
    Appearance::new()
        .variables(
            Variables::new()
                .color_primary("var(--brand)")
                .color_primary_foreground("var(--on-brand)")
                .color_background("var(--card)")
                .color_foreground("var(--ink)")
                .color_muted_foreground("var(--soft)")
                .color_neutral("var(--ink)")
                .color_input("var(--field)")
                .color_input_foreground("var(--ink)")
                .color_muted("var(--paper)")
                .font_family("inherit")
                .border_radius("0.6rem"),
        )
        .layout(LayoutOptions::new().show_optional_fields(true))
}

fn emulator() -> EmulatorBuilder {
    // The free plan exists by default.
    Emulator::builder()
        .settings(SettingsSeed::new().application_name("Margin"))
        .plan(
            PlanSeed::for_users("pro", "Pro")
                .description("For people who write a lot")
                .monthly_amount(900)
                .annual_monthly_amount(700)
                .feature("search")
                .feature("exports"),
        )
        .plan(
            PlanSeed::for_users("studio", "Studio")
                .description("For people who live from it")
                .monthly_amount(2400)
                .annual_monthly_amount(2000)
                .feature("search")
                .feature("exports")
                .feature("history"),
        )
}
