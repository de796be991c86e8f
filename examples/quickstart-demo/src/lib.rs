//! Code that the quickstarts share: the choice between Clerk and the emulator, the startup message, and the pages.

mod instance;
mod pages;

pub use instance::{Instance, SetUpError};
pub use pages::{Page, Visitor};
