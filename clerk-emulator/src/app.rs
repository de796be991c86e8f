//! The state that all handlers share.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;
use jsonwebtoken::Header;
use serde_json::{Map, Value};
use url::Url;

use crate::beginning::Beginning;
use crate::clock::Clock;
use crate::error::Error;
use crate::http::faults::Faults;
use crate::http::recorder::Recorder;
use crate::instance::Instance;
use crate::model::credential::{Credential, CredentialKind};
use crate::model::jwt_template::JwtTemplate;
use crate::model::session::Session;
use crate::outbox::Outbox;
use crate::rules::api_error::ApiError;
use crate::rules::billing::subscriptions;
use crate::rules::{
    invitation_mails, organization_suggestions, redirect_urls, sessions, template_keys,
    webhook_messages,
};
use crate::signing_keys;
use crate::store::Store;
use crate::store::tables::{Tables, TablesDump};
use crate::tokens::machine_claims::{m2m_claims, oauth_claims};
use crate::tokens::session_claims::session_claims;
use crate::tokens::signing_key::{SigningKey, TokenKind, sign};
use crate::tokens::template_claims::template_claims;

/// The emulated instance: its identity, state, clock and key, and the controls for tests.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) instance: Instance,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) recorder: Recorder,
    client: OnceLock<reqwest::Client>,
    /// Notifies the delivery of webhooks that there is something to send.
    pub(crate) outbox: Outbox,
    record_events: Option<RecordEvents>,
    snapshots: Mutex<IndexMap<String, TablesDump>>,
    beginning: Beginning,
    store: Store,
    key: Mutex<Arc<SigningKey>>,
}

/// Writes messages about the changes of an operation, as part of it; returns true if there are any.
pub(crate) type RecordEvents = fn(&mut Tables, &Instance, i64) -> bool;

impl App {
    pub(crate) fn new(
        instance: Instance,
        store: Store,
        key: SigningKey,
        record_events: Option<RecordEvents>,
        beginning: Beginning,
    ) -> Self {
        let app = Self {
            instance,
            clock: Clock::default(),
            faults: Faults::default(),
            recorder: Recorder::default(),
            client: OnceLock::new(),
            outbox: Outbox::default(),
            record_events,
            beginning,
            snapshots: Mutex::default(),
            store,
            key: Mutex::new(Arc::new(key)),
        };
        app.control_as_at_the_start();
        app
    }

    /// Restores everything that the emulator started with: the state, the clock, the faults and the expectations.
    /// The recorded requests are forgotten.
    pub(crate) fn reset(&self) -> Result<(), Error> {
        self.restore(self.beginning.state.clone())?;
        self.control_as_at_the_start();
        Ok(())
    }

    fn control_as_at_the_start(&self) {
        match self.beginning.clock {
            Some(at) => self.clock.set(at),
            None => self.clock.reset(),
        }
        self.faults.clear();
        for fault in &self.beginning.faults {
            self.faults.add(fault.clone());
        }
        self.recorder.clear();
        self.recorder.expectations.clear();
        for expectation in &self.beginning.expectations {
            self.recorder.expectations.add(expectation.clone());
        }
    }

    /// Reads the state, at the emulator's time.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Tables, i64) -> T) -> T {
        let now = self.clock.now_ms();
        self.store.read(|tables| read(tables, now))
    }

    /// Performs an operation on the state, at the emulator's time. If it is refused, the state remains
    /// unchanged.
    pub(crate) fn write<T>(
        &self,
        change: impl FnOnce(&mut Tables, i64) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let now = self.clock.now_ms();
        let mut any_event = false;
        let value = self.store.write(|tables| {
            let value = change(tables, now)?;
            sessions::settle_changed(tables);
            organization_suggestions::enroll_changed(tables, now)?;
            invitation_mails::deliver(tables, |ticket| self.instance.ticket_url(ticket), now);
            any_event = self
                .record_events
                .is_some_and(|record| record(tables, &self.instance, now));
            Ok::<_, ApiError>(value)
        })?;
        if any_event {
            self.outbox.notify_written();
        }
        Ok(value)
    }

    /// Moves the clock, and carries out the renewals of subscriptions that are due by then.
    pub(crate) fn move_clock(&self, moved: impl FnOnce(&Clock)) {
        moved(&self.clock);
        let done = self.write(|tables, now| {
            subscriptions::advance(tables, now);
            Ok(())
        });
        if let Err(error) = done {
            tracing::error!(
                ?error,
                "the state could not be brought up to the emulator's time"
            );
        }
    }

    /// Changes the state for a test, which causes no events. If it fails, the state remains unchanged.
    pub(crate) fn set_up<T>(
        &self,
        change: impl FnOnce(&mut Tables, i64) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let now = self.clock.now_ms();
        self.store.write(|tables| change(tables, now))
    }

    /// Returns the current key.
    pub(crate) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.key.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with this key from now on, and stores it.
    pub(crate) fn replace_key(&self, key: SigningKey) -> Result<(), Error> {
        let key = self.set_up(|tables, _| signing_keys::settle(tables, Some(key)))?;
        self.use_key(key);
        Ok(())
    }

    fn use_key(&self, key: SigningKey) {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// Returns the client for calls to the outside: to proxies being checked and webhook endpoints. It is created when
    /// first needed, because reading the system's certificates takes longer than the rest of the startup.
    pub(crate) fn client(&self) -> Result<&reqwest::Client, reqwest::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Accesses the snapshots that the admin interface has made.
    pub(crate) fn snapshots<T>(
        &self,
        act: impl FnOnce(&mut IndexMap<String, TablesDump>) -> T,
    ) -> T {
        act(&mut self
            .snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until no message for the webhook endpoint is pending.
    pub(crate) async fn settle(&self) {
        loop {
            let settled = self.outbox.settled();
            let mut settled = std::pin::pin!(settled);
            // From here on, no notification is missed.
            settled.as_mut().enable();
            if !self.read(|tables, _| webhook_messages::any_pending(tables)) {
                return;
            }
            settled.await;
        }
    }

    /// Replaces the whole state, including the signing key.
    pub(crate) fn restore(&self, state: TablesDump) -> Result<(), Error> {
        let key = self.set_up(|tables, _| {
            tables.load(state);
            signing_keys::settle(tables, None)
        })?;
        self.use_key(key);
        Ok(())
    }

    /// Signs a session token that is valid from now on.
    pub(crate) fn sign_session_token(
        &self,
        tables: &Tables,
        session: &Session,
        now: i64,
        lifetime_seconds: i64,
    ) -> Result<String, Error> {
        let claims = session_claims(tables, &self.instance, session, now, lifetime_seconds);
        self.sign(TokenKind::Session, &claims)
    }

    /// Returns a URL to which browsers and native applications may be sent.
    pub(crate) fn allowed_redirect(&self, tables: &Tables, url: &str) -> Option<Url> {
        self.instance
            .allowed_redirect(url)
            .or_else(|| redirect_urls::listed(tables, url))
    }

    /// Signs the JWT form of a machine credential.
    pub(crate) fn sign_credential(
        &self,
        token: &Credential,
        lifetime_seconds: i64,
    ) -> Result<String, Error> {
        match &token.kind {
            CredentialKind::OAuthToken {
                client_id,
                organization_id,
            } => {
                let organization = organization_id.as_deref();
                let claims = oauth_claims(
                    &self.instance,
                    token,
                    client_id,
                    organization,
                    lifetime_seconds,
                );
                self.sign(TokenKind::OAuthAccess, &claims)
            }
            CredentialKind::M2mToken | CredentialKind::ApiKey { .. } => {
                let claims = m2m_claims(&self.instance, token, lifetime_seconds);
                self.sign(TokenKind::M2m, &claims)
            }
        }
    }

    /// Signs a token of a JWT template that is valid from now on.
    pub(crate) fn sign_template_token(
        &self,
        tables: &Tables,
        session: &Session,
        template: &JwtTemplate,
        now: i64,
        lifetime_seconds: Option<i64>,
    ) -> Result<String, Error> {
        let lifetime = lifetime_seconds.unwrap_or(template.lifetime);
        let instance = &self.instance;
        let claims = template_claims(tables, instance, session, template, now, lifetime);
        match &template.signing_key {
            Some(key) if template.custom_signing_key => {
                let (algorithm, key) =
                    template_keys::read(&template.signing_algorithm, key).ok_or(Error::Signing)?;
                sign(TokenKind::Template, Header::new(algorithm), &claims, &key)
            }
            _ => self.sign(TokenKind::Template, &claims),
        }
    }

    /// Signs claims with the current key.
    pub(crate) fn sign(
        &self,
        kind: TokenKind,
        claims: &Map<String, Value>,
    ) -> Result<String, Error> {
        self.key().sign(kind, claims)
    }
}
