use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::answer::read;
use crate::app::App;
use crate::clock::Clock;
use crate::http::reply::{self, Reply};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/clock", get(show).put(stop).delete(reset))
        .route("/clock/advance", post(advance))
}

fn shown(app: &App) -> Response {
    reply::ok(&json!({ "now_ms": app.clock.now_ms(), "stopped": app.clock.is_stopped() }))
}

async fn show(State(app): State<Arc<App>>) -> Response {
    shown(&app)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    now_ms: milliseconds::Milliseconds,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    by_ms: milliseconds::Milliseconds,
}

/// The times that a clock can be set to without leaving the range of dates.
mod milliseconds {
    use serde::{Deserialize, Deserializer};

    /// The end of the year 9999.
    const MOST: u64 = 253_402_300_799_999;

    #[derive(Debug, Clone, Copy)]
    pub(super) struct Milliseconds(pub(super) u64);

    impl<'de> Deserialize<'de> for Milliseconds {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u64::deserialize(deserializer)?;
            if number > MOST {
                return Err(serde::de::Error::custom("must be before the year 10000"));
            }
            Ok(Self(number))
        }
    }
}

/// Stops the clock at a given time.
async fn stop(State(app): State<Arc<App>>, body: Bytes) -> Reply {
    let stop: Stop = read(&body)?;
    let at = UNIX_EPOCH + Duration::from_millis(stop.now_ms.0);
    app.move_clock(|clock| clock.set(at));
    Ok(shown(&app))
}

/// Advances the clock.
async fn advance(State(app): State<Arc<App>>, body: Bytes) -> Reply {
    let advance: Advance = read(&body)?;
    let by = Duration::from_millis(advance.by_ms.0);
    app.move_clock(|clock| clock.advance(by));
    Ok(shown(&app))
}

/// Sets the clock back to real time.
async fn reset(State(app): State<Arc<App>>) -> Response {
    app.move_clock(Clock::reset);
    shown(&app)
}
