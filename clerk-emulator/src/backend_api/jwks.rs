use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::key_set::key_set;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/jwks", get(key_set))
}
