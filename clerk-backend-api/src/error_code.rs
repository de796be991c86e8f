use std::{borrow::Cow, fmt};

use serde::Deserializer;

use crate::{discreet::discreet, lenient::Lenient};

/// The kind of an [`ApiErrorItem`](crate::ApiErrorItem), an open set of names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($text));)*
        }
    };
}

error_codes! {
    /// The credentials of the call were refused.
    AUTHENTICATION_INVALID = "authentication_invalid";
    /// The secret key is not one of an existing instance.
    CLERK_KEY_INVALID = "clerk_key_invalid";
    /// Another user or invitation already has the identifier.
    FORM_IDENTIFIER_EXISTS = "form_identifier_exists";
    /// Nobody has the identifier.
    FORM_IDENTIFIER_NOT_FOUND = "form_identifier_not_found";
    /// The one-time code or password is wrong.
    FORM_CODE_INCORRECT = "form_code_incorrect";
    /// A parameter has the wrong form.
    FORM_PARAM_FORMAT_INVALID = "form_param_format_invalid";
    /// A parameter is missing.
    FORM_PARAM_MISSING = "form_param_missing";
    /// A parameter is null where a value is needed.
    FORM_PARAM_NIL = "form_param_nil";
    /// A parameter is not known to the operation.
    FORM_PARAM_UNKNOWN = "form_param_unknown";
    /// A parameter has a value that is not allowed.
    FORM_PARAM_VALUE_INVALID = "form_param_value_invalid";
    /// The password is wrong.
    FORM_PASSWORD_INCORRECT = "form_password_incorrect";
    /// The password appears in a public list of stolen ones.
    FORM_PASSWORD_PWNED = "form_password_pwned";
    /// The nonce of a handshake was used, is unknown or too old.
    INVALID_NONCE = "invalid_nonce";
    /// The machine secret key is not one of an existing machine.
    MACHINE_SECRET_KEY_INVALID = "machine_secret_key_invalid";
    /// What the path names does not exist.
    RESOURCE_NOT_FOUND = "resource_not_found";
    /// The instance's quota of tokens is used up.
    TOKEN_QUOTA_EXCEEDED = "token_quota_exceeded";
    /// Too many calls in a short time.
    TOO_MANY_REQUESTS = "too_many_requests";
    /// The identifier is verified already.
    VERIFICATION_ALREADY_VERIFIED = "verification_already_verified";
}

impl ErrorCode {
    /// A code that has no constant here.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self(Cow::Owned(code.into()))
    }

    /// The code as it travels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<'de> Lenient<'de> for ErrorCode {
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(String::read(deserializer)?.map(Self::new))
    }
}

discreet!(ErrorCode);

#[cfg(feature = "serialize")]
impl serde::Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
