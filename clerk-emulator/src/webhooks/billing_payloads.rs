//! The events of billing, whose payloads have a form of their own.

use serde_json::{Value, json};

use crate::backend_api::shapes::Shapes;
use crate::backend_api::shapes::billing::dollars;
use crate::instance::INSTANCE_ID;
use crate::model::billing::{
    DEFAULT_CURRENCY, ItemStatus, Payment, Subscription, SubscriptionItem, derived_id,
};
use crate::rules::billing::{items, plans};
use crate::store::table::RowChange;
use crate::store::tables::Tables;

/// Returns the events of subscriptions and payments. There are none if the instance has only the free plans,
/// because billing is then off.
pub(super) fn events(tables: &Tables, shapes: Shapes<'_>) -> Vec<(&'static str, Value)> {
    let payloads = Payloads { tables, shapes };
    let mut found = Vec::new();
    if tables.plans.find(|plan| !plan.is_default).is_none() {
        return found;
    }
    for change in tables.subscriptions.changes() {
        let (event, one) = match change {
            RowChange::Inserted(row) => ("subscription.created", row),
            RowChange::Replaced { after, .. } => ("subscription.updated", after),
            RowChange::Removed(_) => continue,
        };
        let payload = payloads.subscription(one);
        if event == "subscription.created" {
            found.push((event, payload.clone()));
            found.push(("subscription.active", payload));
        } else {
            found.push((event, payload));
        }
    }
    for change in tables.subscription_items.changes() {
        let (before, item) = match change {
            RowChange::Inserted(row) => (None, row),
            RowChange::Replaced { before, after } => (Some(before), after),
            RowChange::Removed(_) => continue,
        };
        let status_before = before.map(|before| before.status);
        if item.is_trial_end_announced
            && !before.is_some_and(|before| before.is_trial_end_announced)
        {
            found.push(("subscriptionItem.freeTrialEnding", payloads.item(item)));
        }
        if status_before != Some(item.status) {
            found.push((event_of(item.status), payloads.item(item)));
        } else if before.is_some_and(|before| before.updated_at != item.updated_at) {
            found.push(("subscriptionItem.updated", payloads.item(item)));
        }
        let is_past_due = item.status == ItemStatus::PastDue;
        let was_past_due = status_before == Some(ItemStatus::PastDue);
        if is_past_due != was_past_due
            && let Some(one) = tables
                .subscriptions
                .find(|one| one.owner_id == item.owner_id)
        {
            let event = match is_past_due {
                true => "subscription.pastDue",
                false => "subscription.active",
            };
            found.push((event, payloads.subscription(one)));
        }
    }
    for change in tables.payments.changes() {
        if let RowChange::Inserted(payment) = change {
            let tried = payloads.payment(payment);
            let mut pending = tried.clone();
            pending["status"] = json!("pending");
            pending["paid_at"] = Value::Null;
            pending["failed_at"] = Value::Null;
            pending["failed_reason"] = Value::Null;
            found.push(("paymentAttempt.created", pending));
            found.push(("paymentAttempt.updated", tried));
        }
    }
    found
}

fn event_of(status: ItemStatus) -> &'static str {
    match status {
        ItemStatus::Active => "subscriptionItem.active",
        ItemStatus::Canceled => "subscriptionItem.canceled",
        ItemStatus::PastDue => "subscriptionItem.pastDue",
        ItemStatus::Ended => "subscriptionItem.ended",
        ItemStatus::Upcoming => "subscriptionItem.upcoming",
        ItemStatus::Incomplete => "subscriptionItem.incomplete",
        ItemStatus::Abandoned => "subscriptionItem.abandoned",
    }
}

struct Payloads<'a> {
    tables: &'a Tables,
    shapes: Shapes<'a>,
}

impl Payloads<'_> {
    /// Shows a payer, with an empty string for each missing value.
    fn payer(&self, owner_id: &str) -> Value {
        let payer = self.shapes.payer(owner_id);
        let text = |name: &str| payer[name].as_str().unwrap_or_default();
        json!({
            "object": "commerce_payer",
            "id": text("id"),
            "user_id": text("user_id"),
            "first_name": text("first_name"),
            "last_name": text("last_name"),
            "email": text("email"),
            "organization_id": text("organization_id"),
            "organization_name": text("organization_name"),
            "image_url": text("image_url"),
            "created_at": payer["created_at"],
            "updated_at": payer["updated_at"],
        })
    }

    fn plan(&self, item: &SubscriptionItem) -> Option<Value> {
        let plan = self.tables.plans.get(&item.plan_id)?;
        let price = plans::default_price(self.tables, &plan.id);
        Some(json!({
            "id": plan.id,
            "slug": plan.slug,
            "name": plan.name,
            "is_recurring": true,
            "amount": price.and_then(|price| price.amount).unwrap_or(0),
            "currency": DEFAULT_CURRENCY,
        }))
    }

    fn item(&self, item: &SubscriptionItem) -> Value {
        json!({
            "object": "commerce_subscription_item",
            "id": item.id,
            "status": item.status,
            "is_free_trial": item.is_free_trial,
            "created_at": item.created_at,
            "updated_at": item.updated_at,
            "period_start": item.period_start,
            "period_end": item.period_end,
            "interval": item.period,
            "plan_id": item.plan_id,
            "plan": self.plan(item),
            "payer": self.payer(&item.owner_id),
            "subscription_id": derived_id("csub", &item.owner_id),
        })
    }

    fn subscription(&self, one: &Subscription) -> Value {
        let items = items::current_items(self.tables, &one.owner_id);
        let shown = self.shapes.subscription(one);
        let latest = self.tables.payments.iter().rev();
        let mut latest = latest.filter(|payment| payment.owner_id == one.owner_id);
        json!({
            "object": "commerce_subscription",
            "id": one.id,
            "status": shown["status"],
            "active_at": one.active_at,
            "canceled_at": null,
            "created_at": one.created_at,
            "ended_at": null,
            "past_due_at": shown["past_due_at"],
            "updated_at": one.updated_at,
            "latest_payment_id": latest.next().map(|payment| derived_id("cpay", &payment.id)),
            "payer_id": derived_id("cpayer", &one.owner_id),
            "payer": self.payer(&one.owner_id),
            "payment_source_id": self.shapes.payment_method(&one.owner_id).map(|card| card["id"].clone()),
            "items": items.iter().map(|item| self.item(item)).collect::<Vec<_>>(),
        })
    }

    fn payment(&self, payment: &Payment) -> Value {
        let shown = self.shapes.payment(payment);
        let item = self.tables.subscription_items.get(&payment.item_id);
        let items: Vec<Value> = item
            .map(|item| {
                let mut shown = self.item(item);
                // Here a period always ends.
                shown["period_end"] = json!(item.period_end.unwrap_or(item.period_start));
                shown
            })
            .into_iter()
            .collect();
        json!({
            "id": payment.id,
            "instance_id": INSTANCE_ID,
            "payment_id": shown["payment_id"],
            "invoice_id": derived_id("cinv", &payment.id),
            "statement_id": payment.statement_id,
            "gateway_external_id": shown["gateway_external_id"],
            "status": shown["status"],
            "created_at": payment.created_at,
            "updated_at": payment.created_at,
            "paid_at": shown["paid_at"],
            "failed_at": shown["failed_at"],
            "failed_reason": payment.is_declined.then(|| {
                json!({ "code": "card_declined", "decline_code": "generic_decline" })
            }),
            "billing_date": payment.created_at,
            "charge_type": payment.charge,
            "payee": shown["payee"],
            "payer": self.payer(&payment.owner_id),
            "totals": {
                "subtotal": dollars(payment.amounts.base_fee),
                "tax_total": dollars(0),
                "grand_total": dollars(payment.amounts.total()),
                "per_unit_totals": [],
            },
            "payment_source": {
                "id": shown["payment_method"]["id"],
                "gateway": "stripe",
                "gateway_external_id": shown["payment_method"]["gateway_external_id"],
                "gateway_external_account_id": null,
                "payment_method": "card",
                "status": "active",
                "card_type": shown["payment_method"]["card_type"],
                "last4": shown["payment_method"]["last4"],
            },
            "subscription_items": items,
        })
    }
}
