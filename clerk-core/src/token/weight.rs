//! What decoded claims weigh in memory.

use serde_json::{Map, Value};

/// What an allocation costs beside its content, and by how much it is rounded up.
pub(super) const ALLOCATION: usize = 16;
/// What a node of the map has room for.
const ROOM_IN_NODE: usize = 11;
/// How many members each node holds at least once there are several.
const LEAST_IN_NODE: usize = 5;

/// Estimates the heap bytes behind an object from above: names, values, and the nodes that hold them.
pub(super) fn of_members(members: &Map<String, Value>) -> usize {
    let content: usize = members
        .iter()
        .map(|(name, value)| name.capacity() + ALLOCATION + of_value(value))
        .sum();
    of_nodes(members.len()) + content
}

fn of_nodes(members: usize) -> usize {
    let leaf = ROOM_IN_NODE * (size_of::<String>() + size_of::<Value>()) + ALLOCATION;
    let inner = leaf + (ROOM_IN_NODE + 1) * size_of::<usize>();
    let leaves = match members {
        0 => return 0,
        1..=ROOM_IN_NODE => return leaf + ALLOCATION,
        _ => members.div_ceil(LEAST_IN_NODE),
    };
    // Each node above holds at least six below, the root two.
    leaves * (leaf + ALLOCATION) + (leaves.div_ceil(LEAST_IN_NODE) + 1) * (inner + ALLOCATION)
}

/// Estimates the heap bytes behind a value. A decoded token nests at most 128 deep.
fn of_value(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.capacity() + ALLOCATION,
        Value::Array(list) => {
            list.capacity() * size_of::<Value>()
                + ALLOCATION
                + list.iter().map(of_value).sum::<usize>()
        }
        Value::Object(members) => of_members(members),
    }
}
