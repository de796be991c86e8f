//! A single-page client, and the API on another origin that it calls with session tokens.
//!
//! The client is in `page`: one page with Clerk's browser SDK, and no build step. The API knows callers by the header
//! `Authorization` only, and answers pages of the client's origin only.

mod api;
mod page;
mod setup;

pub use api::api;
pub use page::page;
pub use setup::Application;
