use serde_json::{Value, json};

use super::Shapes;
use crate::instance::INSTANCE_ID;
use crate::model::machine::Machine;
use crate::secret::Secret;

impl Shapes<'_> {
    /// Renders a machine with the machines that it may call.
    pub(crate) fn machine(self, machine: &Machine) -> Value {
        let scoped: Vec<Value> = machine
            .scopes
            .iter()
            .filter_map(|id| self.tables.machines.get(id))
            .map(alone)
            .collect();
        let mut json = alone(machine);
        json["scoped_machines"] = json!(scoped);
        json
    }

    /// Renders the secret key of a machine.
    pub(crate) fn machine_secret_key(self, key: &Secret) -> Value {
        json!({ "object": "machine_secret_key", "secret": key.0 })
    }
}

fn alone(machine: &Machine) -> Value {
    json!({
        "object": "machine",
        "id": machine.id,
        "name": machine.name,
        "instance_id": INSTANCE_ID,
        "created_at": machine.created_at,
        "updated_at": machine.updated_at,
        "default_token_ttl": machine.default_token_ttl,
    })
}
