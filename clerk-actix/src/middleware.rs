//! The middleware that authenticates requests.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready as poll_ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage};
use clerk_core::adapter::{Completion, GoOn, Next, request_host};
use clerk_core::{Clerk, Refusal};
use pin_project_lite::pin_project;

use crate::convert::{self, Head, RequestBody, View};

/// Chooses the [`Clerk`] that authenticates a request.
type Resolver = dyn Fn(&ServiceRequest) -> Option<Clerk> + Send + Sync;

/// Authenticates every request and stores the outcome for extractors and guards, as `clerkMiddleware` does in the
/// official SDKs.
///
/// The middleware refuses no request; wrap the scopes that need it in [`protect`](crate::protect). It responds by itself
/// in few cases only: with a 307 redirect when the browser must complete a handshake with Clerk, with the metadata of an
/// [`OAuthResource`](crate::OAuthResource) or the responses of a [`FrontendApiProxy`](crate::FrontendApiProxy) if one is
/// configured, and with 500 when the request contradicts the configuration.
///
/// Build the [`Clerk`] outside the closure that `HttpServer::new` takes: the closure runs once per worker, and each
/// [`Clerk`] has its own caches.
///
/// ```no_run
/// use actix_web::{App, HttpServer, web};
/// use clerk_actix::{Auth, Clerk, ClerkMiddleware};
///
/// async fn home(auth: Auth) -> String {
///     auth.user_id().map_or("hello, visitor".into(), |id| format!("hello, {id}"))
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let clerk = ClerkMiddleware::new(Clerk::from_env()?);
/// let server = HttpServer::new(move || App::new().route("/", web::get().to(home)).wrap(clerk.clone()));
/// # let _ = server;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClerkMiddleware {
    source: Source,
}

#[derive(Clone)]
enum Source {
    One(Clerk),
    PerRequest(Arc<Resolver>),
}

impl ClerkMiddleware {
    /// Creates middleware that authenticates every request with one instance.
    pub fn new(clerk: Clerk) -> Self {
        Self {
            source: Source::One(clerk),
        }
    }

    /// Creates middleware that authenticates each request with the instance that `resolve` chooses, for processes that
    /// serve several domains or Clerk instances.
    ///
    /// If `resolve` returns `None`, the response is 500, because a request without an instance is a configuration mistake.
    ///
    /// Build each [`Clerk`] once, outside the closure: it owns the caches, which instances never share. To choose by host,
    /// use [`per_host`](Self::per_host).
    ///
    /// ```
    /// use clerk_actix::{Clerk, ClerkMiddleware};
    ///
    /// fn by_path(shop: Clerk, blog: Clerk) -> ClerkMiddleware {
    ///     ClerkMiddleware::per_request(move |request| match request.uri().path().split('/').nth(1)? {
    ///         "shop" => Some(shop.clone()),
    ///         "blog" => Some(blog.clone()),
    ///         _ => None,
    ///     })
    /// }
    /// # let _ = by_path;
    /// ```
    pub fn per_request(
        resolve: impl Fn(&ServiceRequest) -> Option<Clerk> + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Source::PerRequest(Arc::new(resolve)),
        }
    }

    /// Creates middleware that authenticates each request with the instance that `resolve` chooses by host.
    ///
    /// The host is in lowercase and has no port. It is taken from the request target, where HTTP/2 puts it, or else from
    /// the `Host` header. If the host is missing or malformed, or `resolve` returns `None`, the response is 500.
    ///
    /// ```
    /// use clerk_actix::{Clerk, ClerkMiddleware};
    ///
    /// fn by_host(shop: Clerk, blog: Clerk) -> ClerkMiddleware {
    ///     ClerkMiddleware::per_host(move |host| match host {
    ///         "shop.example.com" => Some(shop.clone()),
    ///         "blog.example.com" => Some(blog.clone()),
    ///         _ => None,
    ///     })
    /// }
    /// # let _ = by_host;
    /// ```
    pub fn per_host(resolve: impl Fn(&str) -> Option<Clerk> + Send + Sync + 'static) -> Self {
        Self::per_request(move |request| resolve(&request_host(&View::of(request))?))
    }
}

impl fmt::Debug for ClerkMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ClerkMiddleware");
        if let Source::One(clerk) = &self.source {
            debug.field("clerk", clerk);
        }
        debug.finish_non_exhaustive()
    }
}

impl<S, B> Transform<S, ServiceRequest> for ClerkMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ClerkService<S>;
    type InitError = ();
    type Future = Ready<Result<ClerkService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ClerkService {
            inner: Rc::new(inner),
            source: self.source.clone(),
        }))
    }
}

/// The service created by [`ClerkMiddleware`].
pub struct ClerkService<S> {
    inner: Rc<S>,
    source: Source,
}

impl<S> fmt::Debug for ClerkService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClerkService")
    }
}

impl<S, B> Service<ServiceRequest> for ClerkService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ClerkFuture<S::Future, B>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let resolved;
        let clerk = match &self.source {
            Source::One(clerk) => clerk,
            Source::PerRequest(resolve) => match resolve(&request) {
                Some(clerk) => {
                    resolved = clerk;
                    &resolved
                }
                None => {
                    let response = convert::response(Refusal::no_instance().into_response());
                    return ClerkFuture::answer(request.into_response(response));
                }
            },
        };
        match clerk.attach(&View::of(&request)) {
            // The common case: no boxed future, no clone of the inner service.
            Next::GoOn(GoOn {
                context,
                completion,
                ..
            }) => {
                request.extensions_mut().insert(context);
                ClerkFuture::inner(self.inner.call(request), completion)
            }
            Next::Answer(answer) => {
                ClerkFuture::answer(request.into_response(convert::answer(answer)))
            }
            Next::Forward(forward) => ClerkFuture::waiting(Box::pin(async move {
                let (request, payload) = request.into_parts();
                let response = convert::answer(forward.send(RequestBody::new(payload)).await);
                Ok(ServiceResponse::new(request, response).map_into_right_body())
            })),
            Next::Wait(wait) => {
                let inner = Rc::clone(&self.inner);
                ClerkFuture::waiting(Box::pin(async move {
                    match wait.finish().await {
                        Ok(GoOn {
                            context,
                            completion,
                            ..
                        }) => {
                            request.extensions_mut().insert(context);
                            let mut response = inner.call(request).await?;
                            completion.complete(&mut Head::of(&mut response));
                            Ok(response.map_into_left_body())
                        }
                        Err(answer) => Ok(request
                            .into_response(convert::answer(answer))
                            .map_into_right_body()),
                    }
                }))
            }
        }
    }
}

type Waiting<B> = Pin<Box<dyn Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>>>>;

pin_project! {
    /// The response future of [`ClerkService`].
    pub struct ClerkFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Inner { #[pin] future: F, completion: Option<Completion> },
        Waiting { future: Waiting<B> },
        Answer { response: Option<ServiceResponse> },
    }
}

impl<F, B> ClerkFuture<F, B> {
    fn inner(future: F, completion: Completion) -> Self {
        Self {
            state: State::Inner {
                future,
                completion: Some(completion),
            },
        }
    }

    fn waiting(future: Waiting<B>) -> Self {
        Self {
            state: State::Waiting { future },
        }
    }

    fn answer(response: ServiceResponse) -> Self {
        Self {
            state: State::Answer {
                response: Some(response),
            },
        }
    }
}

impl<F, B> Future for ClerkFuture<F, B>
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
            StateProjection::Inner { future, completion } => {
                let mut response = poll_ready!(future.poll(cx))?;
                if let Some(completion) = completion.take() {
                    completion.complete(&mut Head::of(&mut response));
                }
                Poll::Ready(Ok(response.map_into_left_body()))
            }
            StateProjection::Waiting { future } => future.as_mut().poll(cx),
            StateProjection::Answer { response } => Poll::Ready(Ok(response
                .take()
                .expect("polled after completion")
                .map_into_right_body())),
        }
    }
}

impl<F, B> fmt::Debug for ClerkFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClerkFuture")
    }
}
