use crate::random;
use serde::{Deserialize, Serialize};

/// A sign-in that was granted to an agent on behalf of a user.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentTask {
    pub(crate) id: String,
    /// The same for all tasks of one agent.
    pub(crate) agent_id: String,
    pub(crate) agent_name: String,
    /// The ID of the ticket that signs the user in.
    pub(crate) ticket_id: String,
    pub(crate) redirect_url: String,
}

impl AgentTask {
    /// Returns a fresh agent ID.
    pub(crate) fn new_agent_id() -> String {
        random::id("agent")
    }

    /// Returns a fresh task ID.
    pub(crate) fn new_id() -> String {
        random::id("agt")
    }
}
