use serde_json::{Value, json};

use super::Shapes;
use crate::model::activity::Activity;
use crate::model::client::Client;
use crate::model::session::{Session, SessionStatus};
use crate::rules::session_tasks;

impl Shapes<'_> {
    pub(crate) fn session(self, session: &Session) -> Value {
        let tasks: Option<Vec<Value>> = (session.status_at(self.now) == SessionStatus::Pending)
            .then(|| session_tasks::of(self.tables, session))
            .map(|tasks| {
                tasks
                    .iter()
                    .map(|task| json!({ "key": task.key() }))
                    .collect()
            });
        let mut json = json!({
            "object": "session",
            "id": session.id,
            "user_id": session.user_id,
            "client_id": session.client_id,
            "actor": session.actor,
            "status": session.status_at(self.now).as_str(),
            "last_active_organization_id": session.organization_id,
            "last_active_at": session.last_active_at,
            "expire_at": session.expire_at(),
            "abandon_at": session.abandon_at(),
            "updated_at": session.updated_at,
            "created_at": session.created_at,
            "tasks": tasks,
        });
        if let Some(activity) = &session.activity {
            json["latest_activity"] = self.activity(activity);
        }
        json
    }

    /// Renders the browser and device that a session is used from.
    pub(crate) fn activity(self, activity: &Activity) -> Value {
        let mut json = json!({
            "object": "session_activity",
            "id": activity.id,
            "is_mobile": activity.is_mobile,
            "ip_address": "127.0.0.1",
            "city": "this computer",
        });
        if let Some(device) = &activity.device_type {
            json["device_type"] = json!(device);
        }
        if let (Some(name), Some(version)) = (&activity.browser_name, &activity.browser_version) {
            json["browser_name"] = json!(name);
            json["browser_version"] = json!(version);
        }
        json
    }

    pub(crate) fn client(self, client: &Client) -> Value {
        let sessions: Vec<Value> = client
            .session_ids
            .iter()
            .filter_map(|id| self.tables.sessions.get(id))
            .map(|session| self.session(session))
            .collect();
        json!({
            "object": "client",
            "id": client.id,
            "session_ids": client.session_ids,
            "sessions": sessions,
            "sign_in_id": client.sign_in_id,
            "sign_up_id": client.sign_up_id,
            "last_active_session_id": client.last_active_session_id,
            "last_authentication_strategy": client.last_strategy,
            "updated_at": client.updated_at,
            "created_at": client.created_at,
        })
    }

    /// Renders a signed token.
    pub(crate) fn token(self, jwt: &str) -> Value {
        json!({ "object": "token", "jwt": jwt })
    }
}
