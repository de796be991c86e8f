//! The Backend API, which servers call with the secret key.

mod accountless_applications;
mod actor_tokens;
mod admin_portal_links;
mod agent_tasks;
mod answer;
mod api_keys;
mod authentication;
mod bad_input;
mod billing;
mod clients;
pub(crate) mod connection_fields;
mod credits;
mod directories;
mod domains;
mod emails;
pub(crate) mod enterprise_connections;
mod identifiers;
mod instance;
mod interstitial;
mod invitations;
mod jwks;
mod jwt_templates;
mod m2m_tokens;
mod machines;
mod memberships;
mod oauth_access_tokens;
mod oauth_applications;
mod organization_domains;
mod organization_invitations;
mod organization_permissions;
mod organization_roles;
mod organizations;
mod proxy_checks;
mod redirect_urls;
mod restrictions;
mod role_sets;
mod sessions;
pub(crate) mod shapes;
mod sign_in_tokens;
mod sign_ups;
mod svix;
mod templates;
mod testing_tokens;
mod trusted_devices;
mod user_factors;
mod user_fields;
mod users;
mod verifications;
mod waitlist_entries;

use std::sync::Arc;

use authentication::{identify_caller, require_secret_key};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use bad_input::{as_bad_request, with_declared_status};

use crate::app::App;
use crate::http::origin::refuse_foreign;

/// Returns the routes, without the version segment.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .merge(actor_tokens::routes())
        .merge(admin_portal_links::routes())
        .merge(agent_tasks::routes())
        .merge(billing::routes())
        .merge(clients::routes())
        .merge(credits::routes())
        .merge(directories::routes())
        .merge(domains::routes())
        .merge(emails::routes())
        .merge(enterprise_connections::routes())
        .merge(identifiers::routes())
        .merge(instance::routes())
        .merge(invitations::routes())
        .merge(jwks::routes())
        .merge(jwt_templates::routes())
        .merge(machines::routes())
        .merge(memberships::routes())
        .merge(oauth_applications::routes())
        .merge(organization_domains::routes())
        .merge(organization_invitations::routes())
        .merge(organization_permissions::routes())
        .merge(organization_roles::routes())
        .merge(organizations::routes())
        .merge(proxy_checks::routes())
        .merge(redirect_urls::routes())
        .merge(restrictions::routes())
        .merge(role_sets::routes())
        .merge(sessions::routes())
        .merge(sign_in_tokens::routes())
        .merge(svix::routes())
        .merge(templates::routes())
        .merge(sign_ups::routes())
        .merge(testing_tokens::routes())
        .merge(trusted_devices::routes())
        .merge(user_factors::routes())
        .merge(users::routes())
        .merge(verifications::routes())
        .merge(waitlist_entries::routes())
        .route_layer(from_fn(with_declared_status))
        .route_layer(from_fn_with_state(Arc::clone(app), require_secret_key))
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign))
}

/// Returns the routes that need no key.
pub(crate) fn public_routes(app: &Arc<App>) -> Router<Arc<App>> {
    let keyless = accountless_applications::routes()
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign));
    Router::new().merge(interstitial::routes()).merge(keyless)
}

/// Returns the routes that one client calls with the version segment and another without it.
pub(crate) fn machine_routes(app: &Arc<App>) -> Router<Arc<App>> {
    let with_secret_key = Router::new()
        .merge(api_keys::routes())
        .merge(oauth_access_tokens::routes())
        .route_layer(from_fn_with_state(Arc::clone(app), require_secret_key));
    let with_machine_key =
        m2m_tokens::routes().route_layer(from_fn_with_state(Arc::clone(app), identify_caller));
    with_secret_key
        .merge(with_machine_key)
        .route_layer(from_fn(as_bad_request))
        .route_layer(from_fn_with_state(Arc::clone(app), refuse_foreign))
}
