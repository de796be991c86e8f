//! Finding and listing subscriptions and their items.

use crate::model::billing::{ItemStatus, PayerKind, Subscription, SubscriptionItem};
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// Returns the kind of an owner: a user or an organization.
pub(super) fn payer_kind(tables: &Tables, owner_id: &str) -> PayerKind {
    if tables.organizations.contains(owner_id) {
        PayerKind::Org
    } else {
        PayerKind::User
    }
}

/// Finds the subscription of a user or organization.
pub(crate) fn of_owner<'a>(
    tables: &'a Tables,
    owner_id: &str,
) -> Result<&'a Subscription, ApiError> {
    tables
        .subscriptions
        .find(|subscription| subscription.owner_id == owner_id)
        .ok_or_else(|| ApiError::not_found("subscription of the payer", owner_id))
}

/// Finds a subscription item by ID.
pub(crate) fn find<'a>(tables: &'a Tables, id: &str) -> Result<&'a SubscriptionItem, ApiError> {
    tables
        .subscription_items
        .get(id)
        .ok_or_else(|| ApiError::not_found("subscription item", id))
}

/// Finds a subscription item of a payer by ID.
pub(crate) fn find_of<'a>(
    tables: &'a Tables,
    owner_id: &str,
    id: &str,
) -> Result<&'a SubscriptionItem, ApiError> {
    tables
        .subscription_items
        .get(id)
        .filter(|item| item.owner_id == owner_id)
        .ok_or_else(|| ApiError::no_such("subscription_item_not_found", "subscription item", id))
}

/// Lists the items of a payer: those in force, then those that will be, each oldest first.
pub(crate) fn current_items<'a>(tables: &'a Tables, owner_id: &str) -> Vec<&'a SubscriptionItem> {
    let items = tables.subscription_items.iter();
    let mut current: Vec<_> = items
        .filter(|item| item.owner_id == owner_id)
        .filter(|item| !item.status.is_over() && item.status != ItemStatus::Incomplete)
        .collect();
    current.sort_by_key(|item| item.status == ItemStatus::Upcoming);
    current
}

/// Returns true if payments of the payer are to come.
pub(super) fn pays(tables: &Tables, owner_id: &str) -> bool {
    current_items(tables, owner_id)
        .into_iter()
        .any(|item| item.period_end.is_some() && item.status != ItemStatus::Canceled)
}

/// Returns true if the payer has never had a free trial.
pub(crate) fn may_try(tables: &Tables, owner_id: &str) -> bool {
    let costs = |item: &SubscriptionItem| item.owner_id == owner_id && item.period_end.is_some();
    tables.subscription_items.find(costs).is_none()
}

/// A filter for a list of items.
#[derive(Debug, Default)]
pub(crate) struct ItemFilter<'a> {
    pub(crate) status: Option<&'a str>,
    pub(crate) payer: Option<PayerKind>,
    pub(crate) plan_id: Option<&'a str>,
    pub(crate) include_free: bool,
    /// The text to filter by, in lowercase.
    pub(crate) query: Option<String>,
}

/// Lists subscription items, newest first.
pub(crate) fn list<'a>(tables: &'a Tables, filter: &ItemFilter<'_>) -> Vec<&'a SubscriptionItem> {
    let has_status = |item: &SubscriptionItem| match filter.status {
        None => true,
        Some("active") => item.is_in_good_standing(),
        Some("ended") => item.status.is_over(),
        Some("past_due") => item.status == ItemStatus::PastDue,
        Some("upcoming") => item.status == ItemStatus::Upcoming,
        Some("free_trial") => item.is_in_force() && item.is_free_trial,
        Some(_) => false,
    };
    tables
        .subscription_items
        .iter()
        .rev()
        .filter(|item| has_status(item))
        .filter(|item| filter.include_free || item.period_end.is_some())
        .filter(|item| {
            filter
                .payer
                .is_none_or(|payer| payer_kind(tables, &item.owner_id) == payer)
        })
        .filter(|item| filter.plan_id.is_none_or(|plan| item.plan_id == plan))
        .filter(|item| {
            filter
                .query
                .as_deref()
                .is_none_or(|query| payer_mentions(tables, &item.owner_id, query))
        })
        .collect()
}

fn payer_mentions(tables: &Tables, owner_id: &str, query: &str) -> bool {
    if let Some(user) = tables.users.get(owner_id) {
        return user.mentions(query);
    }
    tables.organizations.get(owner_id).is_some_and(|one| {
        [&one.id, &one.name, &one.slug]
            .iter()
            .any(|text| text.to_lowercase().contains(query))
    })
}
