//! Writes a human-readable diagnosis.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use clerk_core::{Diagnosis, Severity};

const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        _ => AnsiColor::Cyan.on_default(),
    }
}

/// Writes the settings, the findings with their fixes, and a summary. The stream decides whether to keep the colors.
///
/// # Errors
/// Returns the errors of `out`.
pub fn write(diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    for setting in diagnosis.settings() {
        writeln!(
            out,
            "{FAINT}{:>22}{FAINT:#}  {}",
            setting.name, setting.value
        )?;
    }
    for finding in diagnosis.findings() {
        let style = style(finding.severity);
        let severity = finding.severity.as_str();
        writeln!(
            out,
            "\n{style}{severity}{style:#} {FAINT}{}{FAINT:#}",
            finding.code
        )?;
        writeln!(out, "  {}", finding.message)?;
        if !finding.advice.is_empty() {
            writeln!(out, "  {GOOD}→{GOOD:#} {}", finding.advice)?;
        }
    }
    let count = |severity| {
        let findings = diagnosis.findings().iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => writeln!(out, "\n{GOOD}No problems found.{GOOD:#}"),
        (errors, warnings) => writeln!(
            out,
            "\n{} and {}.",
            number(errors, "error"),
            number(warnings, "warning")
        ),
    }
}

fn number(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
