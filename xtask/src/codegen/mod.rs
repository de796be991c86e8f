//! `xtask codegen`: writes the Backend API client from the OpenAPI document and the overlay.

mod api;
mod document;
mod drift;
mod emit;
mod exercise;
mod names;
mod overlay;
mod resolve;
mod webhooks;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{TaskResult, root};
use api::Api;
use document::Document;
use overlay::{Docs, Overlay};

/// The default location of the document, relative to the workspace.
const DOCUMENT: &str = "../shared/openapi/bapi/2026-05-12.yml";
const WEBHOOKS: &str = "../shared/openapi/webhooks/2025-04-15.yml";
const RESOURCES: &str = "clerk-backend-api/src/resources";
const EVENTS: &str = "clerk-backend-api/src/webhooks";
const MANIFEST: &str = "clerk-backend-api/codegen/manifest.json";
const CALLS: &str = "tests/src/exercise/generated.rs";

/// The usage text of the command.
const USAGE: &str = "codegen [--spec PATH] [--webhooks PATH] [--check] [--drift PACKED_JS_FOLDER]";

/// Runs `codegen [--spec PATH] [--webhooks PATH] [--check] [--drift PACKED_JS_FOLDER]`.
#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard output"
)]
pub(crate) fn run(args: impl Iterator<Item = String>) -> TaskResult {
    let mut args = args;
    let mut spec = None;
    let mut webhooks = root().join(WEBHOOKS);
    let mut check = false;
    let mut packed = None;
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--spec" => spec = Some(PathBuf::from(args.next().ok_or("--spec needs a path")?)),
            "--webhooks" => {
                webhooks = PathBuf::from(args.next().ok_or("--webhooks needs a path")?);
            }
            "--check" => check = true,
            "--drift" => {
                packed = Some(PathBuf::from(args.next().ok_or("--drift needs a folder")?));
            }
            other => {
                return Err(format!("unknown argument {other}; usage: {USAGE}").into());
            }
        }
    }
    let default = root().join(DOCUMENT);
    if spec.is_none() && !(default.exists() && webhooks.exists()) {
        println!(
            "!!! SKIPPED: codegen ({DOCUMENT} and {WEBHOOKS} do not exist; set their paths with --spec and --webhooks)"
        );
        return Ok(());
    }
    let spec = spec.unwrap_or(default);
    if let Some(folder) = packed {
        let mut document = Document::read(&spec)?;
        let additions = root().join("clerk-backend-api/codegen/additions.yml");
        document.add(Document::read(&additions)?)?;
        let missing = drift::missing(&folder, &document)?;
        for operation in &missing {
            println!("{operation}");
        }
        println!("{} operations of the package are missing", missing.len());
        return Ok(());
    }
    let files = generate(&spec, &webhooks)?;
    let written = files.iter().filter(|(path, text)| differs(path, text));
    let written: Vec<_> = written.collect();
    let stray = stray(&files)?;
    if check {
        let mut names: Vec<_> = written
            .iter()
            .map(|(path, _)| path.display().to_string())
            .collect();
        names.extend(stray.iter().map(|path| path.display().to_string()));
        return if names.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "not up to date, run `cargo run -p xtask -- codegen`:\n{}",
                names.join("\n")
            )
            .into())
        };
    }
    for (path, text) in &written {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    for path in &stray {
        fs::remove_file(path)?;
    }
    println!(
        "{} files, {} written, {} removed",
        files.len(),
        written.len(),
        stray.len()
    );
    Ok(())
}

/// Returns every generated file and its content.
fn generate(
    spec: &Path,
    webhooks: &Path,
) -> Result<BTreeMap<PathBuf, String>, Box<dyn std::error::Error>> {
    let folder = root().join("clerk-backend-api/codegen");
    let mut document = Document::read(spec)?;
    document.add(Document::read(&folder.join("additions.yml"))?)?;
    let mut events = Document::read(webhooks)?;
    events.add(Document::read(&folder.join("webhook-additions.yml"))?)?;
    document.add_schemas(&events)?;
    let overlay: Overlay = overlay::read(&folder.join("overlay.toml"))?;
    let docs: Docs = overlay::read(&folder.join("docs.toml"))?;
    let api = resolve::resolve(&document, &events, &overlay, &docs)?;
    if !api.undocumented.is_empty() {
        return Err(format!(
            "{} public items have no documentation in docs.toml or overlay.toml:\n{}",
            api.undocumented.len(),
            api.undocumented.join("\n")
        )
        .into());
    }
    let mut files = BTreeMap::new();
    let resources = root().join(RESOURCES);
    for group in &api.groups {
        let text = emit::group(&api, &overlay, group);
        files.insert(
            resources.join(format!("{}.rs", group.accessor)),
            formatted(&text)?,
        );
    }
    let text = emit::modules(&api, &extensions(&api, &resources)?);
    files.insert(resources.join("mod.rs"), formatted(&text)?);
    let folder = root().join(EVENTS);
    for (name, text) in [
        ("event_type.rs", webhooks::event_types(&api)),
        ("data.rs", webhooks::data(&api)),
        ("models.rs", webhooks::models(&api, &overlay)),
    ] {
        files.insert(folder.join(name), formatted(&text)?);
    }
    files.insert(root().join(CALLS), formatted(&exercise::calls(&api))?);
    let manifest = serde_json::to_string_pretty(&exercise::manifest(&api))?;
    files.insert(root().join(MANIFEST), manifest + "\n");
    Ok(files)
}

/// Returns the hand-written files next to the generated ones.
fn extensions(api: &Api, resources: &Path) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for path in rust_files(resources) {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(accessor) = name.strip_suffix("_ext") else {
            continue;
        };
        if api.group(accessor).is_none() {
            return Err(format!("{} extends no group", path.display()));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Returns the generated files that no group needs any more.
fn stray(files: &BTreeMap<PathBuf, String>) -> Result<BTreeSet<PathBuf>, std::io::Error> {
    let mut stray = BTreeSet::new();
    for path in rust_files(&root().join(RESOURCES)) {
        if !files.contains_key(&path) && fs::read_to_string(&path)?.starts_with(emit::HEADER) {
            stray.insert(path);
        }
    }
    Ok(stray)
}

fn rust_files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

fn differs(path: &Path, text: &str) -> bool {
    !fs::read_to_string(path).is_ok_and(|old| old == text)
}

/// Formats a text with `rustfmt`.
fn formatted(text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("rustfmt could not be started: {error}"))?;
    let mut stdin = child.stdin.take().ok_or("rustfmt has no standard input")?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| "writing to rustfmt failed")??;
    if !output.status.success() {
        return Err("rustfmt rejected a generated file".into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
