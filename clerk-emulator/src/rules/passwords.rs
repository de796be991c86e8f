use super::api_error::ApiError;
use super::settings;
use crate::model::password::Password;
use crate::model::password_digest::HASHERS;
use crate::secret::Secret;
use crate::store::tables::Tables;

/// The length of the shortest allowed password, in characters.
pub(crate) const SHORTEST: usize = 8;
/// The length of the longest allowed password, in characters.
pub(crate) const LONGEST: usize = 72;

/// A sample of passwords found in data breaches. Clerk asks a service that knows all of them.
const BREACHED: &[&str] = &[
    "00000000",
    "11111111",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "abc12345",
    "abcd1234",
    "admin123",
    "baseball",
    "football",
    "iloveyou",
    "letmein1",
    "p@ssw0rd",
    "passw0rd",
    "password",
    "password1",
    "password12",
    "password123",
    "password1234",
    "princess",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "starwars",
    "sunshine",
    "superman",
    "trustno1",
    "welcome1",
    "whatever",
];

/// A password as provided by a caller.
#[derive(Debug, Clone)]
pub(crate) enum NewPassword {
    /// The password itself.
    Text {
        password: Secret,
        /// Determines whether strength and breaches are checked.
        checks: Checks,
    },
    /// A digest of the password, computed by another system.
    Digest { hasher: String, digest: Secret },
}

/// Determines whether a new password is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checks {
    Enforced,
    Skipped,
}

/// What the instance demands of new passwords.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    refuses_breached: bool,
}

impl Policy {
    pub(crate) fn of(tables: &Tables) -> Result<Self, ApiError> {
        let refuses_breached = settings::get(tables)?.refuses_breached_passwords;
        Ok(Self { refuses_breached })
    }

    /// Converts a provided password to its stored form.
    pub(crate) fn accept(self, given: NewPassword) -> Result<Password, ApiError> {
        match given {
            NewPassword::Text { password, checks } => {
                if checks == Checks::Enforced {
                    self.check(&password.0)?;
                }
                Ok(Password::hash(&password.0))
            }
            NewPassword::Digest { hasher, digest } => {
                if !HASHERS.contains(&hasher.as_str()) {
                    return Err(ApiError::value(
                        "password_hasher",
                        &format!("must be one of {}", HASHERS.join(", ")),
                    ));
                }
                Password::import(hasher, digest).ok_or_else(|| {
                    ApiError::param(
                        "form_password_digest_invalid_code",
                        "password_digest",
                        "The password digest does not have the form that its hasher gives",
                    )
                })
            }
        }
    }

    /// Rejects passwords that are too short, too long, or known from data breaches.
    fn check(self, password: &str) -> Result<(), ApiError> {
        let refused = |code, message: String| Err(ApiError::param(code, "password", message));
        let length = password.chars().count();
        if length < SHORTEST {
            return refused(
                "form_password_length_too_short",
                format!("Passwords must be {SHORTEST} characters or more."),
            );
        }
        if length > LONGEST {
            return refused(
                "form_password_length_too_long",
                format!("Passwords must be {LONGEST} characters or fewer."),
            );
        }
        if self.refuses_breached && BREACHED.contains(&password.to_lowercase().as_str()) {
            return refused(
                "form_password_pwned",
                "Password has been found in an online data breach. For account safety, please use a different \
                 password."
                    .to_owned(),
            );
        }
        Ok(())
    }
}
