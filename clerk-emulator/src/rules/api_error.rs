use http::StatusCode;
use serde_json::{Map, Value};

use crate::error::Error;

/// An error as reported by the API, with a status, a code, and a text.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The parameter that caused the error.
    pub(crate) param_name: Option<String>,
    /// Additional information for the caller.
    pub(crate) details: Map<String, Value>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param_name: None,
            details: Map::new(),
        }
    }

    /// Adds information for the caller.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Creates a 404 error: the resource does not exist.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            format!("No {what} was found with id {id}"),
        )
    }

    /// Creates a 404 error of a kind of resource that has its own code.
    pub(crate) fn no_such(code: &'static str, what: &str, id: &str) -> Self {
        Self {
            code,
            ..Self::not_found(what, id)
        }
    }

    /// Creates a 422 error caused by one parameter.
    pub(crate) fn param(
        code: &'static str,
        param_name: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            param_name: Some(param_name.into()),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
        }
    }

    /// Creates a 422 error: a required parameter is missing.
    pub(crate) fn missing(param_name: &str) -> Self {
        Self::param(
            "form_param_missing",
            param_name,
            format!("{param_name} must be included"),
        )
    }

    /// Creates a 422 error: the instance does not have a parameter.
    pub(crate) fn unknown(param_name: &str) -> Self {
        Self::param(
            "form_param_unknown",
            param_name,
            format!("{param_name} is not a valid parameter for this request"),
        )
    }

    /// Creates a 422 error: a parameter does not have the required form. `rule` follows the name, as in "must be a
    /// number".
    pub(crate) fn format(param_name: &str, rule: &str) -> Self {
        Self::param(
            "form_param_format_invalid",
            param_name,
            format!("{param_name} {rule}"),
        )
    }

    /// Creates a 422 error: a parameter is well formed, but its value is not allowed.
    pub(crate) fn value(param_name: &str, rule: &str) -> Self {
        Self::param(
            "form_param_value_invalid",
            param_name,
            format!("{param_name} {rule}"),
        )
    }

    /// Creates a 422 error: the identifier is already taken.
    pub(crate) fn taken(param_name: &str) -> Self {
        Self::param(
            "form_identifier_exists",
            param_name,
            format!(
                "That {} is taken. Please try another.",
                param_name.replace('_', " ")
            ),
        )
    }

    /// Creates a 400 error.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Creates a 403 error.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// Creates a 401 error.
    pub(crate) fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }
}

/// Internal failures, such as in signing, are the emulator's fault.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            error.to_string(),
        )
    }
}
