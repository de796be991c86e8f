//! The same route with less and more around it.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorUnauthorized;
use actix_web::middleware::{Identity, Next as ActixNext, from_fn};
use actix_web::{App, HttpMessage as _, test, web};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request as AxumRequest, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::Clerk;
use http::header::AUTHORIZATION;
use http::{Request, StatusCode};
use tower::Service;
use tower::layer::layer_fn;

use crate::requests::{clerk, tokens};

/// What stands around a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "of benchmarks only")]
pub enum Route {
    /// Nothing.
    Bare,
    /// Two layers that do nothing, in the places of the middleware and the guard: the framework's own cost.
    Layers,
    /// The middleware.
    Attached,
    /// The middleware and a guard.
    Protected,
    /// The middleware, and a handler whose extractor is the guard.
    Extracted,
    /// Middleware of a few lines that knows whose token is whose, and checks nothing: the least that can be written by hand.
    ByHand,
}

impl Route {
    /// Returns axum's router.
    pub fn axum(self, clerk: Clerk) -> Router {
        let hello = Router::new().route("/", get(|| async { "hello" }));
        let router = match self {
            Self::Bare => hello,
            Self::Layers => hello
                .route_layer(layer_fn(PassThrough))
                .layer(layer_fn(PassThrough)),
            Self::Attached => hello.layer(ClerkLayer::new(clerk)),
            Self::Protected => hello
                .route_layer(clerk_axum::protect())
                .layer(ClerkLayer::new(clerk)),
            Self::Extracted => Router::new()
                .route("/", get(|_: clerk_axum::SignedIn| async { "hello" }))
                .layer(ClerkLayer::new(clerk)),
            Self::ByHand => hello.layer(from_fn_with_state(Known::default(), Known::of_axum)),
        };
        // As servers do before the first request; otherwise the router would build its routes again for each.
        router.with_state(())
    }

    /// Returns a call of axum's router with a token that was seen before.
    pub(crate) fn call_axum(self) -> Box<dyn FnMut()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut router = self.axum(clerk().build().unwrap());
        let bearer = format!("Bearer {}", tokens(1).remove(0));
        Box::new(move || {
            let request = Request::get("/")
                .header("host", "app.example.com")
                .header("authorization", &bearer)
                .body(Body::empty())
                .unwrap();
            let response = runtime.block_on(router.call(request)).unwrap();
            assert_eq!(response.status(), 200);
        })
    }

    /// Returns a call of actix-web's application with a token that was seen before.
    pub(crate) fn call_actix(self) -> Box<dyn FnMut()> {
        let runtime = actix_web::rt::Runtime::new().unwrap();
        let bearer = format!("Bearer {}", tokens(1).remove(0));
        let request = move || {
            test::TestRequest::get()
                .uri("/")
                .insert_header(("host", "app.example.com"))
                .insert_header(("authorization", &*bearer))
                .to_request()
        };
        let hello = || web::get().to(|| async { "hello" });
        // Each has a type of its own.
        macro_rules! call {
            ($app:expr) => {{
                let service = runtime.block_on(test::init_service($app));
                Box::new(move || {
                    let response = runtime.block_on(test::call_service(&service, request()));
                    assert_eq!(response.status(), 200);
                })
            }};
        }
        let clerk = || ClerkMiddleware::new(clerk().build().unwrap());
        match self {
            Self::Bare => call!(App::new().service(web::resource("/").route(hello()))),
            Self::Layers => call!(
                App::new()
                    .service(web::resource("/").wrap(Identity::default()).route(hello()))
                    .wrap(Identity::default())
            ),
            Self::Attached => call!(
                App::new()
                    .service(web::resource("/").route(hello()))
                    .wrap(clerk())
            ),
            Self::Protected => call!(
                App::new()
                    .service(
                        web::resource("/")
                            .wrap(clerk_actix::protect())
                            .route(hello())
                    )
                    .wrap(clerk())
            ),
            Self::Extracted => call!(
                App::new()
                    .service(
                        web::resource("/")
                            .route(web::get().to(|_: clerk_actix::SignedIn| async { "hello" }))
                    )
                    .wrap(clerk())
            ),
            Self::ByHand => call!(
                App::new()
                    .app_data(Known::default())
                    .service(web::resource("/").route(hello()))
                    .wrap(from_fn(Known::of_actix))
            ),
        }
    }
}

/// Who has which token: without a limit, without keys and times, and for bearer tokens only.
#[derive(Clone, Debug, Default)]
pub struct Known(Arc<RwLock<HashMap<String, Arc<str>>>>);

impl Known {
    /// Is the middleware of actix-web.
    ///
    /// # Errors
    /// Returns 401 if there is no bearer token.
    pub async fn of_actix<B: MessageBody>(
        request: ServiceRequest,
        next: ActixNext<B>,
    ) -> Result<ServiceResponse<B>, actix_web::Error> {
        let known = request.app_data::<Self>().unwrap();
        let header = request
            .headers()
            .get(actix_web::http::header::AUTHORIZATION);
        let user = header
            .and_then(|header| known.user(header.as_bytes()))
            .ok_or_else(|| ErrorUnauthorized("no bearer token"))?;
        request.extensions_mut().insert(user);
        next.call(request).await
    }

    async fn of_axum(State(known): State<Self>, mut request: AxumRequest, next: Next) -> Response {
        let header = request.headers().get(AUTHORIZATION);
        let Some(user) = header.and_then(|header| known.user(header.as_bytes())) else {
            return StatusCode::UNAUTHORIZED.into_response();
        };
        request.extensions_mut().insert(user);
        next.run(request).await
    }

    fn user(&self, header: &[u8]) -> Option<Arc<str>> {
        let token = std::str::from_utf8(header).ok()?.strip_prefix("Bearer ")?;
        if let Some(user) = self.0.read().unwrap().get(token) {
            return Some(Arc::clone(user));
        }
        // Checks are measured elsewhere.
        let user: Arc<str> = "user_2".into();
        self.0
            .write()
            .unwrap()
            .insert(token.to_owned(), Arc::clone(&user));
        Some(user)
    }
}

/// A layer that does nothing.
#[derive(Clone, Debug)]
pub struct PassThrough<S>(S);

impl<S: Service<R>, R> Service<R> for PassThrough<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.0.call(request)
    }
}
