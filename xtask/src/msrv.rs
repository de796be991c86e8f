//! `xtask msrv`: checks that every dependency supports the declared Rust version.

use std::collections::{HashMap, HashSet};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{TaskResult, root};

/// Fails if a dependency declares a newer Rust version than the workspace.
///
/// An example that declares a newer version itself may have dependencies that need it.
pub(crate) fn run() -> TaskResult {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("cargo metadata failed".into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    let declared = packages
        .iter()
        .find(|package| package["name"] == "xtask")
        .and_then(|package| version(&package["rust_version"]))
        .ok_or("the workspace declares no rust-version")?;
    let held = dependencies_of(&metadata, |package| {
        version(&package["rust_version"]).is_some_and(|needed| needed <= declared)
    });
    let newer: Vec<String> = packages
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| held.contains(id)))
        .filter(|package| version(&package["rust_version"]).is_some_and(|needed| needed > declared))
        .map(|package| {
            format!(
                "{} {} needs {}",
                package["name"], package["version"], package["rust_version"]
            )
        })
        .collect();
    if newer.is_empty() {
        return Ok(());
    }
    Err(format!(
        "rust-version is too low for its dependencies:\n{}",
        newer.join("\n")
    )
    .into())
}

/// Returns the IDs of the members of the workspace that are among `members`, and of everything that they depend on.
fn dependencies_of(metadata: &Value, members: impl Fn(&Value) -> bool) -> HashSet<&str> {
    let nodes: HashMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["id"].as_str()?, &node["dependencies"])))
        .collect();
    let in_workspace: HashSet<&str> = texts(&metadata["workspace_members"]).collect();
    let mut waiting: Vec<&str> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| members(package))
        .filter_map(|package| package["id"].as_str())
        .filter(|id| in_workspace.contains(id))
        .collect();
    let mut found = HashSet::new();
    while let Some(id) = waiting.pop() {
        if found.insert(id) {
            waiting.extend(nodes.get(id).into_iter().flat_map(|list| texts(list)));
        }
    }
    found
}

/// Returns the texts in a JSON array.
fn texts(array: &Value) -> impl Iterator<Item = &str> {
    array
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Parses a version. `1.89` and `1.89.0` are the same version.
fn version(value: &Value) -> Option<[u64; 3]> {
    let mut parts = value
        .as_str()?
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    Some([
        parts.next()?,
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    ])
}
