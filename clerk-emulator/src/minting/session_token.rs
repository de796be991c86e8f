use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::error::Error;
use crate::rules::sessions::{self, SessionTraits};
use crate::rules::{clients, identifiers, organizations};
use crate::store::tables::Tables;
use crate::tokens::session_claims::{SESSION_TOKEN_SECONDS, session_claims};
use crate::tokens::signing_key::TokenKind;

/// Builds a session token with the properties that a test needs.
///
/// [`mint`](Self::mint) starts a session on the emulator unless [`session`](Self::session) names one, so the
/// `sid` of the token works with the Backend API.
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
    app: &'a App,
    user: String,
    session: Option<String>,
    organization: Option<String>,
    authorized_party: Option<String>,
    actor: Option<Value>,
    pending: bool,
    lifetime_seconds: i64,
    /// Seconds between the emulator's time and the time of issue.
    issued_in: i64,
    kind: TokenKind,
    claims: Map<String, Value>,
}

impl<'a> SessionTokenBuilder<'a> {
    pub(crate) fn new(app: &'a App, user: String) -> Self {
        Self {
            app,
            user,
            session: None,
            organization: None,
            authorized_party: None,
            actor: None,
            pending: false,
            lifetime_seconds: SESSION_TOKEN_SECONDS,
            issued_in: 0,
            kind: TokenKind::Session,
            claims: Map::new(),
        }
    }

    /// Uses the existing session with this id.
    pub fn session(mut self, id: impl Into<String>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// Makes this organization, named by id or slug, the active one.
    pub fn organization(mut self, organization: impl Into<String>) -> Self {
        self.organization = Some(organization.into());
        self
    }

    /// Sets the `azp` claim: the origin of the application that the token is for.
    pub fn authorized_party(mut self, origin: impl Into<String>) -> Self {
        self.authorized_party = Some(origin.into());
        self
    }

    /// Sets the `act` claim: somebody with this id acts as the user.
    pub fn actor(mut self, id: impl Into<String>) -> Self {
        self.actor = Some(json!({ "sub": id.into() }));
        self
    }

    /// Makes the session one with tasks to complete: `sts` is `pending`.
    pub fn pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// Sets the time from issue to expiry, which is 60 seconds otherwise. Fractions of a second are dropped.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        self
    }

    /// Makes the token one that expired an hour before the emulator's time.
    pub fn expired(mut self) -> Self {
        self.issued_in = -3600 - self.lifetime_seconds;
        self
    }

    /// Makes the token one that is issued an hour after the emulator's time.
    pub fn issued_in_the_future(mut self) -> Self {
        self.issued_in = 3600;
        self
    }

    /// Gives the token the category of tokens made from a JWT template, which must not pass for a session.
    pub fn template_category(mut self) -> Self {
        self.kind = TokenKind::Template;
        self
    }

    /// Gives the token no category, like tokens from before categories existed.
    pub fn without_category(mut self) -> Self {
        self.kind = TokenKind::Uncategorized;
        self
    }

    /// Adds or replaces a claim. Null removes it.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.insert(name.into(), value);
        self
    }

    /// Makes and signs the token.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] when the user, organization or session is not there; [`Error::NotAMember`] when
    /// the user does not belong to the organization; [`Error::Signing`] when signing fails.
    pub fn mint(self) -> Result<String, Error> {
        let app = self.app;
        app.set_up(|tables, now| {
            let session_id = self.prepare(tables, now)?;
            let session = tables
                .sessions
                .get(&session_id)
                .ok_or_else(|| Error::unknown("session", &session_id))?;
            let issued_at = now.saturating_add(self.issued_in.saturating_mul(1000));
            let mut claims = session_claims(
                tables,
                &app.instance,
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
            app.sign(self.kind, &claims)
        })
    }

    /// Brings the session into the wanted state and returns its id.
    fn prepare(&self, tables: &mut Tables, now: i64) -> Result<String, Error> {
        let user_id = identifiers::user_by_any(tables, &self.user)
            .map(|user| user.id.clone())
            .ok_or_else(|| Error::unknown("user", &self.user))?;
        let organization_id = match &self.organization {
            None => None,
            Some(name) => Some(self.joined(tables, &user_id, name)?),
        };
        let session_id = match &self.session {
            Some(id) if tables.sessions.contains(id) => id.clone(),
            Some(id) => return Err(Error::unknown("session", id)),
            None => {
                let client = clients::add(tables, now);
                sessions::start(tables, &client, &user_id, None, now)
            }
        };
        let traits = SessionTraits {
            organization_id,
            authorized_party: self.authorized_party.clone(),
            actor: self.actor.clone(),
            pending: self.pending,
            ..SessionTraits::default()
        };
        sessions::set_traits(tables, &session_id, traits);
        Ok(session_id)
    }

    /// Returns the id of an organization that the user belongs to.
    fn joined(&self, tables: &Tables, user_id: &str, name: &str) -> Result<String, Error> {
        let organization = organizations::by_id_or_slug(tables, name)
            .ok_or_else(|| Error::unknown("organization", name))?;
        organizations::membership(tables, &organization.id, user_id)
            .map(|_| organization.id.clone())
            .ok_or_else(|| Error::NotAMember {
                user: self.user.clone(),
                organization: name.to_owned(),
            })
    }
}
