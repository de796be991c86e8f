//! Organization sync: the active organization of the session follows the URL.

use crate::ecma::is_truthy;
#[cfg(feature = "route-matcher")]
use crate::route_matcher::{PathPattern, RoutePatternError};
use crate::token::{Claims, OrganizationClaims};

/// The paths that belong to an organization, and those that belong to the personal account (Clerk docs: "Use organization
/// slugs in URLs").
///
/// When a signed-in user opens a page whose path names an organization that is not the active one, a handshake activates
/// it. The application must still check that the active organization is the one that it is about to show, because the user
/// may not be a member.
#[cfg(feature = "route-matcher")]
#[derive(Clone, Debug, Default)]
pub struct OrganizationSync {
    organization: PathPattern,
    personal_account: PathPattern,
}

/// The organization or account that a path names.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "route-matcher"),
    expect(dead_code, reason = "only patterns find it in a path")
)]
pub(crate) enum Target {
    Id(String),
    Slug(String),
    PersonalAccount,
}

#[cfg(feature = "route-matcher")]
impl OrganizationSync {
    /// Creates the configuration from two lists of patterns, with the syntax of [`RouteMatcher`](crate::RouteMatcher).
    ///
    /// The patterns are matched against the encoded path. Organization patterns have a parameter `:id` or `:slug`, as in
    /// `/orgs/:slug/(.*)`. An empty list matches nothing.
    ///
    /// # Errors
    /// Returns [`RoutePatternError`] if a pattern is not valid.
    pub fn new<O, P>(
        organization_patterns: O,
        personal_account_patterns: P,
    ) -> Result<Self, RoutePatternError>
    where
        O: IntoIterator,
        O::Item: AsRef<str>,
        P: IntoIterator,
        P::Item: AsRef<str>,
    {
        Ok(Self {
            organization: PathPattern::new(organization_patterns)?,
            personal_account: PathPattern::new(personal_account_patterns)?,
        })
    }

    /// Returns the organization or account that this percent-encoded path names.
    pub(crate) fn target(&self, path: &str) -> Option<Target> {
        if let Some(params) = self.organization.matches(path) {
            if let Some(id) = params.get("id").filter(|id| !id.is_empty()) {
                return Some(Target::Id(id.to_owned()));
            }
            if let Some(slug) = params.get("slug").filter(|slug| !slug.is_empty()) {
                return Some(Target::Slug(slug.to_owned()));
            }
        }
        self.personal_account
            .matches(path)
            .map(|_| Target::PersonalAccount)
    }
}

impl Target {
    /// Returns true if the session with these claims has another organization or account active.
    pub(crate) fn differs_from(&self, claims: &Claims) -> bool {
        let organization = OrganizationClaims::of(claims);
        match self {
            Self::Id(id) => organization.id.and_then(|own| own.as_str()) != Some(id),
            Self::Slug(slug) => organization.slug.and_then(|own| own.as_str()) != Some(slug),
            Self::PersonalAccount => organization.id.is_some_and(is_truthy),
        }
    }

    /// Returns the value of the handshake's `organization_id`, which is empty for the personal account.
    pub(crate) fn handshake_value(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Slug(slug) => slug,
            Self::PersonalAccount => "",
        }
    }
}
