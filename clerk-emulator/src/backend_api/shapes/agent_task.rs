use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::Shapes;
use crate::model::agent_task::AgentTask;

impl Shapes<'_> {
    pub(crate) fn agent_task(self, task: &AgentTask) -> Value {
        json!({
            "object": "agent_task",
            "agent_id": task.agent_id,
            "agent_task_id": task.id,
            "task_id": task.id,
        })
    }

    /// Renders a task with its link, which is shown only on creation.
    pub(crate) fn agent_task_with_url(self, task: &AgentTask) -> Value {
        let mut json = self.agent_task(task);
        if let Some(ticket) = self.tables.tickets.get(&task.ticket_id) {
            let query = Serializer::new(String::new())
                .append_pair("__clerk_ticket", &ticket.token)
                .append_pair("redirect_url", &task.redirect_url)
                .finish();
            json["url"] = json!(format!("{}/sign-in?{query}", self.instance.url));
        }
        json
    }
}
