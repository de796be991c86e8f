//! Signals between operations, which write messages for the webhook endpoint, and their delivery.

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The tasks that wait for messages to be written, and those that wait for them to be settled.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    written: Notify,
    settled: Notify,
}

impl Outbox {
    /// Waits until messages have been written.
    pub(crate) fn written(&self) -> Notified<'_> {
        self.written.notified()
    }

    pub(crate) fn notify_written(&self) {
        self.written.notify_one();
    }

    /// Waits until a message has been delivered or abandoned.
    pub(crate) fn settled(&self) -> Notified<'_> {
        self.settled.notified()
    }

    pub(crate) fn notify_settled(&self) {
        self.settled.notify_waiters();
    }
}
