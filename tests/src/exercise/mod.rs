//! Calls every operation of the Backend API client once, with sample arguments that the OpenAPI
//! document allows.

mod generated;

use std::{future::Future, pin::Pin};

use clerk_backend_api::{ClerkClient, Error, Page, RowFailure, Upload};

/// A call in progress.
pub type Call = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// Why a call returned no result, or only a part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// An entry of a list could not be read.
    #[error(transparent)]
    Row(RowFailure),
}

/// Returns the outcome of a call. A response about a different object than the requested one counts
/// as read: a server that generates its responses from the document does not know the IDs of the
/// sample arguments.
fn outcome<T>(result: Result<T, Error>) -> Result<(), Failure> {
    match result {
        Err(Error::Decode(error)) if error.is_other_object() => Ok(()),
        result => Ok(result.map(drop)?),
    }
}

/// Returns the outcome of a call whose response is a list.
fn page_outcome<T>(result: Result<Page<T>, Error>) -> Result<(), Failure> {
    match result?.failures() {
        [] => Ok(()),
        [failure, ..] => Err(Failure::Row(failure.clone())),
    }
}

/// One operation of the client, ready to be called.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name in the client: `users.list` for `client.users().list()`.
    pub name: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// The path as in the OpenAPI document.
    pub path: &'static str,
    /// Sends the call with sample arguments and drops the value of the result.
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

/// Returns every operation of the client that the published OpenAPI document lacks.
#[must_use]
pub fn additions() -> Vec<Operation> {
    generated::additions()
}

/// Returns every operation of the client that the published OpenAPI document contains.
#[must_use]
pub fn operations() -> Vec<Operation> {
    generated::operations()
}

/// The smallest possible GIF image.
fn image() -> Upload {
    const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\
        \x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    Upload::bytes(PIXEL).file_name("pixel.gif")
}
