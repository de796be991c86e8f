use http::StatusCode;
use serde_json::{Map, Value};

use crate::error::Error;

/// A refusal as the API reports it: a status, a code and a text.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// The parameter that is to blame.
    pub(crate) param_name: Option<String>,
    /// What else the caller is told.
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

    /// Tells the caller something else, too.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// 404: no such thing exists.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "resource_not_found",
            format!("No {what} was found with id {id}"),
        )
    }

    /// 422: one parameter is to blame.
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

    /// 422: a parameter that must be there is missing.
    pub(crate) fn missing(param_name: &str) -> Self {
        Self::param(
            "form_param_missing",
            param_name,
            format!("{param_name} must be included"),
        )
    }

    /// 422: a parameter does not have the required form. `rule` follows the name, as in "must be a number".
    pub(crate) fn format(param_name: &str, rule: &str) -> Self {
        Self::param(
            "form_param_format_invalid",
            param_name,
            format!("{param_name} {rule}"),
        )
    }

    /// 422: a parameter is well formed and has a value that is not allowed.
    pub(crate) fn value(param_name: &str, rule: &str) -> Self {
        Self::param(
            "form_param_value_invalid",
            param_name,
            format!("{param_name} {rule}"),
        )
    }

    /// 422: somebody else has this identifier.
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

    /// 400.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 401.
    pub(crate) fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }
}

/// What fails inside, such as signing, is the emulator's fault.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_clerk_error",
            error.to_string(),
        )
    }
}
