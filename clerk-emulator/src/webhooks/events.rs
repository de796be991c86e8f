//! The events of an operation, derived from its changes, so that no operation can forget one.

use serde_json::{Map, Value, json};

use super::inbox_payloads::application_name;
use super::{billing_payloads, inbox_payloads};
use crate::backend_api::shapes::Shapes;
use crate::backend_api::shapes::organization::MembersCount;
use crate::instance::{INSTANCE_ID, Instance};
use crate::model::invitation::{Invite, OrganizationInvitation};
use crate::model::organization::Membership;
use crate::model::session::Session;
use crate::model::template::TemplateKind;
use crate::model::user::User;
use crate::model::webhook::{DeliveryState, WebhookMessage};
use crate::random;
use crate::rules::templates;
use crate::store::table::{Row, RowChange, Table};
use crate::store::tables::Tables;

/// The number of messages kept. Older settled ones are dropped, so that a long-running emulator does not grow.
const KEPT: usize = 1_000;

/// Adds messages for the changes since the last commit, and returns true if there are any.
pub(crate) fn record(tables: &mut Tables, instance: &Instance, now: i64) -> bool {
    let mut events = Events {
        shapes: Shapes::new(tables, instance, now),
        tables,
        now,
        found: Vec::new(),
    };
    events.collect();
    let found = events.found;
    let any = !found.is_empty();
    for (event, data) in found {
        let payload = json!({
            "data": data,
            "object": "event",
            "type": event,
            "timestamp": now,
            "instance_id": INSTANCE_ID,
            "event_attributes": {
                "http_request": { "client_ip": "127.0.0.1", "user_agent": "" },
            },
        });
        tables.webhook_messages.insert(WebhookMessage {
            id: random::id("msg"),
            event: event.to_owned(),
            payload: payload.to_string(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            tries: 0,
            created_at: now,
        });
    }
    if any {
        drop_old(tables);
    }
    any
}

fn drop_old(tables: &mut Tables) {
    let settled = tables
        .webhook_messages
        .ids(|message| message.state != DeliveryState::Pending);
    let surplus = settled.len().saturating_sub(KEPT);
    for id in settled.iter().take(surplus) {
        tables.webhook_messages.remove(id);
    }
}

struct Events<'a> {
    shapes: Shapes<'a>,
    tables: &'a Tables,
    now: i64,
    found: Vec<(&'static str, Value)>,
}

impl Events<'_> {
    fn push(&mut self, event: &'static str, data: Value) {
        self.found.push((event, data));
    }

    fn collect(&mut self) {
        let (tables, shapes) = (self.tables, self.shapes);
        self.rows(
            &tables.users,
            ["user.created", "user.updated", "user.deleted"],
            "user",
            |user| shapes.user(user),
        );
        self.rows(
            &tables.organizations,
            [
                "organization.created",
                "organization.updated",
                "organization.deleted",
            ],
            "organization",
            |one| shapes.organization(one, MembersCount::Shown),
        );
        self.memberships();
        self.organization_invitations();
        self.rows(
            &tables.organization_domains,
            [
                "organizationDomain.created",
                "organizationDomain.updated",
                "organizationDomain.deleted",
            ],
            "organization_domain",
            |domain| shapes.organization_domain(domain),
        );
        self.rows(
            &tables.roles,
            ["role.created", "role.updated", "role.deleted"],
            "role",
            |role| shapes.role(role),
        );
        self.rows(
            &tables.permissions,
            [
                "permission.created",
                "permission.updated",
                "permission.deleted",
            ],
            "permission",
            |permission| shapes.permission(permission),
        );
        self.waitlist();
        self.sessions();
        self.mails();
        self.found.extend(inbox_payloads::events(tables));
        self.found.extend(billing_payloads::events(tables, shapes));
    }

    /// Adds events for rows that were created, updated or deleted. An invisible update causes no event.
    fn rows<T: Row>(
        &mut self,
        table: &Table<T>,
        [created, updated, deleted]: [&'static str; 3],
        object: &str,
        show: impl Fn(&T) -> Value,
    ) {
        for change in table.changes() {
            match change {
                RowChange::Inserted(row) => self.push(created, show(row)),
                RowChange::Removed(row) => {
                    let data = json!({ "object": object, "id": row.id(), "deleted": true });
                    self.push(deleted, data);
                }
                RowChange::Replaced { before, after } => {
                    let shown = show(after);
                    if differ(&show(before), &shown) {
                        self.push(updated, shown);
                    }
                }
            }
        }
    }

    fn memberships(&mut self) {
        for change in self.tables.memberships.changes() {
            match change {
                RowChange::Inserted(row) => self.membership("organizationMembership.created", row),
                RowChange::Removed(row) => self.membership("organizationMembership.deleted", row),
                RowChange::Replaced { before, after } => {
                    if differ(
                        &self.shapes.membership(before),
                        &self.shapes.membership(after),
                    ) {
                        self.membership("organizationMembership.updated", after);
                    }
                }
            }
        }
    }

    fn membership(&mut self, event: &'static str, membership: &Membership) {
        let mut data = self.shapes.membership(membership);
        if data["organization"].is_null() {
            // It was removed with its organization, which has an event of its own.
            return;
        }
        if data["public_user_data"].is_null() {
            let removed = removed(&self.tables.users, &membership.user_id);
            data["public_user_data"] = match removed {
                Some(user) => self.shapes.public_user_data(user),
                None => return,
            };
        }
        self.push(event, data);
    }

    fn organization_invitations(&mut self) {
        for change in self.tables.organization_invitations.changes() {
            match change {
                RowChange::Inserted(row) => {
                    let data = self.organization_invitation(row);
                    self.push("organizationInvitation.created", data);
                }
                RowChange::Removed(_) => {}
                RowChange::Replaced { before, after } => {
                    let status = after.invite.status_at(self.now).as_str();
                    if before.invite.status_at(self.now).as_str() == status {
                        continue;
                    }
                    let mut data = self.organization_invitation(after);
                    match status {
                        "revoked" => self.push("organizationInvitation.revoked", data),
                        "accepted" => {
                            let address = &after.invite.email_address;
                            let user = self.tables.users.find(|user| user.has_email(address));
                            data["user_id"] = json!(user.map_or("", |user| user.id.as_str()));
                            self.push("organizationInvitation.accepted", data);
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn organization_invitation(&self, invitation: &OrganizationInvitation) -> Value {
        let mut data = self.shapes.organization_invitation(invitation);
        let with = self
            .shapes
            .organization_invitation_with_organization(invitation);
        data["data"] = json!({ "public_organization_data": with["public_organization_data"] });
        data
    }

    fn waitlist(&mut self) {
        for change in self.tables.waitlist_entries.changes() {
            match change {
                RowChange::Inserted(row) => {
                    self.push("waitlistEntry.created", self.shapes.waitlist_entry(row));
                }
                RowChange::Removed(_) => {}
                RowChange::Replaced { before, after } => {
                    let shown = self.shapes.waitlist_entry(after);
                    if differ(&self.shapes.waitlist_entry(before), &shown) {
                        self.push("waitlistEntry.updated", shown);
                    }
                }
            }
        }
    }

    fn sessions(&mut self) {
        for change in self.tables.sessions.changes() {
            let (before, after) = match change {
                RowChange::Inserted(row) => (None, row),
                RowChange::Replaced { before, after } => (Some(before), after),
                RowChange::Removed(_) => continue,
            };
            let status = after.status_at(self.now).as_str();
            if before.is_some_and(|before| before.status.as_str() == after.status.as_str()) {
                continue;
            }
            if before.is_none() {
                self.session("session.created", after);
            }
            match status {
                "pending" => self.session("session.pending", after),
                "ended" => self.session("session.ended", after),
                "removed" => self.session("session.removed", after),
                "revoked" => self.session("session.revoked", after),
                _ => {}
            }
        }
    }

    fn session(&mut self, event: &'static str, session: &Session) {
        let user = self.tables.users.get(&session.user_id);
        let Some(user) = user.or_else(|| removed(&self.tables.users, &session.user_id)) else {
            return;
        };
        let mut data = self.shapes.session(session);
        // An event contains no tasks, and no status for a session that is waiting for them.
        if let Some(fields) = data.as_object_mut() {
            fields.remove("tasks");
        }
        if data["status"] == "pending" {
            data["status"] = json!("active");
        }
        data["user"] = self.shapes.user(user);
        self.push(event, data);
    }

    /// Adds events for the emails that the application composed and those that contain invitations.
    fn mails(&mut self) {
        for change in self.tables.emails.changes() {
            if let RowChange::Inserted(row) = change {
                self.push("email.created", self.shapes.email(row));
            }
        }
        for change in self.tables.invitations.changes() {
            if let RowChange::Inserted(row) = change {
                let url = self.shapes.invitation(row)["url"].clone();
                self.mail(row.template(), &row.invite, &url, None, None);
            }
        }
        for change in self.tables.organization_invitations.changes() {
            if let RowChange::Inserted(row) = change {
                let url = self.shapes.organization_invitation(row)["url"].clone();
                let organization = self.tables.organizations.get(&row.organization_id);
                let name = organization.map(|one| one.name.as_str());
                let inviter = row.inviter_id.as_ref();
                let inviter = inviter.and_then(|id| self.tables.users.get(id));
                self.mail(row.template(), &row.invite, &url, name, inviter);
            }
        }
    }

    fn mail(
        &mut self,
        slug: &str,
        invite: &Invite,
        url: &Value,
        organization: Option<&str>,
        inviter: Option<&User>,
    ) {
        if !invite.notify {
            return;
        }
        let Ok((system, made)) = templates::find(self.tables, TemplateKind::Email, slug) else {
            return;
        };
        let unchanged = templates::unchanged(self.tables, system);
        let template = made.unwrap_or(&unchanged);
        let url = url.as_str().unwrap_or_default();
        let application = application_name(self.tables);
        let inviter = inviter.map_or_else(|| "An administrator".to_owned(), User::display_name);
        let days = invite.expires_in_days().to_string();
        let fill = |text: &str| {
            templates::fill_in(text, |variable| match variable {
                "action_url" => Some(url),
                "org.name" => organization,
                "app.name" => Some(&application),
                "inviter_name" => Some(&inviter),
                "expires_in_days" => Some(&days),
                _ => None,
            })
        };
        let mut variables = Map::new();
        variables.insert("action_url".to_owned(), json!(url));
        if let Some(name) = organization {
            variables.insert("org".to_owned(), json!({ "name": name }));
        }
        let data = json!({
            "object": "email",
            "id": random::id("ema"),
            "slug": slug,
            "from_email_name": template.from_email_name,
            "reply_to_email_name": template.reply_to_email_name,
            "to_email_address": invite.email_address,
            "email_address_id": null,
            "user_id": null,
            "subject": fill(template.subject.as_deref().unwrap_or_default()),
            "body": fill(&template.body),
            "body_plain": url,
            "status": "queued",
            "data": variables,
            "delivered_by_clerk": template.delivered_by_clerk,
        });
        self.push("email.created", data);
    }
}

/// Returns true if two forms of a row differ in more than the time of the last change.
fn differ(before: &Value, after: &Value) -> bool {
    let seen = |value: &Value| {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("updated_at");
            fields.remove("last_active_at");
        }
        value
    };
    seen(before) != seen(after)
}

/// Finds a row that this operation removed.
fn removed<'t, T: Row>(table: &'t Table<T>, id: &str) -> Option<&'t T> {
    table.changes().into_iter().find_map(|change| match change {
        RowChange::Removed(row) if row.id() == id => Some(row),
        _ => None,
    })
}
