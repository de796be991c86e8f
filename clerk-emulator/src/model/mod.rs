//! The entities of an instance and their invariants. Nothing here knows HTTP or the shape of an answer.

pub(crate) mod agent_task;
pub(crate) mod credential;
pub(crate) mod credit;
pub(crate) mod domain;
pub(crate) mod handshake;
pub(crate) mod identifier;
pub(crate) mod invitation;
pub(crate) mod jwt_template;
pub(crate) mod machine;
pub(crate) mod metadata;
pub(crate) mod oauth_application;
pub(crate) mod organization;
pub(crate) mod organization_domain;
pub(crate) mod password;
pub(crate) mod patch;
pub(crate) mod redirect_url;
pub(crate) mod restriction;
pub(crate) mod role;
pub(crate) mod role_set;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod ticket;
pub(crate) mod user;
pub(crate) mod verification;
pub(crate) mod waitlist;
