//! Request authentication, which turns cookies, headers and URL into signed in, signed out, or a handshake.
//!
//! `facts` reads the request. `decide` is pure: it returns an outcome, or the one piece of I/O that it still needs. `drive`
//! performs that I/O and calls `decide` again. Every rule has a file: `cookies`, `session`, `handshake`, `refresh`,
//! `satellite` and `machine`. The request and response of an exchange with Clerk are in the file of the rule that needs it.

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
mod waiting;

pub(crate) use drive::{Pending, Start, start};
pub use error::AuthenticateError;
pub(crate) use facts::Facts;
pub(crate) use outcome::Outcome;
pub(crate) use public_url::Authority;
pub use state::{AuthStatus, RequestState};
pub(crate) use waiting::finish;
