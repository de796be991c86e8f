use serde_json::{Map, Value, json};

/// The time by which tokens are valid before they were issued, for clocks that are behind.
const NOT_BEFORE_SECONDS: i64 = 10;

/// Inserts the claims `iat`, `nbf` and `exp` of a token issued at this time.
pub(super) fn insert(claims: &mut Map<String, Value>, now_ms: i64, lifetime_seconds: i64) {
    insert_with_skew(claims, now_ms, lifetime_seconds, NOT_BEFORE_SECONDS);
}

/// Does the same for clocks that are behind by this much.
pub(super) fn insert_with_skew(
    claims: &mut Map<String, Value>,
    now_ms: i64,
    lifetime_seconds: i64,
    skew_seconds: i64,
) {
    let issued_at = now_ms.div_euclid(1000);
    claims.insert("iat".into(), json!(issued_at));
    claims.insert("nbf".into(), json!(issued_at.saturating_sub(skew_seconds)));
    claims.insert(
        "exp".into(),
        json!(issued_at.saturating_add(lifetime_seconds)),
    );
}
