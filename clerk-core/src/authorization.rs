//! Authorization checks: roles, permissions, features, plans, reverification, organizations and scopes.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::ecma::is_truthy;
use crate::token::{Claims, OrganizationClaims, RoleClaim, permissions, scoped_names};

/// What a session or a machine token must have. All parts of a requirement must be met.
///
/// Roles and permissions are those of the active organization; the prefix `org:` is optional. Features and plans may be
/// those of the organization or the user; a prefix selects one of them, as in `org:premium` and `user:premium` (Clerk
/// docs: "Authorization checks").
///
/// ```
/// use clerk_core::{Require, Reverification};
///
/// let admins = Require::role("org:admin");
/// let careful = Require::permission("org:billing:manage").and_reverification(Reverification::Strict);
/// assert_ne!(format!("{admins:?}"), format!("{careful:?}"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Require {
    role: Option<String>,
    permission: Option<String>,
    feature: Option<String>,
    plan: Option<String>,
    reverification: Option<Reverification>,
    organization: Option<String>,
    scopes: Vec<String>,
}

macro_rules! dimensions {
    ($($field:ident, $and:ident, $value:ty, $what:literal;)*) => {$(
        #[doc = concat!("Creates a requirement for ", $what, ".")]
        pub fn $field($field: impl Into<$value>) -> Self {
            Self::default().$and($field)
        }

        #[doc = concat!("Adds the requirement for ", $what, ", or replaces it.")]
        pub fn $and(mut self, $field: impl Into<$value>) -> Self {
            self.$field = Some($field.into());
            self
        }
    )*};
}

impl Require {
    dimensions! {
        role, and_role, String, "a role in the active organization, such as `org:admin`";
        permission, and_permission, String, "a custom permission in the active organization, such as `org:invoices:create`";
        feature, and_feature, String, "a feature of the organization's or the user's plan";
        plan, and_plan, String, "a plan of the organization or the user";
        reverification, and_reverification, Reverification, "credentials that were verified recently";
        organization, and_organization, String, "an active organization, given by ID (`org_...`) or slug";
    }

    /// Creates a requirement for a scope of an API key, an M2M token or an OAuth token.
    ///
    /// Sessions have no scopes, so they never meet a requirement that includes one. Machine tokens have only scopes, so
    /// they never meet a requirement that includes anything else.
    pub fn scope(scope: impl Into<String>) -> Self {
        Self::default().and_scope(scope)
    }

    /// Adds a scope to the requirement.
    pub fn and_scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Returns true if nothing is required. An empty requirement is never met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty() && self.asks_nothing_of_sessions()
    }

    fn asks_nothing_of_sessions(&self) -> bool {
        self.role.is_none()
            && self.permission.is_none()
            && self.feature.is_none()
            && self.plan.is_none()
            && self.reverification.is_none()
            && self.organization.is_none()
    }

    /// Returns the required scopes.
    #[must_use]
    pub fn required_scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Returns true if scopes are required and nothing else.
    pub(crate) fn is_for_machines(&self) -> bool {
        !self.scopes.is_empty() && self.asks_nothing_of_sessions()
    }

    /// Returns true if a machine token with these scopes meets the requirement.
    pub(crate) fn is_met_by_scopes(&self, scopes: &[String]) -> bool {
        self.is_for_machines() && self.scopes.iter().all(|scope| scopes.contains(scope))
    }

    /// Returns the required reverification.
    #[must_use]
    pub fn required_reverification(&self) -> Option<&Reverification> {
        self.reverification.as_ref()
    }

    /// Returns the requirement without its reverification.
    pub(crate) fn without_reverification(&self) -> Self {
        Self {
            reverification: None,
            ..self.clone()
        }
    }
}

/// A named requirement, used as a type parameter of the adapters' `Guarded` extractor.
///
/// ```
/// use clerk_core::{Policy, Require};
///
/// struct ManageBilling;
///
/// impl Policy for ManageBilling {
///     fn require() -> Require {
///         Require::permission("org:billing:manage")
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy",
    label = "this type does not say what a session must have",
    note = "implement `Policy` for it: `fn require() -> Require {{ Require::role(\"org:admin\") }}`"
)]
pub trait Policy {
    /// Returns what a session must have.
    fn require() -> Require;
}

/// How recently a user's credentials must have been verified (Clerk docs: "Add reverification for sensitive actions").
///
/// A level that asks for the second factor checks the first factor instead for users without a second factor.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reverification {
    /// Both factors within the last 10 minutes.
    StrictMfa,
    /// The second factor within the last 10 minutes.
    Strict,
    /// The second factor within the last hour.
    Moderate,
    /// The second factor within the last day.
    Lax,
    /// A custom combination of level and age.
    Within {
        /// The factors that must have been verified.
        level: ReverificationLevel,
        /// The maximum age in minutes; fractions are allowed. A value that is not greater than 0 is never met.
        after_minutes: f64,
    },
}

/// The factors that must have been verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverificationLevel {
    /// The first factor.
    FirstFactor,
    /// The second factor, or the first factor if the user has no second factor.
    SecondFactor,
    /// Both factors, or the first factor if the user has no second factor.
    MultiFactor,
}

impl ReverificationLevel {
    fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
            Self::MultiFactor => "multi_factor",
        }
    }
}

impl Reverification {
    fn level_and_minutes(&self) -> (ReverificationLevel, f64) {
        match self {
            Self::StrictMfa => (ReverificationLevel::MultiFactor, 10.0),
            Self::Strict => (ReverificationLevel::SecondFactor, 10.0),
            Self::Moderate => (ReverificationLevel::SecondFactor, 60.0),
            Self::Lax => (ReverificationLevel::SecondFactor, 1440.0),
            Self::Within {
                level,
                after_minutes,
            } => (*level, *after_minutes),
        }
    }

    fn is_met(&self, claims: &Claims) -> bool {
        let (level, after_minutes) = self.level_and_minutes();
        if after_minutes.is_nan() || after_minutes <= 0.0 {
            return false;
        }
        let Some(Value::Array(ages)) = claims.get("fva") else {
            return false;
        };
        let [first, second] = ages.as_slice() else {
            return false;
        };
        let (Some(first), Some(second)) = (first.as_f64(), second.as_f64()) else {
            return false;
        };
        let is_age = |age: f64| age == -1.0 || (age.is_finite() && age >= 0.0);
        if !is_age(first) || !is_age(second) || (first == -1.0 && second == -1.0) {
            return false;
        }
        let fresh = |age: f64| age != -1.0 && after_minutes > age;
        match level {
            _ if second == -1.0 => fresh(first),
            ReverificationLevel::FirstFactor => fresh(first),
            ReverificationLevel::SecondFactor => fresh(second),
            ReverificationLevel::MultiFactor => fresh(first) && fresh(second),
        }
    }
}

/// Serializes to the preset's name or to `{"level", "afterMinutes"}`, as Clerk's browser SDK expects.
impl Serialize for Reverification {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Within {
            level: &'static str,
            after_minutes: f64,
        }
        match self {
            Self::StrictMfa => serializer.serialize_str("strict_mfa"),
            Self::Strict => serializer.serialize_str("strict"),
            Self::Moderate => serializer.serialize_str("moderate"),
            Self::Lax => serializer.serialize_str("lax"),
            Self::Within {
                level,
                after_minutes,
            } => Within {
                level: level.as_str(),
                after_minutes: *after_minutes,
            }
            .serialize(serializer),
        }
    }
}

impl fmt::Display for ReverificationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Returns true if a session with these claims meets the requirement: something is required, and all of it is met.
pub(crate) fn has(claims: &Claims, require: &Require) -> bool {
    if require.is_empty()
        || !require.scopes.is_empty()
        || claims.text("sub").is_none_or(str::is_empty)
    {
        return false;
    }
    has_organization(claims, require)
        && require
            .feature
            .as_deref()
            .is_none_or(|feature| has_scoped(claims.get("fea"), feature))
        && require
            .plan
            .as_deref()
            .is_none_or(|plan| has_scoped(claims.get("pla"), plan))
        && require
            .reverification
            .as_ref()
            .is_none_or(|reverification| reverification.is_met(claims))
}

fn has_organization(claims: &Claims, require: &Require) -> bool {
    if require.role.is_none() && require.permission.is_none() && require.organization.is_none() {
        return true;
    }
    let organization = OrganizationClaims::of(claims);
    if !organization.id.is_some_and(is_truthy) {
        return false;
    }
    let role_holds = require.role.as_deref().is_none_or(|role| {
        organization
            .role
            .and_then(RoleClaim::claimed)
            .is_some_and(|own| !own.is_empty() && without_prefix(own) == without_prefix(role))
    });
    // The permissions of the token are compared as they are; only the required one is normalized.
    let permission_holds = require.permission.as_deref().is_none_or(|permission| {
        let asked = without_prefix(permission);
        permissions(claims).any(|own| own.is_org(asked))
    });
    let is_active = require.organization.as_deref().is_none_or(|asked| {
        // Text that looks like an ID is never compared with a slug, because users choose slugs.
        let own = match asked.starts_with("org_") {
            true => organization.id,
            false => organization.slug,
        };
        !asked.is_empty() && own.and_then(Value::as_str) == Some(asked)
    });
    role_holds && permission_holds && is_active
}

/// Removes every leading `org:` from a role or permission.
fn without_prefix(mut key: &str) -> &str {
    while let Some(rest) = key.strip_prefix("org:") {
        key = rest;
    }
    key
}

/// Looks up a feature or plan in a claim of `scope:name` elements. A malformed claim grants nothing.
fn has_scoped(claim: Option<&Value>, asked: &str) -> bool {
    let Some(list) = claim
        .and_then(Value::as_str)
        .filter(|list| !list.is_empty())
    else {
        return false;
    };
    if list.split(',').any(|element| !element.contains(':')) {
        return false;
    }
    let mut pieces = asked.split(':');
    let (scopes, name) = match (pieces.next(), pieces.next()) {
        (Some("o" | "org" | "organization"), Some(name)) => (&['o'][..], name),
        (Some("u" | "user"), Some(name)) => (&['u'][..], name),
        (Some(_), Some(_)) | (None, _) => return false,
        (Some(name), None) => (&['o', 'u'][..], name),
    };
    scopes
        .iter()
        .any(|&scope| scoped_names(list, scope).any(|own| own == name))
}
