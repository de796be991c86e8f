use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::error::Error;
use crate::faults::Faults;
use crate::instance::{self, Instance};
use crate::machine_token::MachineTokenBuilder;
use crate::recorder::RecordedRequest;
use crate::secret::Secret;
use crate::seed::{JwtTemplateSeed, MachineSeed, OrganizationSeed, RoleSeed, Seed, UserSeed};
use crate::server;
use crate::session_token::SessionTokenBuilder;
use crate::shared::Shared;
use crate::signing_key::SigningKey;
use crate::store::{CredentialKind, Store};

/// A running emulator; it stops when it is dropped.
///
/// It serves from a thread of its own, so it works in every async runtime and with blocking clients.
///
/// # Security
///
/// For development and tests only. Passwords are kept as they are, anybody who reaches the port can sign in
/// as anybody, and the secret key is known. It listens on loopback unless
/// [`dangerous_bind`](EmulatorBuilder::dangerous_bind) says otherwise.
///
/// # Examples
///
/// ```
/// use clerk_emulator::{Emulator, OrganizationSeed, UserSeed};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), clerk_emulator::Error> {
/// let emulator = Emulator::builder()
///     .user(UserSeed::new("ada@example.com").password("analytical-engine"))
///     .organization(OrganizationSeed::new("Acme", "acme").member("ada@example.com", "org:admin"))
///     .start()
///     .await?;
///
/// // What the application under test reads.
/// for (name, value) in emulator.env() {
///     assert!(name.starts_with("CLERK_") && !value.is_empty());
/// }
/// // What a signed-in caller sends.
/// let token = emulator.session_token("ada@example.com").organization("acme").mint()?;
/// assert_eq!(token.split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// An emulator without users, on a free port, unless told otherwise.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Base URL of the Backend API and the Frontend API, as in `http://127.0.0.1:4000`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.instance.url
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The publishable key, of a development instance.
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        &self.shared.instance.publishable_key
    }

    /// The secret key.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.shared.instance.secret_key
    }

    /// The `iss` claim of its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.shared.instance.issuer()
    }

    /// What is appended to the names of cookies, as in `__session_<suffix>`.
    #[must_use]
    pub fn cookie_suffix(&self) -> &str {
        &self.shared.instance.cookie_suffix
    }

    /// The sign-in page. It takes the address to return to as `redirect_url`.
    #[must_use]
    pub fn sign_in_url(&self) -> String {
        format!("{}/sign-in", self.url())
    }

    /// The page that signs out. It takes the address to return to as `redirect_url`.
    #[must_use]
    pub fn sign_out_url(&self) -> String {
        format!("{}/sign-out", self.url())
    }

    /// The current public key, as PEM.
    #[must_use]
    pub fn jwt_public_key_pem(&self) -> String {
        self.shared.key().public_pem()
    }

    /// The environment variables with which an application uses the emulator in place of Clerk.
    ///
    /// The proxy URL is among them because a publishable key alone always leads to `https`.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("CLERK_API_URL", self.url().to_owned()),
            ("CLERK_SECRET_KEY", self.secret_key().to_owned()),
            ("CLERK_PUBLISHABLE_KEY", self.publishable_key().to_owned()),
            ("CLERK_PROXY_URL", self.url().to_owned()),
            ("CLERK_SIGN_IN_URL", self.sign_in_url()),
        ]
    }

    /// The id of a user, by id, e-mail address, username or phone number.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such user.
    pub fn user_id(&self, user: &str) -> Result<String, Error> {
        self.shared
            .store()
            .user_by_any(user)
            .map(|user| user.id.clone())
            .ok_or_else(|| Error::unknown("user", user))
    }

    /// The id of an organization, by id or slug.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such organization.
    pub fn organization_id(&self, organization: &str) -> Result<String, Error> {
        self.shared
            .store()
            .organization(organization)
            .map(|organization| organization.id.clone())
            .ok_or_else(|| Error::unknown("organization", organization))
    }

    /// A session token for a user, named by id, e-mail address, username or phone number.
    pub fn session_token(&self, user: impl Into<String>) -> SessionTokenBuilder<'_> {
        SessionTokenBuilder::new(&self.shared, user.into())
    }

    /// An API key of a user, an organization or a machine, named by id or as people know it.
    pub fn api_key(&self, subject: impl Into<String>) -> MachineTokenBuilder<'_> {
        let kind = CredentialKind::ApiKey {
            name: "Emulated key".to_owned(),
            description: None,
            created_by: None,
        };
        MachineTokenBuilder::new(&self.shared, kind, subject.into())
    }

    /// A token of a machine, named by id or name.
    pub fn m2m_token(&self, machine: impl Into<String>) -> MachineTokenBuilder<'_> {
        MachineTokenBuilder::new(&self.shared, CredentialKind::M2mToken, machine.into())
    }

    /// An OAuth access token that acts for a user, as an application got it from this instance.
    pub fn oauth_token(&self, user: impl Into<String>) -> MachineTokenBuilder<'_> {
        let kind = CredentialKind::OAuthToken {
            client_id: "emulated_oauth_application".to_owned(),
        };
        MachineTokenBuilder::new(&self.shared, kind, user.into())
    }

    /// The secret key of a machine, named by id or name.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such machine.
    pub fn machine_secret_key(&self, machine: &str) -> Result<String, Error> {
        self.shared
            .store()
            .machine(machine)
            .map(|machine| machine.secret_key.0.clone())
            .ok_or_else(|| Error::unknown("machine", machine))
    }

    /// Failures to come.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Replaces the key pair: the old key leaves the key set, and tokens signed with it should stop
    /// verifying once the application has noticed.
    ///
    /// # Errors
    ///
    /// [`Error::KeyGeneration`] when no key can be made.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        self.shared.replace_key(SigningKey::generate()?);
        Ok(())
    }

    /// Moves the emulator's clock ahead. All stamps follow it; the application's clock does not.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Stops the emulator's clock at this time; from then on only [`advance_clock`](Self::advance_clock)
    /// moves it.
    pub fn set_clock(&self, at: SystemTime) {
        self.shared.clock.set(at);
    }

    /// Puts the emulator's clock back to real time.
    pub fn reset_clock(&self) {
        self.shared.clock.reset();
    }

    /// The requests that arrived so far, oldest first; the newest 10,000 are kept.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.recorder.all()
    }

    /// The requests to exactly this path, oldest first.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path() == path);
        requests
    }

    /// Forgets the requests that arrived.
    pub fn clear_requests(&self) {
        self.shared.recorder.clear();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // When this returns, the port is free and every connection is closed. A panic over there was
            // already reported.
            drop(thread.join());
        }
    }
}

/// What an [`Emulator`] shall hold and how it shall listen.
#[derive(Debug, Default)]
#[must_use]
pub struct EmulatorBuilder {
    seed: Seed,
    port: u16,
    bind: Option<IpAddr>,
    host: Option<String>,
    secret_key: Option<Secret>,
    allowed_origins: Vec<String>,
    no_refresh_cookies: bool,
}

impl EmulatorBuilder {
    /// Adds a person.
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

    /// Adds everything in a seed, as read from a file.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed.merge(seed);
        self
    }

    /// A fixed port; 0, the default, takes a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Listens on this address, which may be reachable from other machines; `Host` headers are then not
    /// checked.
    ///
    /// # Security
    ///
    /// Whoever reaches the port can sign in as anybody and read every user.
    pub fn dangerous_bind(mut self, address: IpAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// The host name inside the publishable key, and so the issuer of the tokens. Two emulators with
    /// different hosts are two Clerk instances. Development behaviour needs a name that ends with
    /// `.accounts.dev`, as the default does.
    pub fn frontend_api_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Another secret key than the default, which is the same for all emulators.
    pub fn secret_key(mut self, key: impl Into<String>) -> Self {
        self.secret_key = Some(Secret(key.into()));
        self
    }

    /// An origin, as in `http://app.test:3000`, that browsers may be sent to and whose pages may read
    /// answers; loopback origins always may. `*` allows every origin.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Gives no refresh cookie to the application: an expired session token then takes a handshake.
    pub fn without_refresh_cookies(mut self) -> Self {
        self.no_refresh_cookies = true;
        self
    }

    /// Starts serving. When this returns, the port answers.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] when the address is taken; [`Error::Duplicate`] or [`Error::Unknown`] when the seed
    /// contradicts itself; [`Error::Invalid`] for a host name or secret key that cannot be used;
    /// [`Error::Thread`], [`Error::NotStarted`] or [`Error::KeyGeneration`] when the machine does not let
    /// it.
    #[expect(
        clippy::unused_async,
        reason = "starting is asynchronous for the caller, whatever it does inside"
    )]
    pub async fn start(self) -> Result<Emulator, Error> {
        self.start_blocking()
    }

    /// [`start`](Self::start) for callers that are not asynchronous. It takes the time of making a key.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn start_blocking(self) -> Result<Emulator, Error> {
        let ip = self.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let wanted = SocketAddr::new(ip, self.port);
        let bind_error = |source| Error::Bind {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).map_err(bind_error)?;
        listener.set_nonblocking(true).map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;

        let instance = self.instance(address)?;
        let clock = Clock::default();
        let store = Store::seeded(instance.url.clone(), self.seed, clock.now_ms())?;
        let shared = Arc::new(Shared::new(instance, clock, store, SigningKey::generate()?));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(Error::Thread)?;
        let serving = server::serve(listener, Arc::clone(&shared), stopped);
        let thread = std::thread::Builder::new()
            .name("clerk-emulator".to_owned())
            .spawn(move || runtime.block_on(serving))
            .map_err(Error::Thread)?;
        tracing::warn!(
            url = shared.instance.url,
            "clerk emulator listens: for development and tests only"
        );
        Ok(Emulator {
            shared,
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
        let secret_key = match &self.secret_key {
            Some(Secret(key)) if key.is_empty() => {
                return Err(Error::Invalid {
                    what: "the secret key",
                    value: String::new(),
                    expected: "a text that is not empty",
                });
            }
            Some(Secret(key)) => key.clone(),
            None => instance::DEFAULT_SECRET_KEY.to_owned(),
        };
        // An unspecified address is no destination; this machine reaches it by loopback.
        let reachable = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        let publishable_key = instance::publishable_key(&host);
        Ok(Instance {
            cookie_suffix: instance::cookie_suffix(&publishable_key),
            publishable_key,
            host,
            secret_key,
            url: format!("http://{}", SocketAddr::new(reachable, address.port())),
            allowed_origins: self.allowed_origins.clone(),
            loopback_only: address.ip().is_loopback(),
            refresh_cookies: !self.no_refresh_cookies,
        })
    }
}
