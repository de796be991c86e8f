use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::shared::Shared;
use crate::store::{Session, SessionStatus, Store};
use crate::tokens::{self, SESSION_TOKEN_SECONDS};

/// A session token to be made, with the properties a test needs.
///
/// Minting starts a session on the emulator, unless [`session`](Self::session) names one, so the token's
/// `sid` works with the Backend API.
///
/// ```
/// use clerk_emulator::{Emulator, UserSeed};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), clerk_emulator::Error> {
/// let emulator = Emulator::builder().user(UserSeed::new("ada@example.com")).start().await?;
/// let stale = emulator.session_token("ada@example.com").expired().mint()?;
/// let custom = emulator
///     .session_token("ada@example.com")
///     .authorized_party("http://localhost:3000")
///     .claim("tier", serde_json::json!("gold"))
///     .mint()?;
/// assert_ne!(stale, custom);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct SessionTokenBuilder<'a> {
    shared: &'a Shared,
    user: String,
    session: Option<String>,
    organization: Option<String>,
    authorized_party: Option<String>,
    actor: Option<Value>,
    pending: bool,
    lifetime_seconds: i64,
    /// Seconds between the emulator's time and the time of issue.
    issued_in: i64,
    category: Option<&'static str>,
    claims: Map<String, Value>,
}

impl<'a> SessionTokenBuilder<'a> {
    pub(crate) fn new(shared: &'a Shared, user: String) -> Self {
        Self {
            shared,
            user,
            session: None,
            organization: None,
            authorized_party: None,
            actor: None,
            pending: false,
            lifetime_seconds: SESSION_TOKEN_SECONDS,
            issued_in: 0,
            category: Some(tokens::SESSION_CATEGORY),
            claims: Map::new(),
        }
    }

    /// For a session that exists, by its id.
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// With this organization, by id or slug, active.
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// The `azp` claim: the origin of the application the token was made for.
    pub fn authorized_party(mut self, origin: impl Into<String>) -> Self {
        self.authorized_party = Some(origin.into());
        self
    }

    /// The `act` claim: somebody with this id acts as the user.
    pub fn actor(mut self, id: impl Into<String>) -> Self {
        self.actor = Some(json!({ "sub": id.into() }));
        self
    }

    /// The session has tasks to do (`sts` is `pending`).
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// From issue to expiry; 60 seconds if not given. Fractions of a second are dropped.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Expired an hour before the emulator's time.
    pub fn expired(mut self) -> Self {
        self.issued_in = -3600 - self.lifetime_seconds;
        self
    }

    /// Issued, and valid only, an hour after the emulator's time.
    pub fn issued_in_the_future(mut self) -> Self {
        self.issued_in = 3600;
        self
    }

    /// With the category of tokens made from a JWT template, which must not pass for a session.
    pub fn template_category(mut self) -> Self {
        self.category = Some(tokens::TEMPLATE_CATEGORY);
        self
    }

    /// Without a category, as tokens had none before categories existed.
    pub fn without_category(mut self) -> Self {
        self.category = None;
        self
    }

    /// Adds or replaces a claim; null removes it.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.insert(name.into(), value);
        self
    }

    /// Signs the token.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when the user, organization or session is not there; [`Error::NotAMember`] when
    /// the user does not belong to the organization; [`Error::Signing`] when signing fails.
    pub fn mint(self) -> Result<String, Error> {
        let now = self.shared.now();
        let mut store = self.shared.store();
        let session_id = self.prepare(&mut store, now)?;
        let session = found(&store, &session_id)?;
        let issued_at = now.saturating_add(self.issued_in.saturating_mul(1000));
        let mut claims = tokens::session_claims(
            &store,
            &self.shared.instance,
            session,
            issued_at,
            self.lifetime_seconds,
        );
        for (name, value) in self.claims {
            if value.is_null() {
                claims.remove(&name);
            } else {
                claims.insert(name, value);
            }
        }
        let header = match self.category {
            Some(category) => tokens::header(category),
            None => json!({ "typ": "JWT" }),
        };
        self.shared.key().sign(header, &Value::Object(claims))
    }

    /// Brings the session into the wanted state.
    fn prepare(&self, store: &mut Store, now: i64) -> Result<String, Error> {
        let user_id = store
            .user_by_any(&self.user)
            .map(|user| user.id.clone())
            .ok_or_else(|| Error::unknown("user", &self.user))?;
        let organization_id = match &self.organization {
            None => None,
            Some(name) => Some(membership_in(store, &self.user, &user_id, name)?),
        };
        let session_id = match &self.session {
            Some(id) => found(store, id)?.id.clone(),
            None => {
                let client = store.add_client(now);
                store.start_session(&client, &user_id, None, now)
            }
        };
        if let Some(session) = store.sessions.get_mut(&session_id) {
            if organization_id.is_some() {
                session.organization_id = organization_id;
            }
            if let Some(party) = &self.authorized_party {
                session.authorized_party = Some(party.clone());
            }
            if let Some(actor) = &self.actor {
                session.actor = Some(actor.clone());
            }
            if self.pending {
                session.status = SessionStatus::Pending;
            }
        }
        Ok(session_id)
    }
}

fn found<'s>(store: &'s Store, id: &str) -> Result<&'s Session, Error> {
    store
        .sessions
        .get(id)
        .ok_or_else(|| Error::unknown("session", id))
}

/// The id of an organization the user belongs to.
fn membership_in(store: &Store, user: &str, user_id: &str, name: &str) -> Result<String, Error> {
    let organization = store
        .organization(name)
        .ok_or_else(|| Error::unknown("organization", name))?;
    store
        .membership(&organization.id, user_id)
        .map(|_| organization.id.clone())
        .ok_or_else(|| Error::NotAMember {
            user: user.to_owned(),
            organization: name.to_owned(),
        })
}
