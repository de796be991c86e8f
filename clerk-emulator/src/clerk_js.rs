//! The official browser bundles, which the user has unpacked into a folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use crate::error::Error;

/// The packages that browsers load: the SDK, and its components from version 6 on.
const PACKAGES: &[&str] = &["clerk-js", "ui"];

/// The packages in a folder.
#[derive(Debug, Clone)]
pub(crate) struct ClerkJs {
    packages: Vec<Package>,
}

#[derive(Debug, Clone)]
struct Package {
    name: &'static str,
    version: String,
    folder: PathBuf,
}

/// A file of a package.
#[derive(Debug)]
pub(crate) struct BundleFile {
    pub(crate) path: PathBuf,
    /// True if the URL names the exact version, so that the content never changes.
    pub(crate) is_pinned: bool,
}

impl ClerkJs {
    /// Finds the packages in a folder: a `node_modules`, its parent folder, or any folder that the packages were
    /// unpacked into.
    pub(crate) fn find(folder: &Path) -> Result<Self, Error> {
        let packages: Vec<Package> = PACKAGES
            .iter()
            .filter_map(|name| package(folder, name))
            .collect();
        if packages.iter().any(|package| package.name == "clerk-js") {
            return Ok(Self { packages });
        }
        Err(Error::Invalid {
            what: "the folder of browser bundles",
            value: folder.display().to_string(),
            expected: "a folder with the unpacked npm package @clerk/clerk-js and, from its version 6 on, @clerk/ui, such as \
                       node_modules",
        })
    }

    /// Finds a file of `NAME` or `NAME@VERSION`. The available version is served no matter which one is asked for,
    /// because pages ask for `@6` or `latest`.
    pub(crate) fn file(&self, package: &str, file: &str) -> Option<BundleFile> {
        let (name, version) = package.split_once('@').unwrap_or((package, ""));
        let package = self.packages.iter().find(|one| one.name == name)?;
        let file = Path::new(file);
        if !file
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
        {
            return None;
        }
        // Links inside the package must not lead out of it either.
        let path = fs::canonicalize(package.folder.join(file)).ok()?;
        (path.starts_with(&package.folder) && path.is_file()).then(|| BundleFile {
            path,
            is_pinned: version == package.version,
        })
    }
}

fn package(folder: &Path, name: &'static str) -> Option<Package> {
    let scoped = Path::new("@clerk").join(name);
    let usual = [
        folder.join(&scoped),
        folder.join("node_modules").join(&scoped),
        folder.to_owned(),
    ];
    let found = usual
        .into_iter()
        .find_map(|candidate| read(&candidate, name));
    // `npm pack` creates archives with a folder `package`.
    found.or_else(|| {
        fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
            let candidate = entry.path();
            read(&candidate, name).or_else(|| read(&candidate.join("package"), name))
        })
    })
}

/// Reads the package that the folder claims to be.
fn read(folder: &Path, name: &'static str) -> Option<Package> {
    let manifest = fs::read(folder.join("package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    let is_it = manifest["name"].as_str()?.strip_prefix("@clerk/")? == name;
    let folder = fs::canonicalize(folder).ok()?;
    is_it.then(|| Package {
        name,
        version: manifest["version"].as_str().unwrap_or_default().to_owned(),
        folder,
    })
}
