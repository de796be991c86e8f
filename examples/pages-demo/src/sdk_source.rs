//! Where pages load Clerk's browser SDK from.

use std::path::PathBuf;

use clerk_emulator::EmulatorBuilder;
use quickstart_demo::Instance;

/// Where pages load Clerk's browser SDK from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkSource {
    /// The Frontend API: of the Clerk instance, or of an emulator that has the files.
    FrontendApi,
    /// An emulator that serves the npm packages `@clerk/clerk-js` and `@clerk/ui` from this folder.
    Folder(PathBuf),
    /// jsDelivr, for an emulator without the files.
    Cdn,
}

const CLERK_JS: &str = "@clerk/clerk-js@6/dist/clerk.browser.js";
const UI: &str = "@clerk/ui@1/dist/ui.browser.js";

impl SdkSource {
    /// Returns the source for this process: the folder in `CLERK_JS`, or else the Frontend API if the environment has keys
    /// of Clerk, or else jsDelivr.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "an application reads its own environment"
    )]
    pub fn from_env() -> Self {
        match std::env::var_os("CLERK_JS").filter(|folder| !folder.is_empty()) {
            Some(folder) => Self::Folder(folder.into()),
            None if Instance::has_keys() => Self::FrontendApi,
            None => Self::Cdn,
        }
    }

    /// Lets the emulator serve the SDK if the source is a folder.
    pub fn serve_from(&self, emulator: EmulatorBuilder) -> EmulatorBuilder {
        match self {
            Self::Folder(folder) => emulator.clerk_js(folder),
            _ => emulator,
        }
    }

    /// Returns the URLs of the SDK and of its components. `frontend_api` is the URL of the Frontend API.
    #[must_use]
    pub fn scripts(&self, frontend_api: &str) -> [String; 2] {
        self.cdn_scripts()
            .unwrap_or_else(|| [CLERK_JS, UI].map(|file| format!("{frontend_api}/npm/{file}")))
    }

    /// Returns the URLs of the SDK and of its components if they are not those of the Frontend API.
    #[must_use]
    pub fn cdn_scripts(&self) -> Option<[String; 2]> {
        let file = |file| format!("https://cdn.jsdelivr.net/npm/{file}");
        matches!(self, Self::Cdn).then(|| [CLERK_JS, UI].map(file))
    }
}
