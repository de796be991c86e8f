//! Settings for pages: the browser SDK, the Content-Security-Policy and the proxy of the Frontend API.

use url::Url;

use super::ClerkBuilder;
use crate::components::BrowserSdk;
use crate::config_error::ConfigError;
use crate::content_security_policy::{ContentSecurityPolicy, Origins, PreparedPolicy};
use crate::frontend_api_proxy::{FrontendApiProxy, PreparedProxy};
use crate::publishable_key::{PublishableKey, account_portal};
use crate::urls::{is_loopback, with_scheme};

impl ClerkBuilder {
    /// Sets the location and the options of Clerk's browser SDK in pages.
    pub fn browser_sdk(mut self, sdk: BrowserSdk) -> Self {
        self.browser_sdk = sdk;
        self
    }

    /// Adds a Content-Security-Policy to responses. By default, there is none.
    pub fn content_security_policy(mut self, policy: ContentSecurityPolicy) -> Self {
        self.content_security_policy = Some(policy);
        self
    }

    /// Serves Clerk's Frontend API below a path of this application. By default, it is not served.
    ///
    /// Browsers and handshakes then use the path as the proxy URL, unless [`proxy_url`](Self::proxy_url) is set. (A
    /// proxy URL on loopback, as with an emulator, is where requests are forwarded to.)
    pub fn frontend_api_proxy(mut self, proxy: FrontendApiProxy) -> Self {
        self.frontend_api_proxy = Some(proxy);
        self
    }

    /// Returns the proxy, and the proxy URL for browsers and handshakes.
    pub(super) fn prepared_proxy(
        &self,
        key: Option<&PublishableKey>,
    ) -> Result<(Option<PreparedProxy>, Option<String>), ConfigError> {
        let (Some(proxy), Some(key)) = (&self.frontend_api_proxy, key) else {
            return Ok((None, self.proxy_url.clone()));
        };
        let prepare = |upstream: &str| {
            proxy
                .clone()
                .prepare(upstream)
                .map_err(|problem| ConfigError::setting("frontend_api_proxy", problem))
        };
        let usual = prepare(key.frontend_api_upstream_url())?;
        let emulator = self
            .proxy_url
            .as_deref()
            .and_then(|url| Url::parse(url).ok())
            // A URL with the proxy's own path is the proxy as browsers see it.
            .filter(|url| is_loopback(url) && url.path().trim_end_matches('/') != usual.path);
        let path = usual.path.clone();
        match emulator {
            Some(emulator) => Ok((Some(prepare(emulator.as_str())?), Some(path))),
            None => Ok((Some(usual), self.proxy_url.clone().or(Some(path)))),
        }
    }

    /// Prepares the policy for the origins that this instance uses.
    pub(super) fn prepared_policy(
        &self,
        key: Option<&PublishableKey>,
        frontend_api: &str,
        proxy_url: Option<&str>,
        proxy: Option<&PreparedProxy>,
    ) -> Result<Option<PreparedPolicy>, ConfigError> {
        let Some(policy) = self.content_security_policy.clone() else {
            return Ok(None);
        };
        let origin = |url: &str| {
            let url = Url::parse(url).ok()?;
            let origin = url.origin();
            origin.is_tuple().then(|| origin.ascii_serialization())
        };
        let base = match proxy_url {
            Some(proxy_url) => proxy_url.to_owned(),
            None => with_scheme(frontend_api).into_owned(),
        };
        let frontend_api = origin(&base);
        let (clerk_js, ui) = self.browser_sdk.script_urls(&base);
        let scripts = [Some(clerk_js), ui];
        let portal = key.map(|key| account_portal(key.frontend_api()));
        let pages = match &self.sign_in_url {
            Some(_) => [self.sign_in_url.as_deref(), self.sign_up_url.as_deref()],
            None => [portal.as_deref(), self.sign_up_url.as_deref()],
        };
        // An emulator serves the pictures of users itself, even behind this application's proxy.
        let emulator = proxy
            .map(|proxy| proxy.upstream.clone())
            .or_else(|| Url::parse(&base).ok())
            .filter(is_loopback);
        let origins = Origins {
            scripts: scripts
                .iter()
                .flatten()
                .filter_map(|url| origin(url))
                .collect(),
            redirects: pages
                .into_iter()
                .flatten()
                .filter_map(origin)
                .chain(frontend_api.clone())
                .collect(),
            pictures: emulator.and_then(|url| origin(url.as_str())),
            frontend_api,
        };
        let prepared = policy
            .prepare(&origins)
            .map_err(|problem| ConfigError::setting("content_security_policy", problem))?;
        Ok(Some(prepared))
    }
}
