//! Delivery to the endpoint: each message is sent until it is accepted or abandoned.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, USER_AGENT};
use tokio::task::JoinSet;

use super::endpoint::Endpoint;
use crate::app::App;
use crate::clock;
use crate::model::webhook::{Attempt, DeliveryState, WebhookMessage};

/// The wait before each attempt, in milliseconds. Svix waits longer, but here a developer is watching.
const WAITS_MS: &[u64] = &[0, 100, 500, 2_000, 5_000, 10_000, 30_000, 60_000];
/// The time within which the endpoint must respond, as with Svix.
const PATIENCE: Duration = Duration::from_secs(15);
/// The number of messages that are sent concurrently.
const MOST_AT_ONCE: usize = 16;

/// Delivers messages until the runtime ends.
pub(crate) async fn run(app: Arc<App>, endpoint: Endpoint) {
    let endpoint = Arc::new(endpoint);
    let mut running = JoinSet::new();
    let mut busy: HashSet<String> = HashSet::new();
    loop {
        let woken = app.outbox.written();
        let mut woken = std::pin::pin!(woken);
        // From here on, no notification is missed.
        woken.as_mut().enable();
        for message in pending(&app, &busy, MOST_AT_ONCE.saturating_sub(busy.len())) {
            busy.insert(message.id.clone());
            running.spawn(deliver(Arc::clone(&app), Arc::clone(&endpoint), message));
        }
        tokio::select! {
            () = woken => {}
            Some(done) = running.join_next(), if !running.is_empty() => match done {
                Ok(id) => {
                    busy.remove(&id);
                    app.outbox.notify_settled();
                }
                // The panic in the task has been reported. The message is unknown, but none is sent twice.
                Err(error) => tracing::error!(%error, "a webhook was not delivered"),
            },
        }
    }
}

fn pending(app: &App, busy: &HashSet<String>, most: usize) -> Vec<WebhookMessage> {
    app.read(|tables, _| {
        tables
            .webhook_messages
            .iter()
            .filter(|message| {
                message.state == DeliveryState::Pending && !busy.contains(&message.id)
            })
            .take(most)
            .cloned()
            .collect()
    })
}

async fn deliver(app: Arc<App>, endpoint: Arc<Endpoint>, message: WebhookMessage) -> String {
    // The attempts before a restart count.
    let waits = &WAITS_MS[message.tries.min(WAITS_MS.len() - 1)..];
    for (index, wait) in waits.iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(*wait)).await;
        let attempt = send(&app, &endpoint, &message).await;
        let accepted = attempt
            .status
            .is_some_and(|status| (200..300).contains(&status));
        let state = match (accepted, index + 1 == waits.len()) {
            (true, _) => DeliveryState::Delivered,
            (false, true) => DeliveryState::Failed,
            (false, false) => DeliveryState::Pending,
        };
        let kept = app.set_up(|tables, _| {
            if let Some(known) = tables.webhook_messages.get_mut(&message.id) {
                known.attempts.push(attempt);
                known.tries += 1;
                known.state = state;
            }
            Ok(())
        });
        if let Err(error) = kept {
            tracing::error!(%error, "the delivery of a webhook cannot be kept");
        }
        if state != DeliveryState::Pending {
            break;
        }
    }
    message.id
}

async fn send(app: &App, endpoint: &Endpoint, message: &WebhookMessage) -> Attempt {
    // The receiver compares with its own clock, which does not follow when the emulator's is moved.
    let at = clock::system_ms();
    let seconds = at.div_euclid(1000);
    let request = app.client().map(|client| {
        client
            .post(endpoint.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "Svix-Webhooks/clerk-emulator")
            .header("svix-id", &message.id)
            .header("svix-timestamp", seconds)
            .header(
                "svix-signature",
                endpoint.sign(&message.id, seconds, &message.payload),
            )
            .timeout(PATIENCE)
            .body(message.payload.clone())
    });
    let sent = match request {
        Ok(request) => request.send().await,
        Err(error) => Err(error),
    };
    match sent {
        Ok(response) => Attempt {
            at,
            status: Some(response.status().as_u16()),
            error: None,
        },
        Err(error) => Attempt {
            at,
            status: None,
            error: Some(error.without_url().to_string()),
        },
    }
}
