use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The time for which a token is still accepted after its successor was delivered, because requests with it may be under way.
const ROTATION_GRACE_MS: i64 = 30_000;

/// A browser, a native application, or a container for sessions that the Backend API created.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// The dev browser token (`__clerk_db_jwt`).
    pub(crate) token: String,
    /// The content of the token of production browsers and native applications. It changes when a user signs in
    /// or out.
    pub(crate) rotating_token: Secret,
    /// The token that the browser or application has or had before, and until when it is accepted: as long as it did not
    /// get the present one if there is no time.
    previous_rotating_token: Option<(Secret, Option<i64>)>,
    pub(crate) session_ids: Vec<String>,
    pub(crate) last_active_session_id: Option<String>,
    /// The ID of the browser's current sign-in.
    pub(crate) sign_in_id: Option<String>,
    /// The ID of the browser's current sign-up.
    pub(crate) sign_up_id: Option<String>,
    /// The name of the strategy of the last sign-in.
    pub(crate) last_strategy: Option<String>,
    /// The browser asked for a client, so the client is shown even though nothing has happened on it.
    pub(crate) requested: bool,
    pub(crate) created_at: i64,
    /// Changes only when a session starts or ends: `__client_uat` is derived from it, and server SDKs refuse older
    /// session tokens.
    pub(crate) updated_at: i64,
}

impl Client {
    /// Creates a client without sessions.
    pub(crate) fn new(now: i64) -> Self {
        Self {
            id: random::id("client"),
            token: format!("dvb_{}", random::alphanumeric(32)),
            rotating_token: Secret(random::alphanumeric(32)),
            previous_rotating_token: None,
            session_ids: Vec::new(),
            last_active_session_id: None,
            sign_in_id: None,
            sign_up_id: None,
            last_strategy: None,
            requested: false,
            created_at: now,
            updated_at: now,
        }
    }

    /// Returns true while nothing has happened on the client, in which case browsers do not see it.
    pub(crate) fn is_blank(&self) -> bool {
        !self.requested
            && self.session_ids.is_empty()
            && self.sign_in_id.is_none()
            && self.sign_up_id.is_none()
            && self.last_strategy.is_none()
    }

    /// Replaces the rotating token, which may happen while the browser or application makes no request.
    pub(crate) fn rotate(&mut self) {
        let fresh = Secret(random::alphanumeric(32));
        let previous = std::mem::replace(&mut self.rotating_token, fresh);
        if !self.is_rotation_under_way() {
            self.previous_rotating_token = Some((previous, None));
        }
    }

    /// Returns true until the browser or application gets the present token.
    pub(crate) fn is_rotation_under_way(&self) -> bool {
        matches!(self.previous_rotating_token, Some((_, None)))
    }

    /// Notes that the browser or application gets the present token.
    pub(crate) fn deliver(&mut self, now: i64) {
        if let Some((_, until @ None)) = &mut self.previous_rotating_token {
            *until = Some(now + ROTATION_GRACE_MS);
        }
    }

    /// Returns true for the rotating token, and for the previous one until shortly after the present one was delivered.
    pub(crate) fn accepts(&self, rotating_token: &str, now: i64) -> bool {
        let previous = self.previous_rotating_token.as_ref();
        self.rotating_token.0 == rotating_token
            || previous.is_some_and(|(token, until)| {
                token.0 == rotating_token && until.is_none_or(|until| now < until)
            })
    }
}
