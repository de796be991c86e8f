//! `xtask supported`: writes `clerk-emulator/SUPPORTED.md`, a list of all operations of both documents and their
//! support in the emulator, which is determined by calling a running emulator.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use clerk_emulator::Emulator;
use serde_json::Value;

use crate::{TaskResult, root};

const BACKEND: &str = "../shared/openapi/bapi/2026-05-12.yml";
const FRONTEND: &str = "../shared/openapi/fapi/2026-05-12.yml";
/// A query parameter that browser SDKs always send. It selects the Frontend API for paths that both APIs share.
const FRONTEND_QUERY: &str = "?_clerk_js_version=6";
const OUTPUT: &str = "clerk-emulator/SUPPORTED.md";

/// Operations with a constant response, which need no state.
const STATELESS: &[&str] = &[
    "GET /public/interstitial",
    "GET /v1/proxy-health",
    "GET /.well-known/webauthn",
];

/// Runs `supported [--check]`.
#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard output"
)]
pub(crate) fn run(mut args: impl Iterator<Item = String>) -> TaskResult {
    let check = match (args.next().as_deref(), args.next()) {
        (None, _) => false,
        (Some("--check"), None) => true,
        _ => return Err("usage: supported [--check]".into()),
    };
    if !root().join(BACKEND).exists() || !root().join(FRONTEND).exists() {
        println!("!!! SKIPPED: supported (the OpenAPI documents are not there)");
        return Ok(());
    }
    let emulator = Emulator::builder().start_blocking()?;
    let backend = operations(BACKEND)?;
    let frontend = operations(FRONTEND)?;
    let key = emulator.secret_key();
    let mut text = String::from(
        "# What the emulator supports\n\nWritten by `cargo run -p xtask -- supported`, which asks a running emulator. *stateful*: \
         the operation reads or\nchanges the state. *answers*: it answers always the same. *not yet*: it answers 405 with the \
         code `not_emulated`.\n",
    );
    section(&mut text, "Backend API", &backend, |operation| {
        state(emulator.address(), operation, "/v1", "", Some(key))
    })?;
    section(&mut text, "Frontend API", &frontend, |operation| {
        state(emulator.address(), operation, "", FRONTEND_QUERY, None)
    })?;
    let path = root().join(OUTPUT);
    if check {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            return Err(format!("{OUTPUT} differs from the output of `xtask supported`").into());
        }
        println!("{OUTPUT} is up to date");
        return Ok(());
    }
    fs::write(&path, text)?;
    println!("{OUTPUT} is written");
    Ok(())
}

/// An operation of a document.
#[derive(Debug)]
struct Operation {
    method: String,
    path: String,
    group: String,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn operations(document: &str) -> Result<Vec<Operation>, Box<dyn std::error::Error>> {
    let text = fs::read_to_string(root().join(document))?;
    let options = serde_saphyr::options! { budget: None };
    let root: Value = serde_saphyr::from_str_with_options(&text, options)?;
    let mut operations = Vec::new();
    let paths = root["paths"]
        .as_object()
        .ok_or("the document has no paths")?;
    for (path, item) in paths {
        let methods = item.as_object().ok_or("a path has no operations")?;
        for (method, operation) in methods {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                group: operation["tags"][0].as_str().unwrap_or("Others").to_owned(),
            });
        }
    }
    Ok(operations)
}

fn section(
    text: &mut String,
    title: &str,
    operations: &[Operation],
    state: impl Fn(&Operation) -> Result<&'static str, std::io::Error>,
) -> TaskResult {
    let mut groups: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in operations {
        let state = state(operation)?;
        *counts.entry(state).or_default() += 1;
        let group = groups.entry(&operation.group).or_default();
        group.push((operation.name(), state));
    }
    let count = |state| counts.get(state).copied().unwrap_or_default();
    write!(
        text,
        "\n## {title}\n\n{} operations: {} stateful, {} answer, {} not yet.\n",
        operations.len(),
        count("stateful"),
        count("answers"),
        count("not yet"),
    )?;
    for (group, operations) in groups {
        write!(text, "\n### {group}\n\n| operation | |\n|---|---|\n")?;
        for (name, state) in operations {
            writeln!(text, "| `{name}` | {state} |")?;
        }
    }
    Ok(())
}

/// Calls an operation with unknown IDs and an unknown field, so that it changes nothing.
fn state(
    address: SocketAddr,
    operation: &Operation,
    prefix: &str,
    query: &str,
    key: Option<&str>,
) -> Result<&'static str, std::io::Error> {
    let mut path = operation.path.clone();
    while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(start..=end, "nobody");
    }
    let body = r#"{"unheard_of":1}"#;
    let authorization = key.map_or_else(String::new, |key| {
        format!("authorization: Bearer {key}\r\n")
    });
    let request = format!(
        "{} {prefix}{path}{query} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{authorization}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        operation.method,
        body.len(),
    );
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(if answer.contains("\"not_emulated\"") {
        "not yet"
    } else if STATELESS.contains(&operation.name().as_str()) {
        "answers"
    } else {
        "stateful"
    })
}
