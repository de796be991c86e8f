//! What a webhook means for the tables.

use clerk_axum::core::api::{DeletedObject, Timestamp};
use clerk_axum::{WebhookData, WebhookEvent};

use crate::row::{Kind, Row};

/// An incoming state of an object.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// The row, whose `version` is 0 if the event has no time at all.
    pub(crate) row: Row,
}

/// The meaning of a webhook for the tables.
#[derive(Debug)]
pub(crate) enum Reading {
    /// It changes an object.
    Change(Change),
    /// Its type is known and does not concern the tables.
    Other,
    /// It is kept unchanged: its type is not known, or its data cannot be used.
    Kept {
        /// The reason.
        because: String,
    },
}

/// Returns the meaning of an event for the tables.
pub(crate) fn read(event: &WebhookEvent) -> Reading {
    let kept = |because: &str| Reading::Kept {
        because: because.to_owned(),
    };
    let data = match event.typed() {
        Ok(data) => data,
        Err(error) => return kept(&format!("its data is not understood: {error}")),
    };
    let (kind, id, row) = match &data {
        WebhookData::UserCreated(user) | WebhookData::UserUpdated(user) => {
            (Kind::User, &user.id, Row::from(&**user))
        }
        WebhookData::OrganizationCreated(organization)
        | WebhookData::OrganizationUpdated(organization) => (
            Kind::Organization,
            &organization.id,
            Row::from(&**organization),
        ),
        WebhookData::OrganizationMembershipCreated(membership)
        | WebhookData::OrganizationMembershipUpdated(membership) => {
            (Kind::Membership, &membership.id, Row::from(&**membership))
        }
        WebhookData::OrganizationMembershipDeleted(membership) => {
            let at = deleted_at(Some(membership.updated_at), event);
            let tombstone = Row::tombstone(Kind::Membership, at);
            (Kind::Membership, &membership.id, tombstone)
        }
        WebhookData::UserDeleted(deleted) => return deletion(Kind::User, deleted, event),
        WebhookData::OrganizationDeleted(deleted) => {
            return deletion(Kind::Organization, deleted, event);
        }
        // The events `user.deleted` and `user.updated` of the two users do the work.
        WebhookData::UserMerged(_) => return kept("merged users arrive as events of their own"),
        WebhookData::Other { .. } => return kept("its type is not known"),
        _ => return Reading::Other,
    };
    if id.is_empty() {
        return kept("it names no object");
    }
    let mut row = row;
    if row.version <= 0 {
        row.version = event.occurred_at().unwrap_or(0).max(0);
    }
    Reading::Change(Change {
        kind,
        id: id.clone(),
        row,
    })
}

fn deletion(kind: Kind, deleted: &DeletedObject, event: &WebhookEvent) -> Reading {
    match deleted.id.as_ref().filter(|id| !id.is_empty()) {
        Some(id) => Reading::Change(Change {
            kind,
            id: id.clone(),
            row: Row::tombstone(kind, deleted_at(None, event)),
        }),
        None => Reading::Kept {
            because: "it deletes an object that it does not name".to_owned(),
        },
    }
}

/// Returns when an object was deleted. If the time of the event is in whole seconds, it is the end of that second,
/// so that the deletion is not older than a state of the same second.
fn deleted_at(in_data: Option<Timestamp>, event: &WebhookEvent) -> i64 {
    match in_data.map(Timestamp::as_millis) {
        Some(at) if at > 0 => at,
        _ => {
            let at = event.occurred_at().unwrap_or_else(|| event.sent_at());
            (at.div_euclid(1000).saturating_mul(1000)).saturating_add(999)
        }
    }
}
