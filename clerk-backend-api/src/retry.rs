use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// When and how often a failed call is repeated.
///
/// | cause | repeatable call | other call |
/// |---|---|---|
/// | 429, or no connection could be made | yes | yes |
/// | 408, 425, 500, 502 to 504, 520 to 524, 527, 529, 530 | yes | no |
/// | connection cut, timeout | yes | no |
/// | any other status | no | no |
///
/// Repeatable are GET, PUT and DELETE, and those POST and PATCH operations that may run twice
/// without a second effect. Calls that rotate a secret, consume a code or send a message are never
/// repeated after the server may have seen them.
///
/// The pause is what `Retry-After` asks for, otherwise a random time up to an exponentially
/// growing bound. A `Retry-After` beyond [`max_retry_after`](Self::max_retry_after) ends the
/// attempts at once: the error then carries the time.
///
/// ```
/// use std::time::Duration;
/// use clerk_backend_api::Retry;
///
/// let patient = Retry::default().max_retries(4).max_delay(Duration::from_secs(20));
/// let never = Retry::none();
/// # let _ = (patient, never);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    pub(crate) max_retries: u32,
    pub(crate) first_delay: Duration,
    pub(crate) max_delay: Duration,
    pub(crate) max_retry_after: Duration,
    pub(crate) budget: Duration,
}

impl Default for Retry {
    /// Two retries, pauses from 500 ms up to 8 s, `Retry-After` up to 30 s, 60 s in all.
    fn default() -> Self {
        Self {
            max_retries: 2,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(30),
            budget: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// Every call is sent once.
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// How often a call is repeated at most, the first attempt not counted.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Bound of the first random pause; each further bound is twice as long.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Longest random pause.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Longest `Retry-After` that is waited for.
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// No attempt starts after this time since the first one started.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// The pause before retry number `retry` (from 0), or `None` to give up.
    pub(crate) fn pause(
        &self,
        retry: u32,
        elapsed: Duration,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        if retry >= self.max_retries {
            return None;
        }
        let pause = match retry_after {
            Some(asked) if asked > self.max_retry_after => return None,
            Some(asked) => asked,
            None => {
                let bound = self.first_delay.saturating_mul(2_u32.saturating_pow(retry));
                bound.min(self.max_delay).mul_f64(fastrand::f64())
            }
        };
        (elapsed.saturating_add(pause) <= self.budget).then_some(pause)
    }
}

/// What a failure says about the server's state, and so about repeating the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The request had no effect: it was refused early or never sent.
    Untouched,
    /// The server may have worked on the request.
    Unknown,
    /// Repeating gives the same answer.
    Final,
}

impl Cause {
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            429 => Self::Untouched,
            // From 520 on: the network in front of the API did not reach it, or not in time.
            408 | 425 | 500 | 502..=504 | 520..=524 | 527 | 529 | 530 => Self::Unknown,
            _ => Self::Final,
        }
    }

    pub(crate) fn allows_retry(self, repeatable: bool) -> bool {
        match self {
            Self::Untouched => true,
            Self::Unknown => repeatable,
            Self::Final => false,
        }
    }
}

/// `Retry-After` as RFC 9110 section 10.2.3 defines it: seconds or a date. Anything else is
/// ignored.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, http::HeaderValue::from_static(value))])
    }

    #[test]
    fn retry_after_reads_seconds_and_dates() {
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(
            retry_after(&header("7"), epoch),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            retry_after(&header("Thu, 01 Jan 1970 00:00:09 GMT"), epoch),
            Some(Duration::from_secs(9))
        );
        assert_eq!(
            retry_after(
                &header("Thu, 01 Jan 1970 00:00:09 GMT"),
                epoch + Duration::from_secs(60)
            ),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after(&header("soon"), epoch), None);
        assert_eq!(retry_after(&header("-1"), epoch), None);
        assert_eq!(retry_after(&HeaderMap::new(), epoch), None);
    }

    #[test]
    fn pauses_are_bounded() {
        let retry = Retry::default().max_retries(10);
        for attempt in 0..10 {
            let pause = retry.pause(attempt, Duration::ZERO, None).unwrap();
            assert!(pause <= Duration::from_millis(500 << attempt).min(Duration::from_secs(8)));
        }
        assert_eq!(retry.pause(10, Duration::ZERO, None), None);
        assert_eq!(
            retry.pause(0, Duration::ZERO, Some(Duration::from_secs(31))),
            None
        );
        assert_eq!(
            retry.pause(0, Duration::ZERO, Some(Duration::from_secs(30))),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            retry.pause(0, Duration::from_secs(50), Some(Duration::from_secs(11))),
            None
        );
        assert_eq!(Retry::none().pause(0, Duration::ZERO, None), None);
    }

    #[test]
    fn causes_decide_by_method_safety() {
        let allowed = |status: u16, repeatable| {
            Cause::of_status(StatusCode::from_u16(status).unwrap()).allows_retry(repeatable)
        };
        assert!(allowed(429, false) && allowed(429, true));
        for status in [
            408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530,
        ] {
            assert!(allowed(status, true) && !allowed(status, false));
        }
        for status in [400, 401, 404, 409, 422, 501, 505, 519, 525, 526, 528, 531] {
            assert!(!allowed(status, true) && !allowed(status, false));
        }
    }
}
