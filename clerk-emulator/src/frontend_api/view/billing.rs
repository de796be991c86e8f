//! Billing. The Frontend API has the shapes of the Backend API, with small differences.

use serde_json::{Value, json};

use super::View;
use crate::backend_api::shapes::billing::{dollars, totals};
use crate::model::billing::{Amounts, Payment, Period, Statement, Subscription, SubscriptionItem};
use crate::model::checkout::Checkout;
use crate::rules::api_error::ApiError;
use crate::rules::billing::{checkouts, discounts};
use crate::rules::credits;

impl View<'_> {
    pub(in crate::frontend_api) fn subscription(self, one: &Subscription) -> Value {
        let mut json = self.shared().subscription(one);
        if let Some(items) = json["subscription_items"].as_array_mut() {
            items.iter_mut().for_each(|item| self.amend_item(item));
        }
        if let Some(next) = json.get_mut("next_payment").and_then(Value::as_object_mut) {
            next.remove("per_unit_totals");
        }
        json
    }

    pub(in crate::frontend_api) fn subscription_item(self, item: &SubscriptionItem) -> Value {
        let mut json = self.shared().subscription_item(item);
        self.amend_item(&mut json);
        json
    }

    pub(in crate::frontend_api) fn payment(self, one: &Payment) -> Value {
        let mut json = self.shared().payment(one);
        self.amend_payment(&mut json);
        json
    }

    pub(in crate::frontend_api) fn statement(self, one: &Statement) -> Value {
        let mut json = self.shared().statement(one);
        amend_payer(&mut json["payer"]);
        for group in json["groups"].as_array_mut().into_iter().flatten() {
            if let Some(items) = group["items"].as_array_mut() {
                items.iter_mut().for_each(|one| self.amend_payment(one));
            }
        }
        json
    }

    pub(in crate::frontend_api) fn checkout(self, one: &Checkout) -> Result<Value, ApiError> {
        let bill = checkouts::bill(self.tables, one, self.now)?;
        let price = self.tables.prices.get(&one.price_id);
        let plan = price.and_then(|price| self.tables.plans.get(&price.plan_id));
        let fee = price.and_then(|price| price.of(one.period)).unwrap_or(0);
        // The components display it as the price of a month, times twelve if a year is paid for.
        let base_fee = price.and_then(|price| match one.period {
            Period::Month => price.amount,
            Period::Annual => price.annual_monthly_amount,
        });
        let item = one
            .item_id
            .as_deref()
            .and_then(|id| self.tables.subscription_items.get(id));
        let due_now = bill.due_now();
        let per_period = Amounts {
            base_fee: fee,
            discount: 0,
            proration: 0,
            credit: 0,
        };
        let (proration, credit) = bill
            .amounts
            .filter(|_| bill.trial_ends_at.is_none())
            .map_or((0, 0), |amounts| (amounts.proration, amounts.credit));
        let balance =
            credits::balance_of(self.tables, &one.owner_id).map_or(0, |balance| balance.amount);
        let payer_credit = (credit > 0).then(|| {
            json!({
                "remaining_balance": dollars(balance.saturating_sub(credit).max(0)),
                "applied_amount": dollars(credit),
            })
        });
        let credits = (proration + credit > 0).then(|| {
            json!({ "proration": null, "payer": payer_credit, "total": dollars(proration + credit) })
        });
        let mut payer = self.shared().payer(&one.owner_id);
        amend_payer(&mut payer);
        let mut json = json!({
            "object": "commerce_checkout",
            "id": one.id,
            "plan": plan.map(|plan| self.shared().plan(plan)),
            "plan_period": one.period,
            "plan_period_start": bill.starts_at.unwrap_or(self.now),
            "payer": payer,
            "payment_method": self.shared().payment_method(&one.owner_id),
            "external_gateway_id": "acct_emulator",
            "status": if item.is_some() { "completed" } else { "needs_confirmation" },
            "is_immediate_plan_change": bill.starts_at.is_none(),
            "needs_payment_method": due_now > 0,
            "totals": {
                "subtotal": dollars(fee),
                "base_fee": base_fee.map(dollars),
                "tax_total": dollars(0),
                "grand_total": dollars(due_now),
                "total_due_after_free_trial": bill.trial_ends_at.map(|_| dollars(fee)),
                "total_due_now": dollars(due_now),
                "total_due_per_period": dollars(fee),
                "totals_due_per_period": totals(per_period),
                "past_due": null,
                "credit": (proration > 0).then(|| dollars(proration)),
                "credits": credits,
                "per_unit_totals": [],
            },
        });
        if let Some(item) = item {
            json["subscription_item"] = self.subscription_item(item);
        }
        if let Some(end) = bill.trial_ends_at {
            json["free_trial_ends_at"] = json!(end);
        }
        Ok(json)
    }

    /// Adds the discount of an item, and omits the fields that cannot be null in the Frontend API.
    fn amend_item(self, item: &mut Value) {
        amend_payer(&mut item["payer"]);
        let Some(id) = item["id"].as_str() else {
            return;
        };
        let discount = discounts::active_of(self.tables, id);
        item["applied_discount"] = json!(discount.map(|one| self.shared().redemption(one)));
        if let Some(fields) = item.as_object_mut()
            && fields.get("next_payment").is_some_and(Value::is_null)
        {
            fields.remove("next_payment");
        }
    }

    fn amend_payment(self, payment: &mut Value) {
        payment["payee"]["object"] = json!("commerce_payee");
        amend_payer(&mut payment["payer"]);
        self.amend_item(&mut payment["subscription_item"]);
    }
}

/// Adds the fields of both kinds of payers; those of the other kind are null.
fn amend_payer(payer: &mut Value) {
    for name in ["user_id", "organization_id"] {
        if payer.get(name).is_none() {
            payer[name] = Value::Null;
        }
    }
}
