//! The pages for people: the dashboard at the root, the sign-in and sign-up pages, and the layout of all pages.

pub(crate) mod consent;
mod dashboard;
mod device;
pub(crate) mod layout;
mod refusal;
mod return_path;
mod sign_in;
mod sign_up;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

pub(crate) use refusal::readable;

pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .merge(dashboard::routes(app))
        .merge(device::routes())
        .merge(sign_in::routes())
        .merge(sign_up::routes())
}
