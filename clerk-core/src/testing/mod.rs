//! Sessions, tokens and webhooks for tests, without a server and without a socket.
//!
//! | to test | take |
//! |---|---|
//! | a function or a handler that takes an [`Auth`](crate::Auth) | [`session`], [`api_key`], [`m2m`], [`oauth`] |
//! | an application with its middleware, by requests | [`TokenMinter`] |
//! | an endpoint for webhooks | [`WebhookSigner`] |
//!
//! Users, organizations and everything else behind the Backend API are the emulator's: `clerk-emulator`.
//!
//! # Security
//! Whoever holds a [`TokenMinter`] or a [`WebhookSigner`] is believed by the [`Clerk`](crate::Clerk) that was built on it. Enable
//! the feature `testing` in `[dev-dependencies]` only.

mod callers;
mod session;
mod token_minter;
mod webhook_signer;

pub use callers::{api_key, m2m, oauth};
pub use session::{TestSession, session};
pub use token_minter::TokenMinter;
pub use webhook_signer::WebhookSigner;
