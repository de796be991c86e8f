//! Reads conformance cases on standard input and prints an answer to each.

use std::io::{self, BufRead, Write};

use clerk_tests::conformance::{keys, redirect, route_match, webhook};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = match serde_json::from_str::<Value>(&line) {
            Ok(case) => {
                let mut answer = answer(&case);
                answer["id"] = case["id"].clone();
                answer
            }
            Err(error) => json!({ "id": null, "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    out.flush()
}

fn answer(case: &Value) -> Value {
    match case["kind"].as_str() {
        Some("publishable_key" | "cookie_suffix") => keys::answer(case),
        Some("redirect") => redirect::answer(case),
        Some("route_match") => route_match::answer(case),
        Some("webhook") => webhook::answer(case),
        _ => json!({ "error": "unsupported" }),
    }
}
