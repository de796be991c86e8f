use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::oneshot;
use url::Url;

use crate::app::{App, RecordEvents};
use crate::beginning::Beginning;
use crate::clerk_js::ClerkJs;
use crate::clock::{system_ms, to_ms};
use crate::emulator::Emulator;
use crate::error::Error;
use crate::http::server;
use crate::instance::{self, Instance};
use crate::rules::{domains, settings};
use crate::secret::Secret;
use crate::seed::{
    DiscountSeed, JwtTemplateSeed, MachineSeed, OrganizationSeed, PlanSeed, RoleSeed, Seed,
    UserSeed,
};
use crate::seeding;
use crate::settings_seed::SettingsSeed;
use crate::signing_keys;
use crate::store::Store;
use crate::store::memory::Memory;
#[cfg(feature = "sqlite")]
use crate::store::sqlite::Sqlite;
use crate::store::storage::Storage;
use crate::store::tables::Tables;
use crate::tokens::crypto_provider;
use crate::tokens::signing_key::SigningKey;
use crate::webhooks::endpoint::{self, Endpoint};
use crate::webhooks::{delivery, events};

/// The end of the year 9999, after which dates cannot be represented.
const LATEST_MS: u64 = 253_402_300_799_999;

/// Configures the contents of an [`Emulator`] and how it listens.
#[derive(Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    seed: Seed,
    port: u16,
    bind: Option<IpAddr>,
    host: Option<String>,
    secret_key: Option<Secret>,
    allowed_origins: Vec<String>,
    public_url: Option<String>,
    no_refresh_cookies: bool,
    webhook: Option<(String, Option<Secret>)>,
    signing_key: Option<Secret>,
    clerk_js: Option<PathBuf>,
    #[cfg(feature = "sqlite")]
    data: Option<PathBuf>,
    production: bool,
}

impl EmulatorBuilder {
    /// Adds a user.
    pub fn user(mut self, user: UserSeed) -> Self {
        self.seed.users.push(user);
        self
    }

    /// Adds an organization.
    pub fn organization(mut self, organization: OrganizationSeed) -> Self {
        self.seed.organizations.push(organization);
        self
    }

    /// Adds a role, or permissions to one that exists.
    pub fn role(mut self, role: RoleSeed) -> Self {
        self.seed.roles.push(role);
        self
    }

    /// Adds a JWT template.
    pub fn jwt_template(mut self, template: JwtTemplateSeed) -> Self {
        self.seed.jwt_templates.push(template);
        self
    }

    /// Adds a machine.
    pub fn machine(mut self, machine: MachineSeed) -> Self {
        self.seed.machines.push(machine);
        self
    }

    /// Adds a billing plan.
    pub fn plan(mut self, plan: PlanSeed) -> Self {
        self.seed.plans.push(plan);
        self
    }

    /// Adds a discount.
    pub fn discount(mut self, discount: DiscountSeed) -> Self {
        self.seed.discounts.push(discount);
        self
    }

    /// Changes instance settings: how people sign up and sign in.
    pub fn settings(mut self, settings: SettingsSeed) -> Self {
        self.seed.settings.merge(settings);
        self
    }

    /// Adds everything in a seed.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed.merge(seed);
        self
    }

    /// Sets the port. 0, the default, picks a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on this address, which other machines or containers can reach by an IP address, or by the host name of
    /// the [`public_url`](Self::public_url). Requests that name another host are refused.
    ///
    /// # Security
    ///
    /// For development only: anyone who can reach the port can sign in as any user and read all state.
    pub fn dangerous_bind(mut self, address: IpAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Sets the URL under which applications and browsers reach the emulator, if that is not the address that it
    /// listens on: `http://clerk-emulator:4000` in a network of containers, for example. It is used in
    /// [`Emulator::env`], in links and redirects, and in the URLs of images.
    ///
    /// Applications refuse plain `http` beyond loopback by default; [`Emulator::env`] then includes the variable that
    /// allows it.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Sets the host name in the publishable key, and with it the issuer of the tokens. Emulators with
    /// different hosts act as different Clerk instances. Some SDKs expect a development instance to have a name that
    /// ends with `.accounts.dev`, as the default does.
    pub fn frontend_api_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets the secret key. The default is the same for all emulators. Live keys (`sk_live_`) are refused.
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_key = Some(Secret(key.into()));
        self
    }

    /// Sets the key that signs tokens: a private RSA key of 2048 bits as PEM (`BEGIN PRIVATE KEY`). By default, a new
    /// key is generated, and kept with the state if there is a data file.
    pub fn signing_key(mut self, pem: impl Into<String>) -> Self {
        self.signing_key = Some(Secret(pem.into()));
        self
    }

    /// Keeps the state, including the signing key, in this SQLite file, which is created if it does not exist. Once an
    /// operation has been answered, its changes are in the file, however the process ends. The seed fills a new file;
    /// an existing state is kept.
    ///
    /// # Security
    ///
    /// The file contains keys and password hashes. Only its owner may read it.
    #[cfg(feature = "sqlite")]
    pub fn data_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.data = Some(path.into());
        self
    }

    /// Allows redirects to this origin, such as `http://app.test:3000`, and its pages to call the Frontend API.
    /// Loopback origins are always allowed. `*` allows every origin, except to call the Backend API and the admin
    /// interface.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Sends every event that operations cause to this URL, signed with this secret, of the form `whsec_<base64>`, as
    /// Svix does for Clerk. [`Emulator::env`] includes the secret.
    ///
    /// Seeds and the methods of [`Emulator`] cause no events. An `https` URL needs the feature `cli`.
    pub fn webhook(mut self, url: impl Into<String>, secret: impl Into<String>) -> Self {
        self.webhook = Some((url.into(), Some(Secret(secret.into()))));
        self
    }

    /// Sends every event that operations cause to this URL, signed with the emulator's default secret.
    ///
    /// See [`webhook`](Self::webhook).
    pub fn webhook_url(mut self, url: impl Into<String>) -> Self {
        self.webhook = Some((url.into(), None));
        self
    }

    /// Sets no refresh cookie, so that an expired session token leads to a handshake.
    pub fn without_refresh_cookies(mut self) -> Self {
        self.no_refresh_cookies = true;
        self
    }

    /// Serves Clerk's browser SDK below `/npm/`, where pages that use the emulator as their proxy URL look for it:
    /// `/npm/@clerk/clerk-js@6/dist/clerk.browser.js`. The folder contains the unpacked npm packages `@clerk/clerk-js`
    /// and, from its version 6 on, `@clerk/ui`; a `node_modules` folder will do. Pages get the version that is there,
    /// no matter which one they ask for.
    pub fn clerk_js(mut self, folder: impl Into<PathBuf>) -> Self {
        self.clerk_js = Some(folder.into());
        self
    }

    /// Behaves as a production instance does: the publishable key begins with `pk_live_`, browsers are recognized
    /// by cookies of the Frontend API, and handshakes set cookies. Application and emulator must then be
    /// reached under the same host name, as in `http://localhost:3000` and `http://localhost:4000`. Test addresses get mail like
    /// others, until test mode is switched on with `PATCH /v1/instance`.
    ///
    /// # Security
    ///
    /// It is still an emulator: anyone who can reach the port can sign in as any user.
    pub fn production(mut self) -> Self {
        self.production = true;
        self
    }

    /// Starts the emulator. When this returns, the emulator is accepting requests.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] when the address is taken; [`Error::Duplicate`] or [`Error::Unknown`] when the seed
    /// contradicts itself; [`Error::Invalid`] for a host name, key, webhook endpoint or folder of bundles that cannot
    /// be used; [`Error::CryptoProvider`] when `jsonwebtoken` cannot sign; [`Error::Thread`] or
    /// [`Error::KeyGeneration`] when the operating system or the cryptography fails.
    pub async fn start(self) -> Result<Emulator, Error> {
        // Generating a key takes a while, which must not block the caller's runtime.
        let (started, outcome) = oneshot::channel();
        std::thread::Builder::new()
            .name("clerk-emulator-start".to_owned())
            .spawn(move || drop(started.send(self.start_blocking())))
            .map_err(Error::Thread)?;
        // The sender is dropped unsent only if that thread panics, which has been reported.
        outcome.await.unwrap_or_else(|_| {
            Err(Error::Thread(std::io::Error::other(
                "the thread that starts the emulator panicked",
            )))
        })
    }

    /// Starts the emulator from code that is not asynchronous.
    ///
    /// # Errors
    ///
    /// The same as [`start`](Self::start).
    pub fn start_blocking(mut self) -> Result<Emulator, Error> {
        let ip = self.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let wanted = SocketAddr::new(ip, self.port);
        let bind_error = |source| Error::Bind {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).map_err(bind_error)?;
        listener.set_nonblocking(true).map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;

        crypto_provider::install()?;
        let instance = self.instance(address)?;
        let store = Store::new(self.storage()?);
        let clock = self
            .seed
            .clock_ms
            .map(|ms| UNIX_EPOCH + Duration::from_millis(ms.min(LATEST_MS)));
        let now = clock.map_or_else(system_ms, to_ms);
        let faults = std::mem::take(&mut self.seed.faults);
        let expectations = std::mem::take(&mut self.seed.expectations);
        let pinned = self.signing_key.take().or(self.seed.signing_key.take());
        let pinned = pinned.map(|pem| SigningKey::from_pem(&pem.0)).transpose()?;
        let key = store.write(|tables| {
            if settings::get(tables).is_err() {
                seeding::seed(tables, self.seed, instance.production, now)?;
                domains::ensure_primary(tables, &instance.host);
            }
            signing_keys::settle(tables, pinned)
        })?;
        let beginning = Beginning {
            state: store.read(Tables::dump),
            faults,
            expectations,
            clock,
        };
        let record: Option<RecordEvents> = instance.webhook.as_ref().map(|_| events::record as _);
        let app = Arc::new(App::new(instance, store, key, record, beginning));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(Error::Thread)?;
        let serving = server::serve(listener, Arc::clone(&app), stopped);
        let endpoint = app.instance.webhook.clone();
        let delivering = endpoint.map(|endpoint| delivery::run(Arc::clone(&app), endpoint));
        let thread = std::thread::Builder::new()
            .name("clerk-emulator".to_owned())
            .spawn(move || {
                // Deliveries end with the runtime, which ends with the server.
                if let Some(delivering) = delivering {
                    runtime.spawn(delivering);
                }
                runtime.block_on(serving);
            })
            .map_err(Error::Thread)?;
        tracing::warn!(
            url = app.instance.url,
            "clerk emulator listens: for development and tests only"
        );
        Ok(Emulator {
            app,
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    fn instance(&self, address: SocketAddr) -> Result<Instance, Error> {
        let host = self
            .host
            .clone()
            .unwrap_or_else(|| instance::DEFAULT_HOST.to_owned());
        if !host.contains('.') || host.contains(['$', '/', ' ']) {
            return Err(Error::Invalid {
                what: "the frontend api host",
                value: host,
                expected: "a host name with a dot, without a scheme",
            });
        }
        let secret_key = match self.secret_key.as_ref().or(self.seed.secret_key.as_ref()) {
            Some(Secret(key)) if key.is_empty() => {
                return Err(Error::Invalid {
                    what: "the secret key",
                    value: String::new(),
                    expected: "a text that is not empty",
                });
            }
            Some(Secret(key)) if key.starts_with("sk_live_") => {
                return Err(Error::Invalid {
                    what: "the secret key",
                    value: "sk_live_...".to_owned(),
                    expected: "the key of a test instance: keep live keys away from an emulator",
                });
            }
            Some(Secret(key)) => key.clone(),
            None => instance::DEFAULT_SECRET_KEY.to_owned(),
        };
        let publishable_key = instance::publishable_key(&host, self.production);
        Ok(Instance {
            cookie_suffix: instance::cookie_suffix(&publishable_key),
            publishable_key,
            host,
            secret_key,
            url: self.url(address)?,
            allowed_origins: self.allowed_origins.clone(),
            loopback_only: address.ip().is_loopback(),
            refresh_cookies: !self.no_refresh_cookies,
            webhook: self.endpoint()?,
            clerk_js: self.clerk_js.as_deref().map(ClerkJs::find).transpose()?,
            production: self.production,
        })
    }

    #[cfg(feature = "sqlite")]
    fn storage(&self) -> Result<Box<dyn Storage>, Error> {
        Ok(match &self.data {
            Some(path) => Box::new(Sqlite::open(path)?),
            None => Box::new(Memory::default()),
        })
    }

    #[cfg(not(feature = "sqlite"))]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "with the feature `sqlite` it can fail"
    )]
    fn storage(&self) -> Result<Box<dyn Storage>, Error> {
        Ok(Box::new(Memory::default()))
    }

    fn endpoint(&self) -> Result<Option<Endpoint>, Error> {
        let Some((url, secret)) = &self.webhook else {
            return Ok(None);
        };
        let secret = secret
            .clone()
            .unwrap_or_else(|| Secret(endpoint::DEFAULT_SECRET.to_owned()));
        Endpoint::new(url, secret).map(Some)
    }

    /// Returns the URL that the emulator is known by, without a trailing slash.
    fn url(&self, address: SocketAddr) -> Result<String, Error> {
        let Some(url) = &self.public_url else {
            // An unspecified address is not a destination; this machine reaches it through loopback.
            let reachable = match address.ip() {
                ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
                ip => ip,
            };
            return Ok(format!(
                "http://{}",
                SocketAddr::new(reachable, address.port())
            ));
        };
        let is_origin = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
        };
        Url::parse(url)
            .ok()
            .filter(is_origin)
            .map(|url| url.origin().ascii_serialization())
            .ok_or_else(|| Error::Invalid {
                what: "the public url",
                value: url.clone(),
                expected: "a scheme, a host and perhaps a port, as in http://clerk-emulator:4000",
            })
    }
}
