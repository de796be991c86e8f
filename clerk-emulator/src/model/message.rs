use std::borrow::Cow;

use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// How a message reaches its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Channel {
    Email,
    Sms,
}

/// An email or a text message that Clerk would have sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) channel: Channel,
    /// Address or number.
    pub(crate) to: String,
    /// Slug of Clerk's template, as in `verification_code`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) body: Secret,
    /// The one-time code in it.
    pub(crate) code: Option<Secret>,
    /// The link in it.
    pub(crate) link: Option<Secret>,
    pub(crate) sent_at: i64,
}

impl Message {
    /// Creates a message that holds neither code nor link.
    pub(crate) fn new(
        channel: Channel,
        to: &str,
        kind: &'static str,
        body: String,
        now: i64,
    ) -> Self {
        let prefix = match channel {
            Channel::Email => "ema",
            Channel::Sms => "sms",
        };
        Self {
            id: random::id(prefix),
            channel,
            to: to.to_owned(),
            kind: Cow::Borrowed(kind),
            body: Secret(body),
            code: None,
            link: None,
            sent_at: now,
        }
    }
}
