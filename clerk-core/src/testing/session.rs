//! The session of a signed-in user, as authentication state or as claims of a token.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clerk_backend_api::ClerkClient;
use serde_json::{Map, Value, json};

use crate::auth::{Auth, SignedOut};
use crate::authenticate::{Outcome, RequestState};
use crate::clock::{Clock, SystemClock};
use crate::token::{Claims, TokenType, VerifiedSession, check_organization_claims};

/// The host of the Frontend API that issues the tokens of tests.
pub(super) const FRONTEND_API: &str = "testing.clerk.accounts.dev";

/// Creates a builder for the session of a signed-in user.
///
/// ```
/// use clerk_core::{Require, testing};
///
/// let auth = testing::session("user_1").organization("org_1", "org:admin").auth();
/// assert!(auth.has(&Require::role("org:admin")));
/// ```
pub fn session(user_id: &str) -> TestSession {
    TestSession::new(user_id)
}

/// A builder for the session of a signed-in user, with the claims of Clerk's session tokens (version 2).
#[derive(Clone, Debug)]
#[must_use]
pub struct TestSession {
    user_id: String,
    session_id: String,
    organization: Option<(String, String)>,
    slug: Option<String>,
    permissions: Vec<(String, String)>,
    features: Vec<String>,
    plans: Vec<String>,
    factor_ages: [i64; 2],
    issued_at: Option<i64>,
    lifetime: Duration,
    claims: Map<String, Value>,
}

impl TestSession {
    /// Creates a builder for the session of this user.
    pub fn new(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            session_id: "sess_test".to_owned(),
            organization: None,
            slug: None,
            permissions: Vec::new(),
            features: Vec::new(),
            plans: Vec::new(),
            factor_ages: [0, -1],
            issued_at: None,
            lifetime: Duration::from_secs(60),
            claims: Map::new(),
        }
    }

    /// Sets the ID of the session. The default is `sess_test`.
    pub fn session_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.session_id);
        self
    }

    /// Sets the active organization and the user's role in it, such as `org:admin`.
    pub fn organization(mut self, id: &str, role: &str) -> Self {
        self.organization = Some((id.to_owned(), role.to_owned()));
        self
    }

    /// Sets the slug of the active organization.
    pub fn slug(mut self, slug: &str) -> Self {
        self.slug = Some(slug.to_owned());
        self
    }

    /// Grants a permission in the active organization, in the form `org:<feature>:<action>`. Session tokens cannot contain
    /// other permissions, so these are ignored.
    pub fn permission(mut self, permission: &str) -> Self {
        let mut parts = permission.splitn(3, ':').skip(1);
        if let (Some(feature), Some(action)) = (parts.next(), parts.next()) {
            self.permissions
                .push((feature.to_owned(), action.to_owned()));
        }
        self
    }

    /// Adds a feature: `org:audit` for a feature of the organization, `user:exports` for one of the user. A name
    /// without a prefix is a feature of the user. The forms of session tokens, `o:audit` and `u:exports`, work, too.
    pub fn feature(mut self, scoped_name: &str) -> Self {
        self.features.push(as_in_tokens(scoped_name));
        self
    }

    /// Adds a plan: `org:team` for a plan of the organization, `user:pro` for one of the user. A name without a
    /// prefix is a plan of the user. The forms of session tokens, `o:team` and `u:pro`, work, too.
    pub fn plan(mut self, scoped_name: &str) -> Self {
        self.plans.push(as_in_tokens(scoped_name));
        self
    }

    /// Sets how many minutes ago the first and the second factor were verified, or -1 for a factor that never was. The default
    /// is 0 and -1.
    pub fn factor_ages(mut self, first: i64, second: i64) -> Self {
        self.factor_ages = [first, second];
        self
    }

    /// Sets the origin that obtained the token (`azp`).
    pub fn authorized_party(self, origin: &str) -> Self {
        self.claim("azp", origin)
    }

    /// Sets when the token was issued, in Unix seconds. The default is now.
    pub fn issued_at(mut self, seconds: i64) -> Self {
        self.issued_at = Some(seconds);
        self
    }

    /// Sets how long the token is valid. The default is one minute.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets a claim, overriding its usual value. `null` removes the claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the claims of the session token.
    #[must_use]
    pub fn claims(&self) -> Map<String, Value> {
        let issued_at = self
            .issued_at
            .unwrap_or_else(|| SystemClock::default().now().div_euclid(1000));
        let lifetime = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        let mut claims = json!({
            "exp": issued_at.saturating_add(lifetime),
            "fva": self.factor_ages,
            "iat": issued_at,
            "iss": format!("https://{FRONTEND_API}"),
            "nbf": issued_at.saturating_sub(10),
            "sid": self.session_id,
            "sts": "active",
            "sub": self.user_id,
            "v": 2,
        });
        let (mut features, actions, masks) = self.packed_permissions();
        features.extend(self.features.iter().cloned());
        if !features.is_empty() {
            claims["fea"] = json!(features.join(","));
        }
        if !self.plans.is_empty() {
            claims["pla"] = json!(self.plans.join(","));
        }
        if let Some((id, role)) = &self.organization {
            let role = role.strip_prefix("org:").unwrap_or(role);
            claims["o"] = json!({ "id": id, "rol": role });
            if let Some(slug) = &self.slug {
                claims["o"]["slg"] = json!(slug);
            }
            if !masks.is_empty() {
                claims["o"]["per"] = json!(actions.join(","));
                claims["o"]["fpm"] = json!(masks.join(","));
            }
        }
        let mut all = match claims {
            Value::Object(all) => all,
            _ => Map::new(),
        };
        for (name, value) in &self.claims {
            if value.is_null() {
                all.remove(name);
            } else {
                all.insert(name.clone(), value.clone());
            }
        }
        all
    }

    /// Returns the state of a request with this session. Nothing is signed or verified, so times and authorized parties have
    /// no effect.
    ///
    /// The request is signed out if the status of the session is `pending` or if its organization claims cannot be decoded.
    #[must_use]
    pub fn auth(&self) -> Auth {
        let claims = Claims::new(self.claims());
        if let Err(error) = check_organization_claims(&claims) {
            return Auth::SignedOut(SignedOut::new(
                Some(TokenType::SessionToken),
                error.reason().clone(),
            ));
        }
        let outcome = Outcome::Session {
            session: Arc::new(VerifiedSession::vouched_for(claims)),
            headers: http::HeaderMap::new(),
        };
        RequestState::of(outcome, client(), false, || None, |_| None)
            .into_parts()
            .0
    }

    /// Encodes the permissions as in session tokens: features, actions, and one bit per action for each feature.
    fn packed_permissions(&self) -> (Vec<String>, Vec<&str>, Vec<String>) {
        let mut features: Vec<(&str, u128)> = Vec::new();
        let mut actions: Vec<&str> = Vec::new();
        for (feature, action) in &self.permissions {
            let bit = position_or_push(&mut actions, action, |known| known, |action| action);
            let at = position_or_push(
                &mut features,
                feature,
                |(known, _)| known,
                |feature| (feature, 0),
            );
            features[at].1 |= 1_u128.checked_shl(bit as u32).unwrap_or(0);
        }
        let masks = features.iter().map(|(_, mask)| mask.to_string()).collect();
        let names = features.iter().map(|(name, _)| format!("o:{name}"));
        (names.collect(), actions, masks)
    }
}

/// Converts the name of a feature or a plan, as guards take it, to its form in session tokens.
fn as_in_tokens(name: &str) -> String {
    match name.split_once(':') {
        Some(("org", name)) => format!("o:{name}"),
        Some(("user", name)) => format!("u:{name}"),
        Some(_) => name.to_owned(),
        None => format!("u:{name}"),
    }
}

fn position_or_push<'a, T>(
    list: &mut Vec<T>,
    name: &'a str,
    name_of: impl Fn(&T) -> &str,
    make: impl FnOnce(&'a str) -> T,
) -> usize {
    match list.iter().position(|known| name_of(known) == name) {
        Some(at) => at,
        None => {
            list.push(make(name));
            list.len() - 1
        }
    }
}

/// Creates a client that cannot reach anything, because nothing can listen on its address.
#[expect(clippy::expect_used, reason = "the address and the key are constants")]
fn client() -> &'static ClerkClient {
    static CLIENT: OnceLock<ClerkClient> = OnceLock::new();
    CLIENT.get_or_init(|| {
        ClerkClient::builder()
            .secret_key("sk_test_testing")
            .api_url("http://127.0.0.1:0")
            .build()
            .expect("a client without TLS can be built")
    })
}
