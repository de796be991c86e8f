use serde_json::{Map, Value, json};

/// The time by which tokens are valid before they were issued, for clocks that are behind.
const NOT_BEFORE_SECONDS: i64 = 10;

/// Inserts the claims `iat`, `nbf` and `exp` of a token issued at this time.
pub(super) fn insert(claims: &mut Map<String, Value>, now_ms: i64, lifetime_seconds: i64) {
    let issued_at = now_ms.div_euclid(1000);
    claims.insert("iat".into(), json!(issued_at));
    claims.insert("nbf".into(), json!(issued_at - NOT_BEFORE_SECONDS));
    claims.insert(
        "exp".into(),
        json!(issued_at.saturating_add(lifetime_seconds)),
    );
}
