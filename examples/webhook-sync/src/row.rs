//! The rows of the tables, and which of two states of an object is the newer one.

use clerk_axum::core::api::{Metadata, Organization, OrganizationMembership, User};
use serde_json::Value;

/// A kind of object that the tables contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an application's own type")]
pub enum Kind {
    /// Users.
    User,
    /// Organizations.
    Organization,
    /// Memberships of users in organizations.
    Membership,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::User, Self::Organization, Self::Membership];

    /// Returns the name of the table.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::User => "synced_users",
            Self::Organization => "synced_organizations",
            Self::Membership => "synced_memberships",
        }
    }

    /// Returns the name of the view of the rows that are not deleted.
    #[must_use]
    pub fn view(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Organization => "organizations",
            Self::Membership => "memberships",
        }
    }

    /// Returns the columns that are specific to the table, in the order of [`Row::fields`].
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::User => &[
                "email_address",
                "phone_number",
                "username",
                "first_name",
                "last_name",
                "image_url",
                "public_metadata",
            ],
            Self::Organization => &["name", "slug", "image_url", "public_metadata"],
            Self::Membership => &["user_id", "organization_id", "role", "public_metadata"],
        }
    }
}

/// A state of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The time of the state, in milliseconds since 1970; 0 if it is not known.
    pub version: i64,
    /// The time at which the object was deleted. The row is then a tombstone without fields.
    pub deleted_at: Option<i64>,
    /// The time at which the object was created.
    pub created_at: Option<i64>,
    /// The values of [`Kind::columns`].
    pub fields: Vec<Option<String>>,
}

impl Row {
    /// Creates the tombstone of an object.
    #[must_use]
    pub fn tombstone(kind: Kind, version: i64) -> Self {
        Self {
            version,
            deleted_at: Some(version),
            created_at: None,
            fields: vec![None; kind.columns().len()],
        }
    }

    /// Returns the value of a column.
    #[must_use]
    pub fn field(&self, kind: Kind, column: &str) -> Option<&str> {
        let index = kind.columns().iter().position(|name| *name == column)?;
        self.fields.get(index)?.as_deref()
    }
}

impl From<&User> for Row {
    fn from(user: &User) -> Self {
        let email_address = user
            .primary_email_address()
            .map(|address| address.email_address.as_str());
        let phone_number = user
            .primary_phone_number()
            .map(|number| number.phone_number.as_str());
        Self {
            version: user.updated_at.as_millis(),
            deleted_at: None,
            created_at: Some(user.created_at.as_millis()),
            fields: vec![
                text(email_address),
                text(phone_number),
                text(user.username.as_deref()),
                text(user.first_name.as_deref()),
                text(user.last_name.as_deref()),
                text(user.image_url.as_deref()),
                Some(json(&user.public_metadata)),
            ],
        }
    }
}

impl From<&Organization> for Row {
    fn from(organization: &Organization) -> Self {
        Self {
            version: organization.updated_at.as_millis(),
            deleted_at: None,
            created_at: Some(organization.created_at.as_millis()),
            fields: vec![
                text(Some(&organization.name)),
                text(Some(&organization.slug)),
                text(organization.image_url.as_deref()),
                Some(json(&organization.public_metadata)),
            ],
        }
    }
}

impl From<&OrganizationMembership> for Row {
    fn from(membership: &OrganizationMembership) -> Self {
        let user = membership.public_user_data.as_ref();
        Self {
            version: membership.updated_at.as_millis(),
            deleted_at: None,
            created_at: Some(membership.created_at.as_millis()),
            fields: vec![
                text(user.map(|user| user.user_id.as_str())),
                text(Some(&membership.organization.id)),
                text(Some(&membership.role)),
                Some(json(&membership.public_metadata)),
            ],
        }
    }
}

/// Converts text for a column: missing text is null. PostgreSQL cannot store U+0000, so it is replaced.
fn text(value: Option<&str>) -> Option<String> {
    let value = value.filter(|value| !value.is_empty())?;
    Some(value.replace('\0', "\u{fffd}"))
}

/// Converts metadata for a column. Differences in whitespace do not matter.
fn json(metadata: &Metadata) -> String {
    match metadata.parse::<Value>() {
        Ok(value) => value.to_string(),
        Err(_) => metadata.as_str().to_owned(),
    }
}

/// What to do with an incoming state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "an application's own type")]
pub enum Decision {
    /// The state is newer: write it.
    Write,
    /// The row is newer, or the two are the same: keep it.
    Keep,
    /// The two states are of the same millisecond and differ, or the new one has no time: ask Clerk.
    Ask,
}

/// Decides between the current row and an incoming state.
#[must_use]
pub fn decide(current: &Row, new: &Row) -> Decision {
    if new.version == 0 {
        return Decision::Ask;
    }
    if new.version != current.version {
        return if new.version > current.version {
            Decision::Write
        } else {
            Decision::Keep
        };
    }
    match (current.deleted_at, new.deleted_at) {
        // In the same millisecond, a deletion wins.
        (Some(_), _) => Decision::Keep,
        (None, Some(_)) => Decision::Write,
        (None, None) if current == new => Decision::Keep,
        (None, None) => Decision::Ask,
    }
}
