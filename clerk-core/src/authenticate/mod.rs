//! Request authentication: from cookies, headers and URL to signed in, signed out, or a handshake.
//!
//! Three steps, each with one duty: [`facts`] reads the request, [`decide`] is pure and says what follows or which one
//! piece of I/O is still needed, [`drive`] performs that I/O and asks again.

mod accepts;
mod decide;
mod drive;
mod facts;
mod handshake;
mod machine_tokens;
mod organization_sync;
mod request;
mod state;

pub use accepts::AcceptedTokens;
pub(crate) use decide::session_state;
pub(crate) use drive::{Pending, finish, start};
pub(crate) use facts::Facts;
pub(crate) use machine_tokens::MachineTokenMemory;
pub use machine_tokens::{MachineTokenStore, StoreFuture};
pub use organization_sync::OrganizationSync;
pub use request::RequestView;
pub(crate) use request::joined_header;
pub(crate) use state::{AUTH_REASON, TokenCarrier};
pub use state::{AuthStatus, AuthenticateError, RequestState};
