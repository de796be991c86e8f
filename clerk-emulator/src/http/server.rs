//! The HTTP server, which runs on its own thread, so that it works with blocking tests and without a runtime.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use super::fault::{Effect, whole_seconds};
use super::not_emulated::not_emulated;
use super::origin;
use super::query::Params;
use super::upload::MOST_IMAGE_BYTES;
use crate::admin::{self, ADMIN_PREFIX};
use crate::app::App;
use crate::rules::api_error::ApiError;
use crate::{backend_api, frontend_api, pages};

/// The largest body that is accepted: an image and the form around it.
const MOST_BODY_BYTES: usize = MOST_IMAGE_BYTES + 1024 * 1024;
/// The prefix of the whole Frontend API. Both APIs share some paths, such as `/v1/organizations`; below this prefix,
/// they are unambiguous.
const FRONTEND_PREFIX: &str = "/fapi";
/// The prefixes of the paths that browser SDKs call.
const API_ROOTS: &[&str] = &["/v1/", "/api_keys"];
/// The query parameters that only browser SDKs and handshakes send, with every request to the Frontend API.
const FRONTEND_MARKS: &[&str] = &[
    "__clerk_api_version",
    "_clerk_js_version",
    "__clerk_db_jwt",
    "_clerk_session_id",
    "_is_native",
];
/// The largest body that is read to its end, so that the connection can be reused.
const MOST_DRAINED_BYTES: usize = 256 * 1024 * 1024;

/// Serves until `stop` is sent or dropped, then closes the open connections.
pub(crate) async fn serve(listener: StdListener, app: Arc<App>, stop: oneshot::Receiver<()>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the listener cannot be used");
            return;
        }
    };
    let router = router(&app);
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (app, router) = (Arc::clone(&app), router.clone());
                    tokio::spawn(async move {
                        let service = service_fn(move |request| {
                            answer(Arc::clone(&app), router.clone(), request)
                        });
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "connection ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::task::yield_now().await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = stop => {}
    }
}

fn router(app: &Arc<App>) -> Router {
    Router::new()
        .nest("/v1", backend_api::routes(app))
        .nest("/v1", backend_api::machine_routes(app))
        .nest("/v1", backend_api::public_routes(app))
        .merge(backend_api::machine_routes(app))
        .merge(frontend_api::routes())
        .merge(frontend_api::page_routes())
        .nest(
            FRONTEND_PREFIX,
            frontend_api::routes().merge(frontend_api::shared_routes()),
        )
        .merge(pages::routes(app))
        .merge(admin::routes(app))
        .fallback(not_emulated)
        .method_not_allowed_fallback(not_emulated)
        // The server has already read the body by then, and has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(app))
}

/// The connection is closed without a response, because of a fault or because the client is gone.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

async fn answer(
    app: Arc<App>,
    router: Router,
    request: http::Request<Incoming>,
) -> Result<Response, Cut> {
    let (parts, body) = request.into_parts();
    // Read before any response: a response to half a request spoils the connection for the next one.
    let body = read(body).await;
    if let Err(refusal) = origin::check(&app, &parts.headers) {
        return Ok(pages::readable(&parts.headers, refusal.into_response()));
    }
    // Requests that tests or people make to the emulator itself are not the application's.
    if is_own(parts.uri.path()) {
        return match body {
            Ok(body) => pass_on(router, parts, body).await,
            Err(refusal) => refusal,
        };
    }
    let number = app.recorder.record(&parts, app.clock.now_ms());
    let answer = match body {
        Ok(body) => with_faults(&app, router, parts, body).await,
        Err(refusal) => refusal,
    };
    if let Ok(response) = &answer {
        app.recorder.note_status(number, response.status());
    }
    answer
}

/// Returns true for paths of the admin interface and of the page at the root.
fn is_own(path: &str) -> bool {
    let below = path.strip_prefix(ADMIN_PREFIX);
    path == "/" || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn with_faults(
    app: &Arc<App>,
    router: Router,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Cut> {
    let path = parts.uri.path();
    let path = path.strip_prefix(FRONTEND_PREFIX).unwrap_or(path);
    for effect in app.faults.take(&parts.method, path) {
        match effect {
            Effect::Slow(delay) => tokio::time::sleep(delay).await,
            Effect::Cut => return Err(Cut),
            failure => return Ok(fault_response(failure)),
        }
    }
    pass_on(router, parts, body).await
}

async fn pass_on(router: Router, mut parts: Parts, body: Bytes) -> Result<Response, Cut> {
    normalize(&mut parts);
    if parts.method == Method::OPTIONS && parts.uri.path().starts_with(FRONTEND_PREFIX) {
        return Ok(frontend_api::preflight(&parts.headers));
    }
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, Body::from(body));
    match router.oneshot(request).await {
        Ok(response) => Ok(pages::readable(&headers, response)),
        Err(never) => {
            let never: Infallible = never;
            match never {}
        }
    }
}

/// Reads a body to its end. The content of a body that is too large is dropped.
async fn read(mut body: Incoming) -> Result<Bytes, Result<Response, Cut>> {
    let mut kept = BytesMut::new();
    let mut length: usize = 0;
    while let Some(frame) = body.frame().await {
        // The client is gone, so there is no one to respond to.
        let frame = frame.map_err(|_| Err(Cut))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length > MOST_DRAINED_BYTES {
            break;
        }
        if length <= MOST_BODY_BYTES {
            kept.extend_from_slice(&data);
        } else {
            kept = BytesMut::new();
        }
    }
    if length <= MOST_BODY_BYTES {
        return Ok(kept.freeze());
    }
    let mut refusal = ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "request_body_too_large",
        format!("The request body is larger than {MOST_BODY_BYTES} bytes"),
    )
    .into_response();
    if length > MOST_DRAINED_BYTES {
        refusal
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Err(Ok(refusal))
}

fn fault_response(effect: Effect) -> Response {
    match effect {
        Effect::Answer {
            status,
            content_type,
            body,
        } => {
            let mut response = (status, body).into_response();
            if let Ok(content_type) = HeaderValue::try_from(content_type) {
                response
                    .headers_mut()
                    .insert(http::header::CONTENT_TYPE, content_type);
            }
            response
        }
        Effect::TooManyRequests(delay) => {
            let mut response = ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many requests, as a fault demands",
            )
            .into_response();
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
            response
        }
        Effect::Status(status) => {
            ApiError::new(status, "internal_clerk_error", "Failed, as a fault demands")
                .into_response()
        }
        // Delays and cuts are not responses; the caller has handled them.
        Effect::Slow(_) | Effect::Cut => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Undoes two habits of the browser SDK: it sends `POST` with `_method` in the query for methods other than
/// `GET` and `POST`, and begins or ends some paths with an extra slash. Requests from browser SDKs go to the
/// Frontend API.
fn normalize(parts: &mut http::request::Parts) {
    let params = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    if parts.method == Method::POST
        && let Some(method) = params.get("_method")
        && let Some(method) = [Method::PATCH, Method::PUT, Method::DELETE]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(method))
    {
        parts.method = method;
    }
    let path = parts.uri.path();
    let trimmed = path.trim_end_matches('/');
    let surplus = trimmed.len() - trimmed.trim_start_matches('/').len();
    let trimmed = &trimmed[surplus.saturating_sub(1)..];
    let is_api = API_ROOTS.iter().any(|root| trimmed.starts_with(root));
    let is_frontend = is_api && FRONTEND_MARKS.iter().any(|mark| params.get(mark).is_some());
    let mut rewritten = String::new();
    if is_frontend {
        rewritten.push_str(FRONTEND_PREFIX);
    }
    rewritten.push_str(if trimmed.is_empty() { path } else { trimmed });
    if rewritten == path {
        return;
    }
    if let Some(query) = parts.uri.query() {
        rewritten.push('?');
        rewritten.push_str(query);
    }
    if let Ok(uri) = rewritten.parse() {
        parts.uri = uri;
    }
}
