//! The entities of billing: plans and their prices, subscriptions, discounts, statements and payments.

use serde::{Deserialize, Serialize};

use crate::random;

/// The currency of plans and balances that do not name one.
pub(crate) const DEFAULT_CURRENCY: &str = "USD";

/// The kind of payer that a plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PayerKind {
    User,
    Org,
}

impl PayerKind {
    /// Returns the name in the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Org => "org",
        }
    }
}

/// Returns an ID that consists of a prefix and the random part of the owner's ID.
pub(crate) fn derived_id(prefix: &str, owner_id: &str) -> String {
    let body = owner_id.split_once('_').map_or(owner_id, |(_, body)| body);
    format!("{prefix}_{body}")
}

/// A plan that payers subscribe to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) payer: PayerKind,
    /// True if payers without another plan have this one.
    pub(crate) is_default: bool,
    pub(crate) publicly_visible: bool,
    pub(crate) features: Vec<PlanFeature>,
    pub(crate) free_trial_days: Option<i64>,
    pub(crate) created_at: i64,
}

/// A feature that a plan includes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFeature {
    pub(crate) id: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

impl Plan {
    /// Creates a plan that is publicly visible, without features or a trial.
    pub(crate) fn new(slug: String, name: String, payer: PayerKind, now: i64) -> Self {
        Self {
            id: random::id("cplan"),
            slug,
            name,
            description: None,
            payer,
            is_default: false,
            publicly_visible: true,
            features: Vec::new(),
            free_trial_days: None,
            created_at: now,
        }
    }
}

impl PlanFeature {
    /// Creates a feature, named after its slug.
    pub(crate) fn new(slug: String) -> Self {
        Self {
            id: random::id("feat"),
            name: slug.replace(['-', '_'], " "),
            slug,
            description: None,
        }
    }
}

/// The billing periods that a price is available for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Periods {
    Month,
    Annual,
    Both,
}

/// The price of a plan. Amounts are in the smallest unit of the currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) plan_id: String,
    pub(crate) currency: String,
    /// For a month.
    pub(crate) amount: Option<i64>,
    /// For a month, when a whole year is paid at once.
    pub(crate) annual_monthly_amount: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) periods: Periods,
    pub(crate) created_at: i64,
}

impl Price {
    /// Returns the price of a period, or `None` if the price is not available for it.
    pub(crate) fn of(&self, period: Period) -> Option<i64> {
        match period {
            Period::Month => self.amount,
            Period::Annual => self.annual_monthly_amount?.checked_mul(12),
        }
    }
}

/// The length of time that a subscription is paid for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    Month,
    Annual,
}

impl Period {
    /// Returns the length in milliseconds: 30 or 365 days.
    pub(crate) fn length(self) -> i64 {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        match self {
            Self::Month => 30 * DAY,
            Self::Annual => 365 * DAY,
        }
    }
}

/// The subscription of a payer, which groups its items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    /// ID of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) active_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The status of a subscription item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemStatus {
    Active,
    /// Still in force, until the end of its period.
    Canceled,
    /// Still in force, although the payment for its period failed.
    PastDue,
    Ended,
    Upcoming,
    /// Not in force, because the first payment failed.
    Incomplete,
    /// Was upcoming or incomplete, and was replaced before it was in force.
    Abandoned,
}

impl ItemStatus {
    /// Returns true if the item is not in force and never will be again.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Ended | Self::Abandoned)
    }
}

/// A plan that a payer is, was or will be subscribed to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionItem {
    pub(crate) id: String,
    /// ID of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) plan_id: String,
    pub(crate) price_id: String,
    pub(crate) period: Period,
    pub(crate) status: ItemStatus,
    pub(crate) is_free_trial: bool,
    pub(crate) period_start: i64,
    /// `None` for a free plan, which has no end.
    pub(crate) period_end: Option<i64>,
    pub(crate) canceled_at: Option<i64>,
    /// The start of the period for which the payment failed.
    #[serde(default)]
    pub(crate) past_due_at: Option<i64>,
    /// True if the payer was told that the free trial ends soon.
    #[serde(default)]
    pub(crate) is_trial_end_announced: bool,
    pub(crate) ended_at: Option<i64>,
    pub(crate) lifetime_paid: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl SubscriptionItem {
    /// Returns true if the payer has the plan now.
    pub(crate) fn is_in_force(&self) -> bool {
        matches!(
            self.status,
            ItemStatus::Active | ItemStatus::Canceled | ItemStatus::PastDue
        )
    }

    /// Returns true if the payer has the plan now, and owes nothing for it.
    pub(crate) fn is_in_good_standing(&self) -> bool {
        self.is_in_force() && self.status != ItemStatus::PastDue
    }
}

/// The reduction that a discount grants.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscountEffect {
    /// A percentage of the price.
    Percentage(f64),
    /// An amount in the smallest unit of the currency.
    FixedAmount(i64),
}

impl DiscountEffect {
    /// Returns the reduction of this price, which is at most the price itself.
    pub(crate) fn off(self, price: i64) -> i64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "rounded and clamped to the price below"
        )]
        let off = match self {
            Self::Percentage(percent) => (price as f64 * percent / 100.0).round() as i64,
            Self::FixedAmount(amount) => amount,
        };
        off.clamp(0, price.max(0))
    }
}

/// A discount that can be applied to subscription items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discount {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) effect: DiscountEffect,
    /// The number of payments that it applies to, or `None` for all.
    pub(crate) cycles: Option<i32>,
    pub(crate) created_at: i64,
}

/// The status of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RedemptionStatus {
    Active,
    Exhausted,
    Removed,
}

/// A discount applied to a subscription item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redemption {
    pub(crate) id: String,
    pub(crate) item_id: String,
    pub(crate) discount_id: String,
    pub(crate) name: String,
    pub(crate) effect: DiscountEffect,
    pub(crate) cycles_remaining: Option<i32>,
    pub(crate) cycles_applied: i32,
    pub(crate) status: RedemptionStatus,
    pub(crate) redeemed_at: i64,
}

/// The payments of a payer in one calendar month.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Statement {
    pub(crate) id: String,
    pub(crate) owner_id: String,
    pub(crate) created_at: i64,
}

/// An attempt to pay for a period of a subscription item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) statement_id: String,
    pub(crate) owner_id: String,
    pub(crate) item_id: String,
    pub(crate) charge: Charge,
    /// ID of the card. `None` if there was none to choose from.
    #[serde(default)]
    pub(crate) payment_method_id: Option<String>,
    pub(crate) amounts: Amounts,
    pub(crate) currency: String,
    /// True if the card was declined.
    #[serde(default)]
    pub(crate) is_declined: bool,
    pub(crate) created_at: i64,
}

/// The reason for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Charge {
    /// A new subscription item.
    Checkout,
    /// Another period of an existing item.
    Recurring,
}

/// The components of a payment, in the smallest unit of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amounts {
    /// The price.
    pub(crate) base_fee: i64,
    /// The reduction by a discount.
    pub(crate) discount: i64,
    /// The unused part of the previous item's period.
    pub(crate) proration: i64,
    /// The amount taken from the payer's balance.
    pub(crate) credit: i64,
}

impl Amounts {
    /// Returns the amount charged to the card.
    pub(crate) fn total(self) -> i64 {
        self.base_fee - self.discount - self.proration - self.credit
    }
}
