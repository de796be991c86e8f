//! A fault, and its form in seeds and in the admin interface.

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

/// A failure to inject into a number of requests.
///
/// A fault applies to every path unless [`on`](Self::on) narrows it, and to one request unless
/// [`times`](Self::times) or [`always`](Self::always) says otherwise.
///
/// ```
/// use std::time::Duration;
/// use clerk_emulator::Fault;
///
/// let keys_down = Fault::status(503).on("/v1/jwks").always();
/// let throttled = Fault::too_many_requests(Duration::from_secs(3)).on("/v1/users").times(2);
/// # let _ = (keys_down, throttled);
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "FaultForm", into = "FaultForm")]
#[must_use]
pub struct Fault {
    pub(super) effect: Effect,
    path_prefix: String,
    method: Option<Method>,
    /// The number of requests it still applies to, or `None` for all.
    pub(super) remaining: Option<u32>,
}

/// The effect on the request.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Slow(Duration),
    TooManyRequests(Duration),
    Status(StatusCode),
    Answer {
        status: StatusCode,
        content_type: String,
        body: String,
    },
    Cut,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            path_prefix: String::new(),
            method: None,
            remaining: Some(1),
        }
    }

    /// Delays the response, which is then that of the next matching fault or the real one.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Effect::Slow(delay))
    }

    /// Responds with 429 and `Retry-After`, in whole seconds rounded up.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::new(Effect::TooManyRequests(retry_after))
    }

    /// Responds with 500 and an error body like Clerk's.
    pub fn internal_error() -> Self {
        Self::status(500)
    }

    /// Responds with this status and an error body like Clerk's. A number outside 400 to 599 counts as 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| status.is_client_error() || status.is_server_error())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Effect::Status(status))
    }

    /// Responds with exactly this: an HTML page with status 502, say, or a 200 with an unexpected body. A number
    /// that is not an HTTP status counts as 500.
    pub fn answer(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Effect::Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: content_type.into(),
            body: body.into(),
        })
    }

    /// Closes the connection without a response.
    pub fn cut_connection() -> Self {
        Self::new(Effect::Cut)
    }

    /// Limits the fault to requests whose path begins with this prefix.
    pub fn on(mut self, path_prefix: impl Into<String>) -> Self {
        self.path_prefix = path_prefix.into();
        self
    }

    /// Limits the fault to requests with this method. A string that is not a method matches nothing.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(Method::from_bytes(method.as_bytes()).unwrap_or(Method::CONNECT));
        self
    }

    /// Applies the fault to this many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.remaining = Some(times);
        self
    }

    /// Applies the fault to every request, until [`Faults::clear`](crate::Faults::clear).
    pub fn always(mut self) -> Self {
        self.remaining = None;
        self
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.remaining == Some(0)
    }

    pub(super) fn matches(&self, method: &Method, path: &str) -> bool {
        !self.is_used_up()
            && path.starts_with(&self.path_prefix)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
    }
}

/// Returns the value of a `Retry-After` header: whole seconds, rounded up.
pub(super) fn whole_seconds(delay: Duration) -> u64 {
    delay
        .as_secs()
        .saturating_add(u64::from(delay.subsec_nanos() > 0))
}

/// A fault in its written form. Fields that do not belong to its kind are refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultForm {
    kind: FaultKind,
    /// The prefix of the paths that it applies to; all if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The number of requests that it applies to; 0 for all.
    #[serde(default = "once")]
    times: u32,
    /// For `slow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    /// For `too_many_requests`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    /// For `status` and `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// For `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// For `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl FaultForm {
    /// Returns the name of a field that does not belong to the kind.
    fn surplus(&self) -> Option<&'static str> {
        let kind = self.kind;
        let with_status = matches!(kind, FaultKind::Status | FaultKind::Answer);
        let answer = kind == FaultKind::Answer;
        [
            ("delay_ms", self.delay_ms.is_some(), kind == FaultKind::Slow),
            (
                "retry_after_seconds",
                self.retry_after_seconds.is_some(),
                kind == FaultKind::TooManyRequests,
            ),
            ("status", self.status.is_some(), with_status),
            ("content_type", self.content_type.is_some(), answer),
            ("body", self.body.is_some(), answer),
        ]
        .into_iter()
        .find(|(_, is_given, belongs)| *is_given && !belongs)
        .map(|(name, ..)| name)
    }

    fn fault(&self) -> Result<Fault, String> {
        if let Some(name) = self.surplus() {
            return Err(format!("a fault of this kind has no `{name}`"));
        }
        let status = self.status.unwrap_or(500);
        Ok(match self.kind {
            FaultKind::Slow => {
                Fault::slow(Duration::from_millis(self.delay_ms.unwrap_or_default()))
            }
            FaultKind::TooManyRequests => {
                let seconds = self.retry_after_seconds.unwrap_or_default();
                Fault::too_many_requests(Duration::from_secs(seconds))
            }
            FaultKind::Status if !(400..600).contains(&status) => {
                return Err(format!("`status` must be from 400 to 599, and is {status}"));
            }
            FaultKind::Status => Fault::status(status),
            FaultKind::Answer => {
                if !(200..1000).contains(&status) {
                    return Err(format!("`status` must be from 200 to 999, and is {status}"));
                }
                let content_type = self.content_type.as_deref().unwrap_or("text/plain");
                HeaderValue::try_from(content_type)
                    .map_err(|_| "`content_type` must be the value of a header".to_owned())?;
                Fault::answer(status, content_type, self.body.clone().unwrap_or_default())
            }
            FaultKind::Cut => Fault::cut_connection(),
        })
    }
}

impl TryFrom<FaultForm> for Fault {
    type Error = String;

    fn try_from(form: FaultForm) -> Result<Self, String> {
        let mut fault = form.fault()?;
        fault = match form.times {
            0 => fault.always(),
            times => fault.times(times),
        };
        if let Some(method) = &form.method {
            Method::from_bytes(method.as_bytes())
                .map_err(|_| "`method` must be a method".to_owned())?;
            fault = fault.method(&method.to_ascii_uppercase());
        }
        Ok(match form.path {
            Some(path) => fault.on(path),
            None => fault,
        })
    }
}

impl From<Fault> for FaultForm {
    fn from(fault: Fault) -> Self {
        let mut form = Self {
            kind: FaultKind::Cut,
            path: Some(fault.path_prefix).filter(|path| !path.is_empty()),
            method: fault.method.map(|method| method.to_string()),
            times: fault.remaining.unwrap_or(0),
            delay_ms: None,
            retry_after_seconds: None,
            status: None,
            content_type: None,
            body: None,
        };
        let number = |status: StatusCode| Some(status.as_u16());
        match fault.effect {
            Effect::Slow(delay) => {
                form.kind = FaultKind::Slow;
                form.delay_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
            }
            Effect::TooManyRequests(delay) => {
                form.kind = FaultKind::TooManyRequests;
                form.retry_after_seconds = Some(whole_seconds(delay));
            }
            Effect::Status(status) => {
                form.kind = FaultKind::Status;
                form.status = number(status);
            }
            Effect::Answer {
                status,
                content_type,
                body,
            } => {
                form.kind = FaultKind::Answer;
                form.status = number(status);
                form.content_type = Some(content_type);
                form.body = Some(body);
            }
            Effect::Cut => {}
        }
        form
    }
}
