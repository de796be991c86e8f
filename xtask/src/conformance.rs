//! `xtask conformance`: checks that our results differ from the reference only as listed in `docs/deviations.md`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{TaskResult, root};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Runs every case of the corpora in a directory and compares the results with the reference. The default directory is
/// `shared/conformance` next to the workspace. With `--built`, uses the `conformance` binary next to this program instead of
/// building it.
///
/// If there are no corpora, prints that the comparison is skipped.
#[expect(
    clippy::disallowed_macros,
    reason = "a command reports on its standard output"
)]
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> TaskResult {
    let (mut directory, mut is_built) = (root().join("../shared/conformance"), false);
    for argument in arguments {
        match argument.as_str() {
            "--built" => is_built = true,
            path => directory = PathBuf::from(path),
        }
    }
    let compare = directory.join("compare.mjs");
    if !compare.exists() {
        println!(
            "SKIPPED: conformance: no corpora in {}",
            directory.display()
        );
        return Ok(());
    }
    let mut corpora: Vec<PathBuf> = fs::read_dir(&directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    corpora.sort();
    let mut cases = String::new();
    for corpus in &corpora {
        cases.push_str(&fs::read_to_string(corpus)?);
    }
    let known = case_ids(&cases)?;
    let listed = listed_ids(&root().join("docs/deviations.md"))?;

    let mut answering = if is_built {
        Command::new(std::env::current_exe()?.with_file_name("conformance"))
    } else {
        let mut cargo = Command::new("cargo");
        cargo.args([
            "run",
            "--quiet",
            "-p",
            "clerk-tests",
            "--bin",
            "conformance",
        ]);
        cargo
    };
    answering.current_dir(root());
    let (answers, succeeded) = pipe(answering, cases, Stdio::piped())?;
    if !succeeded {
        return Err("the conformance binary failed".into());
    }

    let mut comparing = Command::new("node");
    comparing
        .arg(&compare)
        .args(["--ignore-text", "--sections", "--max", "1000000000"])
        .args(&corpora)
        .arg("-");
    // The comparison exits with `process.exit`, which discards unread pipe output, so it writes to a file.
    let report_path = root().join("target/conformance-report.txt");
    fs::create_dir_all(root().join("target"))?;
    let (_, agrees) = pipe(comparing, answers, fs::File::create(&report_path)?.into())?;
    let report = fs::read_to_string(&report_path)?;
    let differing = differing_ids(&report, &known);
    print!("{}", summary(&report));
    if !agrees && differing.is_empty() {
        return Err(format!("the comparison failed:\n{report}").into());
    }
    judge(&differing, &listed, &known)
}

fn judge(
    differing: &BTreeSet<String>,
    listed: &BTreeSet<String>,
    known: &BTreeSet<String>,
) -> TaskResult {
    let mut problems = Vec::new();
    for id in differing.difference(listed) {
        problems.push(format!(
            "{id} differs, but docs/deviations.md does not list it"
        ));
    }
    for id in listed.difference(differing) {
        problems.push(if known.contains(id) {
            format!("{id} is listed in docs/deviations.md but does not differ")
        } else {
            format!("{id} is listed in docs/deviations.md but is not in any corpus")
        });
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// Runs a command with `input` as its standard input. Returns the output, if it was piped, and whether the command succeeded.
fn pipe(mut command: Command, input: String, output: Stdio) -> Fallible<(String, bool)> {
    let mut child = command.stdin(Stdio::piped()).stdout(output).spawn()?;
    let mut stdin = child
        .stdin
        .take()
        .ok_or("the command has no standard input")?;
    // Written by another thread, because the command writes while it reads.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer
        .join()
        .map_err(|_| "writing to the command failed")??;
    Ok((String::from_utf8(output.stdout)?, output.status.success()))
}

fn case_ids(cases: &str) -> Fallible<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for line in cases.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line)?;
        ids.extend(case["id"].as_str().map(str::to_owned));
    }
    Ok(ids)
}

/// Returns the differing cases of a report. Each has a line with its ID, and possibly a note that there is no answer.
fn differing_ids(report: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    report
        .lines()
        .map(|line| line.strip_suffix(": no answer").unwrap_or(line))
        .filter(|line| known.contains(*line))
        .map(str::to_owned)
        .collect()
}

/// Returns the table at the end of a report.
fn summary(report: &str) -> String {
    let table = report.lines().skip_while(|line| !line.starts_with("kind "));
    table.map(|line| format!("{line}\n")).collect()
}

/// Returns every string in backticks that looks like a case ID, such as `route_match/random/v0099`.
fn listed_ids(path: &Path) -> Fallible<BTreeSet<String>> {
    if !path.exists() {
        return Ok(BTreeSet::new());
    }
    let text = fs::read_to_string(path)?;
    Ok(text
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|text| is_case_id(text))
        .map(str::to_owned)
        .collect())
}

fn is_case_id(text: &str) -> bool {
    let Some((section, number)) = text.rsplit_once('/') else {
        return false;
    };
    section.contains('/')
        && !text.contains(char::is_whitespace)
        && number
            .strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn differing_cases_are_read_from_a_report() {
        let report = "a/b/v1\n  result\n    expected 1\n    got      2\na/b/v2: no answer\nkind  total\na/b  2\n";
        assert_eq!(
            differing_ids(report, &ids(&["a/b/v1", "a/b/v2", "a/b/v3"])),
            ids(&["a/b/v1", "a/b/v2"])
        );
        assert_eq!(summary(report), "kind  total\na/b  2\n");
    }

    #[test]
    fn case_ids_are_told_from_other_code() {
        assert!(is_case_id("route_match/random/v0099"));
        for text in [
            "route_match/random",
            "a/v1",
            "a b/c/v1",
            "a/b/v",
            "a/b/vx",
            "`",
        ] {
            assert!(!is_case_id(text), "{text}");
        }
    }

    #[test]
    fn unexplained_and_outdated_differences_fail() {
        let known = ids(&["a/b/v1", "a/b/v2"]);
        assert!(judge(&ids(&["a/b/v1"]), &ids(&["a/b/v1"]), &known).is_ok());
        let error = judge(&ids(&["a/b/v1"]), &ids(&["a/b/v2", "a/b/v9"]), &known)
            .unwrap_err()
            .to_string();
        assert_eq!(error.lines().count(), 3, "{error}");
    }
}
