use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::faults::Fault;

/// A fault as it is written in seeds and sent to the admin interface.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultForm {
    kind: FaultKind,
    /// Beginning of the paths that it applies to; all without it.
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    method: Option<String>,
    /// How many requests it applies to; 0 for all.
    #[serde(default = "once")]
    times: u32,
    /// For `slow`.
    #[serde(default)]
    delay_ms: u64,
    /// For `too_many_requests`.
    #[serde(default)]
    retry_after_seconds: u64,
    /// For `status` and `answer`.
    #[serde(default = "internal_error")]
    status: u16,
    /// For `answer`.
    #[serde(default)]
    content_type: Option<String>,
    /// For `answer`.
    #[serde(default)]
    body: String,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultKind {
    Slow,
    TooManyRequests,
    Status,
    Answer,
    Cut,
}

fn once() -> u32 {
    1
}

fn internal_error() -> u16 {
    500
}

impl From<FaultForm> for Fault {
    fn from(form: FaultForm) -> Self {
        let fault = match form.kind {
            FaultKind::Slow => Self::slow(Duration::from_millis(form.delay_ms)),
            FaultKind::TooManyRequests => {
                Self::too_many_requests(Duration::from_secs(form.retry_after_seconds))
            }
            FaultKind::Status => Self::status(form.status),
            FaultKind::Answer => {
                let content_type = form.content_type.as_deref().unwrap_or("text/plain");
                Self::answer(form.status, content_type, form.body)
            }
            FaultKind::Cut => Self::cut_connection(),
        };
        let fault = match form.times {
            0 => fault.always(),
            times => fault.times(times),
        };
        let fault = match form.path {
            Some(path) => fault.on(path),
            None => fault,
        };
        match form.method {
            Some(method) => fault.method(&method),
            None => fault,
        }
    }
}
