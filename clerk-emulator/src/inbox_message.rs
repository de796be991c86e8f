use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::message::{Channel, Message};
use crate::secret::Secret;

/// An email or text message that Clerk would have sent.
///
/// Returned by [`Emulator::inbox`](crate::Emulator::inbox). Codes and links are secrets: `Debug` does not show
/// them.
#[derive(Debug, Clone)]
pub struct InboxMessage {
    to: String,
    is_sms: bool,
    kind: Cow<'static, str>,
    body: Secret,
    code: Option<Secret>,
    link: Option<Secret>,
    sent_at: SystemTime,
}

impl InboxMessage {
    pub(crate) fn of(message: &Message) -> Self {
        let sent_at = u64::try_from(message.sent_at).unwrap_or_default();
        Self {
            to: message.to.clone(),
            is_sms: message.channel == Channel::Sms,
            kind: message.kind.clone(),
            body: message.body.clone(),
            code: message.code.clone(),
            link: message.link.clone(),
            sent_at: UNIX_EPOCH + Duration::from_millis(sent_at),
        }
    }

    /// Returns the email address or phone number.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Returns true for a text message, false for an email.
    #[must_use]
    pub fn is_sms(&self) -> bool {
        self.is_sms
    }

    /// Returns the slug of Clerk's template, as in `verification_code` or `magic_link_sign_in`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns the text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body.0
    }

    /// Returns the one-time code, if the message contains one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().map(|code| code.0.as_str())
    }

    /// Returns the link, if the message contains one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.link.as_ref().map(|link| link.0.as_str())
    }

    /// Returns the emulator's time at which the message was sent.
    #[must_use]
    pub fn sent_at(&self) -> SystemTime {
        self.sent_at
    }
}
