use serde_json::{Map, Value, json};

use super::validity;
use crate::instance::Instance;
use crate::model::session::Session;
use crate::random;
use crate::rules::organizations;
use crate::store::tables::Tables;

/// Makes the claims of a template token that is issued at this time.
pub(crate) fn template_claims(
    tables: &Tables,
    instance: &Instance,
    session: &Session,
    template: &Map<String, Value>,
    now_ms: i64,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = Map::new();
    if let Some(party) = &session.authorized_party {
        claims.insert("azp".into(), json!(party));
    }
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(session.user_id));
    validity::insert(&mut claims, now_ms, lifetime_seconds);
    claims.insert("jti".into(), json!(random::hex(10)));
    let known = placeholders(tables, session);
    for (name, value) in template {
        claims.insert(name.clone(), fill_in(value, &known));
    }
    claims
}

/// Collects what `{{...}}` in a template may name.
fn placeholders(tables: &Tables, session: &Session) -> Value {
    let user = tables.users.get(&session.user_id);
    let organization = organizations::active(tables, session);
    json!({
        "user": user.map(|user| json!({
            "id": user.id,
            "primary_email_address": user.primary_email(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "username": user.username,
            "external_id": user.external_id,
            "public_metadata": user.public_metadata,
        })),
        "org": organization.map(|(organization, membership)| json!({
            "id": organization.id,
            "slug": organization.slug,
            "role": membership.role,
        })),
    })
}

fn fill_in(template: &Value, known: &Value) -> Value {
    match template {
        Value::String(text) => fill_in_text(text, known),
        Value::Array(items) => items.iter().map(|item| fill_in(item, known)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), fill_in(value, known)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn fill_in_text(text: &str, known: &Value) -> Value {
    let look_up = |path: &str| {
        path.trim()
            .split('.')
            .try_fold(known, |value, name| value.get(name))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let whole = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .filter(|path| !path.contains("{{"));
    if let Some(path) = whole {
        return look_up(path);
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, (path, after))) = rest
        .split_once("{{")
        .and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        filled.push_str(before);
        match look_up(path) {
            Value::String(value) => filled.push_str(&value),
            Value::Null => {}
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Value::String(filled)
}
