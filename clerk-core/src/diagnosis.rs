//! A report of settings and the problems with them.

use std::fmt;

use serde::Serialize;

/// The severity of a [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Information.
    Note,
    /// Some requests may be refused or accepted by mistake.
    Warning,
    /// Nobody can sign in, or the application cannot start.
    Error,
}

impl Severity {
    /// Returns the severity as in JSON: `note`, `warning` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A problem, or something to review. It contains no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// A stable code, such as `authorized-parties-missing`.
    pub code: &'static str,
    /// The environment variable of the setting, if the finding is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<&'static str>,
    /// What was found.
    pub message: String,
    /// What to do, or an empty string if the message says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

/// A setting without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportedSetting {
    /// The name of the setting.
    pub name: &'static str,
    /// The value of the setting. For a secret, whether it is set.
    pub value: String,
}

/// A report of the settings and the problems with them, from [`Clerk::diagnose`](crate::Clerk::diagnose) and
/// [`ClerkBuilder::diagnose`](crate::ClerkBuilder::diagnose).
///
/// `Display` formats the report for people, and `Serialize` for programs. Neither contains secrets, even if one is configured
/// in the wrong place.
///
/// ```
/// let diagnosis = clerk_core::Clerk::builder()
///     .from_vars([("CLERK_SECRET_KEY", "YOUR_SECRET_KEY")])
///     .diagnose();
/// assert!(diagnosis.has_errors());
/// assert_eq!(diagnosis.findings()[0].variable, Some("CLERK_SECRET_KEY"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    settings: Vec<ReportedSetting>,
    findings: Vec<Finding>,
}

impl Diagnosis {
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        self.settings.push(ReportedSetting { name, value });
    }

    /// Adds a finding after those of the same or a higher severity.
    pub(crate) fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        variable: Option<&'static str>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) {
        let at = self
            .findings
            .partition_point(|known| known.severity >= severity);
        self.findings.insert(
            at,
            Finding {
                severity,
                code,
                variable,
                message: message.into(),
                advice: advice.into(),
            },
        );
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &[ReportedSetting] {
        &self.settings
    }

    /// Returns the findings, the most severe first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns true if there is a finding with [`Severity::Error`].
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error)
    }

    /// Logs the report: the settings at INFO, each finding at ERROR, WARN or INFO, with the field `clerk.finding`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), clerk_core::ConfigError> {
    /// let clerk = clerk_core::Clerk::from_env()?;
    /// clerk.diagnose().log();
    /// # Ok(())
    /// # }
    /// ```
    pub fn log(&self) {
        let settings: Vec<String> = self
            .settings
            .iter()
            .map(|setting| format!("{}: {}", setting.name, setting.value))
            .collect();
        tracing::info!("Clerk is configured with {}", settings.join("; "));
        for finding in &self.findings {
            let code = finding.code;
            match finding.severity {
                Severity::Error => tracing::error!(clerk.finding = code, "{finding}"),
                Severity::Warning => tracing::warn!(clerk.finding = code, "{finding}"),
                Severity::Note => tracing::info!(clerk.finding = code, "{finding}"),
            }
        }
    }
}

/// Formats the message and the advice on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.advice.is_empty() {
            write!(f, ": {}", self.advice)?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.settings.iter().map(|setting| setting.name.len()).max();
        let width = width.unwrap_or_default();
        for ReportedSetting { name, value } in &self.settings {
            writeln!(f, "{name:width$}  {value}")?;
        }
        writeln!(f)?;
        if self.findings.is_empty() {
            return writeln!(f, "nothing wrong was found");
        }
        for finding in &self.findings {
            writeln!(f, "{}: {finding}", finding.severity.as_str())?;
        }
        Ok(())
    }
}
