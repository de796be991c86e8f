use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Shapes;
use crate::model::credit::CreditEntry;
use crate::rules::credits::Money;

impl Shapes<'_> {
    pub(crate) fn credit_balance(self, balance: Option<&Money>) -> Value {
        json!({
            "object": "commerce_credit_balance",
            "balance": balance.map(|balance| money(balance.amount, &balance.currency)),
        })
    }

    pub(crate) fn credit_entry(self, entry: &CreditEntry) -> Value {
        let created_at = i128::from(entry.created_at) * 1_000_000;
        let created_at = OffsetDateTime::from_unix_timestamp_nanos(created_at)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok());
        json!({
            "object": "commerce_credit_ledger",
            "id": entry.id,
            "payer_id": entry.payer_id(),
            "amount": money(entry.amount, &entry.currency),
            "source_type": "grant",
            "source_id": entry.idempotency_key,
            "note": entry.note,
            "created_at": created_at,
        })
    }
}

pub(super) fn money(amount: i64, currency: &str) -> Value {
    let symbol = match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        _ => "",
    };
    let sign = if amount < 0 { "-" } else { "" };
    let (units, cents) = (amount.unsigned_abs() / 100, amount.unsigned_abs() % 100);
    json!({
        "amount": amount,
        "amount_formatted": format!("{sign}{units}.{cents:02}"),
        "currency": currency,
        "currency_symbol": symbol,
    })
}
