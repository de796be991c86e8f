//! Discounts on subscription items.

use http::StatusCode;

use super::items;
use crate::model::billing::{Redemption, RedemptionStatus};
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// Finds the discount that applies to an item.
pub(crate) fn active_of<'a>(tables: &'a Tables, item_id: &str) -> Option<&'a Redemption> {
    tables.redemptions.find(|redemption| {
        redemption.item_id == item_id && redemption.status == RedemptionStatus::Active
    })
}

/// Returns the amount that the item's discount takes off this price.
pub(crate) fn off(tables: &Tables, item_id: &str, price: i64) -> i64 {
    active_of(tables, item_id).map_or(0, |redemption| redemption.effect.off(price))
}

/// Records that the item's discount was used for a payment.
pub(super) fn count_use(tables: &mut Tables, item_id: &str) {
    let Some(id) = active_of(tables, item_id).map(|redemption| redemption.id.clone()) else {
        return;
    };
    if let Some(redemption) = tables.redemptions.get_mut(&id) {
        redemption.cycles_applied = redemption.cycles_applied.saturating_add(1);
        if let Some(left) = &mut redemption.cycles_remaining {
            *left = left.saturating_sub(1);
            if *left == 0 {
                redemption.status = RedemptionStatus::Exhausted;
            }
        }
    }
}

fn conflict(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, code, message)
}

/// Applies a discount to an item, replacing the current one.
pub(crate) fn apply<'a>(
    tables: &'a mut Tables,
    item_id: &str,
    discount_id: &str,
    now: i64,
) -> Result<&'a Redemption, ApiError> {
    let item = items::find(tables, item_id)?;
    let discount = tables
        .discounts
        .get(discount_id)
        .ok_or_else(|| ApiError::not_found("discount", discount_id))?
        .clone();
    if item.status.is_over() || item.period_end.is_none() {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "discount_not_applicable_to_subscription_item",
            "The subscription item has ended or costs nothing",
        ));
    }
    if let Some(current) = active_of(tables, item_id) {
        if current.discount_id == discount_id {
            return Err(conflict(
                "discount_already_applied",
                "The discount applies to this subscription item already",
            ));
        }
        let current = current.id.clone();
        if let Some(current) = tables.redemptions.get_mut(&current) {
            current.status = RedemptionStatus::Removed;
        }
    }
    Ok(tables.redemptions.insert(Redemption {
        id: random::id("cdred"),
        item_id: item_id.to_owned(),
        discount_id: discount.id,
        name: discount.name,
        effect: discount.effect,
        cycles_remaining: discount.cycles,
        cycles_applied: 0,
        status: RedemptionStatus::Active,
        redeemed_at: now,
    }))
}

/// Removes the discount that applies to an item.
pub(crate) fn remove<'a>(
    tables: &'a mut Tables,
    item_id: &str,
    discount_id: &str,
) -> Result<&'a Redemption, ApiError> {
    items::find(tables, item_id)?;
    let current = active_of(tables, item_id)
        .ok_or_else(|| ApiError::not_found("active discount of this item", discount_id))?;
    if current.discount_id != discount_id {
        return Err(conflict(
            "discount_mismatch",
            "Another discount applies to this subscription item",
        ));
    }
    let id = current.id.clone();
    let redemption = tables
        .redemptions
        .get_mut(&id)
        .ok_or_else(|| ApiError::not_found("discount", discount_id))?;
    redemption.status = RedemptionStatus::Removed;
    Ok(redemption)
}
