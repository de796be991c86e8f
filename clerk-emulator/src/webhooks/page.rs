use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::app::App;
use crate::http::origin::refuse_foreign;
use crate::http::reply::{self, Reply};
use crate::model::webhook::DeliveryState;

/// How many deliveries the page shows.
const SHOWN: usize = 100;

/// Returns the page that shows the deliveries, newest first.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks", get(deliveries))
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign))
}

async fn deliveries(State(app): State<Arc<App>>) -> Reply {
    let rows: Vec<String> = app.read(|tables, _| {
        let messages = tables.webhook_messages.iter().rev().take(SHOWN);
        messages
            .map(|message| {
                let state = match message.state {
                    DeliveryState::Pending => "pending",
                    DeliveryState::Delivered => "delivered",
                    DeliveryState::Failed => "failed",
                };
                let last = message.attempts.last().map_or_else(String::new, |attempt| {
                    let status = attempt.status.map(|status| status.to_string());
                    status.or_else(|| attempt.error.clone()).unwrap_or_default()
                });
                format!(
                    "<tr><td>{}<td>{state}<td>{}<td>{}<td><details><summary>{}</summary><pre>{}</pre></details>",
                    escape(&message.event),
                    message.attempts.len(),
                    escape(&last),
                    escape(&message.id),
                    escape(&message.payload),
                )
            })
            .collect()
    });
    let note = match (&app.instance.webhook, rows.is_empty()) {
        (None, _) => {
            "<p>No endpoint is configured: start the emulator with <code>--webhook-url</code>.</p>"
                .to_owned()
        }
        (Some(endpoint), true) => {
            format!(
                "<p>Nothing was sent to {} yet.</p>",
                escape(endpoint.url.as_str())
            )
        }
        (Some(endpoint), false) => format!("<p>To {}</p>", escape(endpoint.url.as_str())),
    };
    Ok(reply::html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Webhooks</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>:root{{color-scheme:light dark}}\
         body{{font:16px system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem}}\
         table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;vertical-align:top;padding:.3rem}}\
         pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style></head><body><h1>Webhooks</h1>{note}\
         <table><tr><th>Event<th>State<th>Attempts<th>Last answer<th>Message{}</table></body></html>",
        rows.concat(),
    )))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
