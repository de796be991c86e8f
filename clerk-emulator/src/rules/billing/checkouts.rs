//! Checkouts, from choosing a plan to being subscribed to it.

use http::StatusCode;

use super::{payment_methods, plans, subscriptions};
use crate::model::billing::{Amounts, Charge, ItemStatus, Period};
use crate::model::checkout::Checkout;
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// Starts a checkout for a plan at its default price.
pub(crate) fn start(
    tables: &mut Tables,
    owner_id: &str,
    plan_id: &str,
    period: Period,
    now: i64,
) -> Result<Checkout, ApiError> {
    plans::find(tables, plan_id).map_err(|_| ApiError::value("plan_id", "must be a plan"))?;
    let price = plans::default_price(tables, plan_id)
        .ok_or_else(|| ApiError::value("plan_id", "must be a plan with a price"))?
        .id
        .clone();
    subscriptions::terms(tables, owner_id, &price, period, now)?;
    let checkout = Checkout {
        id: random::id("cchk"),
        owner_id: owner_id.to_owned(),
        price_id: price,
        period,
        item_id: None,
        created_at: now,
    };
    Ok(tables.checkouts.insert(checkout).clone())
}

/// Finds a payer's checkout.
pub(crate) fn find<'a>(
    tables: &'a Tables,
    owner_id: &str,
    id: &str,
) -> Result<&'a Checkout, ApiError> {
    tables
        .checkouts
        .get(id)
        .filter(|checkout| checkout.owner_id == owner_id)
        .ok_or_else(|| ApiError::no_such("checkout_not_found", "checkout", id))
}

/// Finds a checkout that has not been confirmed yet.
pub(crate) fn find_open(tables: &Tables, owner_id: &str, id: &str) -> Result<Checkout, ApiError> {
    let checkout = find(tables, owner_id, id)?;
    if checkout.item_id.is_none() {
        return Ok(checkout.clone());
    }
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "checkout_already_complete",
        "The checkout is completed already",
    ))
}

/// The means of paying for a checkout.
#[derive(Debug, Default)]
pub(crate) struct Means<'a> {
    pub(crate) payment_method_id: Option<&'a str>,
    pub(crate) gateway: Option<&'a str>,
    pub(crate) payment_token: Option<&'a str>,
}

/// The result of confirming a checkout.
#[derive(Debug)]
pub(crate) enum Confirmation {
    Completed(Checkout),
    /// The card was declined. The checkout can be confirmed again.
    Declined(ApiError),
}

/// Pays for the plan, using the payer's default card unless another is named, and subscribes the payer to it.
pub(crate) fn confirm(
    tables: &mut Tables,
    owner_id: &str,
    id: &str,
    means: &Means<'_>,
    now: i64,
) -> Result<Confirmation, ApiError> {
    let mut checkout = find_open(tables, owner_id, id)?;
    let card = if let Some(token) = means.payment_token {
        let gateway = means.gateway.unwrap_or("stripe");
        let card = payment_methods::add(tables, owner_id, gateway, token, now)?;
        Some(payment_methods::make_default(tables, owner_id, &card.id)?)
    } else if let Some(card) = means.payment_method_id {
        let card = payment_methods::find(tables, owner_id, card)
            .map_err(|_| ApiError::value("payment_method_id", "must be a card of the payer"))?;
        Some(card)
    } else {
        payment_methods::default_of(tables, owner_id)
    };
    let (price, period) = (&checkout.price_id, checkout.period);
    let item = subscriptions::subscribe(tables, owner_id, price, period, card.as_ref(), now)?;
    let begun = tables.subscription_items.get(&item);
    if begun.is_some_and(|item| item.status == ItemStatus::Incomplete) {
        return Ok(Confirmation::Declined(subscriptions::declined()));
    }
    checkout.item_id = Some(item);
    Ok(Confirmation::Completed(
        tables.checkouts.insert(checkout).clone(),
    ))
}

/// The cost of a checkout, whether pending or paid.
#[derive(Debug)]
pub(crate) struct Bill {
    /// The time at which the plan begins, which is in the future if a more expensive plan is paid until then.
    pub(crate) starts_at: Option<i64>,
    pub(crate) trial_ends_at: Option<i64>,
    pub(crate) amounts: Option<Amounts>,
}

impl Bill {
    /// Returns the amount due when the checkout is confirmed.
    pub(crate) fn due_now(&self) -> i64 {
        let is_later = self.starts_at.is_some() || self.trial_ends_at.is_some();
        self.amounts.filter(|_| !is_later).map_or(0, Amounts::total)
    }
}

/// Returns the bill for a checkout.
pub(crate) fn bill(tables: &Tables, checkout: &Checkout, now: i64) -> Result<Bill, ApiError> {
    let item = checkout
        .item_id
        .as_deref()
        .and_then(|id| tables.subscription_items.get(id));
    let Some(item) = item else {
        let (owner, price) = (&checkout.owner_id, &checkout.price_id);
        let terms = subscriptions::terms(tables, owner, price, checkout.period, now)?;
        return Ok(Bill {
            starts_at: terms.follows.map(|(_, at)| at),
            trial_ends_at: terms.trial_ends_at,
            amounts: terms.amounts,
        });
    };
    let payment = tables
        .payments
        .find(|one| one.item_id == item.id && one.charge == Charge::Checkout && !one.is_declined);
    Ok(Bill {
        starts_at: (item.status == ItemStatus::Upcoming).then_some(item.period_start),
        trial_ends_at: item.period_end.filter(|_| item.is_free_trial),
        amounts: payment.map(|payment| payment.amounts),
    })
}
