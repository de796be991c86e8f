use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::shared::Shared;
use crate::store::{Credential, CredentialKind};
use crate::tokens;

const DEFAULT_LIFETIME_SECONDS: i64 = 3600;

/// An API key, M2M token or OAuth access token to be made.
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
    shared: &'a Shared,
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
    pub(crate) fn new(shared: &'a Shared, kind: CredentialKind, subject: String) -> Self {
        Self {
            shared,
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

    /// Adds a scope. The scopes of an M2M token are machine ids; without any it has those its machine may
    /// call.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.get_or_insert_default().push(scope.into());
        self
    }

    /// Adds a custom claim. Of an opaque OAuth token nobody sees them.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.insert(name.into(), value);
        self
    }

    /// The OAuth application of an OAuth token; nothing else has one.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        if let CredentialKind::OAuthToken { client_id } = &mut self.kind {
            *client_id = id.into();
        }
        self
    }

    /// From now to expiry. Without it API keys never expire and the others live an hour. Fractions of a
    /// second are dropped.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_seconds = Some(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2000));
        self
    }

    /// Expired an hour ago by the emulator's clock.
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// Revoked already. A JWT does not show it.
    pub fn revoked(mut self) -> Self {
        self.revoked = true;
        self
    }

    /// In JWT form, which is verified without asking the API. API keys have no such form.
    pub fn jwt(mut self) -> Self {
        self.jwt = true;
        self
    }

    /// Makes the token and answers its text, which is what a caller sends.
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
        let now = self.shared.now();
        let mut store = self.shared.store();
        let unknown = |what| Error::unknown(what, &self.subject);
        let (subject, own_scopes) = match &self.kind {
            CredentialKind::M2mToken => {
                let machine = store
                    .machine(&self.subject)
                    .ok_or_else(|| unknown("machine"))?;
                (machine.id.clone(), machine.scope_ids())
            }
            CredentialKind::OAuthToken { .. } => {
                let user = store
                    .user_by_any(&self.subject)
                    .ok_or_else(|| unknown("user"))?;
                (user.id.clone(), Vec::new())
            }
            CredentialKind::ApiKey { .. } => {
                let user = store.user_by_any(&self.subject).map(|user| &user.id);
                let organization = store
                    .organization(&self.subject)
                    .map(|organization| &organization.id);
                let machine = store.machine(&self.subject).map(|machine| &machine.id);
                let id = user
                    .or(organization)
                    .or(machine)
                    .ok_or_else(|| unknown("user, organization or machine"))?;
                (id.clone(), Vec::new())
            }
        };
        let default_lifetime = (!self.kind.is_api_key()).then_some(DEFAULT_LIFETIME_SECONDS);
        let lifetime = self.lifetime_seconds.or(default_lifetime);
        let issued_at = if self.expired {
            now - 1000 * (3600 + lifetime.unwrap_or(DEFAULT_LIFETIME_SECONDS))
        } else {
            now
        };
        let lifetime = lifetime.or(self.expired.then_some(DEFAULT_LIFETIME_SECONDS));
        let mut credential = Credential::new(self.kind.clone(), subject, issued_at);
        credential.scopes = self.scopes.unwrap_or(own_scopes);
        credential.expiration =
            lifetime.map(|seconds| issued_at.saturating_add(seconds.saturating_mul(1000)));
        credential.revoked = self.revoked;
        if !self.claims.is_empty() {
            credential.claims = Value::Object(self.claims);
        }
        if self.jwt {
            let lifetime = lifetime.unwrap_or(DEFAULT_LIFETIME_SECONDS);
            return sign(self.shared, &credential, lifetime);
        }
        let text = credential.secret.0.clone();
        store.credentials.insert(credential.id.clone(), credential);
        Ok(text)
    }
}

/// The JWT form of a machine credential.
pub(crate) fn sign(
    shared: &Shared,
    token: &Credential,
    lifetime_seconds: i64,
) -> Result<String, Error> {
    match &token.kind {
        CredentialKind::OAuthToken { client_id } => {
            let claims = tokens::oauth_claims(&shared.instance, token, client_id, lifetime_seconds);
            shared
                .key()
                .sign(json!({ "typ": "at+jwt" }), &Value::Object(claims))
        }
        CredentialKind::M2mToken | CredentialKind::ApiKey { .. } => {
            let claims = tokens::m2m_claims(&shared.instance, token, lifetime_seconds);
            shared.sign(tokens::M2M_CATEGORY, claims)
        }
    }
}
