//! Fake cards. Every payer has one that cannot be removed, so that checkouts do not need a payment provider's page, and
//! can add others.

use super::items;
use crate::model::billing::derived_id;
use crate::model::payment_method::PaymentMethod;
use crate::random;
use crate::rules::api_error::ApiError;
use crate::store::tables::Tables;

/// The last digits of the card that can be added, but declines every payment.
const DECLINED: &str = "0341";

/// The payment provider's test tokens and the cards that they represent. Other tokens represent the first card.
const CARDS: &[(&str, &str, &str)] = &[
    ("pm_card_visa", "visa", "4242"),
    ("pm_card_mastercard", "mastercard", "4444"),
    ("pm_card_amex", "amex", "8431"),
    ("pm_card_discover", "discover", "9424"),
    ("pm_card_chargeCustomerFail", "visa", DECLINED),
];

/// A card of a payer.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) card_type: String,
    pub(crate) last4: String,
    pub(crate) is_default: bool,
    pub(crate) is_removable: bool,
}

impl Card {
    /// Returns true if payments with the card fail.
    pub(crate) fn declines(&self) -> bool {
        self.last4 == DECLINED
    }
}

impl From<&PaymentMethod> for Card {
    fn from(method: &PaymentMethod) -> Self {
        Self {
            id: method.id.clone(),
            card_type: method.card_type.clone(),
            last4: method.last4.clone(),
            is_default: method.is_default,
            is_removable: true,
        }
    }
}

fn added<'a>(tables: &'a Tables, owner_id: &str) -> impl Iterator<Item = &'a PaymentMethod> {
    tables
        .payment_methods
        .iter()
        .filter(move |method| method.owner_id == owner_id)
}

/// Lists a payer's cards, starting with the one that every payer has.
pub(crate) fn list(tables: &Tables, owner_id: &str) -> Vec<Card> {
    let (_, card_type, last4) = CARDS[0];
    let own = Card {
        id: derived_id("cpm", owner_id),
        card_type: card_type.to_owned(),
        last4: last4.to_owned(),
        is_default: !added(tables, owner_id).any(|method| method.is_default),
        is_removable: false,
    };
    let others = added(tables, owner_id).map(Card::from);
    std::iter::once(own).chain(others).collect()
}

/// Returns the card that a payer pays with.
pub(crate) fn default_of(tables: &Tables, owner_id: &str) -> Option<Card> {
    list(tables, owner_id)
        .into_iter()
        .find(|card| card.is_default)
}

/// Finds a card of a payer.
pub(crate) fn find(tables: &Tables, owner_id: &str, id: &str) -> Result<Card, ApiError> {
    list(tables, owner_id)
        .into_iter()
        .find(|card| card.id == id)
        .ok_or_else(|| ApiError::no_such("payment_source_not_found", "payment method", id))
}

/// Returns true if a token represents a card of its own.
pub(crate) fn is_known(token: &str) -> bool {
    CARDS.iter().any(|(known, _, _)| *known == token)
}

/// Adds the card represented by a token of the payment provider.
pub(crate) fn add(
    tables: &mut Tables,
    owner_id: &str,
    gateway: &str,
    token: &str,
    now: i64,
) -> Result<Card, ApiError> {
    if gateway != "stripe" {
        return Err(ApiError::value("gateway", "must be stripe"));
    }
    let (_, card_type, last4) = CARDS
        .iter()
        .find(|(known, _, _)| *known == token)
        .unwrap_or(&CARDS[0]);
    let method = PaymentMethod {
        id: random::id("cpm"),
        owner_id: owner_id.to_owned(),
        card_type: (*card_type).to_owned(),
        last4: (*last4).to_owned(),
        is_default: false,
        created_at: now,
    };
    Ok(Card::from(tables.payment_methods.insert(method)))
}

/// Removes a card and returns it.
pub(crate) fn remove(tables: &mut Tables, owner_id: &str, id: &str) -> Result<Card, ApiError> {
    let card = find(tables, owner_id, id)?;
    if !card.is_removable {
        return Err(ApiError::new(
            http::StatusCode::CONFLICT,
            "payment_method_not_removable",
            "The card that every payer of the emulator has cannot be removed",
        ));
    }
    if card.is_default && items::pays(tables, owner_id) {
        return Err(ApiError::new(
            http::StatusCode::CONFLICT,
            "payment_source_in_use",
            "The card pays for an active subscription. Cancel the subscription, or choose another default card.",
        ));
    }
    tables.payment_methods.remove(id);
    Ok(card)
}

/// Makes a card the payer's default.
pub(crate) fn make_default(
    tables: &mut Tables,
    owner_id: &str,
    id: &str,
) -> Result<Card, ApiError> {
    find(tables, owner_id, id)
        .map_err(|_| ApiError::value("payment_method_id", "must be a card of the payer"))?;
    let all: Vec<String> = added(tables, owner_id)
        .map(|method| method.id.clone())
        .collect();
    for one in all {
        if let Some(method) = tables.payment_methods.get_mut(&one) {
            method.is_default = one == id;
        }
    }
    find(tables, owner_id, id)
}
