//! The span around a request that waits for Clerk.

use tracing::field::Empty;
use tracing::{Instrument as _, debug_span};

use super::drive::Pending;
use super::error::AuthenticateError;
use super::state::RequestState;

/// Brings a pending request to its outcome, in the span `clerk.authenticate`.
pub(crate) async fn finish(pending: Box<Pending>) -> Result<RequestState, AuthenticateError> {
    let span = debug_span!(
        "clerk.authenticate",
        clerk.outcome = Empty,
        clerk.reason = Empty
    );
    let outcome = pending.finish().instrument(span.clone()).await;
    if let Ok(state) = &outcome {
        span.record("clerk.outcome", state.status().as_str());
        if let Some(reason) = state.reason() {
            span.record("clerk.reason", reason.as_str());
        }
    }
    outcome
}
