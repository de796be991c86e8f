//! What may be done to the state, whoever asks: the Backend API, the Frontend API, or the owner of the
//! emulator. Nothing here knows a route or the shape of an answer.

pub(crate) mod accounts;
pub(crate) mod agent_tasks;
pub(crate) mod api_error;
pub(crate) mod credentials;
pub(crate) mod credits;
pub(crate) mod domains;
pub(crate) mod factors;
pub(crate) mod handshakes;
pub(crate) mod identifiers;
pub(crate) mod invitations;
pub(crate) mod jwt_templates;
pub(crate) mod machines;
pub(crate) mod memberships;
pub(crate) mod metadata;
pub(crate) mod oauth_applications;
pub(crate) mod organization_domains;
pub(crate) mod organization_invitations;
pub(crate) mod organizations;
pub(crate) mod passwords;
pub(crate) mod permissions;
pub(crate) mod pictures;
pub(crate) mod redirect_urls;
pub(crate) mod restrictions;
pub(crate) mod role_sets;
pub(crate) mod roles;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod tickets;
pub(crate) mod totp;
pub(crate) mod user_identifiers;
pub(crate) mod user_list;
pub(crate) mod verifications;
pub(crate) mod waitlist;
