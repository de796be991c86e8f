//! The emails of invitations.

use super::inbox;
use crate::model::invitation::Invite;
use crate::model::message::Channel;
use crate::store::table::RowChange;
use crate::store::tables::Tables;

/// Delivers the emails of all invitations, whoever made them, that are new since the last commit.
pub(crate) fn deliver(tables: &mut Tables, link: impl Fn(&str) -> String, now: i64) {
    let mail = |invite: &Invite, template: &str| {
        let address = invite.email_address.clone();
        let link = link(&invite.ticket);
        invite.notify.then(|| (address, template.to_owned(), link))
    };
    let mut mails = Vec::new();
    for change in tables.invitations.changes() {
        if let RowChange::Inserted(row) = change {
            mails.extend(mail(&row.invite, row.template()));
        }
    }
    for change in tables.organization_invitations.changes() {
        if let RowChange::Inserted(row) = change {
            mails.extend(mail(&row.invite, row.template()));
        }
    }
    for (address, template, link) in mails {
        inbox::invite(tables, Channel::Email, &address, template, link, now);
    }
}
