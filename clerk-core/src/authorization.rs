//! May they: roles, permissions, features, plans, reverification.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::ecma::is_truthy;
use crate::token::{Claims, OrganizationClaims, RoleClaim, permissions, scoped_names};

/// What a session must have. Everything that is named must hold.
///
/// Roles and permissions belong to the active organization; the `org:` prefix may be left out. Features and plans are
/// looked for at the organization and at the user, or at one of them with a prefix: `org:premium`, `user:premium`
/// (Clerk docs: "Authorization checks").
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
        #[doc = concat!("Requires ", $what, ".")]
        pub fn $field($field: impl Into<$value>) -> Self {
            Self::default().$and($field)
        }

        #[doc = concat!("Also requires ", $what, "; replaces an earlier one.")]
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
        organization, and_organization, String, "that this organization is active: an id (`org_...`) or a slug";
    }

    /// Requires a scope of an API key, an M2M token or an OAuth token.
    ///
    /// Sessions have no scopes, and meet no requirement that names one; machine tokens have nothing but scopes, and meet no
    /// requirement that names anything else.
    pub fn scope(scope: impl Into<String>) -> Self {
        Self::default().and_scope(scope)
    }

    /// Also requires a scope, beside earlier ones.
    pub fn and_scope(mut self, scope: impl Into<String>) -> Self {
        self.scopes.push(scope.into());
        self
    }

    /// Whether nothing is required. Such a requirement is met by nobody.
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

    /// Returns the scopes that are required.
    #[must_use]
    pub fn required_scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether scopes are required, and nothing that machines never have.
    pub(crate) fn is_for_machines(&self) -> bool {
        !self.scopes.is_empty() && self.asks_nothing_of_sessions()
    }

    /// Whether a machine token with these scopes meets the requirement.
    pub(crate) fn is_met_by_scopes(&self, scopes: &[String]) -> bool {
        self.is_for_machines() && self.scopes.iter().all(|scope| scopes.contains(scope))
    }

    /// The reverification that is required, if any.
    #[must_use]
    pub fn required_reverification(&self) -> Option<&Reverification> {
        self.reverification.as_ref()
    }

    /// The same requirement without its reverification.
    pub(crate) fn without_reverification(&self) -> Self {
        Self {
            reverification: None,
            ..self.clone()
        }
    }
}

/// A requirement that has a name of its own, to be used as a type.
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
    /// What a session must have.
    fn require() -> Require;
}

/// How recently credentials must have been verified (Clerk docs: "Add reverification for sensitive actions").
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reverification {
    /// Both factors within 10 minutes; the first alone where no second is enrolled.
    StrictMfa,
    /// The second factor within 10 minutes; the first where no second is enrolled.
    Strict,
    /// The second factor within an hour; the first where no second is enrolled.
    Moderate,
    /// The second factor within a day; the first where no second is enrolled.
    Lax,
    /// A level and an age of one's own.
    Within {
        /// Which factors.
        level: ReverificationLevel,
        /// Minutes; more than 0, fractions allowed. Any other value is never met.
        after_minutes: f64,
    },
}

/// Which factors must have been verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReverificationLevel {
    /// The first.
    FirstFactor,
    /// The second; the first where no second is enrolled.
    SecondFactor,
    /// Both; the first where no second is enrolled.
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

/// The preset's name, or `{"level", "afterMinutes"}`: the form that Clerk's browser SDK reads.
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

/// Whether a session with these claims meets the requirement: at least one dimension is asked for, and none fails.
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
    // Permissions in the token are taken as they stand; only the one that is asked for gets its prefix.
    let permission_holds = require.permission.as_deref().is_none_or(|permission| {
        let asked = without_prefix(permission);
        permissions(claims).any(|own| own.is_org(asked))
    });
    let is_active = require.organization.as_deref().is_none_or(|asked| {
        // What looks like an id is never compared with a slug, which people choose.
        let own = match asked.starts_with("org_") {
            true => organization.id,
            false => organization.slug,
        };
        !asked.is_empty() && own.and_then(Value::as_str) == Some(asked)
    });
    role_holds && permission_holds && is_active
}

/// A role or permission without its run of leading `org:`.
fn without_prefix(mut key: &str) -> &str {
    while let Some(rest) = key.strip_prefix("org:") {
        key = rest;
    }
    key
}

/// Looks a feature or plan up in a claim of `scope:name` elements. A malformed claim grants nothing.
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
