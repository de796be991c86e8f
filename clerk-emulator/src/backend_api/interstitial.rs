use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::app::App;
use crate::http::query::Params;
use crate::http::reply::{self, Reply};
use crate::pages::layout::escape;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/public/interstitial", get(interstitial))
}

/// Responds with the page that older SDKs use to let the browser find out who is signed in.
async fn interstitial(State(app): State<Arc<App>>, params: Params) -> Reply {
    let key = params
        .text("publishable_key")
        .unwrap_or(&app.instance.publishable_key);
    let attribute = |name: &str| {
        let value = params.text(name).map(escape);
        value.map_or_else(String::new, |value| {
            format!(" data-clerk-{}=\"{value}\"", name.replace('_', "-"))
        })
    };
    Ok(reply::html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signing in</title></head><body>\
         <script async crossorigin=\"anonymous\" data-clerk-publishable-key=\"{}\"{}{}{} \
         src=\"{}/npm/@clerk/clerk-js@latest/dist/clerk.browser.js\" \
         onload=\"Clerk.load().then(() => location.reload())\"></script></body></html>",
        escape(key),
        attribute("proxy_url"),
        attribute("domain"),
        attribute("sign_in_url"),
        app.instance.url,
    )))
}
