//! The representation of each entity in the Backend API.

mod admin_portal_link;
mod agent_task;
pub(crate) mod billing;
mod challenge;
mod credential;
mod credit;
pub(super) mod directory;
mod domain;
mod email;
mod enterprise_connection;
mod external_account;
mod identifier;
mod invitation;
mod jwt_template;
mod machine;
mod oauth_application;
pub(crate) mod organization;
mod organization_domain;
mod passkey;
mod proxy_check;
mod restriction;
mod role;
mod role_set;
mod session;
mod settings;
mod sign_up;
mod template;
mod ticket;
mod trusted_device;
mod user;

use crate::instance::Instance;
use crate::store::tables::Tables;

/// Renders entities according to the state at one point in time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shapes<'a> {
    tables: &'a Tables,
    instance: &'a Instance,
    now: i64,
}

impl<'a> Shapes<'a> {
    pub(crate) fn new(tables: &'a Tables, instance: &'a Instance, now: i64) -> Self {
        Self {
            tables,
            instance,
            now,
        }
    }
}
