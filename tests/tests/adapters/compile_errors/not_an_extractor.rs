//! The content of an extractor in place of the extractor.

use clerk_axum::SessionAuth;

fn extract<T: axum::extract::FromRequestParts<()>>() {}

fn main() {
    extract::<SessionAuth>();
}
