//! Cases of the kinds `has` and `protect`.

use clerk_core::adapter::AuthContext;
use clerk_core::{
    Auth, Clerk, Protect, RefusalKind, Require, Reverification, ReverificationLevel, TokenType,
};
use serde_json::{Map, Value, json};

use super::Answerer;
use super::authenticate::{Request, accepted_tokens};

impl Answerer {
    pub(super) fn has(&self, case: &Value) -> Value {
        let clerk = match self.any_clerk(case) {
            Ok(clerk) => clerk,
            Err(error) => return json!({ "error": error }),
        };
        let auth = match session(
            &clerk,
            &case["claims"],
            case["treat_pending_as_signed_out"] != false,
        ) {
            Ok(auth) => auth,
            Err(error) => return json!({ "error": error }),
        };
        // A requirement that the types cannot express is never met.
        json!({ "result": require(&case["params"]).is_ok_and(|require| auth.has(&require)) })
    }

    pub(super) fn protect(&self, case: &Value) -> Value {
        let clerk = match self.any_clerk(case) {
            Ok(clerk) => clerk,
            Err(error) => return json!({ "error": error }),
        };
        let who = &case["auth"];
        let auth = match who["kind"].as_str() {
            Some("session") => {
                match session(
                    &clerk,
                    &who["claims"],
                    case["treat_pending_as_signed_out"] != false,
                ) {
                    Ok(auth) => auth,
                    Err(error) => return json!({ "error": error }),
                }
            }
            Some("machine") => {
                let kind = match who["token_type"].as_str() {
                    Some("api_key") => TokenType::ApiKey,
                    Some("oauth_token") => TokenType::OAuthToken,
                    _ => TokenType::M2mToken,
                };
                if who["is_authenticated"] == true {
                    Auth::dangerous_machine(kind, "mt_1", "user_1")
                } else {
                    Auth::signed_out(Some(kind))
                }
            }
            Some("invalid") => Auth::signed_out(None),
            _ => Auth::signed_out(Some(TokenType::SessionToken)),
        };
        let options = &case["options"];
        let mut protect = Protect::new().not_found();
        if options["token"] != Value::Null {
            protect = protect.token(accepted_tokens(&options["token"]));
        }
        if let Some(url) = options["unauthenticated_url"].as_str() {
            protect = protect.unauthenticated_url(url);
        }
        if let Some(url) = options["unauthorized_url"].as_str() {
            protect = protect.unauthorized_url(url);
        }
        protect = match require(&case["params"]) {
            Ok(require) if require.is_empty() => protect,
            Ok(require) => protect.require(require),
            Err(Inexpressible) => protect.predicate(|auth| auth.session().is_none()),
        };
        let Some(request) = Request::read(&case["request"]) else {
            return json!({ "error": "the URL of the request cannot be parsed" });
        };
        match AuthContext::new(clerk, auth).protect(&protect, &request, "/") {
            Ok(()) => json!({ "decision": "allow" }),
            Err(refusal) => match (refusal.status().as_u16(), refusal.headers().get("location")) {
                (303 | 307, Some(to)) => {
                    let to = to.to_str().unwrap_or_default();
                    let is_sign_in = refusal.kind() == RefusalKind::Unauthenticated
                        && options["unauthenticated_url"].as_str() != Some(to);
                    if is_sign_in {
                        json!({ "decision": "redirect_to_sign_in" })
                    } else {
                        json!({ "decision": "redirect", "url": to })
                    }
                }
                (404, _) => json!({ "decision": "not_found" }),
                (401, _) => json!({ "decision": "unauthorized" }),
                (status, _) => json!({ "error": format!("unexpected status {status}") }),
            },
        }
    }

    /// Keys that do not matter for these kinds.
    fn any_clerk(&self, case: &Value) -> Result<Clerk, String> {
        let keys = json!({ "secret_key": "sk_test_unused" });
        self.builder(case, &keys, "http://127.0.0.1:9")
            .publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk")
            .build()
            .map_err(|error| error.to_string())
    }
}

fn session(
    clerk: &Clerk,
    claims: &Value,
    treat_pending_as_signed_out: bool,
) -> Result<Auth, String> {
    let claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
    let auth = clerk
        .dangerous_auth_from_claims(claims)
        .map_err(|error| error.to_string())?;
    Ok(if treat_pending_as_signed_out {
        auth
    } else {
        auth.pending_as_signed_in()
    })
}

/// A requirement that our types cannot express.
struct Inexpressible;

fn require(params: &Value) -> Result<Require, Inexpressible> {
    let mut require = Require::default();
    let Some(params) = params.as_object() else {
        return Ok(require);
    };
    for (name, value) in params {
        if name == "reverification" {
            require = require.and_reverification(reverification(value)?);
            continue;
        }
        let known = matches!(name.as_str(), "role" | "permission" | "feature" | "plan");
        match (name.as_str(), value.as_str()) {
            ("role", Some(role)) => require = require.and_role(role),
            ("permission", Some(permission)) => require = require.and_permission(permission),
            ("feature", Some(feature)) => require = require.and_feature(feature),
            ("plan", Some(plan)) => require = require.and_plan(plan),
            _ if known => return Err(Inexpressible),
            _ => {}
        }
    }
    Ok(require)
}

fn reverification(value: &Value) -> Result<Reverification, Inexpressible> {
    match value.as_str() {
        Some("strict_mfa") => return Ok(Reverification::StrictMfa),
        Some("strict") => return Ok(Reverification::Strict),
        Some("moderate") => return Ok(Reverification::Moderate),
        Some("lax") => return Ok(Reverification::Lax),
        _ => {}
    }
    let level = match value["level"].as_str() {
        Some("first_factor") => ReverificationLevel::FirstFactor,
        Some("second_factor") => ReverificationLevel::SecondFactor,
        Some("multi_factor") => ReverificationLevel::MultiFactor,
        _ => return Err(Inexpressible),
    };
    let after_minutes = value["after_minutes"].as_f64().ok_or(Inexpressible)?;
    Ok(Reverification::Within {
        level,
        after_minutes,
    })
}
