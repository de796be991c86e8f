use serde_json::{Map, Value, json};

use super::entitlements::Entitlements;
use super::validity;
use crate::instance::Instance;
use crate::model::billing::PayerKind;
use crate::model::session::{Session, SessionStatus};
use crate::random;
use crate::rules::billing::plans;
use crate::rules::organizations;
use crate::store::tables::Tables;

/// The lifetime of a session token.
pub(crate) const SESSION_TOKEN_SECONDS: i64 = 60;

/// Returns the claims of a session token (version 2) issued at this time.
pub(crate) fn session_claims(
    tables: &Tables,
    instance: &Instance,
    session: &Session,
    now_ms: i64,
    lifetime_seconds: i64,
) -> Map<String, Value> {
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
    validity::insert(&mut claims, now_ms, lifetime_seconds);
    claims.insert("jti".into(), json!(random::hex(10)));
    claims.insert("fva".into(), json!(session.factor_ages(now_ms)));

    let user = tables.users.get(&session.user_id);
    let organization = organizations::active(tables, session);
    let entitlements = Entitlements::of(tables, user, organization);
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
    // Readers reject elements without a scope, and an empty string counts as one such element.
    if !entitlements.features.is_empty() {
        claims.insert("fea".into(), json!(entitlements.feature_claim()));
    }
    // Whoever pays for nothing has the free plan, where there are others.
    let free = |payer| plans::free_plan(tables, payer).map(|plan| plan.slug.as_str());
    let plans: Vec<String> = [
        (
            "u",
            user.and_then(|user| user.plan.as_deref().or_else(|| free(PayerKind::User))),
        ),
        (
            "o",
            organization.and_then(|(organization, _)| {
                organization
                    .plan
                    .as_deref()
                    .or_else(|| free(PayerKind::Org))
            }),
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
