//! Plans and their prices.

use crate::model::billing::{DEFAULT_CURRENCY, PayerKind, Periods, Plan, Price};
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// The smallest nonzero amount that a price can have.
const LEAST_AMOUNT: i64 = 100;

/// Adds the two free plans that every instance starts with.
pub(crate) fn add_defaults(tables: &mut Tables, now: i64) {
    for (slug, payer) in [("free_user", PayerKind::User), ("free_org", PayerKind::Org)] {
        let mut plan = Plan::new(slug.to_owned(), "Free".to_owned(), payer, now);
        plan.is_default = true;
        add(tables, plan, Some(0), Some(0));
    }
}

/// Adds a plan and its default price.
pub(crate) fn add(
    tables: &mut Tables,
    plan: Plan,
    amount: Option<i64>,
    annual_monthly_amount: Option<i64>,
) {
    let periods = periods_of(amount, annual_monthly_amount).unwrap_or(Periods::Month);
    tables.prices.insert(Price {
        id: random::id("cprice"),
        plan_id: plan.id.clone(),
        currency: DEFAULT_CURRENCY.to_owned(),
        amount,
        annual_monthly_amount,
        description: None,
        is_default: true,
        periods,
        created_at: plan.created_at,
    });
    tables.plans.insert(plan);
}

fn periods_of(amount: Option<i64>, annual_monthly_amount: Option<i64>) -> Option<Periods> {
    match (amount, annual_monthly_amount) {
        (Some(_), Some(_)) => Some(Periods::Both),
        (Some(_), None) => Some(Periods::Month),
        (None, Some(_)) => Some(Periods::Annual),
        (None, None) => None,
    }
}

/// Finds a plan by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Plan, ApiError> {
    tables
        .plans
        .get(id)
        .ok_or_else(|| ApiError::not_found("plan", id))
}

/// Finds the plan with this slug for this kind of payer.
pub(crate) fn by_slug<'a>(tables: &'a Tables, payer: PayerKind, slug: &str) -> Option<&'a Plan> {
    tables
        .plans
        .find(|plan| plan.payer == payer && plan.slug == slug)
}

/// Finds the default plan for this kind of payer.
pub(crate) fn default_of(tables: &Tables, payer: PayerKind) -> Option<&Plan> {
    tables
        .plans
        .find(|plan| plan.payer == payer && plan.is_default)
}

/// Returns the plan of those who pay for none, if there is one to pay for.
pub(crate) fn free_plan(tables: &Tables, payer: PayerKind) -> Option<&Plan> {
    tables
        .plans
        .find(|plan| plan.payer == payer && !plan.is_default)?;
    default_of(tables, payer)
}

/// Finds a price by ID.
pub(crate) fn find_price<'a>(tables: &'a Tables, id: &str) -> Result<&'a Price, ApiError> {
    tables
        .prices
        .get(id)
        .ok_or_else(|| ApiError::not_found("price", id))
}

/// Finds the default price of a plan.
pub(crate) fn default_price<'a>(tables: &'a Tables, plan_id: &str) -> Option<&'a Price> {
    tables
        .prices
        .find(|price| price.plan_id == plan_id && price.is_default)
}

/// Lists plans, newest first.
pub(crate) fn list(tables: &Tables, payer: Option<PayerKind>) -> Vec<&Plan> {
    let plans = tables.plans.iter().rev();
    plans
        .filter(|plan| payer.is_none_or(|payer| plan.payer == payer))
        .collect()
}

/// Lists prices by amount, and prices of the same amount newest first.
pub(crate) fn list_prices<'a>(
    tables: &'a Tables,
    plan_id: Option<&str>,
) -> Result<Vec<&'a Price>, ApiError> {
    if let Some(plan_id) = plan_id {
        find(tables, plan_id)?;
    }
    let prices = tables.prices.iter().rev();
    let mut prices: Vec<_> = prices
        .filter(|price| plan_id.is_none_or(|plan_id| price.plan_id == plan_id))
        .collect();
    prices.sort_by_key(|price| price.amount.or(price.annual_monthly_amount));
    Ok(prices)
}

/// A custom price to create.
#[derive(Debug)]
pub(crate) struct NewPrice {
    pub(crate) plan_id: String,
    pub(crate) currency: Option<String>,
    pub(crate) amount: Option<i64>,
    pub(crate) annual_monthly_amount: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) periods: Option<Periods>,
}

/// Creates a custom price for a plan.
pub(crate) fn create_price(
    tables: &mut Tables,
    new: NewPrice,
    now: i64,
) -> Result<&Price, ApiError> {
    find(tables, &new.plan_id)?;
    let currency = new.currency.map(|currency| currency.to_uppercase());
    if currency
        .as_deref()
        .is_some_and(|code| code != DEFAULT_CURRENCY)
    {
        return Err(ApiError::value("currency", "must be USD"));
    }
    for (name, amount) in [
        ("amount", new.amount),
        ("annual_monthly_amount", new.annual_monthly_amount),
    ] {
        if amount.is_some_and(|amount| amount != 0 && amount < LEAST_AMOUNT) {
            return Err(ApiError::value(name, "must be 0, or at least 100"));
        }
        if amount.is_some_and(|amount| amount.checked_mul(12).is_none()) {
            return Err(ApiError::value(name, "is too large"));
        }
    }
    let Some(possible) = periods_of(new.amount, new.annual_monthly_amount) else {
        return Err(ApiError::value(
            "amount",
            "must be given where annual_monthly_amount is not",
        ));
    };
    let periods = new.periods.unwrap_or(possible);
    if possible != Periods::Both && periods != possible {
        return Err(ApiError::value(
            "supported_billing_periods",
            "must be periods with an amount",
        ));
    }
    Ok(tables.prices.insert(Price {
        id: random::id("cprice"),
        plan_id: new.plan_id,
        currency: DEFAULT_CURRENCY.to_owned(),
        amount: new.amount.filter(|_| periods != Periods::Annual),
        annual_monthly_amount: new
            .annual_monthly_amount
            .filter(|_| periods != Periods::Month),
        description: new.description,
        is_default: false,
        periods,
        created_at: now,
    }))
}
