//! Payments, and the monthly statements that list them.

use time::OffsetDateTime;

use super::discounts;
use super::payment_methods::Card;
use crate::model::billing::{Amounts, Charge, Payment, Period, Price, Statement, SubscriptionItem};
use crate::model::credit::CreditEntry;
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// The result of an attempt to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    /// Nothing was due.
    Nothing,
    /// The payer paid this.
    All(Amounts),
    /// The card was declined.
    Declined,
}

/// Pays for an item's period with a card. The payer's credits are used first. Nothing is recorded if
/// nothing is due. A payment that is declined is recorded, and uses no credits and no discount.
pub(super) fn pay(
    tables: &mut Tables,
    item: &SubscriptionItem,
    price: &Price,
    charge: Charge,
    proration: i64,
    card: Option<&Card>,
    now: i64,
) -> Paid {
    let (owner_id, item_id) = (&item.owner_id, Some(item.id.as_str()));
    let Some(amounts) = amounts(tables, owner_id, item_id, price, item.period, proration) else {
        return Paid::Nothing;
    };
    let is_declined = amounts.total() > 0 && card.is_some_and(Card::declines);
    let credit = amounts.credit;
    let id = random::id("cpayatt");
    if credit > 0 && !is_declined {
        tables.credit_entries.insert(CreditEntry {
            id: CreditEntry::new_id(),
            owner_id: item.owner_id.clone(),
            amount: -credit,
            currency: price.currency.clone(),
            note: None,
            idempotency_key: id.clone(),
            created_at: now,
        });
    }
    if !is_declined {
        discounts::count_use(tables, &item.id);
    }
    let statement_id = statement_of(tables, &item.owner_id, now);
    tables.payments.insert(Payment {
        id,
        statement_id,
        owner_id: item.owner_id.clone(),
        item_id: item.id.clone(),
        charge,
        payment_method_id: card.map(|card| card.id.clone()),
        amounts,
        currency: price.currency.clone(),
        is_declined,
        created_at: now,
    });
    if is_declined {
        Paid::Declined
    } else {
        Paid::All(amounts)
    }
}

/// Returns the cost of a period to a payer, with the item's discount if there is already one. `None` if nothing is due.
pub(super) fn amounts(
    tables: &Tables,
    owner_id: &str,
    item_id: Option<&str>,
    price: &Price,
    period: Period,
    proration: i64,
) -> Option<Amounts> {
    let base_fee = price.of(period).filter(|fee| *fee > 0)?;
    let discount = item_id.map_or(0, |id| discounts::off(tables, id, base_fee));
    let proration = proration.clamp(0, base_fee - discount);
    let due = base_fee - discount - proration;
    let balance: i64 = tables
        .credit_entries
        .iter()
        .filter(|entry| entry.owner_id == owner_id && entry.currency == price.currency)
        .map(|entry| entry.amount)
        .sum();
    Some(Amounts {
        base_fee,
        discount,
        proration,
        credit: balance.clamp(0, due),
    })
}

fn month(at: i64) -> Option<(i32, time::Month)> {
    let at = OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)).ok()?;
    Some((at.year(), at.month()))
}

/// Returns true if a statement is closed to further payments because its month is over.
pub(crate) fn is_closed(statement: &Statement, now: i64) -> bool {
    month(statement.created_at) != month(now)
}

fn statement_of(tables: &mut Tables, owner_id: &str, now: i64) -> String {
    let open = tables
        .statements
        .find(|one| one.owner_id == owner_id && !is_closed(one, now));
    if let Some(open) = open {
        return open.id.clone();
    }
    let statement = Statement {
        id: random::id("cstmt"),
        owner_id: owner_id.to_owned(),
        created_at: now,
    };
    tables.statements.insert(statement).id.clone()
}

/// Finds a statement by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a Statement, ApiError> {
    tables
        .statements
        .get(id)
        .ok_or_else(|| ApiError::not_found("statement", id))
}

/// Lists all statements, newest first.
pub(crate) fn list(tables: &Tables) -> Vec<&Statement> {
    tables.statements.iter().rev().collect()
}

/// Lists the payments of a statement, newest first.
pub(crate) fn payments<'a>(tables: &'a Tables, id: &str) -> Result<Vec<&'a Payment>, ApiError> {
    find(tables, id)?;
    Ok(payments_of(tables, id))
}

/// Lists the payments of a payer, newest first.
pub(crate) fn payments_by<'a>(tables: &'a Tables, owner_id: &str) -> Vec<&'a Payment> {
    let payments = tables.payments.iter().rev();
    payments
        .filter(|payment| payment.owner_id == owner_id)
        .collect()
}

/// Lists the payments with this statement, newest first.
pub(crate) fn payments_of<'a>(tables: &'a Tables, statement_id: &str) -> Vec<&'a Payment> {
    tables
        .payments
        .iter()
        .rev()
        .filter(|payment| payment.statement_id == statement_id)
        .collect()
}
