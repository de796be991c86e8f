use serde_json::{Value, json};

use super::Shapes;
use crate::model::ticket::Ticket;

impl Shapes<'_> {
    pub(crate) fn sign_in_token(self, ticket: &Ticket) -> Value {
        json!({
            "object": "sign_in_token",
            "id": ticket.id,
            "status": ticket.status.as_str(),
            "user_id": ticket.user_id,
            "token": ticket.token,
            "url": format!("{}/sign-in?__clerk_ticket={}", self.instance.url, ticket.token),
            "created_at": ticket.created_at,
            "updated_at": ticket.updated_at,
        })
    }

    pub(crate) fn actor_token(self, ticket: &Ticket) -> Value {
        let mut json = self.sign_in_token(ticket);
        json["object"] = json!("actor_token");
        json["actor"] = json!(ticket.actor);
        json
    }
}
