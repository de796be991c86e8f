//! Request authentication: from cookies, headers and URL to signed in, signed out, or a handshake.
//!
//! `facts` reads the request, `decide` is pure and says what follows or which one piece of I/O is still needed, `drive`
//! performs that I/O and asks again. Around them stands one file per rule: `cookies`, `session`, `handshake`, `refresh`,
//! `satellite`, `machine`. An exchange with Clerk has its request and the reading of its answer beside its rule.

mod context;
mod cookie_header;
mod cookies;
mod decide;
mod drive;
mod error;
mod facts;
mod handshake;
mod machine;
mod notice;
mod outcome;
mod public_url;
mod quick;
mod refresh;
mod satellite;
mod session;
mod state;

pub(crate) use drive::{Pending, Start, start};
pub use error::AuthenticateError;
pub(crate) use facts::Facts;
pub(crate) use outcome::Outcome;
pub(crate) use public_url::Authority;
pub use state::{AuthStatus, RequestState};
