//! What tokens say: session claims (version 2), template claims, machine and OAuth claims.

use serde_json::{Map, Value, json};

use crate::instance::Instance;
use crate::random;
use crate::store::{Credential, Membership, Organization, Session, SessionStatus, Store, User};

/// Values of the `cat` header, which tells the classes of tokens apart.
pub(crate) const SESSION_CATEGORY: &str = "cl_B7d4PD111AAA";
pub(crate) const TEMPLATE_CATEGORY: &str = "cl_B7d4PD222AAA";

pub(crate) const M2M_CATEGORY: &str = "cl_B7d4PD333AAA";

/// Lifetime of a session token.
pub(crate) const SESSION_TOKEN_SECONDS: i64 = 60;
/// Tokens are valid a little before they were issued, for clocks that are behind.
const NOT_BEFORE_SECONDS: i64 = 10;

/// The protected header of a JWT of ours; signing adds `alg` and `kid`.
pub(crate) fn header(category: &str) -> Value {
    json!({ "cat": category, "typ": "JWT" })
}

/// The claims of a session token at this time.
pub(crate) fn session_claims(
    store: &Store,
    instance: &Instance,
    session: &Session,
    now_ms: i64,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let issued_at = now_ms.div_euclid(1000);
    let mut claims = Map::new();
    claims.insert("v".into(), json!(2));
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(session.user_id));
    claims.insert("sid".into(), json!(session.id));
    let status = match session.status {
        SessionStatus::Pending => "pending",
        _ => "active",
    };
    claims.insert("sts".into(), json!(status));
    if let Some(party) = &session.authorized_party {
        claims.insert("azp".into(), json!(party));
    }
    if let Some(actor) = &session.actor {
        claims.insert("act".into(), actor.clone());
    }
    claims.insert("iat".into(), json!(issued_at));
    claims.insert("nbf".into(), json!(issued_at - NOT_BEFORE_SECONDS));
    claims.insert("exp".into(), json!(issued_at + lifetime_seconds));
    claims.insert("jti".into(), json!(random::hex(10)));
    let first_factor_age = (now_ms - session.verified_at).max(0) / 60_000;
    claims.insert("fva".into(), json!([first_factor_age, -1]));

    let user = store.users.get(&session.user_id);
    let organization = store.active_organization(session);
    let entitlements = Entitlements::of(store, user, organization);
    if let Some((organization, membership)) = organization {
        let mut claim = Map::new();
        claim.insert("id".into(), json!(organization.id));
        claim.insert("slg".into(), json!(organization.slug));
        let role = membership.role.strip_prefix("org:");
        claim.insert("rol".into(), json!(role.unwrap_or(&membership.role)));
        if !entitlements.actions.is_empty() {
            claim.insert("per".into(), json!(entitlements.actions.join(",")));
            claim.insert("fpm".into(), json!(entitlements.masks()));
        }
        claims.insert("o".into(), Value::Object(claim));
    }
    // Readers refuse elements without a scope, and an empty text is one such element.
    if !entitlements.features.is_empty() {
        claims.insert("fea".into(), json!(entitlements.feature_claim()));
    }
    let plans: Vec<String> = [
        ("u", user.and_then(|user| user.plan.as_deref())),
        (
            "o",
            organization.and_then(|(organization, _)| organization.plan.as_deref()),
        ),
    ]
    .into_iter()
    .filter_map(|(scope, plan)| Some(format!("{scope}:{}", plan?)))
    .collect();
    if !plans.is_empty() {
        claims.insert("pla".into(), json!(plans.join(",")));
    }
    claims
}

/// What a user may use and do, in the form the claims `fea`, `o.per` and `o.fpm` have: a list of features,
/// a list of actions, and for each feature of the organization the actions granted on it.
#[derive(Debug, Default)]
struct Entitlements {
    features: Vec<Feature>,
    actions: Vec<String>,
}

#[derive(Debug)]
struct Feature {
    name: String,
    of_user: bool,
    of_organization: bool,
    /// Indices into the list of actions.
    granted: Vec<usize>,
}

impl Entitlements {
    fn of(
        store: &Store,
        user: Option<&User>,
        organization: Option<(&Organization, &Membership)>,
    ) -> Self {
        let mut entitlements = Self::default();
        if let Some((organization, membership)) = organization {
            for feature in &organization.features {
                entitlements.feature(feature).of_organization = true;
            }
            let permissions = store
                .roles
                .get(&membership.role)
                .map(|role| role.permissions.as_slice())
                .unwrap_or_default();
            for permission in permissions {
                entitlements.grant(permission);
            }
        }
        if let Some(user) = user {
            for feature in &user.features {
                entitlements.feature(feature).of_user = true;
            }
        }
        entitlements
    }

    fn feature(&mut self, name: &str) -> &mut Feature {
        let index = match self
            .features
            .iter()
            .position(|feature| feature.name == name)
        {
            Some(index) => index,
            None => {
                self.features.push(Feature {
                    name: name.to_owned(),
                    of_user: false,
                    of_organization: false,
                    granted: Vec::new(),
                });
                self.features.len() - 1
            }
        };
        &mut self.features[index]
    }

    /// Adds a permission `org:<feature>:<action>`. System permissions stay out of session tokens.
    fn grant(&mut self, permission: &str) {
        let Some((feature, action)) = permission
            .strip_prefix("org:")
            .and_then(|rest| rest.split_once(':'))
            .filter(|(feature, _)| !feature.starts_with("sys_"))
        else {
            return;
        };
        let bit = match self.actions.iter().position(|known| known == action) {
            Some(bit) => bit,
            None => {
                self.actions.push(action.to_owned());
                self.actions.len() - 1
            }
        };
        let feature = self.feature(feature);
        feature.of_organization = true;
        if !feature.granted.contains(&bit) {
            feature.granted.push(bit);
        }
    }

    fn feature_claim(&self) -> String {
        let elements: Vec<String> = self
            .features
            .iter()
            .map(|feature| {
                let scope = match (feature.of_user, feature.of_organization) {
                    (true, true) => "uo",
                    (true, false) => "u",
                    (false, _) => "o",
                };
                format!("{scope}:{}", feature.name)
            })
            .collect();
        elements.join(",")
    }

    /// One decimal mask for each feature of the organization, in their order.
    fn masks(&self) -> String {
        let masks: Vec<String> = self
            .features
            .iter()
            .filter(|feature| feature.of_organization)
            .map(|feature| decimal_mask(&feature.granted))
            .collect();
        masks.join(",")
    }
}

/// The sum of two to the power of each bit, in decimal, of any size.
fn decimal_mask(bits: &[usize]) -> String {
    // Decimal digits, least significant first. Doubling from the highest bit down, adding one where set.
    let mut digits = vec![0_u8];
    for bit in (0..=bits.iter().copied().max().unwrap_or(0)).rev() {
        let mut carry = u8::from(bits.contains(&bit));
        for digit in &mut digits {
            let doubled = *digit * 2 + carry;
            *digit = doubled % 10;
            carry = doubled / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

/// The claims of a template token at this time.
pub(crate) fn template_claims(
    store: &Store,
    instance: &Instance,
    session: &Session,
    template: &Map<String, Value>,
    now_ms: i64,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let issued_at = now_ms.div_euclid(1000);
    let mut claims = Map::new();
    if let Some(party) = &session.authorized_party {
        claims.insert("azp".into(), json!(party));
    }
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(session.user_id));
    claims.insert("iat".into(), json!(issued_at));
    claims.insert("nbf".into(), json!(issued_at - NOT_BEFORE_SECONDS));
    claims.insert("exp".into(), json!(issued_at + lifetime_seconds));
    claims.insert("jti".into(), json!(random::hex(10)));
    let known = placeholders(store, session);
    for (name, value) in template {
        claims.insert(name.clone(), fill_in(value, &known));
    }
    claims
}

/// The claims of an M2M token in its JWT form.
pub(crate) fn m2m_claims(
    instance: &Instance,
    token: &Credential,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = credential_claims(instance, token, lifetime_seconds);
    claims.insert("aud".into(), json!(token.scopes));
    claims.insert("scopes".into(), json!(token.scopes.join(" ")));
    claims
}

/// The claims of an OAuth access token in its JWT form (RFC 9068).
pub(crate) fn oauth_claims(
    instance: &Instance,
    token: &Credential,
    client_id: &str,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let mut claims = credential_claims(instance, token, lifetime_seconds);
    claims.insert("client_id".into(), json!(client_id));
    claims.insert("scope".into(), json!(token.scopes.join(" ")));
    claims
}

fn credential_claims(
    instance: &Instance,
    token: &Credential,
    lifetime_seconds: i64,
) -> Map<String, Value> {
    let issued_at = token.created_at.div_euclid(1000);
    let mut claims = match &token.claims {
        Value::Object(claims) => claims.clone(),
        _ => Map::new(),
    };
    claims.insert("iss".into(), json!(instance.issuer()));
    claims.insert("sub".into(), json!(token.subject));
    claims.insert("iat".into(), json!(issued_at));
    claims.insert("nbf".into(), json!(issued_at - NOT_BEFORE_SECONDS));
    claims.insert("exp".into(), json!(issued_at + lifetime_seconds));
    claims.insert("jti".into(), json!(token.id));
    claims
}

/// What `{{...}}` in a template may name.
fn placeholders(store: &Store, session: &Session) -> Value {
    let user = store.users.get(&session.user_id);
    let organization = store.active_organization(session);
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
