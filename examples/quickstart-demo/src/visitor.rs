//! The visitor of a page.

use clerk_core::api::{Organization, User};
use clerk_core::{Auth, SessionAuth};

/// The visitor of a page: what the session token says, and the names that were looked up.
#[derive(Clone, Debug)]
pub struct Visitor {
    auth: Auth,
    user: Option<User>,
    organization: Option<Organization>,
}

impl Visitor {
    /// Creates a visitor from the outcome of authentication, and from the user and organization if they could be looked up.
    #[must_use]
    pub fn new(auth: Auth, user: Option<User>, organization: Option<Organization>) -> Self {
        Self {
            auth,
            user,
            organization,
        }
    }

    pub(crate) fn session(&self) -> Option<&SessionAuth> {
        self.auth.session()
    }

    /// Returns true if Clerk could not be asked who this is.
    pub(crate) fn is_undecided(&self) -> bool {
        self.auth.is_undecided()
    }

    /// Returns the name to greet the user with, or else the ID of the user.
    pub(crate) fn first_name(&self) -> Option<&str> {
        let session = self.session()?;
        let user = self.user.as_ref();
        let first_name = user.and_then(|user| user.first_name.as_deref());
        Some(first_name.unwrap_or_else(|| session.user_id()))
    }

    /// Returns the first and last name, or else the ID of the user.
    pub(crate) fn full_name(&self) -> Option<String> {
        let last_name = self.user.as_ref().and_then(|user| user.last_name.as_ref());
        let first_name = self.first_name()?;
        Some(last_name.map_or_else(
            || first_name.to_owned(),
            |last_name| format!("{first_name} {last_name}"),
        ))
    }

    pub(crate) fn email_address(&self) -> Option<&str> {
        let user = self.user.as_ref()?;
        let primary = user.primary_email_address_id.as_ref();
        let address = user
            .email_addresses
            .iter()
            .find(|address| primary == Some(&address.id));
        address.map(|address| address.email_address.as_str())
    }

    /// Returns the name of the active organization, or else its slug or ID.
    pub(crate) fn organization(&self) -> Option<&str> {
        let active = self.session()?.organization()?;
        let name = self.organization.as_ref().map(|found| found.name.as_str());
        name.or(active.slug).or(Some(active.id))
    }

    /// Returns the role in the active organization, such as `org:admin`.
    pub(crate) fn role(&self) -> Option<String> {
        let role = self.session()?.organization()?.role?;
        Some(role.into_owned())
    }

    /// Returns the initials, for the round picture.
    pub(crate) fn initials(&self) -> Option<String> {
        let name = self.full_name()?;
        let initials = name
            .split_whitespace()
            .filter_map(|word| word.chars().next());
        Some(initials.take(2).collect())
    }
}
