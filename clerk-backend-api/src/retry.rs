use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

/// When and how often a failed request is retried.
///
/// | cause | repeatable request | other request |
/// |---|---|---|
/// | 429, or no connection | yes | yes |
/// | 408, 425, 500, 502 to 504, 520 to 524, 527, 529, 530 | yes | no |
/// | lost connection, timeout | yes | no |
/// | any other status | no | no |
///
/// GET, PUT and DELETE requests are repeatable, and so are POST and PATCH operations that have no
/// further effect when they run twice. Requests that rotate a secret, consume a code or send a
/// message are not retried once the server may have received them. The method `repeatable` of every
/// request marks it as safe to repeat.
///
/// The delay is the value of `Retry-After`, or otherwise a random time below an exponentially
/// growing bound. If `Retry-After` exceeds [`max_retry_after`](Self::max_retry_after), the error is
/// returned immediately and contains the requested delay.
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
    /// Creates the default: two retries, delays from 500 ms to 8 s, `Retry-After` up to 30 s, 60 s
    /// in total.
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
    /// Never retries.
    pub fn none() -> Self {
        Self {
            max_retries: 0,
            ..Self::default()
        }
    }

    /// Sets the maximum number of retries, not counting the first attempt.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Sets the bound of the first random delay, which doubles with each retry.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// Sets the maximum random delay.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Sets the longest `Retry-After` to honor.
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// Sets the time after the first attempt within which further attempts may start.
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget;
        self
    }

    /// Returns the delay before retry number `retry` (from 0), or `None` to give up.
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

/// What a failure says about whether the request took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The request had no effect: it was rejected early or never sent.
    Untouched,
    /// The server may have processed the request.
    Unknown,
    /// A retry would fail in the same way.
    Final,
}

impl Cause {
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            429 => Self::Untouched,
            // From 520 on: the network in front of the API could not reach it, or not in time.
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

/// Parses `Retry-After` as defined by RFC 9110 section 10.2.3: seconds or a date. Anything else is
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
