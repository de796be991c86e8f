//! The Clerk instance of the quickstarts: the configured one, or else an emulator in this process.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

use clerk_core::{Clerk, ClerkBuilder, Clock, ConfigError, SystemClock};
use clerk_emulator::{Emulator, EmulatorBuilder, OrganizationSeed, RoleSeed, UserSeed};

use crate::refusal::with_refusal_page;

pub(crate) const ADMIN: &str = "ada@example.com";
pub(crate) const MEMBER: &str = "alan@example.com";
pub(crate) const ORGANIZATION: &str = "acme";
const PASSWORD: &str = "correct horse battery staple";

/// The Clerk instance that a quickstart runs on.
#[derive(Debug)]
pub struct Instance {
    clerk: Clerk,
    emulator: Option<Emulator>,
    origin: String,
}

/// Why a quickstart could not start.
///
/// `Debug` writes the message, because `main` shows the `Debug` output of the error that it returns.
#[non_exhaustive]
pub enum SetUpError {
    /// The configuration of Clerk is not valid.
    Config(ConfigError),
    /// The emulator did not start.
    Emulator(clerk_emulator::Error),
    /// The variable of this name is not a port number.
    Port(&'static str),
    /// The server cannot listen on the port, which the variable of this name sets.
    Listen(&'static str, u16, io::Error),
}

impl fmt::Display for SetUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // `Debug` includes the causes.
            Self::Config(error) => write!(f, "{error:?}"),
            Self::Emulator(error) => write!(f, "the emulator: {error:?}"),
            Self::Port(variable) => write!(f, "{variable} must be a number from 0 to 65535"),
            Self::Listen(variable, port, error) if error.kind() == io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "port {port} is in use: stop the program that listens on it, or set {variable} to another port"
                )
            }
            Self::Listen(variable, port, error) => write!(
                f,
                "cannot listen on port {port}: {error}; set {variable} to another port"
            ),
        }
    }
}

impl fmt::Debug for SetUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SetUpError {}

impl From<clerk_emulator::Error> for SetUpError {
    fn from(error: clerk_emulator::Error) -> Self {
        Self::Emulator(error)
    }
}

impl Instance {
    /// Creates a nonblocking listener on the port in `PORT`, which defaults to 3000.
    ///
    /// # Errors
    /// Returns an error if `PORT` is not a port number, or if the server cannot listen on the port.
    pub fn listen() -> Result<TcpListener, SetUpError> {
        Self::listen_on("PORT", 3000)
    }

    /// Creates a nonblocking listener on the port in this environment variable, or else on the default port.
    ///
    /// # Errors
    /// Returns an error if the variable is not a port number, or if the server cannot listen on the port.
    #[expect(
        clippy::disallowed_methods,
        reason = "an application reads its own environment"
    )]
    pub fn listen_on(variable: &'static str, default: u16) -> Result<TcpListener, SetUpError> {
        let port = match std::env::var(variable) {
            Ok(port) => port.parse().map_err(|_| SetUpError::Port(variable))?,
            Err(_) => default,
        };
        let listen = || {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        listen().map_err(|error| SetUpError::Listen(variable, port, error))
    }

    /// Returns true if the environment has keys of Clerk, so that no emulator is started.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "an application reads its own environment"
    )]
    pub fn has_keys() -> bool {
        ["CLERK_SECRET_KEY", "CLERK_PUBLISHABLE_KEY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|key| !key.is_empty()))
    }

    /// Configures Clerk from the environment if `CLERK_SECRET_KEY` or `CLERK_PUBLISHABLE_KEY` is set, or else starts an
    /// emulator with two users. `port` is the port of the application.
    ///
    /// # Errors
    /// Returns an error if the configuration is not valid, for example because one of the keys is missing, or if the
    /// emulator does not start.
    pub async fn set_up(port: u16) -> Result<Self, SetUpError> {
        Self::set_up_with(port, Emulator::builder(), with_refusal_page).await
    }

    /// Does what [`set_up`](Self::set_up) does, with an emulator from this builder and further settings of Clerk.
    ///
    /// # Errors
    /// Returns the same errors as [`set_up`](Self::set_up).
    pub async fn set_up_with(
        port: u16,
        emulator: EmulatorBuilder,
        configure: impl FnOnce(ClerkBuilder) -> ClerkBuilder,
    ) -> Result<Self, SetUpError> {
        if Self::has_keys() {
            let origin = format!("http://localhost:{port}");
            return Ok(Self {
                clerk: configure(Clerk::builder().from_env())
                    .build()
                    .map_err(SetUpError::Config)?,
                emulator: None,
                origin,
            });
        }
        Self::on_emulator_with(port, emulator, SystemClock::default(), configure).await
    }

    /// Starts an emulator with two users from this builder, and configures a [`Clerk`] with this clock for it.
    ///
    /// # Errors
    /// Returns an error if the emulator does not start.
    pub async fn on_emulator(
        port: u16,
        emulator: EmulatorBuilder,
        clock: impl Clock,
    ) -> Result<Self, SetUpError> {
        Self::on_emulator_with(port, emulator, clock, with_refusal_page).await
    }

    /// Does what [`on_emulator`](Self::on_emulator) does, with further settings of Clerk.
    ///
    /// # Errors
    /// Returns an error if the emulator does not start, or if the settings are not valid.
    pub async fn on_emulator_with(
        port: u16,
        emulator: EmulatorBuilder,
        clock: impl Clock,
        configure: impl FnOnce(ClerkBuilder) -> ClerkBuilder,
    ) -> Result<Self, SetUpError> {
        let origin = format!("http://localhost:{port}");
        let emulator = emulator
            .user(
                UserSeed::new(ADMIN)
                    .first_name("Ada")
                    .last_name("Lovelace")
                    .password(PASSWORD),
            )
            .user(
                UserSeed::new(MEMBER)
                    .first_name("Alan")
                    .last_name("Turing")
                    .password(PASSWORD),
            )
            .role(RoleSeed::new("org:admin").permission("org:invoices:create"))
            .organization(
                OrganizationSeed::new("Acme", ORGANIZATION)
                    .member(ADMIN, "org:admin")
                    .member(MEMBER, "org:member"),
            )
            .start()
            .await?;
        let clerk = Clerk::builder()
            .from_vars(emulator.env())
            .authorized_parties([origin.clone(), format!("http://127.0.0.1:{port}")])
            .clock(clock);
        let clerk = configure(clerk).build().map_err(SetUpError::Config)?;
        Ok(Self {
            clerk,
            emulator: Some(emulator),
            origin,
        })
    }

    /// Returns the handle for the middleware.
    #[must_use]
    pub fn clerk(&self) -> Clerk {
        self.clerk.clone()
    }

    /// Returns the emulator if one is running.
    #[must_use]
    pub fn emulator(&self) -> Option<&Emulator> {
        self.emulator.as_ref()
    }

    /// Returns how to open the application and sign in.
    #[must_use]
    pub fn greeting(&self) -> String {
        let origin = &self.origin;
        match &self.emulator {
            None => format!("Open {origin} in a browser.\n"),
            Some(_) => format!(
                "Open {origin} in a browser.\n\n\
                 No Clerk keys are set, so an emulator is running in this process. Sign in as\n  \
                 {ADMIN} (admin of Acme) or {MEMBER} (member), with the password: {PASSWORD}\n"
            ),
        }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the text to print at startup, which fits on a screen: what runs, who may sign in, and the address.
    #[must_use]
    pub fn announcement(&self) -> String {
        let origin = &self.origin;
        let instance = match &self.emulator {
            None => "Using the Clerk instance of your keys.".to_owned(),
            Some(emulator) => format!(
                "No Clerk keys are set, so this process runs an emulator of Clerk:\n{url}\n\n  \
                 Ada Lovelace   {ADMIN}    admin of Acme\n  \
                 Alan Turing    {MEMBER}   member of Acme\n\n\
                 Sign in with one click, or with the password: {PASSWORD}\n\
                 To use your own instance, set CLERK_SECRET_KEY and CLERK_PUBLISHABLE_KEY.",
                url = emulator.url(),
            ),
        };
        format!(
            "{instance}\n\nThe API, with curl commands:  {origin}/try\nThe pages, in a browser:      {origin}"
        )
    }
}
