//! Configuration errors.

use std::fmt;

use crate::error_chain::write_with_causes;
use crate::publishable_key::PublishableKeyError;
use crate::token::JwtKeyError;
use crate::variables::{
    CLERK_JWT_KEY, CLERK_PUBLISHABLE_KEY, CLERK_SECRET_KEY, CLERK_WEBHOOK_SIGNING_SECRET,
};
use crate::webhook::WebhookError;

/// The error for a configuration that cannot work.
///
/// `Debug` is the message followed by its causes, so that `main() -> Result<(), Box<dyn Error>>` prints it. Neither contains
/// secrets.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A required setting is missing.
    #[error("{problem}{}", found(.found_as.as_deref(), .variable))]
    #[non_exhaustive]
    Missing {
        /// The environment variable to set.
        variable: &'static str,
        /// What is missing, and what to do.
        problem: &'static str,
        /// A variable that contains the setting for other programs, such as `VITE_CLERK_PUBLISHABLE_KEY`.
        found_as: Option<String>,
    },
    /// The value of a setting is invalid.
    #[error("{variable} (ClerkBuilder::{setter}) {problem}")]
    #[non_exhaustive]
    Invalid {
        /// The environment variable of the setting.
        variable: &'static str,
        /// The builder method for the setting.
        setter: &'static str,
        /// What is wrong with the value, and what to do.
        problem: String,
    },
    /// A setting of the builder that no variable has cannot be used.
    #[error("ClerkBuilder::{setter} {problem}")]
    #[non_exhaustive]
    Setting {
        /// The builder's method.
        setter: &'static str,
        /// What is wrong with its argument.
        problem: String,
    },
    /// One key belongs to a development instance, and the other to a production instance.
    #[error(
        "CLERK_SECRET_KEY and CLERK_PUBLISHABLE_KEY belong to different instances: one to a development instance \
         (..._test_...), the other to a production instance (..._live_...); copy both from the same API keys page of the \
         Clerk Dashboard"
    )]
    DifferentInstances,
    /// The publishable key is malformed.
    #[error(transparent)]
    PublishableKey(#[from] PublishableKeyError),
    /// The PEM key is invalid.
    #[error(transparent)]
    JwtKey(#[from] JwtKeyError),
    /// The signing secret for webhooks is invalid.
    #[error(transparent)]
    WebhookSecret(#[from] WebhookError),
    /// The Backend API client cannot be created.
    #[error("the Backend API client cannot be created")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Returns the error for webhooks that arrive while no signing secret is configured.
pub(crate) fn missing_webhook_secret(found_as: Option<&str>) -> ConfigError {
    ConfigError::Missing {
        variable: CLERK_WEBHOOK_SIGNING_SECRET,
        problem: "no signing secret is configured: set CLERK_WEBHOOK_SIGNING_SECRET",
        found_as: found_as.map(str::to_owned),
    }
}

fn found(name: Option<&str>, variable: &str) -> String {
    name.map_or_else(String::new, |name| {
        format!("; {name} is set, but this program reads {variable}")
    })
}

impl ConfigError {
    pub(crate) fn setting(setter: &'static str, problem: String) -> Self {
        Self::Setting { setter, problem }
    }

    /// Returns the environment variable of the setting that is invalid or missing.
    #[must_use]
    pub fn variable(&self) -> Option<&'static str> {
        match self {
            Self::Missing { variable, .. } | Self::Invalid { variable, .. } => Some(variable),
            Self::DifferentInstances => Some(CLERK_SECRET_KEY),
            Self::PublishableKey(_) => Some(CLERK_PUBLISHABLE_KEY),
            Self::JwtKey(_) => Some(CLERK_JWT_KEY),
            Self::WebhookSecret(_) => Some(CLERK_WEBHOOK_SIGNING_SECRET),
            Self::Setting { .. } | Self::Client(_) => None,
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_causes(self, f)
    }
}
