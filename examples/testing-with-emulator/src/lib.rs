//! A small application with something for everyone, something for users, and something for administrators.

use axum::routing::get;
use axum::{Json, Router};
use clerk_axum::{Clerk, ClerkLayer, CurrentUser, User, protect};

async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

/// Returns the application. It takes a [`Clerk`], so that tests can pass another one.
pub fn app(clerk: Clerk) -> Router {
    let invoices = get(|| async { "All invoices" }).route_layer(protect().role("org:admin"));
    Router::new()
        .route("/", get(|| async { "Hello!" }))
        .route("/me", get(me))
        .route("/invoices", invoices)
        .layer(ClerkLayer::new(clerk))
}
