use std::borrow::Cow;

use crate::random;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The channel through which a message is sent.
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
    /// The recipient's address or number.
    pub(crate) to: String,
    /// The slug of Clerk's template, as in `verification_code`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) body: Secret,
    /// The one-time code in the message.
    pub(crate) code: Option<Secret>,
    /// The link in the message.
    pub(crate) link: Option<Secret>,
    pub(crate) sent_at: i64,
}

impl Message {
    /// Creates a message without a code or a link.
    pub(crate) fn new(
        channel: Channel,
        to: &str,
        kind: impl Into<Cow<'static, str>>,
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
            kind: kind.into(),
            body: Secret(body),
            code: None,
            link: None,
            sent_at: now,
        }
    }
}
