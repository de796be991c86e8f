//! The instructions that each row takes, which repeat whatever else the machine does.
//!
//! `cargo bench -p clerk-benches --bench instructions`. Needs valgrind, whose tool callgrind counts them. With
//! `-- ROW`, prints where the instructions of one row are spent.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark reads its environment and prints"
)]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use clerk_benches::{Row, rows};

/// How often each row is called while it is counted.
const CALLS: u32 = 200;
/// How often it is called before, so that everything is in place that only the first call makes.
const BEFORE: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` only builds benchmarks.
    if arguments.iter().any(|argument| argument == "--test") {
        return Ok(());
    }
    let chosen = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    let rows: Vec<Row> = rows()
        .into_iter()
        .filter(|row| !row.is_large && chosen.is_none_or(|name| row.name == name))
        .collect();
    if std::env::var_os(COUNTED).is_some() {
        rows.iter().for_each(count);
        return Ok(());
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    // It may be left from an earlier run, or not be there.
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory)?;
    let status = Command::new("valgrind")
        .args(["-q", "--tool=callgrind", "--zero-before=*begin_of_row*"])
        .arg("--dump-before=*end_of_row*")
        .arg(format!(
            "--callgrind-out-file={}",
            directory.join("row").display()
        ))
        .arg(std::env::current_exe()?)
        .args(chosen)
        .env(COUNTED, "1")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind cannot be started, install it: {error}"))?;
    if !status.success() {
        return Err("valgrind failed".into());
    }
    let mut first = None;
    for (number, row) in (1..).zip(&rows) {
        let counted = std::fs::read_to_string(directory.join(format!("row.{number}")))?;
        let total = counted
            .lines()
            .find_map(|line| line.strip_prefix("summary: "))
            .ok_or("no summary by callgrind")?;
        let each = total.trim().parse::<f64>()? / f64::from(CALLS);
        let ratio = each / *first.get_or_insert(each);
        println!("{:<44} {each:>9.0} instructions {ratio:>7.3}", row.name);
    }
    if chosen.is_some() {
        Command::new("callgrind_annotate")
            .args(["--auto=no", "--threshold=100"])
            .arg(directory.join("row.1"))
            .status()?;
    }
    Ok(())
}

/// Set for the process that callgrind counts.
const COUNTED: &str = "CLERK_BENCH_COUNTED";

fn count(row: &Row) {
    let mut call = (row.prepare)();
    for _ in 0..BEFORE {
        call();
    }
    begin_of_row();
    for _ in 0..CALLS {
        call();
    }
    end_of_row();
}

/// Callgrind starts to count here.
#[inline(never)]
fn begin_of_row() {
    black_box("begin");
}

/// Callgrind writes what it counted here. The bodies differ, because the compiler merges functions that are equal.
#[inline(never)]
fn end_of_row() {
    black_box("end");
}
