use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use crate::admin::ADMIN_PREFIX;
use crate::app::App;
use crate::builder::EmulatorBuilder;
use crate::clock::Clock;
use crate::error::Error;
use crate::frontend_api::provider::account_token;
use crate::http::expectations::Expectation;
use crate::http::faults::Faults;
use crate::http::recorder::RecordedRequest;
use crate::inbox_message::InboxMessage;
use crate::minting::machine_token::MachineTokenBuilder;
use crate::minting::session_token::SessionTokenBuilder;
use crate::model::credential::CredentialKind;
use crate::model::external_account::ProviderAccount;
use crate::rules::{identifiers, inbox, machines, organizations, webhook_messages};
use crate::seed::Seed;
use crate::store::tables::TablesDump;
use crate::tokens::signing_key::SigningKey;
use crate::webhooks::log::Webhook;

/// A running emulator, which stops when it is dropped.
///
/// It serves from its own thread, so it works with every async runtime and with blocking clients.
///
/// # Security
///
/// For development and tests only: anyone who can reach the port can sign in as any user, and the default secret
/// key is public. The emulator listens on loopback unless
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
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Returns a builder for an emulator without users, on a free port.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// Returns the base URL of both APIs, such as `http://127.0.0.1:4000`. The dashboard is at its root.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.app.instance.url
    }

    /// Returns the URL below which the whole Frontend API is served, such as `http://127.0.0.1:4000/fapi`.
    ///
    /// Some paths, such as `/v1/organizations`, belong to both APIs. Browser SDKs can use [`url`](Self::url) as well:
    /// the emulator recognizes their requests by the query.
    #[must_use]
    pub fn frontend_api_url(&self) -> String {
        self.app.instance.frontend_api_url()
    }

    /// Returns the address that the emulator listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the publishable key. It begins with `pk_test_`, or `pk_live_` for
    /// [`production`](EmulatorBuilder::production).
    #[must_use]
    pub fn publishable_key(&self) -> &str {
        &self.app.instance.publishable_key
    }

    /// Returns the secret key.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.app.instance.secret_key
    }

    /// Returns the `iss` claim of the tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.app.instance.issuer()
    }

    /// Returns the suffix of cookie names, as in `__session_<suffix>`.
    #[must_use]
    pub fn cookie_suffix(&self) -> &str {
        &self.app.instance.cookie_suffix
    }

    /// Returns the URL of the sign-in page. Its query parameter `redirect_url` is where the browser returns to.
    #[must_use]
    pub fn sign_in_url(&self) -> String {
        self.app.instance.sign_in_url()
    }

    /// Returns the URL of the sign-up page. Its query parameter `redirect_url` is where the browser returns to.
    #[must_use]
    pub fn sign_up_url(&self) -> String {
        self.app.instance.sign_up_url()
    }

    /// Returns the URL that signs the browser out. Its query parameter `redirect_url` is where the browser returns to.
    #[must_use]
    pub fn sign_out_url(&self) -> String {
        format!("{}/sign-out", self.url())
    }

    /// Returns the URL of the admin interface. Its OpenAPI document is at `/openapi.json` below this URL.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("{}{ADMIN_PREFIX}", self.url())
    }

    /// Returns the current public key as PEM.
    #[must_use]
    pub fn jwt_public_key_pem(&self) -> String {
        self.app.key().public_pem()
    }

    /// Returns the environment variables that point an application at the emulator.
    ///
    /// They include the proxy URL, because a publishable key alone always means an `https` URL. If the emulator is
    /// reached over plain `http` beyond loopback, they include `CLERK_DEVELOPMENT_ALLOW_HTTP`.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        self.app.instance.env()
    }

    /// Returns the ID of a user, named by ID, email address, username or phone number.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such user.
    pub fn user_id(&self, user: &str) -> Result<String, Error> {
        self.app.read(|tables, _| {
            identifiers::user_by_any(tables, user)
                .map(|user| user.id.clone())
                .ok_or_else(|| Error::unknown("user", user))
        })
    }

    /// Returns the ID of an organization, named by ID or slug.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such organization.
    pub fn organization_id(&self, organization: &str) -> Result<String, Error> {
        self.app.read(|tables, _| {
            organizations::by_id_or_slug(tables, organization)
                .map(|organization| organization.id.clone())
                .ok_or_else(|| Error::unknown("organization", organization))
        })
    }

    /// Starts building a session token for a user, named by ID, email address, username or phone number.
    pub fn session_token(&self, user: impl Into<String>) -> SessionTokenBuilder<'_> {
        SessionTokenBuilder::new(&self.app, user.into())
    }

    /// Starts building an API key of a user, an organization or a machine, named by ID, address, slug or name.
    pub fn api_key(&self, subject: impl Into<String>) -> MachineTokenBuilder<'_> {
        let kind = CredentialKind::ApiKey {
            name: "Emulated key".to_owned(),
            description: None,
            created_by: None,
        };
        MachineTokenBuilder::new(&self.app, kind, subject.into())
    }

    /// Starts building an M2M token of a machine, named by ID or name.
    pub fn m2m_token(&self, machine: impl Into<String>) -> MachineTokenBuilder<'_> {
        MachineTokenBuilder::new(&self.app, CredentialKind::M2mToken, machine.into())
    }

    /// Starts building an OAuth access token that acts for a user.
    pub fn oauth_token(&self, user: impl Into<String>) -> MachineTokenBuilder<'_> {
        let kind = CredentialKind::OAuthToken {
            client_id: "emulated_oauth_application".to_owned(),
            organization_id: None,
        };
        MachineTokenBuilder::new(&self.app, kind, user.into())
    }

    /// Returns the secret key of a machine, named by ID or name.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no such machine.
    pub fn machine_secret_key(&self, machine: &str) -> Result<String, Error> {
        self.app.read(|tables, _| {
            machines::by_id_or_name(tables, machine)
                .map(|machine| machine.secret_key.0.clone())
                .ok_or_else(|| Error::unknown("machine", machine))
        })
    }

    /// Returns the emails and text messages to an email address or phone number, oldest first: one-time codes, links,
    /// and notices about accounts. The newest 1,000 messages are kept.
    ///
    /// Test addresses (`ada+clerk_test@example.com`) and fictional numbers (`+15555550100`) receive nothing: their code
    /// is always `424242`.
    #[must_use]
    pub fn inbox(&self, to: &str) -> Vec<InboxMessage> {
        self.app
            .read(|tables, _| inbox::to(tables, to).map(InboxMessage::of).collect())
    }

    /// Creates the token that Google One Tap would give to the browser of a user with this email address.
    ///
    /// # Errors
    ///
    /// [`Error::Signing`] when signing fails.
    pub fn google_one_tap_token(&self, email_address: &str) -> Result<String, Error> {
        let account = ProviderAccount::emulated("google", email_address, "", "");
        account_token(&self.app, &account)
    }

    /// Returns the faults, to add and remove them.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.app.faults
    }

    /// Replaces the key pair. The old key leaves the key set, and tokens signed with it stop verifying once the
    /// application has loaded the new set.
    ///
    /// # Errors
    ///
    /// [`Error::KeyGeneration`] when no key can be generated, [`Error::DataFile`] when it cannot be stored.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        self.app.replace_key(SigningKey::generate()?)
    }

    /// Returns the whole state as a seed: an emulator that starts with it has the same users, passwords, sessions and
    /// keys.
    #[must_use]
    pub fn export(&self) -> Seed {
        let tables = self.app.read(|tables, _| tables.dump());
        Seed::of_state(tables)
    }

    /// Takes a snapshot of the whole state, to [`restore`](Self::restore) later.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.app.read(|tables, _| tables.dump()))
    }

    /// Restores the state of a snapshot, including the signing key. It causes no webhook events.
    ///
    /// # Errors
    ///
    /// [`Error::DataFile`] when the state cannot be stored.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.app.restore(snapshot.0.clone())
    }

    /// Restores what the emulator started with: the state, the clock, the faults and the expected requests. The record
    /// of received requests is cleared.
    ///
    /// # Errors
    ///
    /// [`Error::DataFile`] when the state cannot be stored.
    pub fn reset(&self) -> Result<(), Error> {
        self.app.reset()
    }

    /// Advances the emulator's clock. The application's clock is not affected.
    pub fn advance_clock(&self, by: Duration) {
        self.app.move_clock(|clock| clock.advance(by));
    }

    /// Stops the emulator's clock at this time. From then on, only [`advance_clock`](Self::advance_clock) moves it.
    pub fn set_clock(&self, at: SystemTime) {
        self.app.move_clock(|clock| clock.set(at));
    }

    /// Sets the emulator's clock back to real time.
    pub fn reset_clock(&self) {
        self.app.move_clock(Clock::reset);
    }

    /// Returns the events for the webhook endpoint, sent and pending, oldest first. The newest 1,000 are kept.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.app.read(|tables, _| {
            let messages = tables.webhook_messages.iter().cloned();
            messages.map(Webhook::new).collect()
        })
    }

    /// Sends a webhook again, with the same ID.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when there is no webhook with this ID.
    pub fn replay_webhook(&self, id: &str) -> Result<(), Error> {
        self.app
            .set_up(|tables, _| webhook_messages::replay(tables, id))?;
        self.app.outbox.notify_written();
        Ok(())
    }

    /// Waits until every webhook has been delivered or has failed for good. An endpoint that does not respond is tried
    /// eight times, which takes two minutes.
    pub async fn settle(&self) {
        self.app.settle().await;
    }

    /// Returns the requests received so far, oldest first. The newest 10,000 are kept. Requests to the dashboard and
    /// the admin interface are not recorded.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.app.recorder.all()
    }

    /// Returns the requests to exactly this path, oldest first.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.path() == path);
        requests
    }

    /// Expects requests from now on. [`verify`](Self::verify) reports the ones that did not come.
    ///
    /// ```
    /// # use clerk_emulator::{Emulator, Expectation};
    /// # fn main() -> Result<(), clerk_emulator::Error> {
    /// let emulator = Emulator::builder().start_blocking()?;
    /// emulator.expect(Expectation::of("GET", "/v1/jwks").times(0));
    /// // The test, which verifies without network.
    /// emulator.verify()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn expect(&self, expectation: Expectation) {
        self.app.recorder.expectations.add(expectation);
    }

    /// Checks that the expected requests came, as often as expected.
    ///
    /// # Errors
    ///
    /// [`Error::Unexpected`] names the requests that came too rarely or too often.
    pub fn verify(&self) -> Result<(), Error> {
        let unmet = self.app.recorder.expectations.unmet();
        if unmet.is_empty() {
            Ok(())
        } else {
            Err(Error::Unexpected(unmet.join("; ")))
        }
    }

    /// Clears the record of requests.
    pub fn clear_requests(&self) {
        self.app.recorder.clear();
    }
}

/// The state of an emulator at one time.
///
/// Returned by [`Emulator::snapshot`].
#[derive(Clone)]
pub struct Snapshot(TablesDump);

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // When this returns, the port is free and every connection is closed. A panic of the thread was
            // already reported.
            drop(thread.join());
        }
    }
}
