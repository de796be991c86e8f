//! Estimates of the memory that decoded claims take.

use serde_json::{Map, Value};

/// The overhead of an allocation, including rounding.
pub(super) const ALLOCATION: usize = 16;
/// The capacity of a node of the map.
const ROOM_IN_NODE: usize = 11;
/// The minimum number of members in each node if there are several nodes.
const LEAST_IN_NODE: usize = 5;

/// Returns an upper estimate of the heap size of an object, in bytes: names, values, and the nodes that contain them.
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
    // An inner node has at least six children, and the root at least two.
    leaves * (leaf + ALLOCATION) + (leaves.div_ceil(LEAST_IN_NODE) + 1) * (inner + ALLOCATION)
}

/// Returns an upper estimate of the heap size of a value, in bytes. Decoded tokens nest at most 128 levels deep.
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
