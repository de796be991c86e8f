//! A report of what is configured and what is wrong.

use std::fmt;

use serde::Serialize;

/// How grave a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Some requests may be refused, or more may be accepted than is meant to be.
    Warning,
    /// Nobody can sign in, or the application does not start.
    Error,
}

impl Severity {
    /// Returns the severity as it stands in the JSON form: `note`, `warning` or `error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is wrong, or should be looked at. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// A stable word for it, such as `authorized-parties-missing`.
    pub code: &'static str,
    /// The variable of the setting that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<&'static str>,
    /// What was found.
    pub message: String,
    /// What to do; empty where the message says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

/// A setting, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportedSetting {
    /// The setting, in words.
    pub name: &'static str,
    /// Its value. Of a secret: whether it is set.
    pub value: String,
}

/// What is configured, and what is wrong with it, from [`Clerk::diagnose`](crate::Clerk::diagnose) and
/// [`ClerkBuilder::diagnose`](crate::ClerkBuilder::diagnose).
///
/// `Display` is the report for people, and `Serialize` the one for machines. Neither holds a secret, even where one was
/// configured in the wrong place.
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

    /// Adds a finding behind those that are as grave, or graver.
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

    /// Returns what was found, the gravest first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns true if something keeps people from signing in, or the application from starting.
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

/// The message and the advice, in one line.
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
