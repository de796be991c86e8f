//! What billing keeps: plans and their prices, subscriptions, discounts, statements and payments.

use serde::{Deserialize, Serialize};

use crate::random;

/// The currency of plans and balances that name none.
pub(crate) const DEFAULT_CURRENCY: &str = "USD";

/// Who pays for a plan.
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

/// Returns an id made of a prefix and the random part of the owner's id.
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
    /// Whether payers without another plan have this one.
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
    /// Creates a plan that everybody sees, without features and trial.
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

/// The periods that a price can be paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Periods {
    Month,
    Annual,
    Both,
}

/// What a plan costs. Amounts are in the smallest unit of the currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) plan_id: String,
    pub(crate) currency: String,
    /// For a month.
    pub(crate) amount: Option<i64>,
    /// For a month, when a year is paid at once.
    pub(crate) annual_monthly_amount: Option<i64>,
    pub(crate) description: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) periods: Periods,
    pub(crate) created_at: i64,
}

impl Price {
    /// Returns what a period costs, or `None` for one that the price is not for.
    pub(crate) fn of(&self, period: Period) -> Option<i64> {
        match period {
            Period::Month => self.amount,
            Period::Annual => self.annual_monthly_amount?.checked_mul(12),
        }
    }
}

/// How long a subscription is paid for at a time.
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

/// The subscription of a payer, which holds items.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    /// Id of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) active_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// Where a subscription item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ItemStatus {
    Active,
    /// Still in force, until the end of its period.
    Canceled,
    Ended,
    Upcoming,
}

/// A plan that a payer is, was or will be subscribed to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionItem {
    pub(crate) id: String,
    /// Id of the user or organization.
    pub(crate) owner_id: String,
    pub(crate) plan_id: String,
    pub(crate) price_id: String,
    pub(crate) period: Period,
    pub(crate) status: ItemStatus,
    pub(crate) is_free_trial: bool,
    pub(crate) period_start: i64,
    /// `None` for a plan that costs nothing and goes on.
    pub(crate) period_end: Option<i64>,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) lifetime_paid: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl SubscriptionItem {
    /// Returns true if the payer has the plan now.
    pub(crate) fn is_in_force(&self) -> bool {
        matches!(self.status, ItemStatus::Active | ItemStatus::Canceled)
    }
}

/// What a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscountEffect {
    /// Percent of the price.
    Percentage(f64),
    /// In the smallest unit of the currency.
    FixedAmount(i64),
}

impl DiscountEffect {
    /// Returns what it takes off this price, at most all of it.
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
    /// Number of payments that it applies to. `None` for all.
    pub(crate) cycles: Option<i32>,
    pub(crate) created_at: i64,
}

/// Where the use of a discount stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RedemptionStatus {
    Active,
    Exhausted,
    Removed,
}

/// A discount on a subscription item.
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

/// A payment for a period of a subscription item. The emulator's card always pays.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    pub(crate) id: String,
    pub(crate) statement_id: String,
    pub(crate) owner_id: String,
    pub(crate) item_id: String,
    pub(crate) charge: Charge,
    pub(crate) amounts: Amounts,
    pub(crate) currency: String,
    pub(crate) created_at: i64,
}

/// Why something was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Charge {
    /// A new subscription item.
    Checkout,
    /// Another period of one.
    Recurring,
}

/// What a payment is made up of, in the smallest unit of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Amounts {
    /// The price.
    pub(crate) base_fee: i64,
    /// What a discount takes off.
    pub(crate) discount: i64,
    /// What is left of the period of the item before.
    pub(crate) proration: i64,
    /// What is taken from the payer's balance.
    pub(crate) credit: i64,
}

impl Amounts {
    /// Returns what the card pays.
    pub(crate) fn total(self) -> i64 {
        self.base_fee - self.discount - self.proration - self.credit
    }
}
