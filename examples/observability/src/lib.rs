//! Statistics for Prometheus, and traces and metrics for OpenTelemetry.
//!
//! [`Clerk::stats`] counts outcomes of authentication, cache hits and key downloads, and the SDK opens spans around
//! everything that waits for Clerk. None of it contains tokens, secrets or personal data.

mod prometheus;
mod statistics;
mod telemetry;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clerk_axum::{Clerk, ClerkLayer, CurrentUser, SignedIn};
use prometheus_client::registry::Registry;

pub use telemetry::Telemetry;

/// Builds the application: two guarded routes, and the metrics.
pub fn app(clerk: &Clerk) -> Router {
    let application = Router::new()
        .route("/me", get(me))
        .route("/name", get(name))
        .layer(ClerkLayer::new(clerk.clone()));
    // Outside of the layer, so that Prometheus is not counted as a visitor. Do not expose it to the internet.
    let metrics = Router::new()
        .route("/metrics", get(metrics))
        .with_state(Arc::new(prometheus::registry(clerk.clone())));
    application.merge(metrics)
}

async fn me(session: SignedIn) -> String {
    session.user_id().to_owned()
}

/// Looks up the user, which creates a span of its own.
async fn name(CurrentUser(user): CurrentUser) -> String {
    user.full_name().unwrap_or(user.id)
}

async fn metrics(State(registry): State<Arc<Registry>>) -> Response {
    match prometheus::text(&registry) {
        Ok(text) => ([(CONTENT_TYPE, prometheus::CONTENT_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
