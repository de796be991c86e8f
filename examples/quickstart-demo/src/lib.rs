//! What the quickstarts share: which Clerk they talk to, what they print at start, and their pages.

mod instance;
mod pages;

pub use instance::{Instance, SetUpError};
pub use pages::{Page, Visitor};
