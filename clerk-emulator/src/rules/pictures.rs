//! Pictures of users and organizations.

use super::api_error::ApiError;
use crate::model::user::Image;
use crate::store::tables::Tables;

/// What stands for a user or an organization.
#[derive(Debug)]
pub(crate) enum Picture<'a> {
    Uploaded(&'a Image),
    /// The first letter of this name.
    Initial(String),
}

/// Finds the picture of the user or organization with this id.
pub(crate) fn of<'a>(tables: &'a Tables, id: &str) -> Result<Picture<'a>, ApiError> {
    if let Some(user) = tables.users.get(id) {
        return Ok(match &user.image {
            Some(image) => Picture::Uploaded(image),
            None => Picture::Initial(user.display_name()),
        });
    }
    let organization = tables
        .organizations
        .get(id)
        .ok_or_else(|| ApiError::not_found("image", id))?;
    Ok(match &organization.logo {
        Some(logo) => Picture::Uploaded(logo),
        None => Picture::Initial(organization.name.clone()),
    })
}
