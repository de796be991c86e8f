//! `xtask circles`: fails when files of a crate need each other in a circle.
//!
//! [`tree`] parses the modules, [`resolve`] follows each path through imports and re-exports to the file that defines
//! the item, [`arrows`] builds the graph of files, and [`graph`] finds the circles in it.

mod arrows;
mod graph;
mod resolve;
mod tree;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use self::arrows::{Arrows, Place, arrows};
use self::graph::{Graph, components, separate_circles};
use self::tree::{Package, Sources};
use crate::{TaskResult, root};

/// Two files of a package that may need each other.
struct Pair {
    package: &'static str,
    files: [&'static str; 2],
    reason: &'static str,
}

/// The circles that may stay. Only a handle and the builder that makes it have a reason.
const ALLOWED: &[Pair] = &[
    Pair {
        package: "clerk-core",
        files: ["src/builder.rs", "src/clerk.rs"],
        reason: "`Clerk::builder` begins what `ClerkBuilder::build` ends",
    },
    Pair {
        package: "clerk-emulator",
        files: ["src/builder.rs", "src/emulator.rs"],
        reason: "`Emulator::builder` begins what `EmulatorBuilder::start` ends",
    },
];

/// Packages that are not free of circles yet. One that becomes so fails the check until it is taken out.
const NOT_YET: &[&str] = &["clerk-backend-api"];

/// Checks each crate, or the one that `--crate` names, and reports its circles.
#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard output"
)]
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> TaskResult {
    let only = match (args.next().as_deref(), args.next(), args.next()) {
        (None, None, None) => None,
        (Some("--crate"), Some(name), None) => Some(name),
        _ => return Err("usage: xtask circles [--crate NAME]".into()),
    };
    let mut packages = packages()?;
    if let Some(only) = only {
        packages.retain(|package| *package == only);
        if packages.is_empty() {
            return Err(format!("this workspace has no crate {only} to check").into());
        }
    }
    let mut problems = Vec::new();
    for package in packages {
        let report = check(&package, &sources(&package)?, ALLOWED)?;
        match judge(&package, &report) {
            Ok(verdict) => println!("{report}{package}: {verdict}"),
            Err(problem) => problems.push(problem),
        }
        for pair in ALLOWED.iter().filter(|pair| pair.package == package) {
            let [first, second] = pair.files;
            println!(
                "{package}: {first} and {second} may need each other: {}",
                pair.reason
            );
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n").into())
}

/// Tells whether a package is what [`NOT_YET`] says it is.
fn judge(package: &str, report: &str) -> Result<&'static str, String> {
    match (report.is_empty(), NOT_YET.contains(&package)) {
        (true, false) => Ok("no circles"),
        (false, true) => Ok("in NOT_YET, since it is not free of circles yet"),
        (false, false) => Err(format!("{package} has circles:\n{report}")),
        (true, true) => Err(format!("{package} has no circles: take it out of NOT_YET")),
    }
}

/// The crates of the workspace: what is published, and this one.
fn packages() -> Result<Vec<String>, std::io::Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_crate = name == "xtask" || name.starts_with("clerk-");
        if is_crate && entry.path().join("src").exists() {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the files of a package.
fn sources(package: &str) -> Result<Sources, std::io::Error> {
    let folder = root().join(package);
    let mut found = Sources::new();
    let mut waiting = vec![folder.join("src")];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path)?;
                let path = path.strip_prefix(&folder).unwrap_or(&path).to_owned();
                found.insert(path, text);
            }
        }
    }
    Ok(found)
}

/// Describes the circles of a package: nothing when it has none but those that are allowed.
fn check(name: &str, sources: &Sources, allowed: &[Pair]) -> Result<String, String> {
    let package = Package::parse(name, sources).map_err(|error| format!("{name}/{error}"))?;
    let mut arrows = arrows(&package);
    // What `xtask codegen` writes has the imports that it needs, and nobody can cut one there.
    let is_generated = |file: &PathBuf| {
        sources
            .get(file)
            .is_some_and(|text| text.starts_with("// Generated by "))
    };
    arrows.retain(|(from, to), _| !is_generated(from) && !is_generated(to));
    let mut graph: Graph<PathBuf> = Graph::new();
    for (from, to) in arrows.keys() {
        graph.entry(from.clone()).or_default().insert(to.clone());
    }
    let mut needless: Vec<&Pair> = allowed.iter().filter(|pair| pair.package == name).collect();
    let mut report = String::new();
    for component in components(&graph) {
        let is_component = |pair: &&Pair| {
            let files: BTreeSet<&Path> = pair.files.iter().map(Path::new).collect();
            component.iter().map(PathBuf::as_path).eq(files)
        };
        if let Some(at) = needless.iter().position(is_component) {
            needless.swap_remove(at);
        } else {
            describe(&mut report, name, &graph, &arrows, &component);
        }
    }
    for pair in needless {
        let [first, second] = pair.files;
        _ = writeln!(
            report,
            "{name}: {first} and {second} are no circle: take them out of ALLOWED"
        );
    }
    Ok(report)
}

/// Describes one knot of files: circles that show it, and the lines that make each.
fn describe(
    report: &mut String,
    name: &str,
    graph: &Graph<PathBuf>,
    arrows: &Arrows,
    component: &BTreeSet<PathBuf>,
) {
    let files: Vec<String> = component
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    _ = writeln!(
        report,
        "{name}: {} files need each other: {}",
        files.len(),
        files.join(", ")
    );
    for circle in separate_circles(graph, component) {
        _ = writeln!(report, "  circle of {}:", circle.len());
        for (at, from) in circle.iter().enumerate() {
            let to = &circle[(at + 1) % circle.len()];
            _ = writeln!(report, "    {} -> {}", from.display(), to.display());
            let arrow = arrows.get(&(from.clone(), to.clone()));
            for place in arrow.into_iter().flat_map(telling) {
                let Place { line, text, .. } = place;
                _ = writeln!(report, "      {name}/{}:{line}: {text}", from.display());
            }
        }
    }
}

/// The places that make an arrow, or all of them where none does by itself.
fn telling(places: &BTreeSet<Place>) -> impl Iterator<Item = &Place> {
    let any_decisive = places.iter().any(|place| place.decisive);
    places
        .iter()
        .filter(move |place| place.decisive || !any_decisive)
}

#[cfg(test)]
mod tests;
