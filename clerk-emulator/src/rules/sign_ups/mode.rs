use super::super::api_error::ApiError;
use super::super::settings;
use crate::model::authentication_settings::SignUpMode;
use crate::store::tables::Tables;

/// Rejects sign-ups of people without an invitation where one is required.
pub(super) fn check_mode(tables: &Tables) -> Result<(), ApiError> {
    match settings::get(tables)?.authentication.sign_up_mode {
        SignUpMode::Public => Ok(()),
        SignUpMode::Restricted => Err(ApiError::forbidden(
            "sign_up_mode_restricted",
            "New sign-ups are currently restricted.",
        )),
        SignUpMode::Waitlist => Err(ApiError::forbidden(
            "sign_up_restricted_waitlist",
            "Sign-ups are currently unavailable. Join the waitlist, and you will be notified when access \
             becomes available.",
        )),
    }
}
