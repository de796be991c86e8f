//! Pictures of users, organizations, and OAuth applications.

use super::api_error::ApiError;
use crate::model::user::Image;
use crate::store::tables::Tables;

/// The picture that represents a user, an organization, or an application.
#[derive(Debug)]
pub(crate) enum Picture<'a> {
    Uploaded(&'a Image),
    /// The first letter of this name.
    Initial(String),
}

/// Finds the picture of the user, organization, or application with this ID.
pub(crate) fn of<'a>(tables: &'a Tables, id: &str) -> Result<Picture<'a>, ApiError> {
    if let Some(user) = tables.users.get(id) {
        return Ok(match &user.image {
            Some(image) => Picture::Uploaded(image),
            None => Picture::Initial(user.display_name()),
        });
    }
    if let Some(application) = tables.oauth_applications.get(id) {
        return Ok(match &application.logo {
            Some(logo) => Picture::Uploaded(logo),
            None => Picture::Initial(application.name.clone()),
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
