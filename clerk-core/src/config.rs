//! The validated configuration of an instance, as data.

use std::sync::Arc;

use clerk_backend_api::MachineSecretKey;
use url::Url;

use crate::components::BrowserSdk;
use crate::content_security_policy::PreparedPolicy;
use crate::frontend_api_proxy::PreparedProxy;
use crate::oauth_resource::OAuthResources;
#[cfg(feature = "route-matcher")]
use crate::organization_sync::OrganizationSync;
use crate::organization_sync::Target;
use crate::publishable_key::{InstanceType, PublishableKey};
use crate::redirect::AllowedRedirectOrigins;
use crate::refusal_page::RefusalPages;
use crate::token::{AcceptedTokens, ClaimRules};
use crate::urls::{is_loopback, with_scheme};
use crate::webhook::WebhookVerifier;

/// Which forwarded headers are trusted for determining the public URL: `X-Forwarded-Host` and `X-Forwarded-Proto`, and
/// `Forwarded` (RFC 7239) if these are absent.
///
/// The public URL determines where a browser returns to after signing in. The headers are needed behind a proxy that sets
/// them. If a server is reached directly, any client can send them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// Trusts all of them, as the official SDKs do.
    #[default]
    Trust,
    /// Trusts none of them and uses only `Host`.
    Ignore,
    /// Trusts them only if the forwarded host is one of these. A port other than 80 and 443 must match too.
    Hosts(Vec<String>),
}

/// The validated configuration of an instance.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) publishable_key: Option<PublishableKey>,
    pub(crate) machine_secret_key: Option<MachineSecretKey>,
    pub(crate) rules: ClaimRules,
    pub(crate) accepts: AcceptedTokens,
    /// The maximum length of tokens, in bytes.
    pub(crate) max_token_bytes: usize,
    pub(crate) is_satellite: bool,
    pub(crate) satellite_auto_sync: bool,
    /// The domain of a satellite.
    pub(crate) domain: Option<String>,
    pub(crate) proxy_url: Option<String>,
    pub(crate) browser_sdk: BrowserSdk,
    pub(crate) content_security_policy: Option<Arc<PreparedPolicy>>,
    pub(crate) frontend_api_proxy: Option<PreparedProxy>,
    pub(crate) sign_in_url: Option<String>,
    pub(crate) sign_up_url: Option<String>,
    #[cfg(feature = "route-matcher")]
    pub(crate) organization_sync: OrganizationSync,
    pub(crate) forwarded_headers: ForwardedHeaders,
    /// The application's own origin, if it is configured.
    pub(crate) public_url: Option<Url>,
    /// Whether cookies are ignored.
    pub(crate) header_only: bool,
    /// The WebSocket subprotocol that precedes a token.
    pub(crate) websocket_protocol: Option<String>,
    /// Whether requests of htmx are redirected with `HX-Redirect`.
    pub(crate) htmx_redirects: bool,
    pub(crate) refusal_pages: RefusalPages,
    pub(crate) oauth_resources: OAuthResources,
    pub(crate) redirect_origins: AllowedRedirectOrigins,
    /// The host of the Frontend API regardless of a proxy, which `iss` is compared with.
    pub(crate) original_frontend_api: String,
    pub(crate) webhooks: Option<WebhookVerifier>,
    /// Another variable that seems to contain the signing secret, if none is configured.
    pub(crate) webhook_secret_found_as: Option<String>,
    /// The maximum length of webhook bodies, in bytes.
    pub(crate) webhook_body_limit: usize,
}

impl Config {
    /// Returns the organization or account that this percent-encoded path names.
    #[cfg(feature = "route-matcher")]
    pub(crate) fn organization_of(&self, path: &str) -> Option<Target> {
        self.organization_sync.target(path)
    }

    #[cfg(not(feature = "route-matcher"))]
    pub(crate) fn organization_of(&self, _: &str) -> Option<Target> {
        None
    }

    pub(crate) fn instance_type(&self) -> Option<InstanceType> {
        self.publishable_key
            .as_ref()
            .map(PublishableKey::instance_type)
    }

    pub(crate) fn is_development(&self) -> bool {
        self.instance_type() == Some(InstanceType::Development)
    }

    pub(crate) fn cookie_suffix(&self) -> &str {
        self.publishable_key
            .as_ref()
            .map_or("", PublishableKey::cookie_suffix)
    }

    /// Returns the URL of the metadata that tells an OAuth client how to get a token for this path (RFC 9728 section 3). It
    /// belongs to this application, or to Clerk if no resource is configured.
    pub(crate) fn protected_resource_metadata_url(&self, path: &str) -> Option<String> {
        self.oauth_resources.metadata_url(path).or_else(|| {
            let frontend_api = self.publishable_key.as_ref()?.frontend_api();
            Some(format!(
                "https://{frontend_api}/.well-known/oauth-protected-resource"
            ))
        })
    }

    /// Returns the URL of the emulator that stands for Clerk, if the Frontend API is on loopback.
    pub(crate) fn emulator(&self) -> Option<Url> {
        let upstream = self.frontend_api_proxy.as_ref();
        let upstream = upstream.map(|proxy| proxy.upstream.clone());
        let proxy_url = || Url::parse(self.proxy_url.as_deref()?).ok();
        upstream.or_else(proxy_url).filter(is_loopback)
    }

    /// Returns the URL or path below which the scripts of the browser SDK are.
    pub(crate) fn scripts_base(&self) -> String {
        match &self.proxy_url {
            Some(proxy_url) => proxy_url.clone(),
            None => with_scheme(&self.original_frontend_api).into_owned(),
        }
    }

    /// Returns the issuer of OAuth tokens, which is the Frontend API with its own host, regardless of a proxy. An emulator on
    /// this machine is reached at its own URL.
    pub(crate) fn authorization_server(&self) -> Option<String> {
        if let Some(url) = self.emulator() {
            return Some(url.as_str().trim_end_matches('/').to_owned());
        }
        let frontend_api = self.publishable_key.as_ref()?.frontend_api();
        Some(format!("https://{frontend_api}"))
    }

    /// Returns the Frontend API for a request: the proxy URL, resolved against the origin of the request if it is relative, or
    /// else the host of the key or of the satellite's domain.
    pub(crate) fn frontend_api(&self, url: &Url) -> String {
        match self.proxy_url.as_deref() {
            Some(path) if path.starts_with('/') => {
                format!("{}{path}", url.origin().ascii_serialization())
            }
            Some(proxy_url) => proxy_url.to_owned(),
            None => self.original_frontend_api.clone(),
        }
    }
}
