//! The layer that authenticates requests.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum_core::body::Body;
use clerk_core::adapter::{AnswerBody, Completion, GoOn, Next, request_host};
use clerk_core::{Clerk, Refusal};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::original_request::OriginalRequest;

/// Chooses the [`Clerk`] that authenticates a request.
type Resolver = dyn Fn(&Request<()>) -> Option<Clerk> + Send + Sync;

/// Authenticates every request and stores the outcome for extractors and guards, as `clerkMiddleware` does in the
/// official SDKs.
///
/// The layer refuses no request; put [`protect`](crate::protect) on the routes that need it. It responds by itself in
/// few cases only: with a 307 redirect when the browser must complete a handshake with Clerk, with the metadata of an
/// [`OAuthResource`](crate::OAuthResource) or the responses of a [`FrontendApiProxy`](crate::FrontendApiProxy) if one is
/// configured, and with 500 when the request contradicts the configuration.
///
/// Works with every tower service whose response body implements `Default`, such as axum's and tonic's. If the body type
/// is not axum's, the layer's own responses have an empty body. Redirects need none, but serving the metadata of an
/// [`OAuthResource`](crate::OAuthResource) or the Frontend API requires axum.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use clerk_axum::{Auth, Clerk, ClerkLayer};
///
/// async fn home(auth: Auth) -> String {
///     auth.user_id().map_or("hello, visitor".into(), |id| format!("hello, {id}"))
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app: Router = Router::new().route("/", get(home)).layer(ClerkLayer::new(Clerk::from_env()?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClerkLayer {
    source: Source,
}

#[derive(Clone)]
enum Source {
    One(Clerk),
    PerRequest(Arc<Resolver>),
}

impl ClerkLayer {
    /// Creates a layer that authenticates every request with one instance.
    pub fn new(clerk: Clerk) -> Self {
        Self {
            source: Source::One(clerk),
        }
    }

    /// Creates a layer that authenticates each request with the instance that `resolve` chooses, for processes that serve
    /// several domains or Clerk instances.
    ///
    /// `resolve` sees the head of the request. If it returns `None`, the response is 500, because a request without an
    /// instance is a configuration mistake.
    ///
    /// Build each [`Clerk`] once, outside the closure: it owns the caches, which instances never share. To choose by host,
    /// use [`per_host`](Self::per_host).
    ///
    /// ```
    /// use clerk_axum::{Clerk, ClerkLayer};
    ///
    /// fn by_path(shop: Clerk, blog: Clerk) -> ClerkLayer {
    ///     ClerkLayer::per_request(move |request| match request.uri().path().split('/').nth(1)? {
    ///         "shop" => Some(shop.clone()),
    ///         "blog" => Some(blog.clone()),
    ///         _ => None,
    ///     })
    /// }
    /// # let _ = by_path;
    /// ```
    pub fn per_request(
        resolve: impl Fn(&Request<()>) -> Option<Clerk> + Send + Sync + 'static,
    ) -> Self {
        Self {
            source: Source::PerRequest(Arc::new(resolve)),
        }
    }

    /// Creates a layer that authenticates each request with the instance that `resolve` chooses by host.
    ///
    /// The host is in lowercase and has no port. It is taken from the request target, where HTTP/2 puts it, or else from
    /// the `Host` header. If the host is missing or malformed, or `resolve` returns `None`, the response is 500.
    ///
    /// ```
    /// use clerk_axum::{Clerk, ClerkLayer};
    ///
    /// fn by_host(shop: Clerk, blog: Clerk) -> ClerkLayer {
    ///     ClerkLayer::per_host(move |host| match host {
    ///         "shop.example.com" => Some(shop.clone()),
    ///         "blog.example.com" => Some(blog.clone()),
    ///         _ => None,
    ///     })
    /// }
    /// # let _ = by_host;
    /// ```
    pub fn per_host(resolve: impl Fn(&str) -> Option<Clerk> + Send + Sync + 'static) -> Self {
        Self::per_request(move |request| resolve(&request_host(&OriginalRequest::of(request))?))
    }
}

impl fmt::Debug for ClerkLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ClerkLayer");
        if let Source::One(clerk) = &self.source {
            debug.field("clerk", clerk);
        }
        debug.finish_non_exhaustive()
    }
}

impl<S> Layer<S> for ClerkLayer {
    type Service = ClerkService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClerkService {
            inner,
            source: self.source.clone(),
        }
    }
}

/// The service created by [`ClerkLayer`].
#[derive(Clone)]
pub struct ClerkService<S> {
    inner: S,
    source: Source,
}

impl<S: fmt::Debug> fmt::Debug for ClerkService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClerkService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for ClerkService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ClerkFuture<S::Future, R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let resolved;
        let clerk = match &self.source {
            Source::One(clerk) => clerk,
            Source::PerRequest(resolve) => {
                let (parts, body) = request.into_parts();
                let head = Request::from_parts(parts, ());
                let chosen = resolve(&head);
                request = Request::from_parts(head.into_parts().0, body);
                match chosen {
                    Some(clerk) => {
                        resolved = clerk;
                        &resolved
                    }
                    None => return ClerkFuture::answer(empty(Refusal::no_instance())),
                }
            }
        };
        match clerk.attach(&OriginalRequest::of(&request)) {
            // The common case: no boxed future, no allocation, no clone of the inner service.
            Next::GoOn(GoOn {
                context,
                completion,
                ..
            }) => {
                request.extensions_mut().insert(context);
                ClerkFuture::inner(self.inner.call(request), completion)
            }
            Next::Answer(answer) => ClerkFuture::answer(answer.map(body_of)),
            Next::Forward(forward) => {
                let body = forwarded_body(request.into_body());
                ClerkFuture::waiting(Box::pin(async move {
                    Ok(forward.send(body).await.map(body_of))
                }))
            }
            Next::Wait(wait) => {
                // Call the service that was polled ready, and keep the clone, which was not.
                let fresh = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, fresh);
                ClerkFuture::waiting(Box::pin(async move {
                    match wait.finish().await {
                        Ok(GoOn {
                            context,
                            completion,
                            ..
                        }) => {
                            request.extensions_mut().insert(context);
                            let mut response = inner.call(request).await?;
                            completion.complete(&mut response);
                            Ok(response)
                        }
                        Err(answer) => Ok(answer.map(body_of)),
                    }
                }))
            }
        }
    }
}

/// Converts the body of an answer if the stack uses axum's body type; returns an empty body otherwise.
fn body_of<R: Default + 'static>(answer: AnswerBody) -> R {
    let mut body = Some(Body::new(answer));
    let body: &mut dyn Any = &mut body;
    body.downcast_mut::<Option<R>>()
        .and_then(Option::take)
        .unwrap_or_default()
}

/// Returns the body of a request if the stack uses axum's body type, and an empty body otherwise.
fn forwarded_body<B: 'static>(body: B) -> Body {
    let mut body = Some(body);
    let body: &mut dyn Any = &mut body;
    body.downcast_mut::<Option<Body>>()
        .and_then(Option::take)
        .unwrap_or_default()
}

fn empty<R: Default>(refusal: Refusal) -> Response<R> {
    refusal.into_response().map(|_| R::default())
}

type Waiting<R, E> = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

pin_project! {
    /// The response future of [`ClerkService`].
    pub struct ClerkFuture<F, R, E> {
        #[pin]
        state: State<F, R, E>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, R, E> {
        Inner { #[pin] future: F, completion: Option<Completion> },
        Waiting { future: Waiting<R, E> },
        Answer { response: Option<Response<R>> },
    }
}

impl<F, R, E> ClerkFuture<F, R, E> {
    fn inner(future: F, completion: Completion) -> Self {
        Self {
            state: State::Inner {
                future,
                completion: Some(completion),
            },
        }
    }

    fn waiting(future: Waiting<R, E>) -> Self {
        Self {
            state: State::Waiting { future },
        }
    }

    fn answer(response: Response<R>) -> Self {
        Self {
            state: State::Answer {
                response: Some(response),
            },
        }
    }
}

impl<F, R, E> Future for ClerkFuture<F, R, E>
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
            StateProjection::Inner { future, completion } => {
                let mut response = ready!(future.poll(cx))?;
                if let Some(completion) = completion.take() {
                    completion.complete(&mut response);
                }
                Poll::Ready(Ok(response))
            }
            StateProjection::Waiting { future } => future.as_mut().poll(cx),
            StateProjection::Answer { response } => {
                Poll::Ready(Ok(response.take().expect("polled after completion")))
            }
        }
    }
}

impl<F, R, E> fmt::Debug for ClerkFuture<F, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClerkFuture")
    }
}
