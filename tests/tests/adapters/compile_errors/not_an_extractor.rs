//! What the extractors hold, in place of an extractor.

use clerk_axum::SessionAuth;

fn extract<T: axum::extract::FromRequestParts<()>>() {}

fn main() {
    extract::<SessionAuth>();
}
