//! Tasks that a user must complete before a session becomes active.

use super::organizations;
use super::settings;
use crate::model::session::Session;
use crate::store::tables::Tables;

/// A task that a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionTask {
    ChooseOrganization,
    ResetPassword,
    SetUpMfa,
}

impl SessionTask {
    /// Returns the name used in the API.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::ChooseOrganization => "choose-organization",
            Self::ResetPassword => "reset-password",
            Self::SetUpMfa => "setup-mfa",
        }
    }
}

/// Returns the open tasks of a session.
pub(crate) fn of(tables: &Tables, session: &Session) -> Vec<SessionTask> {
    let (Ok(settings), Some(user)) = (settings::get(tables), tables.users.get(&session.user_id))
    else {
        return Vec::new();
    };
    let authentication = &settings.authentication;
    let mut tasks = Vec::new();
    if user.password_compromised {
        tasks.push(SessionTask::ResetPassword);
    }
    if authentication.second_factor_required && !settings::has_second_factor(tables, user) {
        tasks.push(SessionTask::SetUpMfa);
    }
    if authentication.force_organization_selection
        && settings.organizations.enabled
        && organizations::active(tables, session).is_none()
    {
        tasks.push(SessionTask::ChooseOrganization);
    }
    tasks
}
