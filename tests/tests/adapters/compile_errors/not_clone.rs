//! A service that cannot be cloned, below the layer that may have to wait before calling it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use clerk_axum::ClerkLayer;
use http::{Request, Response};
use tower::{Layer, Service};

struct Unique;

impl Service<Request<String>> for Unique {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        ready(Ok(Response::new(String::new())))
    }
}

fn serve(_: impl Service<Request<String>>) {}

fn under(layer: ClerkLayer) {
    serve(layer.layer(Unique));
}

fn main() {
    let _ = under;
}
