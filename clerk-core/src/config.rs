//! The checked configuration of an instance: data only.

use clerk_backend_api::MachineSecretKey;
use url::Url;

use crate::oauth_resource::OAuthResources;
use crate::organization_sync::OrganizationSync;
use crate::publishable_key::{InstanceType, PublishableKey};
use crate::redirect::AllowedRedirectOrigins;
use crate::refusal_page::RefusalPages;
use crate::token::{AcceptedTokens, ClaimRules};
use crate::urls::is_loopback;
use crate::webhook::WebhookVerifier;

/// Which forwarded headers (`X-Forwarded-Host`, `X-Forwarded-Proto`, and RFC 7239's `Forwarded` where those are absent) are
/// believed when the public URL is derived.
///
/// The public URL decides where a browser is sent back to after signing in. Behind a proxy that sets these headers they
/// are needed; on a server that is reached directly anybody can send them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeaders {
    /// All of them, as the official SDKs do.
    #[default]
    Trust,
    /// None: only `Host` counts.
    Ignore,
    /// Only when the forwarded host is one of these (with its port, unless that is 80 or 443).
    Hosts(Vec<String>),
}

/// The checked configuration of an instance.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) publishable_key: Option<PublishableKey>,
    pub(crate) machine_secret_key: Option<MachineSecretKey>,
    pub(crate) rules: ClaimRules,
    pub(crate) accepts: AcceptedTokens,
    /// The longest token that is read, in bytes.
    pub(crate) max_token_bytes: usize,
    pub(crate) is_satellite: bool,
    pub(crate) satellite_auto_sync: bool,
    pub(crate) proxy_url: Option<String>,
    pub(crate) sign_in_url: Option<String>,
    pub(crate) sign_up_url: Option<String>,
    pub(crate) organization_sync: OrganizationSync,
    pub(crate) forwarded_headers: ForwardedHeaders,
    /// The application's own origin, where it never sees its own host.
    pub(crate) public_url: Option<Url>,
    /// Whether cookies are ignored.
    pub(crate) header_only: bool,
    /// The WebSocket subprotocol after which a token follows.
    pub(crate) websocket_protocol: Option<String>,
    /// Whether requests of htmx are sent elsewhere as htmx understands it.
    pub(crate) htmx_redirects: bool,
    pub(crate) refusal_pages: RefusalPages,
    pub(crate) oauth_resources: OAuthResources,
    pub(crate) redirect_origins: AllowedRedirectOrigins,
    /// The Frontend API's host without regard to a proxy: what `iss` is compared with.
    pub(crate) original_frontend_api: String,
    pub(crate) webhooks: Option<WebhookVerifier>,
    /// A variable of another name that seems to hold the signing secret, where none is configured.
    pub(crate) webhook_secret_found_as: Option<String>,
    /// The longest body of a webhook that is read, in bytes.
    pub(crate) webhook_body_limit: usize,
}

impl Config {
    pub(crate) fn instance_type(&self) -> Option<InstanceType> {
        self.publishable_key
            .as_ref()
            .map(PublishableKey::instance_type)
    }

    pub(crate) fn cookie_suffix(&self) -> &str {
        self.publishable_key
            .as_ref()
            .map_or("", PublishableKey::cookie_suffix)
    }

    /// Returns where an OAuth client that asked for this path learns how to get a token (RFC 9728 section 3): from this
    /// application, or from Clerk where no resource is configured.
    pub(crate) fn protected_resource_metadata_url(&self, path: &str) -> Option<String> {
        self.oauth_resources.metadata_url(path).or_else(|| {
            let frontend_api = self.publishable_key.as_ref()?.frontend_api();
            Some(format!(
                "https://{frontend_api}/.well-known/oauth-protected-resource"
            ))
        })
    }

    /// Returns the issuer of OAuth tokens: the Frontend API, under the host that it knows itself by. What stands in its
    /// place on this machine is reached at its own address.
    pub(crate) fn authorization_server(&self) -> Option<String> {
        let emulator = self
            .proxy_url
            .as_deref()
            .and_then(|url| Url::parse(url).ok());
        if let Some(url) = emulator.filter(is_loopback) {
            return Some(url.as_str().trim_end_matches('/').to_owned());
        }
        let frontend_api = self.publishable_key.as_ref()?.frontend_api();
        Some(format!("https://{frontend_api}"))
    }

    /// The Frontend API for a request: the proxy, a relative one resolved against the request's own origin, else the
    /// host of the key or of the satellite's domain.
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
