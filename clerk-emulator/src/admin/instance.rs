use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use serde_json::json;

use crate::app::App;
use crate::backend_api;
use crate::http::reply;
use crate::rules::sessions::{self, SessionFilter};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/instance", get(show))
}

/// Responds with the URLs and keys of the instance, and the variables that point an application at it.
async fn show(State(app): State<Arc<App>>) -> Response {
    let instance = &app.instance;
    let webhook = instance.webhook.as_ref();
    let counts = app.read(|tables, now| {
        let active = SessionFilter {
            status: Some("active"),
            ..SessionFilter::default()
        };
        json!({
            "users": tables.users.iter().count(),
            "organizations": tables.organizations.iter().count(),
            "active_sessions": sessions::list(tables, &active, now).len(),
            "messages": tables.messages.iter().count(),
            "webhooks": tables.webhook_messages.iter().count(),
            "requests": app.recorder.count(),
        })
    });
    reply::ok(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "environment_type": instance.environment_type(),
        "url": instance.url,
        "frontend_api_url": instance.frontend_api_url(),
        "sign_in_url": instance.sign_in_url(),
        "sign_up_url": instance.sign_up_url(),
        "webhook_url": webhook.map(|endpoint| endpoint.url.as_str()),
        "counts": counts,
        "env": instance.env().into_iter().collect::<BTreeMap<_, _>>(),
    }))
}

/// Returns the Backend API, which here requires no key, is not recorded and is not subject to faults.
pub(super) fn backend_api(app: &Arc<App>) -> Router<Arc<App>> {
    backend_api::routes(app)
        .merge(backend_api::machine_routes(app))
        .route_layer(from_fn_with_state(Arc::clone(app), with_secret_key))
}

async fn with_secret_key(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Ok(value) = HeaderValue::try_from(format!("Bearer {}", app.instance.secret_key)) {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    next.run(request).await
}
