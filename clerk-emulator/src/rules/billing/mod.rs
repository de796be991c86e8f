//! Plans, prices, subscriptions, discounts and payments.

pub(crate) mod discounts;
pub(crate) mod plans;
pub(crate) mod statements;
pub(crate) mod subscriptions;
