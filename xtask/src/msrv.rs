//! `xtask msrv`: checks that every dependency supports the declared Rust version.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{TaskResult, root};

/// Fails if a package in `Cargo.lock` declares a newer Rust version than the workspace.
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
    let newer: Vec<String> = packages
        .iter()
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
