//! Subscriptions: starting, changing, renewing, canceling, and ending them.

use http::StatusCode;

use super::items::{current_items, find, may_try, payer_kind};
use super::payment_methods::{self, Card};
use super::statements::Paid;
use super::{plans, statements};
use crate::model::billing::{
    Amounts, Charge, ItemStatus, Period, Plan, Price, Subscription, SubscriptionItem, derived_id,
};
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// The longest allowed extension of a free trial, in milliseconds.
const LONGEST_EXTENSION: i64 = 365 * DAY;

/// How long before the end of a free trial its payer is told, in milliseconds.
const TRIAL_NOTICE: i64 = 3 * DAY;

/// The most periods of an item that are paid for when the clock jumps ahead. Earlier ones are skipped.
const MOST_PERIODS: i64 = 120;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Subscribes a new user or organization to the default plan.
pub(crate) fn open(tables: &mut Tables, owner_id: &str, now: i64) {
    tables.subscriptions.insert(Subscription {
        id: derived_id("csub", owner_id),
        owner_id: owner_id.to_owned(),
        active_at: now,
        created_at: now,
        updated_at: now,
    });
    add_default_item(tables, owner_id, ItemStatus::Active, now, now);
}

/// Removes all payments and subscriptions of a deleted user or organization.
pub(crate) fn close(tables: &mut Tables, owner_id: &str) {
    let items = tables
        .subscription_items
        .ids(|item| item.owner_id == owner_id);
    for item in items {
        tables.redemptions.remove_where(|one| one.item_id == item);
        tables.subscription_items.remove(&item);
    }
    tables.payments.remove_where(|one| one.owner_id == owner_id);
    tables
        .statements
        .remove_where(|one| one.owner_id == owner_id);
    tables
        .subscriptions
        .remove_where(|one| one.owner_id == owner_id);
    tables
        .checkouts
        .remove_where(|one| one.owner_id == owner_id);
    tables
        .payment_methods
        .remove_where(|one| one.owner_id == owner_id);
}

/// Gives a payer the default plan from this time on. The item is always the same one, so that applications can recognize payers
/// without a paid plan by it.
fn add_default_item(tables: &mut Tables, owner_id: &str, status: ItemStatus, at: i64, now: i64) {
    let Some(plan) = plans::default_of(tables, payer_kind(tables, owner_id)) else {
        return;
    };
    let Some(price) = plans::default_price(tables, &plan.id) else {
        return;
    };
    let mut item = new_item(owner_id, price, Period::Month, at);
    item.status = status;
    item.created_at = now;
    item.updated_at = now;
    let earlier = tables
        .subscription_items
        .find(|one| one.owner_id == owner_id && one.plan_id == plan.id);
    if let Some(earlier) = earlier {
        item.id.clone_from(&earlier.id);
        item.created_at = earlier.created_at;
    }
    tables.subscription_items.insert(item);
}

fn new_item(owner_id: &str, price: &Price, period: Period, now: i64) -> SubscriptionItem {
    let costs = price.of(period).is_some_and(|amount| amount > 0);
    SubscriptionItem {
        id: random::id("csubitem"),
        owner_id: owner_id.to_owned(),
        plan_id: price.plan_id.clone(),
        price_id: price.id.clone(),
        period,
        status: ItemStatus::Active,
        is_free_trial: false,
        period_start: now,
        period_end: costs.then(|| now.saturating_add(period.length())),
        canceled_at: None,
        past_due_at: None,
        is_trial_end_announced: false,
        ended_at: None,
        lifetime_paid: 0,
        created_at: now,
        updated_at: now,
    }
}

/// The terms on which a payer subscribes to a price.
#[derive(Debug)]
pub(crate) struct Terms {
    /// The item that is replaced at this time, when its period ends. `None` if the plan begins immediately.
    pub(crate) follows: Option<(String, i64)>,
    /// The end of the free trial that the plan begins with.
    pub(crate) trial_ends_at: Option<i64>,
    /// The remaining value of what was paid for the current plan.
    proration: i64,
    /// The cost of the first period. `None` if nothing is due.
    pub(crate) amounts: Option<Amounts>,
}

/// Returns the terms of subscribing to a price. The first paid plan begins with its free trial. A plan that costs less
/// than the current one begins when the current one has ended.
pub(crate) fn terms(
    tables: &Tables,
    owner_id: &str,
    price_id: &str,
    period: Period,
    now: i64,
) -> Result<Terms, ApiError> {
    let price = plans::find_price(tables, price_id)?;
    let plan = plans::find(tables, &price.plan_id)?;
    check_payer(tables, plan, owner_id)?;
    let Some(fee) = price.of(period) else {
        return Err(ApiError::value("plan_period", "must be one of the price"));
    };
    let current = current_items(tables, owner_id);
    let is_it = |item: &&&SubscriptionItem| {
        item.price_id == price_id && (item.period == period || item.period_end.is_none())
    };
    if current
        .iter()
        .filter(is_it)
        .any(|item| item.status == ItemStatus::Active)
    {
        return Err(ApiError::value(
            "plan_id",
            "must be another plan than the one that the payer has",
        ));
    }
    let is_paid = |item: &&SubscriptionItem| {
        item.is_in_good_standing() && item.period_end.is_some() && !item.is_free_trial
    };
    let paid = current.into_iter().find(is_paid);
    let follows = paid.and_then(|item| {
        let at = follows_at(tables, item, price, period, now)?;
        Some((item.id.clone(), at))
    });
    let trial_ends_at = plan
        .free_trial_days
        .filter(|_| fee > 0 && may_try(tables, owner_id))
        .map(|days| now.saturating_add(days.saturating_mul(DAY)));
    let proration = match paid {
        Some(item) if follows.is_none() => unused(tables, item, now),
        _ => 0,
    };
    let amounts = statements::amounts(tables, owner_id, None, price, period, proration);
    Ok(Terms {
        follows,
        trial_ends_at,
        proration,
        amounts,
    })
}

/// Returns the time at which an item with a cheaper price follows another, which is the end of the other's period.
/// Returns `None` if it replaces the other immediately.
fn follows_at(
    tables: &Tables,
    item: &SubscriptionItem,
    price: &Price,
    period: Period,
    now: i64,
) -> Option<i64> {
    let cost = |price: &Price, period| {
        let monthly = price.amount.or(price.annual_monthly_amount).unwrap_or(0);
        (monthly, period == Period::Annual)
    };
    let from = tables.prices.get(&item.price_id)?;
    item.period_end
        .filter(|end| cost(price, period) < cost(from, item.period) && *end > now)
}

/// Subscribes a payer to a plan at a price, replacing the current plan on the terms returned by [`terms`], and returns
/// the ID of the new item. If the card is declined, the current plan remains, and the new item is incomplete.
pub(crate) fn subscribe(
    tables: &mut Tables,
    owner_id: &str,
    price_id: &str,
    period: Period,
    card: Option<&Card>,
    now: i64,
) -> Result<String, ApiError> {
    let terms = terms(tables, owner_id, price_id, period, now)?;
    let price = plans::find_price(tables, price_id)?.clone();
    let id = match &terms.follows {
        Some((current, at)) => schedule(tables, current, &price, period, *at, now),
        None => begin(tables, owner_id, &price, period, &terms, card, now).0,
    };
    touch(tables, owner_id, now);
    Ok(id)
}

/// Pays for a new item, which replaces the payer's current ones. Returns its ID and the result of the payment. If the card is
/// declined, the current items remain, and the new one is incomplete until a later attempt succeeds.
fn begin(
    tables: &mut Tables,
    owner_id: &str,
    price: &Price,
    period: Period,
    terms: &Terms,
    card: Option<&Card>,
    now: i64,
) -> (String, Paid) {
    let mut item = new_item(owner_id, price, period, now);
    let earlier = tables.subscription_items.find(|one| {
        one.owner_id == owner_id
            && one.status == ItemStatus::Incomplete
            && (&one.price_id, one.period) == (&price.id, period)
    });
    if let Some(earlier) = earlier {
        item.id.clone_from(&earlier.id);
        item.created_at = earlier.created_at;
    }
    let mut paid = Paid::Nothing;
    if terms.trial_ends_at.is_some() {
        item.is_free_trial = true;
        item.period_end = terms.trial_ends_at;
    } else {
        paid = settle(
            tables,
            &mut item,
            price,
            Charge::Checkout,
            terms.proration,
            card,
            now,
        );
    }
    if paid == Paid::Declined {
        item.status = ItemStatus::Incomplete;
        abandon(tables, owner_id, ItemStatus::Incomplete, now);
    } else {
        end_current(tables, owner_id, now);
    }
    (tables.subscription_items.insert(item).id.clone(), paid)
}

/// Cancels an item at the end of its period, schedules another one to follow, and returns the ID of the latter. Any
/// item scheduled earlier is dropped.
fn schedule(
    tables: &mut Tables,
    current: &str,
    price: &Price,
    period: Period,
    at: i64,
    now: i64,
) -> String {
    let owner_id = tables
        .subscription_items
        .get(current)
        .map_or_else(String::new, |item| item.owner_id.clone());
    abandon(tables, &owner_id, ItemStatus::Upcoming, now);
    if let Some(previous) = tables.subscription_items.get_mut(current) {
        previous.status = ItemStatus::Canceled;
        previous.canceled_at.get_or_insert(now);
        previous.updated_at = now;
    }
    let mut next = new_item(&owner_id, price, period, now);
    next.status = ItemStatus::Upcoming;
    next.period_start = at;
    next.period_end = next.period_end.map(|_| at.saturating_add(period.length()));
    tables.subscription_items.insert(next).id.clone()
}

fn check_payer(tables: &Tables, plan: &Plan, owner_id: &str) -> Result<(), ApiError> {
    if plan.payer == payer_kind(tables, owner_id) {
        Ok(())
    } else {
        Err(ApiError::value(
            "plan_id",
            "must be a plan for this kind of payer",
        ))
    }
}

fn settle(
    tables: &mut Tables,
    item: &mut SubscriptionItem,
    price: &Price,
    charge: Charge,
    proration: i64,
    card: Option<&Card>,
    now: i64,
) -> Paid {
    let paid = statements::pay(tables, item, price, charge, proration, card, now);
    if let Paid::All(amounts) = paid {
        item.lifetime_paid = item.lifetime_paid.saturating_add(amounts.total());
    }
    paid
}

/// Gives up a payer's items with this status, which were never in force.
fn abandon(tables: &mut Tables, owner_id: &str, status: ItemStatus, now: i64) {
    for id in tables
        .subscription_items
        .ids(|item| item.owner_id == owner_id && item.status == status)
    {
        if let Some(item) = tables.subscription_items.get_mut(&id) {
            item.status = ItemStatus::Abandoned;
            item.updated_at = now;
        }
    }
}

/// Ends all items of a payer that are in force, and gives up the others.
fn end_current(tables: &mut Tables, owner_id: &str, now: i64) {
    abandon(tables, owner_id, ItemStatus::Upcoming, now);
    abandon(tables, owner_id, ItemStatus::Incomplete, now);
    for id in tables
        .subscription_items
        .ids(|item| item.owner_id == owner_id && item.is_in_force())
    {
        if let Some(item) = tables.subscription_items.get_mut(&id) {
            end(item, now);
        }
    }
}

fn end(item: &mut SubscriptionItem, at: i64) {
    item.status = ItemStatus::Ended;
    item.ended_at = Some(at);
    item.updated_at = at;
}

/// Returns the amount paid for the rest of an item's period.
fn unused(tables: &Tables, item: &SubscriptionItem, now: i64) -> i64 {
    let price = tables.prices.get(&item.price_id);
    let fee = price.and_then(|price| price.of(item.period)).unwrap_or(0);
    let length = i128::from(item.period.length());
    let left = i128::from(item.period_end.unwrap_or(now).saturating_sub(now)).clamp(0, length);
    i64::try_from(i128::from(fee) * left / length).unwrap_or(0)
}

/// Marks the subscription as changed and grants the payer what the plans in force include.
fn touch(tables: &mut Tables, owner_id: &str, now: i64) {
    let subscription = derived_id("csub", owner_id);
    if let Some(subscription) = tables.subscriptions.get_mut(&subscription) {
        subscription.updated_at = now;
    }
    let plan = current_items(tables, owner_id)
        .into_iter()
        .filter(|item| item.is_in_force())
        .find_map(|item| tables.plans.get(&item.plan_id))
        .filter(|plan| !plan.is_default);
    let slug = plan.map(|plan| plan.slug.clone());
    let features: Vec<String> = plan
        .map(|plan| plan.features.iter().map(|one| one.slug.clone()).collect())
        .unwrap_or_default();
    if tables.users.contains(owner_id) {
        if let Some(user) = tables.users.get_mut(owner_id) {
            user.plan = slug;
            user.features = features;
        }
    } else if tables.organizations.contains(owner_id)
        && let Some(organization) = tables.organizations.get_mut(owner_id)
    {
        organization.plan = slug;
        organization.features = features;
    }
}

/// Brings the items up to date: pays for those that are past due if the payer has a better card by now, announces the
/// end of free trials, renews and pays for items whose period is over, ends those that were canceled, and starts those
/// that were scheduled.
pub(crate) fn advance(tables: &mut Tables, now: i64) {
    pay_past_due(tables, now);
    announce_ends_of_trials(tables, now);
    loop {
        let is_due = |item: &&SubscriptionItem| {
            item.is_in_good_standing() && item.period_end.is_some_and(|end| end <= now)
        };
        let due = tables
            .subscription_items
            .iter()
            .filter(is_due)
            .min_by_key(|item| item.period_end)
            .map(|item| item.id.clone());
        let Some(due) = due else { return };
        end_period(tables, &due, now);
    }
}

fn pay_past_due(tables: &mut Tables, now: i64) {
    for id in tables
        .subscription_items
        .ids(|item| item.status == ItemStatus::PastDue)
    {
        let Some(mut item) = tables.subscription_items.get(&id).cloned() else {
            continue;
        };
        let card = payment_methods::default_of(tables, &item.owner_id);
        if card.is_some_and(|card| card.declines()) {
            continue;
        }
        let owner_id = item.owner_id.clone();
        renew(tables, &mut item, now);
        tables.subscription_items.insert(item);
        touch(tables, &owner_id, now);
    }
}

fn announce_ends_of_trials(tables: &mut Tables, now: i64) {
    let is_near = |item: &SubscriptionItem| {
        item.status == ItemStatus::Active
            && item.is_free_trial
            && !item.is_trial_end_announced
            && item
                .period_end
                .is_some_and(|end| end.saturating_sub(TRIAL_NOTICE) <= now)
    };
    for id in tables.subscription_items.ids(is_near) {
        if let Some(item) = tables.subscription_items.get_mut(&id) {
            item.is_trial_end_announced = true;
        }
    }
}

/// Pays for the item's period, which becomes past due if the card is declined.
fn renew(tables: &mut Tables, item: &mut SubscriptionItem, now: i64) {
    let Some(price) = tables.prices.get(&item.price_id).cloned() else {
        return;
    };
    item.updated_at = now;
    let card = payment_methods::default_of(tables, &item.owner_id);
    let paid = settle(
        tables,
        item,
        &price,
        Charge::Recurring,
        0,
        card.as_ref(),
        now,
    );
    if paid == Paid::Declined {
        item.status = ItemStatus::PastDue;
        item.past_due_at.get_or_insert(now);
    } else {
        item.status = ItemStatus::Active;
        item.past_due_at = None;
    }
}

fn end_period(tables: &mut Tables, id: &str, now: i64) {
    let Some((mut item, mut end_of_period)) = tables
        .subscription_items
        .get(id)
        .and_then(|item| Some((item.clone(), item.period_end?)))
    else {
        return;
    };
    let owner_id = item.owner_id.clone();
    if item.status == ItemStatus::Canceled {
        end(&mut item, end_of_period);
        tables.subscription_items.insert(item);
        let upcoming = tables
            .subscription_items
            .ids(|one| one.owner_id == owner_id && one.status == ItemStatus::Upcoming);
        match upcoming.first() {
            Some(next) => start(tables, next, end_of_period),
            None => add_default_item(
                tables,
                &owner_id,
                ItemStatus::Active,
                end_of_period,
                end_of_period,
            ),
        }
    } else {
        let periods = now.saturating_sub(end_of_period) / item.period.length();
        let skipped = (periods - MOST_PERIODS).max(0);
        end_of_period = end_of_period.saturating_add(skipped * item.period.length());
        item.is_free_trial = false;
        item.period_start = end_of_period;
        item.period_end = Some(end_of_period.saturating_add(item.period.length()));
        renew(tables, &mut item, end_of_period);
        tables.subscription_items.insert(item);
    }
    touch(tables, &owner_id, end_of_period);
}

fn start(tables: &mut Tables, id: &str, at: i64) {
    let Some(mut item) = tables.subscription_items.get(id).cloned() else {
        return;
    };
    renew(tables, &mut item, at);
    tables.subscription_items.insert(item);
}

/// Returns the error of a payment with a card that is declined.
pub(super) fn declined() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "payment_attempt_failed_card_declined",
        "The card was declined.",
    )
}

fn refused(message: &str) -> ApiError {
    ApiError::bad_request("commerce_subscription_item_already_canceled", message)
}

/// Cancels an item, at the end of its period or immediately, and returns its ID.
pub(crate) fn cancel(
    tables: &mut Tables,
    id: &str,
    end_now: bool,
    now: i64,
) -> Result<String, ApiError> {
    let item = find(tables, id)?;
    let owner_id = item.owner_id.clone();
    if plans::find(tables, &item.plan_id)?.is_default {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "commerce_subscription_item_cannot_be_canceled",
            "The default plan cannot be canceled",
        ));
    }
    match item.status {
        ItemStatus::Ended | ItemStatus::Abandoned => {
            return Err(refused("The subscription item has ended"));
        }
        ItemStatus::Canceled if !end_now => {
            return Err(refused("The subscription item is canceled already"));
        }
        _ => {}
    }
    let was_in_force = item.is_in_force();
    let period_end = item.period_end.unwrap_or(now);
    // What was never paid for has no period to complete.
    let ends_now = end_now
        || matches!(
            item.status,
            ItemStatus::Upcoming | ItemStatus::Incomplete | ItemStatus::PastDue
        )
        || item.period_end.is_none();
    if let Some(item) = tables.subscription_items.get_mut(id) {
        item.canceled_at.get_or_insert(now);
        item.status = ItemStatus::Canceled;
        item.updated_at = now;
        if ends_now {
            end(item, now);
        }
    }
    if ends_now && was_in_force {
        add_default_item(tables, &owner_id, ItemStatus::Active, now, now);
    } else if !ends_now {
        add_default_item(tables, &owner_id, ItemStatus::Upcoming, period_end, now);
    }
    touch(tables, &owner_id, now);
    Ok(id.to_owned())
}

/// Extends a free trial to the given time.
pub(crate) fn extend_free_trial<'a>(
    tables: &'a mut Tables,
    id: &str,
    to: i64,
    now: i64,
) -> Result<&'a SubscriptionItem, ApiError> {
    let item = find(tables, id)?;
    if !item.is_free_trial || !item.is_in_force() {
        return Err(ApiError::bad_request(
            "subscription_item_not_in_free_trial",
            "The subscription item is not in a free trial",
        ));
    }
    let end = item.period_end.unwrap_or(now);
    if to <= now || to < end || to - end > LONGEST_EXTENSION {
        return Err(ApiError::value(
            "extend_to",
            "must be in the future, and at most 365 days after the end of the trial",
        ));
    }
    let item = tables
        .subscription_items
        .get_mut(id)
        .ok_or_else(|| ApiError::not_found("subscription item", id))?;
    if to != end {
        item.period_end = Some(to);
        item.is_trial_end_announced = false;
        item.updated_at = now;
    }
    Ok(item)
}

/// The result of a price change.
#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) previous_item_id: String,
    pub(crate) item_id: String,
    pub(crate) effective_at: i64,
    pub(crate) immediate: bool,
    /// The amount that was paid immediately.
    pub(crate) paid: Option<i64>,
}

/// Moves an item to another price: immediately if it costs at least as much, and at the end of the period otherwise.
pub(crate) fn transition(
    tables: &mut Tables,
    id: &str,
    from_price_id: &str,
    to_price_id: &str,
    now: i64,
) -> Result<Transition, ApiError> {
    let item = find(tables, id)?.clone();
    let from = plans::find_price(tables, from_price_id)?.clone();
    let to = plans::find_price(tables, to_price_id)?.clone();
    let conflict = |code, message| Err(ApiError::new(StatusCode::CONFLICT, code, message));
    if item.price_id != from.id {
        return conflict(
            "out_of_date_price",
            "The subscription item has another price than from_price_id",
        );
    }
    if !item.is_in_good_standing() {
        return conflict(
            "subscription_item_no_longer_active",
            "The subscription item is not active",
        );
    }
    if from.id == to.id {
        return Err(ApiError::value("to_price_id", "must be another price"));
    }
    check_payer(tables, plans::find(tables, &to.plan_id)?, &item.owner_id)?;
    let period = match to.of(item.period) {
        Some(_) => item.period,
        None if item.period == Period::Month => Period::Annual,
        None => Period::Month,
    };
    let follows_at = follows_at(tables, &item, &to, period, now);
    let (item_id, paid) = match follows_at {
        Some(at) => (schedule(tables, &item.id, &to, period, at, now), None),
        None => {
            let terms = Terms {
                follows: None,
                trial_ends_at: None,
                proration: if item.is_free_trial {
                    0
                } else {
                    unused(tables, &item, now)
                },
                amounts: None,
            };
            let owner_id = &item.owner_id;
            let card = payment_methods::default_of(tables, owner_id);
            let (id, paid) = begin(tables, owner_id, &to, period, &terms, card.as_ref(), now);
            match paid {
                Paid::Declined => return Err(declined()),
                Paid::Nothing => (id, None),
                Paid::All(amounts) => (id, Some(amounts.total()).filter(|total| *total > 0)),
            }
        }
    };
    touch(tables, &item.owner_id, now);
    Ok(Transition {
        previous_item_id: item.id,
        item_id,
        effective_at: follows_at.unwrap_or(now),
        immediate: follows_at.is_none(),
        paid,
    })
}
