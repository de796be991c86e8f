//! The same route with less and more around it.

use std::task::{Context, Poll};

use actix_web::middleware::Identity;
use actix_web::{App, test, web};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::Clerk;
use http::Request;
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
        }
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
