//! Guards for applications, scopes and resources.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
#[cfg(feature = "route-matcher")]
use clerk_core::RouteMatcher;
use clerk_core::adapter::{AuthContext, RoutedPath};
use clerk_core::{AcceptedTokens, Auth, Protect, Refusal, Require, Reverification};
use pin_project_lite::pin_project;

use crate::convert::View;
use crate::rejection::ClerkRejection;

/// Creates a guard that lets only signed-in users through; chain its methods to require more.
///
/// Wrap a scope or a resource in it, and wrap a [`ClerkMiddleware`](crate::ClerkMiddleware) around both. A guarded scope
/// also refuses requests for unknown paths below it.
///
/// ```no_run
/// use actix_web::{App, web};
/// use clerk_actix::{Clerk, ClerkMiddleware, protect};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let clerk = Clerk::from_env()?;
/// let admin = web::scope("/admin")
///     .wrap(protect().role("org:admin"))
///     .route("/users", web::get().to(|| async { "the users" }));
/// let app = App::new().service(admin).wrap(ClerkMiddleware::new(clerk));
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
pub fn protect() -> ProtectMiddleware {
    ProtectMiddleware {
        protect: Protect::new(),
    }
}

/// A guard as actix-web middleware, created by [`protect`].
///
/// | request | response |
/// |---|---|
/// | signed out, asks for a page | a redirect to the sign-in page |
/// | signed out, anything else | 401 |
/// | signed in, but does not meet the requirements | 403 |
/// | could not be authenticated, because Clerk could not be reached | 503 |
/// | no [`ClerkMiddleware`](crate::ClerkMiddleware) around the guard | 500 |
///
/// A refusal is a response, not an error, so middleware around the guard sees it.
///
/// # Security
/// If you use [`only`](Self::only) or [`except`](Self::except), wrap middleware that rewrites paths, such as
/// [`NormalizePath`](actix_web::middleware::NormalizePath), after the guard, so that the guard sees the rewritten path.
#[derive(Clone, Debug)]
#[must_use]
pub struct ProtectMiddleware {
    protect: Protect,
}

clerk_core::protect_setters!(ProtectMiddleware);

impl<S, B> Transform<S, ServiceRequest> for ProtectMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ProtectService<S>;
    type InitError = ();
    type Future = Ready<Result<ProtectService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ProtectService {
            inner,
            protect: self.protect.clone(),
        }))
    }
}

/// The service created by [`ProtectMiddleware`].
#[derive(Debug)]
pub struct ProtectService<S> {
    inner: S,
    protect: Protect,
}

impl<S, B> Service<ServiceRequest> for ProtectService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ProtectFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let state = match self.check(&request) {
            Ok(()) => State::Inner {
                future: self.inner.call(request),
            },
            Err(refusal) => State::Refused {
                response: Some(request.error_response(ClerkRejection::from(refusal))),
            },
        };
        ProtectFuture { state }
    }
}

impl<S> ProtectService<S> {
    fn check(&self, request: &ServiceRequest) -> Result<(), Refusal> {
        let extensions = request.extensions();
        let context = extensions
            .get::<AuthContext>()
            .ok_or_else(|| Refusal::missing_middleware("ClerkMiddleware"))?;
        // The router matches routes against the text in `match_info`: mostly decoded, and as other middleware left it.
        let routed = request.match_info();
        let path = RoutedPath::received(routed.get_ref().uri().path())
            .decoded_as(routed.as_str())
            .nested_as(routed.unprocessed());
        context.protect(&self.protect, &View::of(request), path)
    }
}

pin_project! {
    /// The response future of [`ProtectService`].
    pub struct ProtectFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Inner { #[pin] future: F },
        Refused { response: Option<ServiceResponse> },
    }
}

impl<F, B> Future for ProtectFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    #[expect(
        clippy::expect_used,
        reason = "polling a completed future is a bug in the caller"
    )]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { future } => {
                future.poll(cx).map_ok(ServiceResponse::map_into_left_body)
            }
            StateProjection::Refused { response } => Poll::Ready(Ok(response
                .take()
                .expect("polled after completion")
                .map_into_right_body())),
        }
    }
}

impl<F> fmt::Debug for ProtectFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectFuture")
    }
}
