use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::App;
use crate::error::Error;
use crate::model::credential::{Credential, CredentialKind};
use crate::rules::credentials;

const DEFAULT_LIFETIME_SECONDS: i64 = 3600;

/// Builds an API key, an M2M token or an OAuth access token.
///
/// ```
/// use clerk_emulator::{Emulator, MachineSeed, UserSeed};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), clerk_emulator::Error> {
/// let emulator = Emulator::builder()
///     .user(UserSeed::new("ada@example.com"))
///     .machine(MachineSeed::new("worker").scope("billing"))
///     .machine(MachineSeed::new("billing"))
///     .start()
///     .await?;
/// let key = emulator.api_key("ada@example.com").scope("invoices:read").mint()?;
/// assert!(key.starts_with("ak_"));
/// let token = emulator.m2m_token("worker").mint()?;
/// assert!(token.starts_with("mt_"));
/// let jwt = emulator.oauth_token("ada@example.com").scope("profile").jwt().mint()?;
/// assert_eq!(jwt.split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct MachineTokenBuilder<'a> {
    app: &'a App,
    kind: CredentialKind,
    subject: String,
    scopes: Option<Vec<String>>,
    claims: Map<String, Value>,
    lifetime_seconds: Option<i64>,
    expired: bool,
    revoked: bool,
    jwt: bool,
}

impl<'a> MachineTokenBuilder<'a> {
    pub(crate) fn new(app: &'a App, kind: CredentialKind, subject: String) -> Self {
        Self {
            app,
            kind,
            subject,
            scopes: None,
            claims: Map::new(),
            lifetime_seconds: None,
            expired: false,
            revoked: false,
            jwt: false,
        }
    }

    /// Adds a scope. The scopes of an M2M token are ids of machines, and by default those that its machine may
    /// call.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.get_or_insert_default().push(scope.into());
        self
    }

    /// Adds a custom claim. An opaque OAuth token does not show its claims.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.insert(name.into(), value);
        self
    }

    /// Sets the client id of an OAuth token. The other kinds have none.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        if let CredentialKind::OAuthToken { client_id, .. } = &mut self.kind {
            *client_id = id.into();
        }
        self
    }

    /// Sets the time from now to expiry. By default API keys never expire, and the other kinds live for an hour.
    /// Fractions of a second are dropped.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_seconds = Some(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2000));
        self
    }

    /// Makes the token one that expired an hour ago by the emulator's clock.
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// Revokes the token. A JWT does not show it.
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }

    /// Uses the JWT form, which is verified without asking the API. API keys have no such form.
    pub fn jwt(mut self) -> Self {
        self.jwt = true;
        self
    }

    /// Makes the token and returns the text that a caller sends.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when the subject is not there, [`Error::Invalid`] for an API key as JWT,
    /// [`Error::Signing`] when signing fails.
    pub fn mint(self) -> Result<String, Error> {
        if self.jwt && self.kind.is_api_key() {
            return Err(Error::Invalid {
                what: "the form of an api key",
                value: "jwt".to_owned(),
                expected: "api keys are opaque",
            });
        }
        let app = self.app;
        app.set_up(|tables, now| {
            let (subject, own_scopes) = credentials::subject_of(tables, &self.kind, &self.subject)
                .ok_or_else(|| Error::unknown(self.subject_kinds(), &self.subject))?;
            let default_lifetime = (!self.kind.is_api_key()).then_some(DEFAULT_LIFETIME_SECONDS);
            let lifetime = self.lifetime_seconds.or(default_lifetime);
            let issued_at = if self.expired {
                now - 1000 * (3600 + lifetime.unwrap_or(DEFAULT_LIFETIME_SECONDS))
            } else {
                now
            };
            let lifetime = lifetime.or(self.expired.then_some(DEFAULT_LIFETIME_SECONDS));
            let mut credential = Credential::new(self.kind, subject, issued_at);
            credential.scopes = self.scopes.unwrap_or(own_scopes);
            credential.expiration =
                lifetime.map(|seconds| issued_at.saturating_add(seconds.saturating_mul(1000)));
            credential.revoked = self.revoked;
            if !self.claims.is_empty() {
                credential.claims = Value::Object(self.claims);
            }
            if self.jwt {
                let lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME_SECONDS);
                return app.sign_credential(&credential, lifetime);
            }
            let text = credential.secret.0.clone();
            credentials::add(tables, credential);
            Ok(text)
        })
    }

    fn subject_kinds(&self) -> &'static str {
        match self.kind {
            CredentialKind::M2mToken => "machine",
            CredentialKind::OAuthToken { .. } => "user",
            CredentialKind::ApiKey { .. } => "user, organization or machine",
        }
    }
}
