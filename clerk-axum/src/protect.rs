//! Guards for routers and routes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::OriginalUri;
use bytes::Bytes;
use clerk_core::{
    AcceptedTokens, Auth, Authenticated, Protect, Refusal, Require, Reverification, RouteMatcher,
};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// Lets only signed-in people through; add what else is demanded to the result.
///
/// Put it on a router with [`route_layer`](axum::Router::route_layer), so that unknown paths stay 404, under a
/// [`ClerkLayer`](crate::ClerkLayer).
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use clerk_axum::{Clerk, ClerkLayer, protect};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let admin = Router::new()
///     .route("/users", get(|| async { "the users" }))
///     .route_layer(protect().role("org:admin"));
/// let app: Router = Router::new().nest("/admin", admin).layer(ClerkLayer::new(Clerk::from_env()?));
/// # Ok(())
/// # }
/// ```
pub fn protect() -> ProtectLayer {
    ProtectLayer {
        protect: Protect::new(),
    }
}

/// A guard as a tower layer; made by [`protect`].
///
/// Signed-out documents are redirected to the sign-in page, other signed-out requests get 401, those of people who may
/// not 403, and those that cannot be judged 503. Without a [`ClerkLayer`](crate::ClerkLayer) around it the answer is
/// 500.
#[derive(Clone, Debug)]
#[must_use]
pub struct ProtectLayer {
    protect: Protect,
}

clerk_core::protect_setters!(ProtectLayer);

impl<S> Layer<S> for ProtectLayer {
    type Service = ProtectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProtectService {
            inner,
            protect: self.protect.clone(),
        }
    }
}

/// The service of [`ProtectLayer`].
#[derive(Clone, Debug)]
pub struct ProtectService<S> {
    inner: S,
    protect: Protect,
}

impl<S, B, R> Service<Request<B>> for ProtectService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ProtectFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let verdict = match request.extensions().get::<Authenticated>() {
            Some(authenticated) => {
                // A nested router sees a path without its prefix; the guard looks at the one that was asked for.
                let path = request
                    .extensions()
                    .get::<OriginalUri>()
                    .map_or_else(|| request.uri().path(), |original| original.0.path());
                self.protect
                    .check(authenticated.clerk(), authenticated.auth(), &request, path)
            }
            None => Err(missing_layer()),
        };
        ProtectFuture {
            state: match verdict {
                Ok(()) => State::Inner {
                    future: self.inner.call(request),
                },
                Err(refusal) => State::Refused {
                    response: Some(refusal.into_response().map(R::from)),
                },
            },
        }
    }
}

fn missing_layer() -> Refusal {
    Refusal::missing_middleware("ClerkLayer")
}

pin_project! {
    /// The future of [`ProtectService`].
    pub struct ProtectFuture<F, R> {
        #[pin]
        state: State<F, R>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, R> {
        Inner { #[pin] future: F },
        Refused { response: Option<Response<R>> },
    }
}

impl<F, R, E> Future for ProtectFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: From<Bytes>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => future.poll(cx),
            // Polled again after it was done: refuse again rather than panic.
            StateProjection::Refused { response } => Poll::Ready(Ok(response
                .take()
                .unwrap_or_else(|| missing_layer().into_response().map(R::from)))),
        }
    }
}

impl<F, R> fmt::Debug for ProtectFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectFuture")
    }
}
