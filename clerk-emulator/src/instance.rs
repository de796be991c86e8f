//! The identity of the emulated instance: its keys, its host name and its URLs.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};
use url::{Host, Url};

use crate::clerk_js::ClerkJs;
use crate::model::user::Image;
use crate::webhooks::endpoint::Endpoint;

/// The default host. It is below `accounts.dev`, so that SDKs treat the instance as a development one, and differs
/// from the name of every real instance, so that a missing proxy URL does not reach one.
pub(crate) const DEFAULT_HOST: &str = "clerk-emulator.localhost.accounts.dev";
/// The ID of the emulated instance.
pub(crate) const INSTANCE_ID: &str = "ins_clerkEmulator00000000000000";
/// The default secret key. It is fixed, so that an application's settings survive a restart of the command.
pub(crate) const DEFAULT_SECRET_KEY: &str = "sk_test_clerkEmulatorSecretKeyForDevelopmentAndTests";

/// The identity and URLs, which do not change while the emulator runs.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) host: String,
    pub(crate) publishable_key: String,
    pub(crate) cookie_suffix: String,
    pub(crate) secret_key: String,
    /// `http://127.0.0.1:PORT`, or the public URL.
    pub(crate) url: String,
    pub(crate) allowed_origins: Vec<String>,
    /// True if the emulator listens on loopback only.
    pub(crate) loopback_only: bool,
    pub(crate) refresh_cookies: bool,
    pub(crate) webhook: Option<Endpoint>,
    pub(crate) clerk_js: Option<ClerkJs>,
    /// True if browsers are recognized by cookies of the Frontend API instead of the URL.
    pub(crate) production: bool,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance")
            .field("url", &self.url)
            .field("publishable_key", &self.publishable_key)
            .finish_non_exhaustive()
    }
}

impl Instance {
    /// Returns the name of the environment in the APIs.
    pub(crate) fn environment_type(&self) -> &'static str {
        if self.production {
            "production"
        } else {
            "development"
        }
    }

    /// Returns the issuer in the metadata of the OAuth provider and in its tokens. Clients fetch the metadata from a
    /// location below the issuer (RFC 8414 section 3.3), so it is the URL at which the emulator is reached.
    ///
    /// There is one, whatever name a request reached the emulator by: a token that was issued to a client at `localhost`
    /// must be good at an API that knows the emulator as `127.0.0.1`.
    pub(crate) fn oauth_issuer(&self) -> &str {
        &self.url
    }

    /// Returns the issuer of session tokens, which server SDKs compare with the host in the publishable key.
    pub(crate) fn issuer(&self) -> String {
        format!("https://{}", self.host)
    }

    /// Returns the URL below which the whole Frontend API is served.
    pub(crate) fn frontend_api_url(&self) -> String {
        format!("{}/fapi", self.url)
    }

    /// Returns the address of the link in the email of an invitation.
    pub(crate) fn ticket_url(&self, ticket: &str) -> String {
        format!("{}/v1/tickets/accept?ticket={ticket}", self.url)
    }

    pub(crate) fn sign_in_url(&self) -> String {
        format!("{}/sign-in", self.url)
    }

    pub(crate) fn sign_up_url(&self) -> String {
        format!("{}/sign-up", self.url)
    }

    /// Returns the variables that point an application at the emulator.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("CLERK_API_URL", self.url.clone()),
            ("CLERK_SECRET_KEY", self.secret_key.clone()),
            ("CLERK_PUBLISHABLE_KEY", self.publishable_key.clone()),
            ("CLERK_PROXY_URL", self.url.clone()),
            ("CLERK_SIGN_IN_URL", self.sign_in_url()),
            ("CLERK_SIGN_UP_URL", self.sign_up_url()),
        ];
        if let Some(endpoint) = &self.webhook {
            variables.push(("CLERK_WEBHOOK_SIGNING_SECRET", endpoint.secret.0.clone()));
        }
        if self.url.starts_with("http:") && !is_loopback_url(&self.url) {
            variables.push(("CLERK_DEVELOPMENT_ALLOW_HTTP", "true".to_owned()));
        }
        variables
    }

    /// Returns the URL of an image, or of the initial that is shown in its place.
    pub(crate) fn image_url(&self, owner_id: &str, image: Option<&Image>) -> String {
        let url = format!("{}/images/{owner_id}", self.url);
        match image {
            Some(image) => format!("{url}?v={}", image.version),
            None => url,
        }
    }

    /// Returns true if browsers may be sent to this origin and its pages may read responses of the Frontend API.
    pub(crate) fn allows_origin(&self, origin: &str) -> bool {
        self.trusts_origin(origin) || self.allowed_origins.iter().any(|allowed| allowed == "*")
    }

    /// Returns true for loopback origins, the emulator's own, and those explicitly allowed.
    pub(crate) fn trusts_origin(&self, origin: &str) -> bool {
        self.url == origin
            || self.allowed_origins.iter().any(|allowed| allowed == origin)
            || Url::parse(origin).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.host().is_some_and(|host| is_loopback(&host))
            })
    }

    /// Returns the URL if it is absolute, has no userinfo and leads to an allowed origin.
    pub(crate) fn allowed_redirect(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (plain && self.allows_origin(&url.origin().ascii_serialization())).then_some(url)
    }
}

/// Returns the origin of a page. Addresses of native applications have none.
pub(crate) fn origin_of(url: &Url) -> Option<String> {
    let origin = url.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

/// Returns the publishable key: `pk_test_` or `pk_live_`, and the base64 of the host and a dollar sign.
pub(crate) fn publishable_key(host: &str, production: bool) -> String {
    let kind = if production { "live" } else { "test" };
    format!("pk_{kind}_{}", STANDARD_NO_PAD.encode(format!("{host}$")))
}

/// Returns the cookie suffix: the first eight characters of the URL-safe base64 of the key's SHA-1.
pub(crate) fn cookie_suffix(publishable_key: &str) -> String {
    let hash = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        publishable_key.as_bytes(),
    );
    let mut suffix = URL_SAFE.encode(hash.as_ref());
    suffix.truncate(8);
    suffix
}

/// Returns true if a URL leads to this machine.
fn is_loopback_url(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.host().is_some_and(|host| is_loopback(&host)))
}

/// Returns true for `localhost`, names below it, 127.0.0.0/8 and ::1.
pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
