//! The settings of the instance.

use super::api_error::ApiError;
use super::roles;
use crate::model::identifier::PhoneNumber;
use crate::model::organization_domain::ENROLLMENT_MODES;
use crate::model::role::CREATOR_PERMISSIONS;
use crate::model::settings::{SETTINGS_ID, Settings};
use crate::model::user::User;
use crate::store::tables::Tables;

/// Returns the settings.
pub(crate) fn get(tables: &Tables) -> Result<&Settings, ApiError> {
    tables
        .settings
        .get(SETTINGS_ID)
        .ok_or_else(|| ApiError::not_found("settings", SETTINGS_ID))
}

/// Returns true if the user has set up a second factor that the settings have.
pub(crate) fn has_second_factor(tables: &Tables, user: &User) -> bool {
    get(tables).is_ok_and(|Settings { authentication, .. }| {
        let mut phones = user.phone_numbers.iter();
        user.totp_secret.is_some() && authentication.authenticator_app
            || phones.any(PhoneNumber::is_second_factor) && authentication.phone_second_factor
    })
}

/// Rejects the use of what the settings switch off.
pub(crate) fn check_on(is_on: bool) -> Result<(), ApiError> {
    if is_on {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "feature_not_enabled",
        "The settings of this instance do not have this feature.",
    ))
}

/// Changes the settings.
pub(crate) fn change(
    tables: &mut Tables,
    change: impl FnOnce(&mut Settings),
) -> Result<&Settings, ApiError> {
    let settings = tables
        .settings
        .get_mut(SETTINGS_ID)
        .ok_or_else(|| ApiError::not_found("settings", SETTINGS_ID))?;
    change(settings);
    Ok(settings)
}

/// An update of the organization settings.
#[derive(Debug, Default)]
pub(crate) struct OrganizationSettingsUpdate {
    pub(crate) enabled: Option<bool>,
    pub(crate) max_allowed_memberships: Option<i64>,
    pub(crate) admin_delete_enabled: Option<bool>,
    pub(crate) domains_enabled: Option<bool>,
    pub(crate) slug_disabled: Option<bool>,
    pub(crate) domains_enrollment_modes: Option<Vec<String>>,
    pub(crate) creator_role_id: Option<String>,
    pub(crate) domains_default_role_id: Option<String>,
}

/// Updates the organization settings.
pub(crate) fn update_organizations(
    tables: &mut Tables,
    update: OrganizationSettingsUpdate,
) -> Result<&Settings, ApiError> {
    let key = |id: Option<String>| {
        id.map(|id| roles::find(tables, &id).map(|role| role.key.clone()))
            .transpose()
    };
    let creator_role = key(update.creator_role_id)?;
    if let Some(role) = creator_role
        .as_ref()
        .and_then(|key| roles::by_key(tables, key))
        && !role.is_creator_eligible()
    {
        return Err(ApiError::param(
            "organization_missing_creator_role_permissions",
            "creator_role_id",
            format!(
                "The creator role must contain the following permissions: {}",
                CREATOR_PERMISSIONS.join(", ")
            ),
        ));
    }
    let default_role = key(update.domains_default_role_id)?;
    if update.max_allowed_memberships.is_some_and(|most| most < 0) {
        return Err(ApiError::value(
            "max_allowed_memberships",
            "must not be negative",
        ));
    }
    if let Some(modes) = &update.domains_enrollment_modes
        && modes
            .iter()
            .any(|mode| !ENROLLMENT_MODES.contains(&mode.as_str()))
    {
        return Err(ApiError::value(
            "domains_enrollment_modes",
            &format!("must hold only {}", ENROLLMENT_MODES.join(", ")),
        ));
    }
    set_roles_of_initial_set(tables, creator_role.as_deref(), default_role.as_deref());
    change(tables, |settings| {
        let now = &mut settings.organizations;
        now.enabled = update.enabled.unwrap_or(now.enabled);
        now.max_allowed_memberships = update
            .max_allowed_memberships
            .unwrap_or(now.max_allowed_memberships);
        now.admin_delete_enabled = update
            .admin_delete_enabled
            .unwrap_or(now.admin_delete_enabled);
        now.domains_enabled = update.domains_enabled.unwrap_or(now.domains_enabled);
        now.slug_disabled = update.slug_disabled.unwrap_or(now.slug_disabled);
        if let Some(modes) = update.domains_enrollment_modes {
            now.domains_enrollment_modes = modes;
        }
        if let Some(role) = creator_role {
            now.creator_role = role;
        }
        if let Some(role) = default_role {
            now.domains_default_role = role;
        }
    })
}

/// Makes roles those that the initial role set gives, which organizations without another one have.
fn set_roles_of_initial_set(tables: &mut Tables, creator: Option<&str>, default: Option<&str>) {
    let id_of = |key| roles::by_key(tables, key).map(|role| role.id.clone());
    let (creator, default) = (creator.and_then(id_of), default.and_then(id_of));
    for id in tables.role_sets.ids(|set| set.initial) {
        let Some(set) = tables.role_sets.get_mut(&id) else {
            continue;
        };
        if let Some(role) = &creator {
            set.creator_role.clone_from(role);
        }
        if let Some(role) = &default {
            set.default_role.clone_from(role);
        }
        for role in [&creator, &default].into_iter().flatten() {
            if !set.roles.contains(role) {
                set.roles.push(role.clone());
            }
        }
    }
}
