//! Applies incoming states, and asks Clerk if they are not conclusive.

use clerk_axum::core::api::Optional as _;
use clerk_axum::{Clerk, WebhookEvent};

use crate::change::{Change, Reading, read};
use crate::row::{Kind, Row};
use crate::sync_error::SyncError;
use crate::tables::{Answer, Message, Outcome, Tables};

/// The maximum number of times that Clerk is asked about one change. It is more than once only if the row changes
/// meanwhile.
const MOST_QUESTIONS: u32 = 5;

/// Keeps the tables in sync with Clerk.
#[derive(Clone, Debug)]
pub struct Sync {
    tables: Tables,
    clerk: Clerk,
}

/// The outcome of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an application's own type")]
pub enum Received {
    /// It changed a row.
    Applied,
    /// The row was newer, or the same.
    Outdated,
    /// The same message was applied before.
    Duplicate,
    /// It does not concern the tables.
    Other,
    /// It changed no row, and was kept unchanged.
    Kept,
}

impl Sync {
    /// Creates the synchronization of these tables with this instance.
    #[must_use]
    pub fn new(tables: Tables, clerk: &Clerk) -> Self {
        Self {
            tables,
            clerk: clerk.clone(),
        }
    }

    /// Returns the tables.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn clerk(&self) -> &Clerk {
        &self.clerk
    }

    /// Applies a verified webhook once. Succeeds for every event that would not be understood better if it were sent
    /// again.
    ///
    /// # Errors
    /// Returns an error if the database or Clerk cannot be reached. Respond with 500 to have the message sent again.
    pub async fn receive(&self, event: &WebhookEvent) -> Result<Received, SyncError> {
        let event_type = event.event_type();
        let event_type = event_type.as_ref().map_or("", |one| one.as_str());
        let event_type = event_type.replace('\0', "\u{fffd}");
        let message = Message {
            id: event.message_id(),
            event_type: &event_type,
            occurred_at: event.occurred_at(),
        };
        match read(event) {
            Reading::Other => Ok(Received::Other),
            Reading::Kept { because } => {
                tracing::warn!(
                    message.id,
                    event_type,
                    "a webhook changes nothing: {because}"
                );
                let payload = event.payload().to_string();
                Ok(match self.tables.keep(message, &payload).await? {
                    true => Received::Kept,
                    false => Received::Duplicate,
                })
            }
            Reading::Change(change) => {
                let received = match self.apply(Some(message), &change).await? {
                    Outcome::Written => Received::Applied,
                    Outcome::Duplicate => Received::Duplicate,
                    Outcome::Kept | Outcome::Ask(_) => Received::Outdated,
                };
                tracing::info!(event_type, object = change.id, "{received:?}");
                Ok(received)
            }
        }
    }

    /// Applies a change, and asks Clerk for the state of the object if necessary.
    pub(crate) async fn apply(
        &self,
        message: Option<Message<'_>>,
        change: &Change,
    ) -> Result<Outcome, SyncError> {
        let mut answer = None;
        for _ in 0..=MOST_QUESTIONS {
            let seen = match self.tables.apply(message, change, answer.as_ref()).await? {
                Outcome::Ask(seen) => seen,
                outcome => return Ok(outcome),
            };
            // This happens outside of the transaction, so that no lock is held during a slow response.
            let now = self.state_now(change, &seen).await?;
            answer = Some(Answer { seen, now });
        }
        Err(SyncError::Unsettled(change.kind.view(), change.id.clone()))
    }

    /// Reads the state of an object through the API. An object that does not exist is a tombstone.
    async fn state_now(&self, change: &Change, seen: &Row) -> Result<Row, SyncError> {
        let (api, id) = (self.clerk.api(), change.id.as_str());
        let found = match change.kind {
            Kind::User => {
                let user = api.users().get(id).send().await.optional()?;
                user.as_ref().map(Row::from)
            }
            Kind::Organization => {
                let organization = api.organizations().get(id).send().await.optional()?;
                organization.as_ref().map(Row::from)
            }
            Kind::Membership => self.membership_now(change, seen).await?,
        };
        Ok(found.unwrap_or_else(|| {
            // IDs are not used again, so every state up to now is older than the deletion.
            let version = change.row.version.max(seen.version).max(self.clerk.now());
            Row::tombstone(change.kind, version)
        }))
    }

    /// Reads a membership, which the API finds by organization and user only.
    async fn membership_now(&self, change: &Change, seen: &Row) -> Result<Option<Row>, SyncError> {
        let field = |column| {
            let kind = Kind::Membership;
            let new = change.row.field(kind, column);
            new.or_else(|| seen.field(kind, column))
        };
        let (Some(organization), Some(user)) = (field("organization_id"), field("user_id")) else {
            return Ok(None);
        };
        let page = self
            .clerk
            .api()
            .organization_memberships()
            .list(organization)
            .user_id([user])
            .send()
            .await
            .optional()?;
        let mut entries = page.iter().flatten();
        Ok(entries.find(|entry| entry.id == change.id).map(Row::from))
    }
}
