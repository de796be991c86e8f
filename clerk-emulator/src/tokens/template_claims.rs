use serde_json::{Map, Value, json};

use super::validity;
use crate::instance::Instance;
use crate::model::jwt_template::JwtTemplate;
use crate::model::session::Session;
use crate::model::user::User;
use crate::random;
use crate::rules::{memberships, organizations, roles};
use crate::store::tables::Tables;

/// Returns the claims of a template token issued at this time.
pub(crate) fn template_claims(
    tables: &Tables,
    instance: &Instance,
    session: &Session,
    template: &JwtTemplate,
    now_ms: i64,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = Map::new();
    if let Some(party) = &session.authorized_party {
        claims.insert("azp".into(), json!(party));
    }
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(session.user_id));
    let skew = template.allowed_clock_skew;
    validity::insert_with_skew(&mut claims, now_ms, lifetime_seconds, skew);
    claims.insert("jti".into(), json!(random::hex(10)));
    let known = placeholders(tables, instance, session);
    for (name, value) in &template.claims {
        claims.insert(name.clone(), fill_in(value, &known));
    }
    claims
}

/// Collects the values that `{{...}}` in a template can refer to.
fn placeholders(tables: &Tables, instance: &Instance, session: &Session) -> Value {
    let organization = organizations::active(tables, session);
    json!({
        "user": tables
            .users
            .get(&session.user_id)
            .map(|user| user_placeholders(tables, instance, user)),
        "org": organization.map(|(organization, membership)| json!({
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "role": membership.role,
            "image_url": instance.image_url(&organization.id, organization.logo.as_ref()),
            "has_image": organization.logo.is_some(),
            "public_metadata": organization.public_metadata,
        })),
        "org_membership": organization.map(|(_, membership)| json!({
            "permissions": roles::custom_permissions(tables, &membership.role).collect::<Vec<_>>(),
            "public_metadata": membership.public_metadata,
        })),
        "session": { "id": session.id, "actor": session.actor },
    })
}

fn user_placeholders(tables: &Tables, instance: &Instance, user: &User) -> Value {
    let names = [user.first_name.as_deref(), user.last_name.as_deref()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let full_name = (!names.is_empty()).then(|| names.join(" "));
    let roles: Map<String, Value> = memberships::of_user(tables, &user.id)
        .map(|one| (one.organization_id.clone(), json!(one.role)))
        .collect();
    let (email, phone) = (user.primary_email(), user.primary_phone());
    let email_verified = user
        .email_addresses
        .iter()
        .any(|one| Some(one.email_address.as_str()) == email && one.proof.is_given());
    let phone_verified = user
        .phone_numbers
        .iter()
        .any(|one| Some(one.phone_number.as_str()) == phone && one.proof.is_given());
    json!({
        "id": user.id,
        "external_id": user.external_id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "full_name": full_name,
        "primary_email_address": email,
        "email_verified": email_verified,
        "primary_phone_number": phone,
        "phone_number_verified": phone_verified,
        "primary_web3_wallet": user.primary_wallet(),
        "image_url": instance.image_url(&user.id, user.image.as_ref()),
        "has_image": user.image.is_some(),
        "locale": user.locale,
        "two_factor_enabled": user.has_second_factor(),
        "organizations": roles,
        "public_metadata": user.public_metadata,
        "unsafe_metadata": user.unsafe_metadata,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "last_sign_in_at": user.last_sign_in_at,
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

/// Returns the value of a path, or of a literal that replaces one without a value.
fn operand_value(operand: &str, known: &Value) -> Value {
    let quoted = ['\'', '"'].into_iter().find_map(|quote| {
        operand
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    });
    if let Some(text) = quoted {
        return Value::String(text.to_owned());
    }
    if let Ok(literal @ (Value::Number(_) | Value::Bool(_))) = serde_json::from_str(operand) {
        return literal;
    }
    operand
        .split('.')
        .try_fold(known, |value, name| value.get(name))
        .cloned()
        .unwrap_or(Value::Null)
}

fn fill_in_text(text: &str, known: &Value) -> Value {
    // The first operand that has a value, or else the last.
    let look_up = |expression: &str| {
        let mut value = Value::Null;
        for operand in expression.split("||") {
            value = operand_value(operand.trim(), known);
            if ![json!(null), json!(false)].contains(&value) {
                break;
            }
        }
        value
    };
    let whole = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .filter(|path| !path.contains("{{"));
    if let Some(path) = whole {
        return look_up(path);
    }
    // Within a longer text a missing value is `null` too.
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, (path, after))) = rest
        .split_once("{{")
        .and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        filled.push_str(before);
        match look_up(path) {
            Value::String(value) => filled.push_str(&value),
            other => filled.push_str(&other.to_string()),
        }
        rest = after;
    }
    filled.push_str(rest);
    Value::String(filled)
}
