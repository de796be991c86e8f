//! The cookies of Clerk's in a request.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::config::Config;
use crate::ecma::{is_truthy, to_number};
use crate::publishable_key::InstanceType;
use crate::token::RawToken;

/// The most cookies that are read for one name. A browser sends several if a host and its parent domain, or two paths, have
/// one each.
const MOST_OF_A_NAME: usize = 4;

/// The values of all cookies with one name, in order.
#[derive(Debug, Default)]
pub(super) struct Values(Vec<String>);

impl Values {
    fn add(&mut self, value: &str) {
        if self.0.len() < MOST_OF_A_NAME {
            self.0.push(decode_cookie(value));
        }
    }

    /// Returns the first value, unless it is empty, and all others that are not empty.
    pub(super) fn split(self) -> (Option<String>, Vec<String>) {
        let mut values = self.0.into_iter();
        let first = values.next().filter(|value| !value.is_empty());
        (first, values.filter(|value| !value.is_empty()).collect())
    }

    pub(super) fn first(self) -> Option<String> {
        self.split().0
    }

    fn is_present(&self) -> bool {
        self.0.first().is_some_and(|value| !value.is_empty())
    }
}

/// The cookies of Clerk's.
#[derive(Debug, Default)]
pub(super) struct Cookies {
    pub(super) session: Values,
    pub(super) session_suffixed: Values,
    pub(super) client_uat: Values,
    pub(super) client_uat_suffixed: Values,
    pub(super) dev_browser: Values,
    pub(super) dev_browser_suffixed: Values,
    pub(super) refresh: Values,
    pub(super) handshake: Values,
    pub(super) handshake_nonce: Values,
    pub(super) redirect_count: Values,
}

impl Cookies {
    pub(super) fn parse(header: &str, suffix: &str) -> Self {
        let mut found = Self::default();
        for piece in header.split(';') {
            let Some((name, value)) = piece.split_once('=') else {
                continue;
            };
            let blanks = [' ', '\t'];
            let (name, value) = (name.trim_matches(blanks), value.trim_matches(blanks));
            if let Some(cookie) = found.named(name, suffix) {
                cookie.add(value);
            }
        }
        found
    }

    /// Returns the names of the cookies that contain a handshake.
    pub(super) fn handshake_names(&self) -> Vec<&'static str> {
        [
            ("__clerk_handshake", &self.handshake),
            ("__clerk_handshake_nonce", &self.handshake_nonce),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.is_present().then_some(name))
        .collect()
    }

    fn named(&mut self, name: &str, suffix: &str) -> Option<&mut Values> {
        let base = name
            .strip_suffix(suffix)
            .filter(|_| !suffix.is_empty())
            .and_then(|base| base.strip_suffix('_'));
        Some(match base {
            Some("__session") => &mut self.session_suffixed,
            Some("__client_uat") => &mut self.client_uat_suffixed,
            Some("__clerk_db_jwt") => &mut self.dev_browser_suffixed,
            Some("__refresh") => &mut self.refresh,
            Some(_) => return None,
            None => match name {
                "__session" => &mut self.session,
                "__client_uat" => &mut self.client_uat,
                "__clerk_db_jwt" => &mut self.dev_browser,
                "__clerk_handshake" => &mut self.handshake,
                "__clerk_handshake_nonce" => &mut self.handshake_nonce,
                "__clerk_redirect_count" => &mut self.redirect_count,
                _ => return None,
            },
        })
    }
}

/// Percent-decodes a cookie value. A value with an invalid escape is returned unchanged.
///
/// The header must be split first, so that an encoded `;` does not separate cookies.
fn decode_cookie(value: &str) -> String {
    // Tokens have no escapes.
    if !value.contains('%') {
        return value.to_owned();
    }
    let escapes_are_whole = value
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    if !escapes_are_whole {
        return value.to_owned();
    }
    percent_decode_str(value)
        .decode_utf8()
        .map_or_else(|_| value.to_owned(), std::borrow::Cow::into_owned)
}

/// The cookies of a session, with and without this instance's suffix.
#[derive(Debug)]
pub(super) struct SessionCookies {
    pub(super) plain: Option<RawToken>,
    pub(super) suffixed: Option<RawToken>,
    pub(super) plain_uat: Option<String>,
    pub(super) suffixed_uat: Option<String>,
}

impl SessionCookies {
    /// Returns true if the suffixed cookies of this instance are used, and false for the plain cookies, which all instances
    /// on a host share (Clerk docs: "How Clerk works", cookies). The first rule that applies decides.
    pub(super) fn uses_suffixed(&self, config: &Config, now: i64) -> bool {
        if let Some(plain) = &self.plain {
            let Ok(token) = plain.parsed() else {
                return false;
            };
            match &token.unverified().iss {
                None => return false,
                Some(iss) if !is_truthy(iss) => return false,
                Some(Value::String(iss)) if without_scheme(iss) == config.original_frontend_api => {
                }
                Some(_) => return true,
            }
        }
        if self.suffixed_uat.is_none() && self.suffixed.is_none() {
            return false;
        }
        let suffixed_signed_out = self.suffixed_uat.as_deref() == Some("0");
        let plain_signed_out = self.plain_uat.as_deref() == Some("0");
        if !suffixed_signed_out
            && !plain_signed_out
            && issued(self.plain.as_ref()) > issued(self.suffixed.as_ref())
        {
            return false;
        }
        if suffixed_signed_out && !plain_signed_out {
            return false;
        }
        if config.instance_type() != Some(InstanceType::Production)
            && !suffixed_signed_out
            && plain_signed_out
        {
            let expired = self
                .suffixed
                .as_ref()
                .and_then(|token| token.parsed().ok())
                .and_then(|token| token.unverified().exp.as_ref()?.as_f64())
                .is_some_and(|expires| expires <= (now as f64 / 1000.0).floor());
            if expired {
                return false;
            }
        }
        !(self.suffixed_uat.is_none() && self.suffixed.is_some())
    }
}

/// Returns the `iat` of an unverified token: 0 if there is none, and NaN, for which every comparison is false, if it is not
/// a number.
fn issued(token: Option<&RawToken>) -> f64 {
    token
        .and_then(|token| token.parsed().ok())
        .and_then(|token| token.unverified().iat.as_ref())
        .filter(|issued| is_truthy(issued))
        .map_or(0.0, |issued| to_number(issued).unwrap_or(f64::NAN))
}

/// Removes every `http://` and `https://`, in any letter case.
fn without_scheme(issuer: &str) -> String {
    let mut rest = issuer;
    let mut kept = String::with_capacity(issuer.len());
    while let Some(next) = rest.chars().next() {
        let scheme = ["https://", "http://"].iter().find(|scheme| {
            rest.get(..scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        });
        let (skip, keep) = match scheme {
            Some(scheme) => (scheme.len(), 0),
            None => (next.len_utf8(), next.len_utf8()),
        };
        kept.push_str(&rest[..keep]);
        rest = &rest[skip..];
    }
    kept
}
