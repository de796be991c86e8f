//! The Frontend API over HTTP: a simulated browser, stories that call every operation, and refusals.

pub(crate) mod backend;
pub(crate) mod billing;
mod browser;
mod clients;
mod devices;
mod effects;
mod enterprise;
pub(crate) mod events;
mod identifiers;
mod instance_settings;
mod oauth;
mod oauth_devices;
mod organization_domains;
mod organizations;
mod profile;
mod provider_pages;
mod refusals;
mod sessions;
mod sign_in;
mod sign_up;
mod walk;
mod wallets;
