//! Calls every operation of the Backend API client once, with sample arguments that the OpenAPI
//! document allows.

mod generated;

use std::{future::Future, pin::Pin};

use clerk_backend_api::{ClerkClient, Error, Upload};

/// A call under way.
pub type Call = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// One operation of the client, ready to be called.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Name in the client: `users.list` for `client.users().list()`.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path as the OpenAPI document writes it.
    pub path: &'static str,
    /// Sends the call with sample arguments; the result's value is dropped.
    pub call: fn(&ClerkClient) -> Call,
}

impl Operation {
    const fn new(
        name: &'static str,
        method: &'static str,
        path: &'static str,
        call: fn(&ClerkClient) -> Call,
    ) -> Self {
        Self {
            name,
            method,
            path,
            call,
        }
    }
}

/// Every operation of the client.
#[must_use]
pub fn operations() -> Vec<Operation> {
    generated::operations()
}

/// The smallest GIF there is.
fn image() -> Upload {
    const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\
        \x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    Upload::bytes(PIXEL).file_name("pixel.gif")
}
