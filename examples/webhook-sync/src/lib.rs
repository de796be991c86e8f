//! Users, organizations and memberships, kept in SQLite or PostgreSQL by webhooks.
//!
//! - Each message is applied once, in one transaction with the change, and messages may arrive in any order: see
//!   [`decide`].
//! - A deleted object leaves a tombstone, so that an older `updated` does not revive it.
//! - [`Sync::import`] fills the tables, and [`Sync::reconcile`] repairs them after events were lost. Webhooks may
//!   arrive meanwhile.

mod change;
mod import;
mod row;
mod sync;
mod sync_error;
mod tables;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use clerk_axum::{Clerk, VerifiedWebhook};

pub use import::Report;
pub use row::{Decision, Kind, Row, decide};
pub use sync::{Received, Sync};
pub use sync_error::SyncError;
pub use tables::Tables;

/// The state of the application.
#[derive(Clone, Debug)]
struct App {
    clerk: Clerk,
    sync: Sync,
}

impl FromRef<App> for Clerk {
    fn from_ref(app: &App) -> Self {
        app.clerk.clone()
    }
}

impl FromRef<App> for Sync {
    fn from_ref(app: &App) -> Self {
        app.sync.clone()
    }
}

/// Builds the application: `POST /webhooks` receives events, and `GET /` returns the number of rows.
pub fn app(clerk: Clerk, sync: Sync) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/webhooks", post(receive))
        .with_state(App { clerk, sync })
}

/// Responds with 204 if the event is in the tables, and with 500 if Clerk should send it again.
async fn receive(State(sync): State<Sync>, VerifiedWebhook(event): VerifiedWebhook) -> StatusCode {
    match sync.receive(&event).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(error) => {
            tracing::error!(message_id = event.message_id(), "{error:?}");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

async fn overview(State(sync): State<Sync>) -> Result<String, StatusCode> {
    let mut text = String::new();
    for kind in Kind::ALL {
        let count = sync.tables().count(kind).await.map_err(|error| {
            tracing::error!("the database failed: {error}");
            StatusCode::INTERNAL_SERVER_ERROR
        })?;
        text.push_str(&format!("{}: {count}\n", kind.view()));
    }
    Ok(text)
}
