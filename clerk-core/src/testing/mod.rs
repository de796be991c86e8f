//! Sessions, tokens and webhooks for tests that need neither a server nor a socket.
//!
//! | to test | use |
//! |---|---|
//! | a function or handler that takes an [`Auth`](crate::Auth) | [`session`], [`api_key`], [`m2m`], [`oauth`] |
//! | an application with its middleware, by sending requests | [`TokenMinter`] |
//! | a webhook endpoint | [`WebhookSigner`] |
//!
//! To test with users, organizations and the rest of the Backend API, use the crate `clerk-emulator`.
//!
//! # Security
//! A [`Clerk`](crate::Clerk) trusts the [`TokenMinter`] or [`WebhookSigner`] that it was configured with. Enable the feature
//! `testing` only in `[dev-dependencies]`.

mod callers;
mod session;
mod token_minter;
mod webhook_signer;

pub use callers::{api_key, m2m, oauth};
pub use session::{TestSession, session};
pub use token_minter::TokenMinter;
pub use webhook_signer::WebhookSigner;
