//! The extractor for webhooks before another one, although it reads the body.

use axum::extract::FromRequestParts;
use clerk_axum::{Clerk, VerifiedWebhook};

fn extract_first<T: FromRequestParts<Clerk>>() {}

fn main() {
    extract_first::<VerifiedWebhook>();
}
