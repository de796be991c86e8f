//! Code that the quickstarts share: the choice between Clerk and the emulator, the startup message, and the pages.

mod excerpt;
mod instance;
mod log;
mod pages;
mod refusal;
mod style;
mod trial;
mod visitor;

pub use instance::{Instance, SetUpError};
pub use log::log_to_stderr;
pub use pages::Topic;
pub use refusal::{not_found_page, with_refusal_page};
pub use visitor::Visitor;
