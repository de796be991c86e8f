//! What a refused request is told.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use clerk_core::{Refusal, RefusalKind};
use http::StatusCode;

/// Why an extractor of this crate refused a request; also what a handler returns when `auth.protect(..)?` fails.
///
/// The response is the [`Refusal`]'s, the same as under actix-web.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct ClerkRejection(#[from] Refusal);

impl ClerkRejection {
    /// Why.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        self.0.kind()
    }

    /// The status of the response.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(crate) fn missing_layer() -> Self {
        Self(Refusal::missing_middleware("ClerkLayer"))
    }
}

impl From<ClerkRejection> for Refusal {
    fn from(rejection: ClerkRejection) -> Self {
        rejection.0
    }
}

impl IntoResponse for ClerkRejection {
    fn into_response(self) -> Response {
        tracing::trace!(target: "axum::rejection", status = self.status().as_u16(), rejection = %self, "rejecting request");
        self.0.into_response().map(Body::from)
    }
}
