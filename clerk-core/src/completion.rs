//! What the middleware adds to the application's response: cookies of the session, headers that tell caches whom the
//! response is for, and the Content-Security-Policy.

use std::fmt;
use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::content_security_policy::PreparedPolicy;
use crate::headers::{PRIVATE, VARIES, append_headers};
use crate::response_notes::{Dependence, ResponseNotes};

/// The status and the headers of a response, which an adapter lets [`Completion::complete`] change.
///
/// Implemented for [`http::Response`].
pub trait ResponseHead {
    /// Returns the status.
    fn status(&self) -> u16;

    /// Calls `visit` with every value of a header, in order.
    fn header(&self, name: &HeaderName, visit: &mut dyn FnMut(&[u8]));

    /// Sets a header to one value.
    fn insert(&mut self, name: HeaderName, value: HeaderValue);

    /// Adds a value to those of a header.
    fn append(&mut self, name: HeaderName, value: HeaderValue);
}

impl<B> ResponseHead for Response<B> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn header(&self, name: &HeaderName, visit: &mut dyn FnMut(&[u8])) {
        let values = self.headers().get_all(name);
        values.iter().for_each(|value| visit(value.as_bytes()));
    }

    fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers_mut().insert(name, value);
    }

    fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers_mut().append(name, value);
    }
}

/// Completes the application's response. Keep this value while the application handles the request.
///
/// | the application | `Cache-Control` | `Vary` |
/// |---|---|---|
/// | did not ask who sent the request | unchanged | unchanged |
/// | asked who sent the request | unchanged | includes `Cookie` and `Authorization` |
/// | requires a signed-in user, guards the route, or uses the page helpers | `private, no-store` unless the application set one | includes both |
/// | any of these, and the response sets cookies of the session, or has a page with a nonce | `private, no-store` | includes both |
///
/// If there is a [`ContentSecurityPolicy`](crate::ContentSecurityPolicy), it is merged with that of the response.
#[must_use]
pub struct Completion {
    headers: HeaderMap,
    notes: ResponseNotes,
    policy: Option<Arc<PreparedPolicy>>,
}

impl Completion {
    pub(crate) fn new(
        headers: HeaderMap,
        notes: ResponseNotes,
        policy: Option<Arc<PreparedPolicy>>,
    ) -> Self {
        Self {
            headers,
            notes,
            policy,
        }
    }

    /// Adds the headers that authentication and the handling of the request require to the response. Keeps the cookies
    /// that the application sets.
    pub fn complete(self, response: &mut impl ResponseHead) {
        let Self {
            mut headers,
            notes,
            policy,
        } = self;
        let is_personal = headers.contains_key(SET_COOKIE) || notes.used_nonce().is_some();
        let dependence = notes.dependence();
        if let Some(policy) = policy {
            add_policy(&policy, &notes, response);
        }
        notes.retire();
        if !headers.is_empty() {
            // Decided below.
            headers.remove(CACHE_CONTROL);
            headers.remove(VARY);
            append_headers(headers, |name, value| response.append(name, value));
        }
        if is_personal || (dependence == Dependence::Private && !has(response, &CACHE_CONTROL)) {
            response.insert(CACHE_CONTROL, PRIVATE);
        }
        if is_personal || dependence >= Dependence::Varies {
            vary(response);
        }
    }
}

/// Omits the headers, because they may contain session tokens.
impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// Adds the policy to a response, unless it is a 304: the stored response keeps the policy with the nonce of its page.
fn add_policy(policy: &PreparedPolicy, notes: &ResponseNotes, response: &mut impl ResponseHead) {
    if response.status() == 304 {
        return;
    }
    let name = match policy.is_report_only {
        true => CONTENT_SECURITY_POLICY_REPORT_ONLY,
        false => CONTENT_SECURITY_POLICY,
    };
    let mut own = Vec::new();
    response.header(&name, &mut |value| own.push(value.to_vec()));
    if let Some(header) = policy.header(&own, notes.used_nonce()) {
        response.insert(name, header);
    }
    if let Some(endpoints) = &policy.reporting_endpoints {
        let name = HeaderName::from_static("reporting-endpoints");
        response.append(name, endpoints.clone());
    }
}

fn has(response: &impl ResponseHead, name: &HeaderName) -> bool {
    let mut has = false;
    response.header(name, &mut |_| has = true);
    has
}

/// Adds the missing names to `Vary`, which may also be `*` (RFC 9110 section 12.5.5).
fn vary(response: &mut impl ResponseHead) {
    let (mut cookie, mut authorization) = (false, false);
    response.header(&VARY, &mut |value| {
        for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            cookie |= name.eq_ignore_ascii_case(b"cookie") || name == b"*";
            authorization |= name.eq_ignore_ascii_case(b"authorization") || name == b"*";
        }
    });
    let missing = match (cookie, authorization) {
        (false, false) => VARIES,
        (false, true) => HeaderValue::from_static("Cookie"),
        (true, false) => HeaderValue::from_static("Authorization"),
        (true, true) => return,
    };
    response.append(VARY, missing);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(
        own: &[(&'static str, &'static str)],
        sets_cookies: bool,
        dependence: Dependence,
    ) -> Vec<(String, String)> {
        let mut response = Response::new(());
        for (name, value) in own {
            let value = HeaderValue::from_static(value);
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        let mut headers = HeaderMap::new();
        if sets_cookies {
            headers.append(SET_COOKIE, HeaderValue::from_static("__session=x"));
        }
        let notes = ResponseNotes::new();
        notes.depends(dependence);
        Completion::new(headers, notes, None).complete(&mut response);
        let headers = response.headers().iter();
        headers
            .filter(|(name, _)| *name != SET_COOKIE)
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn caches_are_told_whom_a_response_is_for() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let private = || header("cache-control", "private, no-store");
        let varies = || header("vary", "Cookie, Authorization");
        for (own, sets_cookies, dependence, expected) in [
            (&[][..], false, Dependence::None, vec![]),
            (&[], false, Dependence::Varies, vec![varies()]),
            (&[], false, Dependence::Private, vec![private(), varies()]),
            (&[], true, Dependence::None, vec![private(), varies()]),
            (
                &[("cache-control", "public, max-age=60")],
                false,
                Dependence::Private,
                vec![header("cache-control", "public, max-age=60"), varies()],
            ),
            // Session cookies are for one user only, regardless of what the application sets.
            (
                &[("cache-control", "public"), ("cache-control", "max-age=60")],
                true,
                Dependence::None,
                vec![private(), varies()],
            ),
            (
                &[("vary", "accept-encoding, COOKIE")],
                false,
                Dependence::Varies,
                vec![
                    header("vary", "accept-encoding, COOKIE"),
                    header("vary", "Authorization"),
                ],
            ),
            (
                &[("vary", "authorization")],
                false,
                Dependence::Varies,
                vec![header("vary", "authorization"), header("vary", "Cookie")],
            ),
            (
                &[("vary", "*")],
                false,
                Dependence::Varies,
                vec![header("vary", "*")],
            ),
        ] {
            let answer = completed(own, sets_cookies, dependence);
            assert_eq!(answer, expected, "{own:?} {sets_cookies} {dependence:?}");
        }
    }
}
