use serde_json::{Value, json};

use super::View;
use crate::error::Error;
use crate::model::client::Client;
use crate::model::session::Session;
use crate::model::sign_in_attempt::SignInAttempt;
use crate::rules::session_tasks;
use crate::rules::sessions;
use crate::tokens::session_claims::SESSION_TOKEN_SECONDS;

impl View<'_> {
    /// Renders a client, with a fresh token for each session.
    pub(in crate::frontend_api) fn client(self, client: &Client) -> Result<Value, Error> {
        let sessions: Vec<Value> = sessions::living_of_client(self.tables, &client.id, self.now)
            .map(|session| self.session(session))
            .collect::<Result<_, _>>()?;
        let sign_in = client
            .sign_in_id
            .as_ref()
            .and_then(|id| self.tables.sign_in_attempts.get(id))
            .filter(|attempt: &&SignInAttempt| !attempt.is_abandoned(self.now));
        let sign_up = client
            .sign_up_id
            .as_ref()
            .and_then(|id| self.tables.sign_up_attempts.get(id))
            .filter(|attempt| !attempt.is_abandoned(self.now));
        let last_active = sessions::active(self.tables, &client.id, self.now)
            .map(|(session, _)| session.id.as_str())
            .filter(|id| sessions.iter().any(|session| session["id"] == **id));
        Ok(json!({
            "object": "client",
            "id": client.id,
            "sessions": sessions,
            "sign_in": sign_in.map(|attempt| self.sign_in(attempt)),
            "sign_up": sign_up.map(|attempt| self.sign_up(attempt)),
            "last_active_session_id": last_active,
            "last_authentication_strategy": client.last_strategy,
            "cookie_expires_at": null,
            "captcha_bypass": false,
            "created_at": client.created_at,
            // Server SDKs refuse tokens that are older than this, so it is never in the future, even if the clock was
            // set back.
            "updated_at": client.updated_at.min(self.now),
        }))
    }

    /// Renders the client with this ID; null if nothing has happened on it yet.
    pub(in crate::frontend_api) fn client_by_id(self, id: Option<&str>) -> Result<Value, Error> {
        match id.and_then(|id| self.tables.clients.get(id)) {
            Some(client) if !client.is_blank() => self.client(client),
            _ => Ok(Value::Null),
        }
    }

    /// Renders a session with its user and a fresh token.
    pub(in crate::frontend_api) fn session(self, session: &Session) -> Result<Value, Error> {
        let user = self.tables.users.get(&session.user_id);
        let mut json = self.bare_session(session)?;
        json["user"] = user.map_or(Value::Null, |user| self.user(user));
        json["public_user_data"] = user.map_or(Value::Null, |user| self.public_user_data(user));
        json["last_active_organization_id"] = json!(session.organization_id);
        json["factor_verification_age"] = json!(session.factor_ages(self.now));
        json["created_at"] = json!(session.created_at);
        json["updated_at"] = json!(session.updated_at);
        Ok(json)
    }

    /// Renders a session without its user.
    pub(in crate::frontend_api) fn bare_session(self, session: &Session) -> Result<Value, Error> {
        let token = if session.is_alive(self.now) {
            let jwt = self.app.sign_session_token(
                self.tables,
                session,
                self.now,
                SESSION_TOKEN_SECONDS,
            )?;
            self.shared().token(&jwt)
        } else {
            Value::Null
        };
        let tasks: Vec<Value> = session_tasks::of(self.tables, session)
            .into_iter()
            .map(|task| json!({ "key": task.key() }))
            .collect();
        Ok(json!({
            "object": "session",
            "id": session.id,
            "status": session.status_at(self.now).as_str(),
            "expire_at": session.expire_at(),
            "abandon_at": session.abandon_at(),
            "last_active_at": session.last_active_at,
            "last_active_token": token,
            "actor": session.actor,
            "tasks": (!tasks.is_empty()).then_some(tasks),
        }))
    }

    /// Removes the token from a session that may belong to another browser.
    pub(in crate::frontend_api) fn without_token(self, shown: Value) -> Value {
        super::without(shown, &["last_active_token"])
    }

    /// Renders a session as one of the devices of its user.
    pub(in crate::frontend_api) fn active_session(self, session: &Session) -> Result<Value, Error> {
        let mut json = self.without_token(self.bare_session(session)?);
        if let Some(activity) = &session.activity {
            json["latest_activity"] = self.shared().activity(activity);
        }
        Ok(json)
    }
}
