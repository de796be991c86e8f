//! Reads conformance cases on standard input, one JSON object a line, and prints one response a
//! line.

use std::io::Write as _;

use clerk_tests::conformance::Answerer;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

/// The number of concurrent cases: some wait for the retry of a scripted failure.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answerer = Answerer::start().await?;
    let cases = std::io::stdin()
        .lines()
        .map_while(Result::ok)
        .filter(|line| !line.trim().is_empty());
    let mut answers = futures_util::stream::iter(cases)
        .map(|line| {
            let answerer = answerer.clone();
            async move { answer(answerer, line).await }
        })
        .buffer_unordered(AT_ONCE);
    let mut out = std::io::stdout().lock();
    while let Some(answer) = answers.next().await {
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

/// Never stops early: a case that fails is a response too.
async fn answer(answerer: Answerer, line: String) -> Value {
    let case: Value = match serde_json::from_str(&line) {
        Ok(case) => case,
        Err(error) => {
            return json!({ "id": null, "error": format!("the line is not JSON: {error}") });
        }
    };
    let id = case["id"].clone();
    tokio::spawn(async move { answerer.answer(&case).await })
        .await
        .unwrap_or_else(|error| json!({ "id": id, "error": format!("the case panicked: {error}") }))
}
