//! Checks the settings of a builder and creates a [`Clerk`] from them.

use std::sync::Arc;
use std::time::Duration;

use clerk_backend_api::{ClerkClient, MachineSecretKey, SecretKey};
use http::HeaderValue;
use url::Url;

use super::ClerkBuilder;
use crate::authorized_parties::{AuthorizedParties, OriginPattern};
use crate::clerk::Clerk;
use crate::config::Config;
use crate::config_error::ConfigError;
use crate::instance::Instance;
use crate::key_check::{KeyFault, KeyKind, environment};
#[cfg(feature = "lookups")]
use crate::lookups::LookupCaches;
use crate::outbound::Outbound;
use crate::outcome_counts::OutcomeCounts;
use crate::publishable_key::{InstanceType, PublishableKey, PublishableKeyError};
use crate::server_metadata::ServerMetadata;
use crate::signing_keys::{SigningKeySource, SigningKeys};
use crate::spread_count::SpreadCount;
use crate::store::{MachineTokenMemory, Scope, ScopeInputs, Sharing};
use crate::token::{ClaimRules, JwtKey, TokenCache, TokenType};
use crate::urls::{is_http, is_loopback};
use crate::variables::{self as names, Remark};
use crate::webhook::WebhookVerifier;

/// The default URL of the Backend API.
pub(super) const DEFAULT_API_URL: &str = "https://api.clerk.com";

/// Problems that do not prevent an instance from starting.
const MENDED: [&str; 3] = [
    "variable-trimmed",
    "variable-misnamed",
    "key-prefix-unknown",
];

impl ClerkBuilder {
    /// Checks the settings and creates the [`Clerk`], without any I/O.
    ///
    /// The publishable key is used unchanged, because the names of cookies depend on its text. Unusual keys are accepted if
    /// they can be sent.
    ///
    /// # Errors
    /// Returns a [`ConfigError`] that names the setting and its variable, and says what to do.
    pub fn build(self) -> Result<Clerk, ConfigError> {
        self.check_variables()?;
        let publishable_key = self.checked_publishable_key()?;
        self.check_keys()?;
        self.check_satellite()?;
        self.check_urls()?;
        let authorized_parties = self.checked_parties()?;
        let public_url = self.public_url.as_deref().map(public_origin).transpose()?;
        let jwt_key = self.jwt_key.as_deref().map(JwtKey::from_pem).transpose()?;
        let webhooks = self
            .webhook_signing_secret
            .clone()
            .map(WebhookVerifier::new)
            .transpose()?;
        let webhooks = self.webhook_verifier.clone().or(webhooks);
        let client = match &self.api_client {
            Some(client) => client.clone(),
            None => self.client()?,
        };
        let report = self.report();
        for finding in report.findings() {
            if MENDED.contains(&finding.code) {
                tracing::warn!("{finding}");
            }
        }
        let pem = jwt_key.as_ref().map(|key| Arc::clone(&key.signing_key));
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        let original_frontend_api = publishable_key.as_ref().map_or_else(String::new, |key| {
            let domain = self.domain.as_deref().filter(|_| self.is_satellite);
            key.effective_frontend_api(None, domain)
        });
        let (frontend_api_proxy, proxy_url) = self.prepared_proxy(publishable_key.as_ref())?;
        let content_security_policy = self
            .prepared_policy(
                publishable_key.as_ref(),
                &original_frontend_api,
                proxy_url.as_deref(),
                frontend_api_proxy.as_ref(),
            )?
            .map(Arc::new);
        let forwarding = frontend_api_proxy
            .as_ref()
            .map(|proxy| forwarding_client(proxy.timeout))
            .transpose()?;
        let scope = Scope::new(ScopeInputs {
            instance: publishable_key.as_ref().map(PublishableKey::frontend_api),
            api_url: client.api_url(),
            secret_key: client.expose_secret_key(),
            machine_secret_key: self
                .machine_secret_key
                .as_ref()
                .map(MachineSecretKey::expose_secret),
            audience: &self.audience,
        });
        let sharing = Sharing::new(&self.sharing, &scope);
        #[cfg(feature = "lookups")]
        let (lookups, client) = LookupCaches::new(
            &client,
            self.lookups,
            scope.clone(),
            sharing.clone(),
            &self.clock,
        );
        let machine_tokens = MachineTokenMemory::new(self.machine_token_memory, scope, sharing);
        let source = match jwt_key {
            Some(key) => SigningKeySource::Pem(key.signing_key),
            None if secret.is_some() => SigningKeySource::Remote(client.clone()),
            None => SigningKeySource::None,
        };
        let signing_keys = SigningKeys::new(source, self.signing_keys, Arc::clone(&self.clock));
        let webhook_secret_found_as = self
            .other_names
            .get(names::CLERK_WEBHOOK_SIGNING_SECRET)
            .filter(|_| webhooks.is_none())
            .cloned();
        let config = Config {
            publishable_key,
            machine_secret_key: self.machine_secret_key,
            rules: ClaimRules {
                authorized_parties,
                audience: self.audience,
                issuer: self.issuer,
                clock_skew: i64::try_from(self.clock_skew.as_millis()).unwrap_or(i64::MAX),
            },
            accepts: self.accepts,
            max_token_bytes: self.max_token_bytes,
            is_satellite: self.is_satellite,
            satellite_auto_sync: self.satellite_auto_sync,
            domain: self.domain.filter(|_| self.is_satellite),
            proxy_url,
            browser_sdk: self.browser_sdk,
            content_security_policy,
            frontend_api_proxy,
            sign_in_url: self.sign_in_url,
            sign_up_url: self.sign_up_url,
            #[cfg(feature = "route-matcher")]
            organization_sync: self.organization_sync,
            forwarded_headers: self.forwarded_headers,
            public_url,
            header_only: self.header_only,
            websocket_protocol: self.websocket_protocol,
            htmx_redirects: self.htmx_redirects,
            refusal_pages: self.refusal_pages,
            oauth_resources: self.oauth_resources,
            redirect_origins: self.redirect_origins,
            original_frontend_api,
            webhooks,
            webhook_secret_found_as,
            webhook_body_limit: self.webhook_body_limit,
        };
        let server_metadata = server_metadata(&config)?;
        Ok(Clerk::of(Instance {
            config,
            server_metadata,
            client,
            signing_keys: Arc::new(signing_keys),
            tokens: TokenCache::new(self.token_cache_bytes),
            machine_tokens,
            outbound: Outbound::new(self.outbound),
            forwarding,
            #[cfg(feature = "lookups")]
            lookups,
            clock: self.clock,
            token_cache_hits: SpreadCount::default(),
            outcomes: OutcomeCounts::default(),
            pem,
            report,
        }))
    }

    /// Refuses unusable variables unless a setter overrides them.
    fn check_variables(&self) -> Result<(), ConfigError> {
        if let Some(remark) = self
            .unusable
            .iter()
            .find(|remark| !self.is_set(remark.variable))
        {
            return Err(invalid(remark.variable, remark.text()));
        }
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        let environments = [secret, self.publishable_key.as_deref()].map(|key| environment(key?));
        match environments {
            [Some(secret), Some(publishable)] if self.reads_keys && secret != publishable => {
                Err(ConfigError::DifferentInstances)
            }
            _ => Ok(()),
        }
    }

    /// Returns true if the setting of a variable has a value.
    pub(super) fn is_set(&self, variable: &str) -> bool {
        match variable {
            names::CLERK_SECRET_KEY => self.secret_key.is_some(),
            names::CLERK_PUBLISHABLE_KEY => self.publishable_key.is_some(),
            names::CLERK_MACHINE_SECRET_KEY => self.machine_secret_key.is_some(),
            names::CLERK_JWT_KEY => self.jwt_key.is_some(),
            names::CLERK_WEBHOOK_SIGNING_SECRET => {
                self.webhook_signing_secret.is_some() || self.webhook_verifier.is_some()
            }
            names::CLERK_AUTHORIZED_PARTIES => !self.authorized_parties.is_empty(),
            names::CLERK_AUTHORIZED_PARTY_PATTERNS => !self.authorized_party_patterns.is_empty(),
            names::CLERK_API_URL => self.api_url.is_some(),
            names::CLERK_API_VERSION => self.api_version.is_some(),
            names::CLERK_PROXY_URL => self.proxy_url.is_some(),
            names::CLERK_PUBLIC_URL => self.public_url.is_some(),
            names::CLERK_DOMAIN => self.domain.is_some(),
            names::CLERK_IS_SATELLITE => self.is_satellite,
            names::CLERK_SIGN_IN_URL => self.sign_in_url.is_some(),
            names::CLERK_SIGN_UP_URL => self.sign_up_url.is_some(),
            names::CLERK_DEVELOPMENT_ALLOW_HTTP => self.allow_http,
            _ => false,
        }
    }

    /// Returns the settings without a value whose value another variable seems to contain.
    pub(super) fn misnamed(&self) -> Vec<Remark> {
        self.other_names
            .iter()
            .filter(|(variable, _)| !self.is_set(variable))
            .map(|(variable, other)| Remark {
                variable,
                problem: format!("is not set, but {other} is, which this program does not read"),
                advice: format!("set {variable}, or remove {other}"),
            })
            .collect()
    }

    fn missing(&self, variable: &'static str, problem: &'static str) -> ConfigError {
        ConfigError::Missing {
            variable,
            problem,
            found_as: self.other_names.get(variable).cloned(),
        }
    }

    /// Refuses missing keys, and keys that cannot be sent in a header.
    fn check_keys(&self) -> Result<(), ConfigError> {
        if self.accepts.single() == Some(TokenType::M2mToken) {
            if self.secret_key.is_none() && self.machine_secret_key.is_none() {
                return Err(self.missing(
                    names::CLERK_MACHINE_SECRET_KEY,
                    "machine tokens cannot be verified without a key: set CLERK_MACHINE_SECRET_KEY to a machine's secret \
                     key (ak_...), or CLERK_SECRET_KEY to the instance's",
                ));
            }
        } else if self.secret_key.is_none() {
            return Err(self.missing(
                names::CLERK_SECRET_KEY,
                "the secret key is missing: set CLERK_SECRET_KEY to the key (sk_test_... or sk_live_...) from the API \
                 keys page of the Clerk Dashboard",
            ));
        }
        let machine = self.machine_secret_key.as_ref();
        for (variable, kind, key) in [
            (
                names::CLERK_SECRET_KEY,
                KeyKind::Secret,
                self.secret_key.as_ref().map(SecretKey::expose_secret),
            ),
            (
                names::CLERK_MACHINE_SECRET_KEY,
                KeyKind::Machine,
                machine.map(MachineSecretKey::expose_secret),
            ),
        ] {
            if key.is_some_and(|key| HeaderValue::from_str(key).is_err()) {
                let fault = KeyFault::Broken;
                let text = format!("{}: {}", fault.problem(), fault.advice(kind));
                return Err(invalid(variable, text));
            }
        }
        Ok(())
    }

    fn checked_publishable_key(&self) -> Result<Option<PublishableKey>, ConfigError> {
        let is_needed = !matches!(
            self.accepts.single(),
            Some(TokenType::ApiKey | TokenType::M2mToken)
        );
        let parsed = self.publishable_key.as_deref().map(PublishableKey::parse);
        match parsed {
            Some(Ok(key)) => Ok(Some(key)),
            None | Some(Err(PublishableKeyError::Missing)) if is_needed => Err(self.missing(
                names::CLERK_PUBLISHABLE_KEY,
                "the publishable key is missing: set CLERK_PUBLISHABLE_KEY to the key (pk_test_... or pk_live_...) from \
                 the API keys page of the Clerk Dashboard",
            )),
            Some(Err(error)) if is_needed => Err(error.into()),
            Some(Err(error)) => {
                tracing::warn!("{error}; it is not needed for the tokens that are accepted here");
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn check_satellite(&self) -> Result<(), ConfigError> {
        if !self.is_satellite || self.accepts.single() == Some(TokenType::M2mToken) {
            return Ok(());
        }
        let secret = self.secret_key.as_ref().map(SecretKey::expose_secret);
        if self.sign_in_url.is_none()
            && secret.and_then(environment) == Some(InstanceType::Development)
        {
            return Err(self.missing(
                names::CLERK_SIGN_IN_URL,
                "a satellite of a development instance needs the sign-in page of its primary application: set \
                 CLERK_SIGN_IN_URL to its absolute URL",
            ));
        }
        if self.domain.is_none() && self.proxy_url.is_none() {
            return Err(self.missing(
                names::CLERK_DOMAIN,
                "a satellite needs its domain or a proxy URL: set CLERK_DOMAIN or CLERK_PROXY_URL",
            ));
        }
        Ok(())
    }

    fn check_urls(&self) -> Result<(), ConfigError> {
        if self.any_url {
            return Ok(());
        }
        for (variable, url) in [
            (names::CLERK_PROXY_URL, &self.proxy_url),
            (names::CLERK_SIGN_IN_URL, &self.sign_in_url),
            (names::CLERK_SIGN_UP_URL, &self.sign_up_url),
        ] {
            if let Some(url) = url {
                check_url(url).map_err(|problem| invalid(variable, problem))?;
            }
        }
        Ok(())
    }

    pub(super) fn checked_parties(&self) -> Result<AuthorizedParties, ConfigError> {
        let patterns = self
            .authorized_party_patterns
            .iter()
            .map(|text| OriginPattern::parse(text))
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(names::CLERK_AUTHORIZED_PARTY_PATTERNS, error.to_string()))?;
        let predicate = self.authorized_party_predicate.clone();
        AuthorizedParties::new(&self.authorized_parties, patterns, predicate)
            .map_err(|error| invalid(names::CLERK_AUTHORIZED_PARTIES, error.to_string()))
    }

    /// Creates the client of the Backend API.
    fn client(&self) -> Result<ClerkClient, ConfigError> {
        use clerk_backend_api::ConfigError as ClientError;

        let mut client = ClerkClient::builder();
        if let Some(key) = &self.secret_key {
            client = client.secret_key(key.clone());
        }
        if let Some(key) = &self.machine_secret_key {
            client = client.machine_secret_key(key.clone());
        }
        if let Some(url) = &self.api_url {
            client = client.api_url(url);
        }
        if self.allow_http {
            client = client.dangerous_allow_http();
        }
        if let Some(version) = &self.api_version {
            client = client.api_version(version);
        }
        client.build().map_err(|error| match &error {
            ClientError::InvalidApiUrl(_) | ClientError::InsecureApiUrl => {
                invalid(names::CLERK_API_URL, format!("cannot be used: {error}"))
            }
            ClientError::InvalidApiVersion => {
                invalid(names::CLERK_API_VERSION, format!("cannot be used: {error}"))
            }
            _ => ConfigError::Client(Box::new(error)),
        })
    }
}

/// Makes the client that forwards requests to the Frontend API.
fn forwarding_client(timeout: Duration) -> Result<reqwest::Client, ConfigError> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(timeout)
        .read_timeout(timeout)
        .build()
        .map_err(|error| ConfigError::Client(Box::new(error)))
}

/// Prepares the download of the authorization server's metadata, if OAuth clients may ask for it.
fn server_metadata(config: &Config) -> Result<Option<ServerMetadata>, ConfigError> {
    let server = config
        .authorization_server()
        .filter(|_| !config.oauth_resources.is_empty());
    let client = server.map(|url| ClerkClient::builder().api_url(url).build());
    let client = client
        .transpose()
        .map_err(|error| ConfigError::Client(Box::new(error)))?;
    Ok(client.map(ServerMetadata::new))
}

fn invalid(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError::Invalid {
        variable,
        setter: names::setter_of(variable),
        problem: problem.into(),
    }
}

/// Checks that a page or proxy is a path or an `https` URL, or an `http` URL on loopback.
fn check_url(text: &str) -> Result<(), &'static str> {
    if text.starts_with('/') && !text.starts_with("//") {
        return Ok(());
    }
    let url = Url::parse(text)
        .map_err(|_| "is neither an absolute URL nor a path that begins with one slash")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain a user name or a password");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        _ => Err("must use https; http is accepted on loopback only"),
    }
}

/// Parses an `http` or `https` origin.
fn public_origin(text: &str) -> Result<Url, ConfigError> {
    Url::parse(text)
        .ok()
        .filter(|url| {
            is_http(url)
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        })
        .ok_or_else(|| {
            invalid(
                names::CLERK_PUBLIC_URL,
                "must be an origin such as https://app.example.com, without a path, a query or a user name",
            )
        })
}
