#![doc = include_str!("../README.md")]
// The user object alone has more fields than the json macro expands by default.
#![recursion_limit = "256"]

mod backend_api;
mod clock;
mod emulator;
mod error;
mod faults;
mod frontend_api;
mod instance;
mod machine_token;
mod params;
mod random;
mod recorder;
mod reply;
mod secret;
mod seed;
mod server;
mod session_token;
mod shared;
mod signing_key;
mod store;
mod tokens;

pub use emulator::{Emulator, EmulatorBuilder};
pub use error::Error;
pub use faults::{Fault, Faults};
pub use machine_token::MachineTokenBuilder;
pub use recorder::RecordedRequest;
pub use seed::{JwtTemplateSeed, MachineSeed, OrganizationSeed, RoleSeed, Seed, UserSeed};
pub use session_token::SessionTokenBuilder;
