//! What authentication costs in one process, as multiples of the bare signature check.
//!
//! `cargo bench -p clerk-benches --bench verification`. All rows take turns, and the fastest round of each counts. Only the
//! ratios can be compared between machines.

#![expect(clippy::disallowed_macros, reason = "a benchmark prints")]

use std::collections::HashMap;
use std::process::ExitCode;

use clerk_benches::{Budget, CHECK, LEAST, measure, rows};

fn main() -> ExitCode {
    // `cargo test --benches` only builds benchmarks.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let rows = rows();
    let mut calls: Vec<_> = rows.iter().map(|row| (row.prepare)()).collect();
    let times = measure(&mut calls);
    let by_name: HashMap<&str, f64> = rows.iter().map(|row| row.name).zip(times).collect();
    let check = by_name[CHECK];
    let mut met = true;
    for row in &rows {
        let time = by_name[row.name];
        let (spent, factor, of) = match row.budget {
            None => {
                println!("{:<44} {time:>8.0} ns {:>7.3}", row.name, time / check);
                continue;
            }
            Some(Budget::OfCheck(factor)) => (time / check, factor, "of the check".to_owned()),
            Some(Budget::OfLeast(factor)) => (
                time / by_name[LEAST],
                factor,
                "of the least code".to_owned(),
            ),
            Some(Budget::Over(base, factor)) => {
                let added = time - by_name[base];
                (
                    added / check,
                    factor,
                    format!("more than {base}, {added:.0} ns"),
                )
            }
        };
        met &= spent <= factor;
        println!(
            "{:<44} {time:>8.0} ns {:>7.3}   {} {spent:.3} {of}, budget {factor}",
            row.name,
            time / check,
            if spent <= factor { "ok:" } else { "MISSED:" },
        );
    }
    if met {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
