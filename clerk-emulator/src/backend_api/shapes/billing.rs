//! Plans, subscriptions and payments. The older operations have a format of their own for items, plans and payers,
//! which is called legacy here.

use serde_json::{Value, json};

use super::Shapes;
use super::credit::money;
use crate::instance::INSTANCE_ID;
use crate::model::billing::{
    Amounts, DEFAULT_CURRENCY, DiscountEffect, ItemStatus, Payment, Plan, PlanFeature, Price,
    Redemption, Statement, Subscription, SubscriptionItem, derived_id,
};
use crate::model::user::User;
use crate::rules::billing::payment_methods::{self, Card};
use crate::rules::billing::subscriptions::Transition;
use crate::rules::billing::{discounts, items, plans, statements};
use crate::rules::credits;

impl Shapes<'_> {
    pub(crate) fn plan(self, plan: &Plan) -> Value {
        let fees = Fees::of(plans::default_price(self.tables, &plan.id));
        let features: Vec<_> = plan.features.iter().map(|one| feature(one, None)).collect();
        json!({
            "object": "commerce_plan",
            "id": plan.id,
            "name": plan.name,
            "fee": fees.monthly.map(dollars),
            "annual_monthly_fee": fees.annual_monthly.map(dollars),
            "annual_fee": fees.annual().map(dollars),
            "description": plan.description,
            "product_id": product_id(plan),
            "is_default": plan.is_default,
            "is_recurring": true,
            "publicly_visible": plan.publicly_visible,
            "has_base_fee": fees.has_base_fee(),
            "for_payer_type": plan.payer,
            "slug": plan.slug,
            "avatar_url": null,
            "features": features,
            "free_trial_enabled": plan.free_trial_days.is_some(),
            "free_trial_days": plan.free_trial_days,
            "unit_prices": [],
        })
    }

    fn legacy_plan(self, plan: &Plan) -> Value {
        let fees = Fees::of(plans::default_price(self.tables, &plan.id));
        let amount = |amount: Option<i64>| amount.unwrap_or(0);
        let formatted = |of: Option<i64>| dollars(amount(of))["amount_formatted"].clone();
        let features: Vec<_> = plan
            .features
            .iter()
            .map(|one| feature(one, Some("")))
            .collect();
        json!({
            "object": "commerce_plan",
            "id": plan.id,
            "name": plan.name,
            "fee": fees.monthly.map(dollars),
            "annual_monthly_fee": fees.annual_monthly.map(dollars),
            "annual_fee": fees.annual().map(dollars),
            "amount": amount(fees.monthly),
            "amount_formatted": formatted(fees.monthly),
            "annual_monthly_amount": amount(fees.annual_monthly),
            "annual_monthly_amount_formatted": formatted(fees.annual_monthly),
            "annual_amount": amount(fees.annual()),
            "annual_amount_formatted": formatted(fees.annual()),
            "currency_symbol": "$",
            "currency": DEFAULT_CURRENCY,
            "description": plan.description.as_deref().unwrap_or_default(),
            "product_id": product_id(plan),
            "is_default": plan.is_default,
            "is_recurring": true,
            "publicly_visible": plan.publicly_visible,
            "has_base_fee": fees.has_base_fee(),
            "payer_type": [plan.payer],
            "for_payer_type": plan.payer,
            "slug": plan.slug,
            "avatar_url": "",
            "features": features,
            "free_trial_enabled": plan.free_trial_days.is_some(),
            "free_trial_days": plan.free_trial_days,
        })
    }

    pub(crate) fn price(self, price: &Price) -> Value {
        json!({
            "object": "commerce_price",
            "id": price.id,
            "plan_id": price.plan_id,
            "instance_id": INSTANCE_ID,
            "currency": price.currency,
            "currency_symbol": "$",
            "amount": price.amount.unwrap_or(0),
            "annual_monthly_amount": price.annual_monthly_amount.unwrap_or(0),
            "fee": price.amount.map(dollars),
            "annual_monthly_fee": price.annual_monthly_amount.map(dollars),
            "description": price.description,
            "is_default": price.is_default,
            "created_at": price.created_at,
            "supported_billing_periods": price.periods,
        })
    }

    pub(crate) fn subscription(self, one: &Subscription) -> Value {
        let items = items::current_items(self.tables, &one.owner_id);
        let past_due_at = items.iter().find_map(|item| item.past_due_at);
        let next = items
            .iter()
            .filter(|item| item.status == ItemStatus::Active)
            .find_map(|item| Some((item.period_end?, item)));
        let mut json = json!({
            "object": "commerce_subscription",
            "id": one.id,
            "instance_id": INSTANCE_ID,
            "status": if past_due_at.is_some() { "past_due" } else { "active" },
            "payer_id": derived_id("cpayer", &one.owner_id),
            "created_at": one.created_at,
            "updated_at": one.updated_at,
            "active_at": one.active_at,
            "past_due_at": past_due_at,
            "subscription_items": items.iter().map(|item| self.subscription_item(item)).collect::<Vec<_>>(),
            "eligible_for_free_trial": items::may_try(self.tables, &one.owner_id),
        });
        if let Some((date, item)) = next {
            let fee = self.fee(item);
            json["next_payment"] = json!({
                "date": date,
                "amount": dollars(fee),
                "per_unit_totals": [],
                "totals": totals(self.next_amounts(item, fee)),
            });
        }
        json
    }

    pub(crate) fn subscription_item(self, item: &SubscriptionItem) -> Value {
        let plan = self.tables.plans.get(&item.plan_id);
        json!({
            "object": "commerce_subscription_item",
            "id": item.id,
            "instance_id": INSTANCE_ID,
            "status": item.status,
            "credits": null,
            "plan_id": item.plan_id,
            "price_id": item.price_id,
            "plan": plan.map(|plan| self.plan(plan)),
            "plan_period": item.period,
            "payment_method": self.payment_method(&item.owner_id),
            "lifetime_paid": dollars(item.lifetime_paid),
            "next_payment": self.item_next_payment(item),
            "payer_id": derived_id("cpayer", &item.owner_id),
            "payer": self.payer(&item.owner_id),
            "is_free_trial": item.is_free_trial,
            "period_start": item.period_start,
            "period_end": item.period_end,
            "canceled_at": item.canceled_at,
            "past_due_at": item.past_due_at,
            "ended_at": item.ended_at,
            "created_at": item.created_at,
            "updated_at": item.updated_at,
            "seats": null,
        })
    }

    pub(crate) fn legacy_subscription_item(self, item: &SubscriptionItem) -> Value {
        let plan = self.tables.plans.get(&item.plan_id);
        // The older format has no status for items that are canceled but still in force.
        let status = match item.status {
            ItemStatus::Canceled => ItemStatus::Active,
            status => status,
        };
        json!({
            "object": "commerce_subscription_item",
            "id": item.id,
            "instance_id": INSTANCE_ID,
            "status": status,
            "credit": null,
            "plan_id": item.plan_id,
            "price_id": item.price_id,
            "plan": plan.map(|plan| self.legacy_plan(plan)),
            "plan_period": item.period,
            "payment_source_id": derived_id("cpm", &item.owner_id),
            "payment_source": null,
            "lifetime_paid": dollars(item.lifetime_paid),
            "amount": dollars(self.fee(item)),
            "next_payment": self.item_next_payment(item),
            "payer_id": derived_id("cpayer", &item.owner_id),
            "payer": self.legacy_payer(&item.owner_id),
            "is_free_trial": item.is_free_trial,
            "period_start": item.period_start,
            "period_end": item.period_end,
            "proration_date": "",
            "canceled_at": item.canceled_at,
            "past_due_at": item.past_due_at,
            "ended_at": item.ended_at,
            "created_at": item.created_at,
            "updated_at": item.updated_at,
        })
    }

    fn fee(self, item: &SubscriptionItem) -> i64 {
        let price = self.tables.prices.get(&item.price_id);
        price.and_then(|price| price.of(item.period)).unwrap_or(0)
    }

    fn next_amounts(self, item: &SubscriptionItem, base_fee: i64) -> Amounts {
        Amounts {
            base_fee,
            discount: discounts::off(self.tables, &item.id, base_fee),
            proration: 0,
            credit: 0,
        }
    }

    fn item_next_payment(self, item: &SubscriptionItem) -> Option<Value> {
        let date = match item.status {
            ItemStatus::Active => item.period_end?,
            ItemStatus::Upcoming if self.fee(item) > 0 => item.period_start,
            // It is tried as soon as the payer has another card.
            ItemStatus::PastDue => item.past_due_at?,
            ItemStatus::Upcoming
            | ItemStatus::Canceled
            | ItemStatus::Ended
            | ItemStatus::Incomplete
            | ItemStatus::Abandoned => return None,
        };
        let fee = self.fee(item);
        Some(json!({
            "amount": dollars(fee),
            "date": date,
            "per_unit_totals": [],
            "totals": totals(self.next_amounts(item, fee)),
        }))
    }

    pub(crate) fn payer(self, owner_id: &str) -> Value {
        let id = derived_id("cpayer", owner_id);
        let balance = credits::balance_of(self.tables, owner_id)
            .map_or_else(|| dollars(0), |own| money(own.amount, &own.currency));
        if let Some(user) = self.tables.users.get(owner_id) {
            return json!({
                "object": "commerce_payer",
                "id": id,
                "instance_id": INSTANCE_ID,
                "user_id": user.id,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "email": user.primary_email(),
                "image_url": self.user_image_url(user),
                "credits_balance": balance,
                "created_at": user.created_at,
                "updated_at": user.updated_at,
            });
        }
        let one = self.tables.organizations.get(owner_id);
        json!({
            "object": "commerce_payer",
            "id": id,
            "instance_id": INSTANCE_ID,
            "organization_id": owner_id,
            "organization_name": one.map(|one| one.name.as_str()),
            "image_url": self.instance.image_url(owner_id, one.and_then(|one| one.logo.as_ref())),
            "credits_balance": balance,
            "created_at": one.map_or(0, |one| one.created_at),
            "updated_at": one.map_or(0, |one| one.updated_at),
        })
    }

    fn legacy_payer(self, owner_id: &str) -> Value {
        let user = self.tables.users.get(owner_id);
        let text = |of: fn(&User) -> Option<&str>| user.and_then(of).unwrap_or_default().to_owned();
        let mut payer = self.payer(owner_id);
        payer["first_name"] = json!(text(|user| user.first_name.as_deref()));
        payer["last_name"] = json!(text(|user| user.last_name.as_deref()));
        payer["email"] = json!(text(User::primary_email));
        payer
    }

    /// Renders the card that a payer pays with.
    pub(crate) fn payment_method(self, owner_id: &str) -> Option<Value> {
        let card = payment_methods::default_of(self.tables, owner_id)?;
        Some(self.card(owner_id, &card))
    }

    pub(crate) fn card(self, owner_id: &str, card: &Card) -> Value {
        json!({
            "object": "commerce_payment_method",
            "id": card.id,
            "payer_id": derived_id("cpayer", owner_id),
            "payment_type": "card",
            "is_default": card.is_default,
            "gateway": "stripe",
            "gateway_external_id": derived_id("pm", &card.id),
            "gateway_external_account_id": null,
            "last4": card.last4,
            "status": "active",
            "wallet_type": null,
            "card_type": card.card_type,
            "expiry_year": 2099,
            "expiry_month": 12,
            "is_removable": card.is_removable,
        })
    }

    pub(crate) fn price_transition(self, transition: &Transition) -> Value {
        let item = |id: &str| self.tables.subscription_items.get(id);
        let next = item(&transition.item_id);
        let previous = item(&transition.previous_item_id);
        let plan = previous.and_then(|item| self.tables.plans.get(&item.plan_id));
        let price = previous.and_then(|item| self.tables.prices.get(&item.price_id));
        let mode = if transition.immediate {
            "immediate"
        } else {
            "end_of_period"
        };
        json!({
            "object": "commerce_price_transition",
            "subscription_item": next.map(|item| self.legacy_subscription_item(item)),
            "transition": {
                "previous_plan": plan.map(|plan| self.legacy_plan(plan)),
                "previous_price": price.map(|price| self.price(price)),
                "effective_at": transition.effective_at,
                "effective_mode": mode,
                "next_billing_date": next.and_then(|item| match item.status {
                    ItemStatus::Upcoming => Some(item.period_start),
                    _ => item.period_end,
                }),
                "charged_immediately": transition.paid.is_some(),
                "immediate_charge": transition.paid.map(dollars),
                "previous_subscription_item_status": previous.map(|item| item.status),
                "previous_subscription_item_id": transition.previous_item_id,
            },
        })
    }

    pub(crate) fn redemption(self, one: &Redemption) -> Value {
        let item = self.tables.subscription_items.get(&one.item_id);
        let (effect, percent, amount) = match one.effect {
            DiscountEffect::Percentage(percent) => ("percentage", Some(percent), None),
            DiscountEffect::FixedAmount(amount) => ("fixed_amount", None, Some(dollars(amount))),
        };
        json!({
            "object": "commerce_discount_redemption",
            "id": one.id,
            "subscription_item_id": one.item_id,
            "discount_id": one.discount_id,
            "name": one.name,
            "source": "manual",
            "effect": effect,
            "percent_off": percent,
            "amount_off": amount,
            "amount": item.map(|item| dollars(one.effect.off(self.fee(item)))),
            "cycles_remaining": one.cycles_remaining,
            "cycles_applied": one.cycles_applied,
            "status": one.status,
            "redeemed_at": one.redeemed_at,
            "redeemed_by": null,
        })
    }

    pub(crate) fn statement(self, one: &Statement) -> Value {
        let payments = statements::payments_of(self.tables, &one.id);
        let sum = |of: fn(Amounts) -> i64| {
            let paid = payments.iter().filter(|payment| !payment.is_declined);
            dollars(paid.map(|payment| of(payment.amounts)).sum())
        };
        let items: Vec<_> = payments.iter().map(|one| self.payment(one)).collect();
        let groups = payments.first().map(|newest| {
            json!({
                "object": "commerce_statement_group",
                "timestamp": newest.created_at,
                "items": items,
            })
        });
        let status = if statements::is_closed(one, self.now) {
            "closed"
        } else {
            "open"
        };
        json!({
            "object": "commerce_statement",
            "id": one.id,
            "instance_id": INSTANCE_ID,
            "timestamp": one.created_at,
            "payer": self.payer(&one.owner_id),
            "status": status,
            "totals": {
                "grand_total": sum(Amounts::total),
                "subtotal": sum(|amounts| amounts.base_fee),
                "base_fee": sum(|amounts| amounts.base_fee),
                "tax_total": dollars(0),
            },
            "groups": groups.as_slice(),
        })
    }

    pub(crate) fn payment(self, one: &Payment) -> Value {
        let used = one.payment_method_id.as_deref();
        let used = used.and_then(|id| payment_methods::find(self.tables, &one.owner_id, id).ok());
        let method = match used {
            Some(card) => Some(self.card(&one.owner_id, &card)),
            None => self.payment_method(&one.owner_id),
        };
        let item = self.tables.subscription_items.get(&one.item_id);
        json!({
            "object": "commerce_payment",
            "id": one.id,
            "payment_id": derived_id("cpay", &one.id),
            "instance_id": INSTANCE_ID,
            "charge_type": one.charge,
            "payee_id": derived_id("cpayee", INSTANCE_ID),
            "payee": {
                "id": derived_id("cpayee", INSTANCE_ID),
                "gateway_type": "stripe",
                "gateway_external_id": "acct_emulator",
                "gateway_status": "active",
            },
            "payer_id": derived_id("cpayer", &one.owner_id),
            "payer": self.payer(&one.owner_id),
            "subscription_item_id": one.item_id,
            "subscription_item": item.map_or_else(|| json!({}), |item| self.subscription_item(item)),
            "amount": dollars(one.amounts.total()),
            "totals": totals(one.amounts),
            "payment_method_id": method.as_ref().map(|method| &method["id"]),
            "payment_method": method,
            "statement_id": one.statement_id,
            "gateway_external_id": derived_id("pi", &one.id),
            "gateway_external_url": null,
            "status": if one.is_declined { "failed" } else { "paid" },
            "paid_at": (!one.is_declined).then_some(one.created_at),
            "failed_at": one.is_declined.then_some(one.created_at),
            "created_at": one.created_at,
            "updated_at": one.created_at,
        })
    }
}

/// Renders an amount in cents.
pub(crate) fn dollars(amount: i64) -> Value {
    money(amount, DEFAULT_CURRENCY)
}

/// Renders the components of an amount.
pub(crate) fn totals(amounts: Amounts) -> Value {
    let mut totals = json!({
        "subtotal": dollars(amounts.base_fee),
        "base_fee": dollars(amounts.base_fee),
        "tax_total": dollars(0),
        "grand_total": dollars(amounts.total()),
        "per_unit_totals": [],
    });
    if amounts.discount > 0 {
        totals["discounts"] = json!({ "proration": null, "total": dollars(amounts.discount) });
    }
    totals
}

fn product_id(plan: &Plan) -> String {
    format!("cprod_{}", plan.payer.as_str())
}

fn feature(one: &PlanFeature, missing: Option<&str>) -> Value {
    json!({
        "object": "feature",
        "id": one.id,
        "name": one.name,
        "description": one.description.as_deref().or(missing),
        "slug": one.slug,
        "avatar_url": missing,
    })
}

/// The fees of a plan's default price.
struct Fees {
    monthly: Option<i64>,
    annual_monthly: Option<i64>,
}

impl Fees {
    fn of(price: Option<&Price>) -> Self {
        Self {
            monthly: price.and_then(|price| price.amount),
            annual_monthly: price.and_then(|price| price.annual_monthly_amount),
        }
    }

    fn annual(&self) -> Option<i64> {
        self.annual_monthly.map(|amount| amount.saturating_mul(12))
    }

    fn has_base_fee(&self) -> bool {
        self.monthly
            .or(self.annual_monthly)
            .is_some_and(|fee| fee > 0)
    }
}
