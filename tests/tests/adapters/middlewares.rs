//! The middlewares among other middlewares: outer ones see refusals, inner ones see the outcome, and all workers share
//! what one of them has loaded.

use std::collections::HashSet;
use std::sync::{Arc, Barrier};

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::middleware::{
    Compress, DefaultHeaders, ErrorHandlers, Next, NormalizePath, from_fn,
};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, FromRequest as _, HttpResponse, web};
use axum::Router;
use axum::routing::get;
use clerk_actix::{Auth, ClerkMiddleware, ClerkRejection, SignedIn, protect};
use clerk_axum::ClerkLayer;
use clerk_core::{RefusalKind, RouteMatcher};
use reqwest::redirect::Policy;

use crate::servers::{AxumServer, Running as _, serve_actix};
use crate::world::{HOST, Setup, World};

async fn hello(session: SignedIn) -> String {
    // Long enough to be compressed.
    format!(
        "hello {}, {}",
        session.user_id(),
        "and hello again, ".repeat(64)
    )
}

async fn nobody_or(auth: Auth) -> String {
    auth.user_id().unwrap_or("nobody").to_owned()
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

async fn text<B: MessageBody>(response: ServiceResponse<B>) -> String {
    let body = to_bytes(response.into_body()).await.ok().unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Imitates a CORS middleware: responds to preflight requests early, and adds a header to every other response.
fn cors_like() -> DefaultHeaders {
    DefaultHeaders::new().add(("access-control-allow-origin", "https://front.test"))
}

#[actix_web::test]
async fn middlewares_around_see_refusals_and_answers() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Usual).unwrap();
    let app = init_service(
        App::new()
            .service(
                web::scope("/api")
                    .wrap(protect().role("org:admin"))
                    .route("/hello", web::get().to(hello)),
            )
            .wrap(ClerkMiddleware::new(clerk))
            .wrap(Compress::default())
            .wrap(ErrorHandlers::new().handler(
                StatusCode::FORBIDDEN,
                |mut response: ServiceResponse<_>| {
                    // The refusal is available as an error, too.
                    let kind = response
                        .response()
                        .error()
                        .and_then(|error| error.as_error::<ClerkRejection>())
                        .map(ClerkRejection::kind);
                    assert_eq!(kind, Some(RefusalKind::Forbidden));
                    response.response_mut().headers_mut().insert(
                        "x-handled".parse().unwrap(),
                        HeaderValue::from_static("yes"),
                    );
                    Ok(actix_web::middleware::ErrorHandlerResponse::Response(
                        response.map_into_left_body(),
                    ))
                },
            ))
            .wrap(cors_like())
            .wrap(NormalizePath::trim()),
    )
    .await;

    for (path, token, status) in [
        ("/api/hello", Some(world.admin()), 200),
        ("//api///hello/", Some(world.admin()), 200),
        ("/api/hello", Some(world.member()), 403),
        ("/api//hello/", Some(world.member()), 403),
        ("/api/hello", None, 401),
        // A scope refuses every path below it, known or not.
        ("/api/nowhere", None, 401),
        ("/api/nowhere", Some(world.admin()), 404),
        ("/nowhere", None, 404),
    ] {
        let mut request = TestRequest::with_uri(path)
            .insert_header(("host", HOST))
            .insert_header(("accept-encoding", "gzip"));
        if let Some(token) = &token {
            request = request.insert_header(bearer(token));
        }
        let response = call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), status, "{path}");
        let headers = response.headers();
        assert_eq!(
            headers.get("access-control-allow-origin").unwrap(),
            "https://front.test",
            "{path}"
        );
        assert_eq!(headers.contains_key("x-handled"), status == 403, "{path}");
        let compressed = headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| encoding == "gzip");
        assert!(compressed || status == 404, "{path}: {headers:?}");
    }
}

#[actix_web::test]
async fn middlewares_below_see_the_outcome_and_their_errors_pass() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Usual).unwrap();
    let app = init_service(
        App::new()
            .service(
                web::scope("/deep/{tenant}")
                    .service(
                        web::scope("/inner")
                            .wrap(from_fn(signed_in_only))
                            .route("/who", web::get().to(nobody_or)),
                    )
                    .wrap(ClerkMiddleware::new(clerk)),
            )
            .route("/above", web::get().to(nobody_or)),
    )
    .await;
    let call = |path: &str, token: Option<String>| {
        let mut request = TestRequest::with_uri(path).insert_header(("host", HOST));
        if let Some(token) = token {
            request = request.insert_header(bearer(&token));
        }
        app.call(request.to_request())
    };
    let response = call("/deep/acme/inner/who", Some(world.admin()))
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(text(response).await, "user_ada");
    // The extractor of the inner middleware refuses with an error that becomes a response further out.
    let refused = call("/deep/acme/inner/who", None).await.err().unwrap();
    assert_eq!(refused.error_response().status(), 401);
    // The middleware of the scope is not that of the application.
    let response = call("/above", Some(world.admin())).await.unwrap();
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "");
}

/// Below the middleware, extractors work in middlewares as well.
async fn signed_in_only(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    request.extract::<SignedIn>().await?;
    next.call(request).await
}

#[actix_web::test]
async fn one_request_fetches_its_user_once() {
    let world = World::new().await;
    let outer = world.clerk(Setup::Usual).unwrap();
    let app = init_service(
        App::new()
            .route(
                "/user",
                web::get().to(
                    |first: clerk_actix::CurrentUser, request: actix_web::HttpRequest| async move {
                        // Extracted again manually, later in the same request.
                        let again = clerk_actix::CurrentUser::extract(&request).await?;
                        assert_eq!(first.0.id, again.0.id);
                        Ok::<_, ClerkRejection>(HttpResponse::Ok().body(again.0.id))
                    },
                ),
            )
            .wrap(ClerkMiddleware::new(outer)),
    )
    .await;
    world.emulator.clear_requests();
    let request = TestRequest::with_uri("/user")
        .insert_header(("host", HOST))
        .insert_header(bearer(&world.admin()))
        .to_request();
    let response = call_service(&app, request).await;
    assert_eq!(text(response).await, "user_ada");
    assert_eq!(world.emulator.requests_to("/v1/users/user_ada").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_share_one_key_cache() {
    const WORKERS: usize = 4;
    let world = World::new().await;
    let clerk = world.clerk(Setup::Usual).unwrap();
    let for_workers = clerk.clone();
    let together = Arc::new(Barrier::new(WORKERS));
    // Every worker holds one request until all of them have one.
    let server = serve_actix!(WORKERS, {
        let together = Arc::clone(&together);
        App::new()
            .route(
                "/",
                web::get().to(move |_: SignedIn| {
                    together.wait();
                    async { format!("{:?}", std::thread::current().id()) }
                }),
            )
            .wrap(ClerkMiddleware::new(for_workers.clone()))
    });
    let url = format!("http://{}/", server.address());
    let requests = (0..WORKERS).map(|_| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .get(&url)
            .header("host", HOST)
            .bearer_auth(world.admin());
        async move { request.send().await.unwrap().text().await.unwrap() }
    });
    let workers: HashSet<String> = futures_util::future::join_all(requests)
        .await
        .into_iter()
        .collect();
    assert_eq!(workers.len(), WORKERS, "{workers:?}");
    assert_eq!(clerk.stats().signing_key_refreshes, 1);
    assert_eq!(world.emulator.requests_to("/v1/jwks").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_router_sends_the_browser_back_to_the_whole_path() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Usual).unwrap();
    let only = RouteMatcher::new(["/shop/cart"]).unwrap();
    let inner = Router::new()
        .route("/cart", get(|| async { "cart" }))
        .layer(clerk_axum::protect().only(only))
        .layer(ClerkLayer::new(clerk));
    let server = AxumServer::start(Router::new().nest("/shop", inner)).await;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    for cookie in ["", "__clerk_db_jwt=dvb_1; __client_uat=0"] {
        let response = client
            .get(format!("http://{}/shop/cart?x=1", server.address()))
            .header("host", HOST)
            .header("accept", "text/html")
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 307, "{cookie}");
        let location = response.headers()["location"].to_str().unwrap();
        assert!(
            location.contains("http%3A%2F%2Fapp.test%3A3000%2Fshop%2Fcart%3Fx%3D1"),
            "{location}"
        );
    }
}
