//! The HTTP server: one thread of its own, so that neither a blocking test nor a missing runtime stops it.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode, Uri};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use url::Url;

use crate::faults::Effect;
use crate::instance::is_loopback;
use crate::params::Params;
use crate::reply::ApiError;
use crate::shared::Shared;
use crate::{backend_api, frontend_api};

/// Serves until `stop` is sent or dropped; connections that are still open are cut.
pub(crate) async fn serve(listener: StdListener, shared: Arc<Shared>, stop: oneshot::Receiver<()>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the listener cannot be used");
            return;
        }
    };
    let router = router(&shared);
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let (shared, router) = (Arc::clone(&shared), router.clone());
                    tokio::spawn(async move {
                        let service = service_fn(move |request| {
                            answer(Arc::clone(&shared), router.clone(), request)
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

fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .nest("/v1", backend_api::routes(shared))
        .nest("/v1", backend_api::machine_routes(shared))
        .merge(backend_api::machine_routes(shared))
        .merge(frontend_api::routes(shared))
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here)
        .with_state(Arc::clone(shared))
}

/// Never a 5xx: some clients repeat those for an hour.
async fn nothing_here(method: Method, uri: Uri) -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "resource_not_found",
        format!("The emulator has no operation {method} {}", uri.path()),
    )
}

/// A fault told the server to drop the connection.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut, as a fault demands")]
struct Cut;

async fn answer(
    shared: Arc<Shared>,
    router: Router,
    request: http::Request<Incoming>,
) -> Result<Response, Cut> {
    let (mut parts, body) = request.into_parts();
    shared.recorder.record(&parts);
    if shared.instance.loopback_only && !names_loopback(&parts.headers) {
        return Ok(ApiError::new(
            StatusCode::FORBIDDEN,
            "host_invalid",
            "The emulator listens on loopback and answers only requests whose Host is a loopback name",
        )
        .into_response());
    }
    for effect in shared.faults.take(&parts.method, parts.uri.path()) {
        match effect {
            Effect::Slow(delay) => tokio::time::sleep(delay).await,
            Effect::Cut => return Err(Cut),
            failure => return Ok(fault_response(failure)),
        }
    }
    normalise(&mut parts);
    let request = Request::from_parts(parts, Body::new(body));
    match router.oneshot(request).await {
        Ok(response) => Ok(response),
        Err(never) => {
            let never: Infallible = never;
            match never {}
        }
    }
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
            let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
            let mut response = ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many requests, as a fault demands",
            )
            .into_response();
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Effect::Status(status) => {
            ApiError::new(status, "internal_clerk_error", "Failed, as a fault demands")
                .into_response()
        }
        // Delays and cuts are no answers; the caller has dealt with them.
        Effect::Slow(_) | Effect::Cut => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Pages of other sites can make a name of theirs lead to 127.0.0.1; their requests still carry that name.
fn names_loopback(headers: &http::HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    host.to_str()
        .ok()
        .and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        .is_some_and(|url| {
            url.username().is_empty() && url.host().is_some_and(|host| is_loopback(&host))
        })
}

/// The browser SDK sends `POST` with `_method` in the query for everything but `GET` and `POST`, and some
/// collections with a trailing slash.
fn normalise(parts: &mut http::request::Parts) {
    if parts.method == Method::POST
        && parts.uri.path().starts_with("/v1/")
        && let Some(query) = parts.uri.query()
        && let Some(method) = Params::parse(query.as_bytes()).get("_method")
        && let Some(method) = [Method::PATCH, Method::PUT, Method::DELETE]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(method))
    {
        parts.method = method;
    }
    let path = parts.uri.path();
    if path.len() > 1 && path.ends_with('/') {
        let trimmed = path.trim_end_matches('/');
        let rewritten = match parts.uri.query() {
            Some(query) => format!("{trimmed}?{query}"),
            None => trimmed.to_owned(),
        };
        if let Ok(uri) = rewritten.parse() {
            parts.uri = uri;
        }
    }
}
