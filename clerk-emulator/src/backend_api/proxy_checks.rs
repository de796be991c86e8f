use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::Value;

use super::shapes::Shapes;
use crate::app::App;
use crate::http::body::Body;
use crate::http::reply::{self, Reply};
use crate::rules::proxy_checks;

/// How long a proxy may take to respond.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/proxy_checks", post(check))
}

async fn check(State(app): State<Arc<App>>, body: Body) -> Reply {
    let body = body.only(&["domain_id", "proxy_url"])?;
    let domain_id = body.text("domain_id")?.filter(|id| !id.is_empty());
    let proxy_url = body.text("proxy_url")?.filter(|url| !url.is_empty());
    let target =
        app.read(|tables, _| proxy_checks::target(tables, domain_id.as_deref(), proxy_url))?;
    let successful = leads_here(&app, &target).await;
    app.write(|tables, now| {
        let check = proxy_checks::record(tables, target, successful, now).clone();
        let shapes = Shapes::new(tables, &app.instance, now);
        Ok(reply::ok(&shapes.proxy_check(&check)))
    })
}

/// Returns true if requests to the proxy reach a Frontend API.
async fn leads_here(app: &App, target: &proxy_checks::Target) -> bool {
    let answer = async {
        let mut url: reqwest::Url = target.proxy_url.parse().ok()?;
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(["v1", "proxy-health"]);
        url.query_pairs_mut()
            .append_pair("domain_id", &target.domain_id);
        let response = app.client().ok()?.get(url).send().await.ok()?;
        let body = response.error_for_status().ok()?.bytes().await.ok()?;
        let health: Value = serde_json::from_slice(&body).ok()?;
        // It is up to the browser SDKs to check whether the proxy sends all headers.
        Some(health["status"].is_string())
    };
    matches!(tokio::time::timeout(PATIENCE, answer).await, Ok(Some(true)))
}
