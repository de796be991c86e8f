//! The extractor for webhooks on a router whose state has no `Clerk`.

use axum::extract::FromRequest;
use clerk_axum::VerifiedWebhook;

struct AppState;

fn extract_last<T: FromRequest<AppState>>() {}

fn main() {
    extract_last::<VerifiedWebhook>();
}
