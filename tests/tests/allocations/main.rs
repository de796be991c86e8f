//! Counts the allocations of a protected route for a known session token, compared with the same route without protection, so
//! that the speed of the machine does not matter.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::task::{Context, Poll};

use allocation_counter::{AllocationInfo, measure};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::{Clerk, ManualClock};
use clerk_test_support::forge::{NOW, PRODUCTION_KEY, Signer};
use http::Request;
use tower::Service;
use tower::layer::layer_fn;

/// The box of the request's extensions, and nothing of ours.
const AT_MOST: u64 = 1;

fn clerk() -> Clerk {
    Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .secret_key("sk_live_tests")
        .jwt_key(Signer::instance().pem())
        .clock(ManualClock::new(NOW * 1000))
        .build()
        .unwrap()
}

fn bearer() -> String {
    let session = Signer::instance().session_with(&serde_json::json!({
        "v": 2, "fea": "o:billing", "o": { "id": "org_1", "rol": "admin", "per": "manage", "fpm": "1" },
    }));
    format!("Bearer {session}")
}

#[track_caller]
fn assert_more(without: &AllocationInfo, with: &AllocationInfo) {
    let more = with.count_total.saturating_sub(without.count_total);
    assert!(more <= AT_MOST, "{more} more: {with:?} and {without:?}");
}

/// Makes the map of a request's extensions large enough: when it grows depends on the features of axum, which adds entries too.
fn make_room(extensions: &mut http::Extensions) {
    extensions.insert([(); 1]);
    extensions.insert([(); 2]);
    extensions.insert([(); 3]);
    extensions.insert([(); 4]);
    extensions.insert([(); 5]);
    extensions.insert([(); 6]);
    extensions.insert([(); 7]);
    extensions.insert([(); 8]);
}

/// A layer that does nothing, because the framework's own cost of a layer does not count.
#[derive(Clone)]
struct PassThrough<S>(S);

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

#[test]
fn a_protected_axum_route() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let bearer = bearer();
    let call = |router: &mut Router| {
        let mut request = Request::get("/")
            .header("host", "app.example.com")
            .header("authorization", &bearer)
            .body(Body::empty())
            .unwrap();
        make_room(request.extensions_mut());
        measure(|| {
            let answer = runtime.block_on(router.call(request)).unwrap();
            assert_eq!(answer.status(), 200);
        })
    };
    let route = || Router::new().route("/", get(|| async { "hello" }));
    // As servers do before the first request; otherwise the router would build the route again for each.
    let mut bare = route()
        .route_layer(layer_fn(PassThrough))
        .layer(layer_fn(PassThrough))
        .with_state(());
    let mut guards = [
        clerk_axum::protect(),
        clerk_axum::protect().role("org:admin"),
        clerk_axum::protect().permission("org:billing:manage"),
        clerk_axum::protect().feature("billing"),
    ]
    .map(|guard| {
        route()
            .route_layer(guard)
            .layer(ClerkLayer::new(clerk()))
            .with_state(())
    });
    call(&mut bare);
    let without = call(&mut bare);
    for guarded in &mut guards {
        call(guarded);
        assert_more(&without, &call(guarded));
    }
}

#[test]
fn a_protected_actix_route() {
    use actix_web::middleware::Identity;
    use actix_web::{App, HttpMessage as _, test, web};

    let runtime = actix_web::rt::Runtime::new().unwrap();
    let bearer = bearer();
    macro_rules! call {
        ($app:expr) => {{
            let request = test::TestRequest::get()
                .uri("/")
                .insert_header(("host", "app.example.com"))
                .insert_header(("authorization", &*bearer))
                .to_request();
            request.extensions_mut().insert("peer");
            measure(|| {
                let answer = runtime.block_on(test::call_service($app, request));
                assert_eq!(answer.status(), 200);
            })
        }};
    }
    let hello = || web::get().to(|| async { "hello" });
    let bare = runtime.block_on(test::init_service(
        App::new()
            .service(web::resource("/").wrap(Identity::default()).route(hello()))
            .wrap(Identity::default()),
    ));
    call!(&bare);
    let without = call!(&bare);
    for guard in [
        clerk_actix::protect(),
        clerk_actix::protect().role("org:admin"),
        clerk_actix::protect().permission("org:billing:manage"),
        clerk_actix::protect().feature("billing"),
    ] {
        let guarded = runtime.block_on(test::init_service(
            App::new()
                .service(web::resource("/").wrap(guard).route(hello()))
                .wrap(ClerkMiddleware::new(clerk())),
        ));
        call!(&guarded);
        assert_more(&without, &call!(&guarded));
    }
}
