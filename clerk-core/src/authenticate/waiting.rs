//! The span around a request that waits for Clerk.

use futures_util::future::BoxFuture;
use tracing::field::Empty;
use tracing::{Instrument as _, debug_span};

use super::drive::Pending;
use super::error::AuthenticateError;
use super::state::RequestState;

/// Brings a pending request to its outcome, in the span `clerk.authenticate`.
///
/// In a box, so that the future of a request that waits for nothing stays small, and so that this code is compiled here and
/// not again with every application.
pub(crate) fn finish(
    pending: Box<Pending>,
) -> BoxFuture<'static, Result<RequestState, AuthenticateError>> {
    Box::pin(in_span(pending))
}

async fn in_span(pending: Box<Pending>) -> Result<RequestState, AuthenticateError> {
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
