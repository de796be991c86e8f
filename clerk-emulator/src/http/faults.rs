//! Failures on request: the next calls are slow, refused, broken or cut off.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};

/// A failure to inject into some requests, a number of times.
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
#[derive(Debug, Clone)]
#[must_use]
pub struct Fault {
    effect: Effect,
    path_prefix: String,
    method: Option<Method>,
    remaining: Option<u32>,
}

/// What happens to the request.
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

    /// Delays the answer, which is then that of the next matching fault or the real one.
    pub fn slow(delay: Duration) -> Self {
        Self::new(Effect::Slow(delay))
    }

    /// Answers 429 with `Retry-After`, in whole seconds rounded up.
    pub fn too_many_requests(retry_after: Duration) -> Self {
        Self::new(Effect::TooManyRequests(retry_after))
    }

    /// Answers 500 with an error body like Clerk's.
    pub fn internal_error() -> Self {
        Self::status(500)
    }

    /// Answers this status with an error body like Clerk's. A number outside 400 to 599 counts as 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status)
            .ok()
            .filter(|status| status.is_client_error() || status.is_server_error())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Effect::Status(status))
    }

    /// Answers exactly this: an HTML page with status 502, say, or a 200 with an unexpected body. A number
    /// that is no HTTP status counts as 500.
    pub fn answer(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        Self::new(Effect::Answer {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            content_type: content_type.into(),
            body: body.into(),
        })
    }

    /// Closes the connection without an answer.
    pub fn cut_connection() -> Self {
        Self::new(Effect::Cut)
    }

    /// Limits the fault to requests whose path begins with this.
    pub fn on(mut self, path_prefix: impl Into<String>) -> Self {
        self.path_prefix = path_prefix.into();
        self
    }

    /// Limits the fault to requests with this method. A text that is no method matches nothing.
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(Method::from_bytes(method.as_bytes()).unwrap_or(Method::CONNECT));
        self
    }

    /// Applies the fault to this many requests.
    pub fn times(mut self, times: u32) -> Self {
        self.remaining = Some(times);
        self
    }

    /// Applies the fault to every request, until [`Faults::clear`].
    pub fn always(mut self) -> Self {
        self.remaining = None;
        self
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.remaining != Some(0)
            && path.starts_with(&self.path_prefix)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
    }
}

/// The faults that are waiting to happen.
///
/// Returned by [`Emulator::faults`](crate::Emulator::faults). Faults are tried in the order in which they were
/// added; one that is used up is removed.
///
/// # Key outages and the application's cool-down
///
/// An application that could not load the keys does not ask again at once: between two downloads it waits for
/// a cool-down, 30 seconds unless it is configured otherwise, and answers 503 in the meantime. So the request after
/// [`resume_keys`](Self::resume_keys), or after any fault on the key set, may still be refused, although the
/// keys are served again. In a test, give the application a clock of its own and move it past the cool-down,
/// or set a shorter one (`unknown_key_cool_down` of `clerk-core`).
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
    keys_stopped: Mutex<bool>,
}

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        lock(&self.waiting).push(fault);
    }

    /// Removes every fault. Keys are served again.
    pub fn clear(&self) {
        lock(&self.waiting).clear();
        self.resume_keys();
    }

    /// Makes the key sets answer 503 until [`resume_keys`](Self::resume_keys).
    pub fn stop_keys(&self) {
        *lock(&self.keys_stopped) = true;
    }

    /// Serves the key sets again.
    ///
    /// The application notices once its cool-down is over; see [the type](Self#key-outages-and-the-applications-cool-down).
    pub fn resume_keys(&self) {
        *lock(&self.keys_stopped) = false;
    }

    /// Takes what happens to this request: any number of delays, then at most one failure.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        if *lock(&self.keys_stopped) && path.ends_with("/jwks") | path.ends_with("/jwks.json") {
            effects.push(Effect::Status(StatusCode::SERVICE_UNAVAILABLE));
            return effects;
        }
        let mut waiting = lock(&self.waiting);
        for fault in waiting.iter_mut() {
            if !fault.matches(method, path) {
                continue;
            }
            fault.remaining = fault.remaining.map(|left| left.saturating_sub(1));
            effects.push(fault.effect.clone());
            if !matches!(fault.effect, Effect::Slow(_)) {
                break;
            }
        }
        waiting.retain(|fault| fault.remaining != Some(0));
        effects
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
