//! The account with the service that delivers webhooks.

use super::api_error::ApiError;
use super::settings;
use crate::store::tables::Tables;

/// Rejects an instance without an account.
pub(crate) fn check(tables: &Tables) -> Result<(), ApiError> {
    if settings::get(tables)?.svix_app {
        Ok(())
    } else {
        Err(ApiError::bad_request(
            "svix_app_missing",
            "No Svix app is associated with this instance",
        ))
    }
}

/// Creates the account.
pub(crate) fn create(tables: &mut Tables) -> Result<(), ApiError> {
    if settings::get(tables)?.svix_app {
        return Err(ApiError::bad_request(
            "svix_app_exists",
            "A Svix app is associated with this instance already",
        ));
    }
    settings::change(tables, |settings| settings.svix_app = true)?;
    Ok(())
}

/// Deletes the account.
pub(crate) fn delete(tables: &mut Tables) -> Result<(), ApiError> {
    check(tables)?;
    settings::change(tables, |settings| settings.svix_app = false)?;
    Ok(())
}
