//! Guards for routers and routes.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
#[cfg(feature = "route-matcher")]
use clerk_core::RouteMatcher;
use clerk_core::adapter::RoutedPath;
use clerk_core::{AcceptedTokens, Auth, Protect, Refusal, Require, Reverification};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::context::auth_context;
use crate::original_request::OriginalRequest;

/// Creates a guard that lets only signed-in users through; chain its methods to require more.
///
/// Add it to a router with [`route_layer`](axum::Router::route_layer), so that unknown paths still get 404, and add a
/// [`ClerkLayer`](crate::ClerkLayer) around it.
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

/// A guard as a tower layer, created by [`protect`].
///
/// | request | response |
/// |---|---|
/// | signed out, asks for a page | a redirect to the sign-in page |
/// | signed out, anything else | 401 |
/// | signed in, but does not meet the requirements | 403 |
/// | could not be authenticated, because Clerk could not be reached | 503 |
/// | no [`ClerkLayer`](crate::ClerkLayer) around the guard | 500 |
#[derive(Clone, Debug)]
#[must_use]
pub struct ProtectLayer {
    protect: Protect,
}

clerk_core::protect_setters!(ProtectLayer);

impl ProtectLayer {
    /// Refuses calls with a gRPC status instead of an HTTP status, for tonic services.
    ///
    /// The status is `UNAUTHENTICATED`, `PERMISSION_DENIED`, or `UNAVAILABLE` if the call could not be authenticated;
    /// [`Refusal::grpc_code`](crate::Refusal::grpc_code) lists them all.
    ///
    /// ```
    /// use clerk_axum::protect;
    ///
    /// let reports = protect().permission("org:reports:read").grpc();
    /// # let _ = reports;
    /// ```
    pub fn grpc(self) -> GrpcProtectLayer {
        GrpcProtectLayer {
            protect: self.protect,
        }
    }
}

/// A guard that refuses calls with a gRPC status, created by [`ProtectLayer::grpc`].
#[derive(Clone, Debug)]
#[must_use]
pub struct GrpcProtectLayer {
    protect: Protect,
}

impl<S> Layer<S> for ProtectLayer {
    type Service = ProtectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProtectService {
            inner,
            protect: Arc::new(self.protect.clone()),
        }
    }
}

impl<S> Layer<S> for GrpcProtectLayer {
    type Service = GrpcProtectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GrpcProtectService {
            inner,
            protect: Arc::new(self.protect.clone()),
        }
    }
}

/// The service created by [`ProtectLayer`].
#[derive(Clone, Debug)]
pub struct ProtectService<S> {
    inner: S,
    // Shared, because routers clone their services for every request.
    protect: Arc<Protect>,
}

/// The service created by [`GrpcProtectLayer`].
#[derive(Clone, Debug)]
pub struct GrpcProtectService<S> {
    inner: S,
    protect: Arc<Protect>,
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
        match check(&self.protect, &request) {
            Ok(()) => ProtectFuture::inner(self.inner.call(request)),
            Err(refusal) => ProtectFuture::refused(refusal.into_response().map(R::from)),
        }
    }
}

impl<S, B, R> Service<Request<B>> for GrpcProtectService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ProtectFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match check(&self.protect, &request) {
            Ok(()) => ProtectFuture::inner(self.inner.call(request)),
            Err(refusal) => {
                ProtectFuture::refused(refusal.into_grpc_response().map(|()| R::default()))
            }
        }
    }
}

fn check<B>(protect: &Protect, request: &Request<B>) -> Result<(), Refusal> {
    let context = auth_context(request.extensions())?;
    // A nested router sees the path without its prefix; the guard also considers the path that was requested.
    let original = OriginalRequest::of(request);
    let path = RoutedPath::received(original.uri.path()).nested_as(request.uri().path());
    context.protect(protect, &original, path)
}

pin_project! {
    /// The response future of [`ProtectService`] and [`GrpcProtectService`].
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

impl<F, R> ProtectFuture<F, R> {
    fn inner(future: F) -> Self {
        Self {
            state: State::Inner { future },
        }
    }

    fn refused(response: Response<R>) -> Self {
        Self {
            state: State::Refused {
                response: Some(response),
            },
        }
    }
}

impl<F, R, E> Future for ProtectFuture<F, R>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    #[expect(
        clippy::expect_used,
        reason = "polling a completed future is a bug in the caller"
    )]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => future.poll(cx),
            StateProjection::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("polled after completion")))
            }
        }
    }
}

impl<F, R> fmt::Debug for ProtectFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectFuture")
    }
}
