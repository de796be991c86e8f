//! Credit balances of users and organizations.

use http::StatusCode;

use super::accounts;
use super::api_error::ApiError;
use super::organizations;
use crate::model::credit::CreditEntry;
use crate::store::tables::Tables;

const DEFAULT_CURRENCY: &str = "USD";

/// The owner of a balance.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'a> {
    /// A user, identified by ID.
    User(&'a str),
    /// An organization, identified by ID or slug.
    Organization(&'a str),
}

impl Owner<'_> {
    /// Returns the ID.
    pub(crate) fn id(self, tables: &Tables) -> Result<String, ApiError> {
        match self {
            Self::User(id) => accounts::find(tables, id).map(|user| user.id.clone()),
            Self::Organization(name) => {
                organizations::find(tables, name).map(|organization| organization.id.clone())
            }
        }
    }
}

/// An amount of money in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) amount: i64,
    pub(crate) currency: String,
}

/// Returns the balance, or `None` if the owner never had credits.
pub(crate) fn balance(tables: &Tables, owner: Owner<'_>) -> Result<Option<Money>, ApiError> {
    let owner_id = owner.id(tables)?;
    Ok(balance_of(tables, &owner_id))
}

/// Returns the balance of the user or organization with this ID, or `None` if it never had credits.
pub(crate) fn balance_of(tables: &Tables, owner_id: &str) -> Option<Money> {
    let mut entries = tables
        .credit_entries
        .iter()
        .filter(|entry| entry.owner_id == owner_id)
        .peekable();
    let currency = entries.peek()?.currency.clone();
    let amount = entries.map(|entry| entry.amount).sum();
    Some(Money { amount, currency })
}

/// The direction of an adjustment: adding or subtracting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Increase,
    Decrease,
}

/// An adjustment of a balance.
#[derive(Debug)]
pub(crate) struct Adjustment {
    pub(crate) amount: i64,
    pub(crate) direction: Direction,
    pub(crate) currency: Option<String>,
    pub(crate) idempotency_key: String,
    pub(crate) note: Option<String>,
}

/// Adjusts a balance. Repeating a key returns the first entry and changes nothing.
pub(crate) fn adjust<'a>(
    tables: &'a mut Tables,
    owner: Owner<'_>,
    adjustment: Adjustment,
    now: i64,
) -> Result<&'a CreditEntry, ApiError> {
    let owner_id = owner.id(tables)?;
    let balance = balance(tables, owner)?;
    if adjustment.amount <= 0 {
        return Err(ApiError::param(
            "invalid_credit_amount",
            "amount",
            "Credit amount must be greater than zero",
        ));
    }
    let amount = match adjustment.direction {
        Direction::Increase => adjustment.amount,
        Direction::Decrease => -adjustment.amount,
    };
    let earlier = tables
        .credit_entries
        .find(|entry| entry.idempotency_key == adjustment.idempotency_key)
        .map(|entry| {
            (
                entry.id.clone(),
                entry.owner_id == owner_id && entry.amount == amount,
            )
        });
    if let Some((id, same)) = earlier {
        let entry = tables.credit_entries.get(&id).filter(|_| same);
        return entry.ok_or_else(|| {
            ApiError::new(
                StatusCode::CONFLICT,
                "idempotency_key_in_use",
                "The idempotency key belongs to another adjustment",
            )
        });
    }
    let current = balance.as_ref().map_or(0, |money| money.amount);
    let Some(_) = current.checked_add(amount).filter(|left| *left >= 0) else {
        return Err(ApiError::param(
            "insufficient_credit_balance",
            "amount",
            "The decrease amount exceeds the current credit balance",
        ));
    };
    let currency = adjustment
        .currency
        .unwrap_or_else(|| DEFAULT_CURRENCY.to_owned())
        .to_uppercase();
    if balance.is_some_and(|money| money.currency != currency) {
        return Err(ApiError::value("currency", "must be that of the balance"));
    }
    Ok(tables.credit_entries.insert(CreditEntry {
        id: CreditEntry::new_id(),
        owner_id,
        amount,
        currency,
        note: adjustment.note,
        idempotency_key: adjustment.idempotency_key,
        created_at: now,
    }))
}
