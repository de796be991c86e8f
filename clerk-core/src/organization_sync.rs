//! Paths that name an organization: the session's active organization follows the URL.

use crate::ecma::is_truthy;
use crate::route_matcher::{PathPattern, RoutePatternError};
use crate::token::{Claims, OrganizationClaims};

/// Which paths belong to an organization, and which to the personal account
/// (Clerk docs: "Use organization slugs in URLs").
///
/// When a signed-in person opens a page whose path names another organization than the active one, the browser is sent
/// through a handshake that activates it. The application must still check that the active organization is the one it
/// is about to show: the person may not be a member.
#[derive(Clone, Debug, Default)]
pub struct OrganizationSync {
    organization: PathPattern,
    personal_account: PathPattern,
}

/// What a path asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Id(String),
    Slug(String),
    PersonalAccount,
}

impl OrganizationSync {
    /// Patterns as in [`RouteMatcher`](crate::RouteMatcher), matched against the encoded path. Organization patterns
    /// carry a parameter `:id` or `:slug`, such as `/orgs/:slug/(.*)`. An empty list matches nothing.
    ///
    /// # Errors
    /// [`RoutePatternError`] when a pattern does not compile.
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

    /// The organization or account that this (percent-encoded) path names.
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
    /// Whether the session with these claims has something else active.
    pub(crate) fn differs_from(&self, claims: &Claims) -> bool {
        let organization = OrganizationClaims::of(claims);
        match self {
            Self::Id(id) => organization.id.and_then(|own| own.as_str()) != Some(id),
            Self::Slug(slug) => organization.slug.and_then(|own| own.as_str()) != Some(slug),
            Self::PersonalAccount => organization.id.is_some_and(is_truthy),
        }
    }

    /// The value of the handshake's `organization_id`; empty for the personal account.
    pub(crate) fn handshake_value(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Slug(slug) => slug,
            Self::PersonalAccount => "",
        }
    }
}
