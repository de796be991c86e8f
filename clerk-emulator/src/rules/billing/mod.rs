//! Plans, prices, subscriptions, discounts, and payments.

pub(crate) mod checkouts;
pub(crate) mod discounts;
pub(crate) mod items;
pub(crate) mod payment_methods;
pub(crate) mod plans;
pub(crate) mod statements;
pub(crate) mod subscriptions;
