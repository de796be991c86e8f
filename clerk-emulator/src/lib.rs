#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The user object alone has more fields than the `json!` macro expands by default.
#![recursion_limit = "256"]

mod admin;
mod app;
mod backend_api;
mod beginning;
mod builder;
mod clerk_js;
mod client_token;
mod clock;
mod emulator;
mod error;
mod frontend_api;
mod http;
mod inbox_message;
mod instance;
mod key_set;
mod minting;
mod model;
mod outbox;
mod pages;
mod random;
mod rules;
mod secret;
mod seed;
mod seeding;
mod session_cookies;
mod session_token;
mod settings_seed;
mod signing_keys;
mod store;
mod tokens;
mod webhooks;

pub use builder::EmulatorBuilder;
pub use emulator::{Emulator, Snapshot};
pub use error::Error;
pub use http::expectations::Expectation;
pub use http::fault::Fault;
pub use http::faults::Faults;
pub use http::recorder::RecordedRequest;
pub use inbox_message::InboxMessage;
pub use minting::machine_token::MachineTokenBuilder;
pub use minting::session_token::SessionTokenBuilder;
pub use model::authentication_settings::{Requirement, SignUpMode};
pub use seed::{
    DiscountSeed, JwtTemplateSeed, MachineSeed, OrganizationSeed, PlanSeed, RoleSeed, Seed,
    UserSeed,
};
pub use settings_seed::SettingsSeed;
pub use webhooks::log::{Webhook, WebhookAttempt};
