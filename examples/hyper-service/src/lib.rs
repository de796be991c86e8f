//! Clerk on plain hyper, without a web framework. It shows what an adapter for another framework has to do:
//!
//! 1. Pass the request to [`Clerk::attach`] and do what [`Next`] says.
//! 2. Store the [`AuthContext`] with the request for guards and handlers.
//! 3. Complete the application's response ([`Completion`](clerk_core::adapter::Completion)), and convert a [`Refusal`] into a
//!    response.

use std::convert::Infallible;

use bytes::Bytes;
use clerk_core::adapter::{AuthContext, GoOn, Next};
use clerk_core::{Clerk, Protect, Refusal};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Answer = Response<Full<Bytes>>;

/// Serves the application on this listener.
///
/// # Errors
/// Returns the error of the listener if it fails.
pub async fn serve(listener: TcpListener, clerk: Clerk) -> std::io::Result<()> {
    let administration = Protect::new().role("org:admin");
    loop {
        let (stream, _) = listener.accept().await?;
        let (clerk, administration) = (clerk.clone(), administration.clone());
        tokio::spawn(async move {
            let service = service_fn(|request| attach(&clerk, &administration, request));
            // A broken connection affects only its client.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// The middleware: authenticates the request and calls the application, unless there is already a response.
async fn attach(
    clerk: &Clerk,
    administration: &Protect,
    mut request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let settled = match clerk.attach(&request) {
        Next::GoOn(go_on) => Ok(go_on),
        Next::Answer(answer) => Err(answer),
        Next::Wait(wait) => wait.finish().await,
        // Only with `ClerkBuilder::frontend_api_proxy`, which this application does not use.
        Next::Forward(_) => return Ok(text(StatusCode::NOT_IMPLEMENTED, "")),
    };
    Ok(match settled {
        Ok(GoOn {
            context,
            completion,
            ..
        }) => {
            request.extensions_mut().insert(context);
            let mut response = route(administration, &request);
            completion.complete(&mut response);
            response
        }
        Err(answer) => answer.map(|_| Full::default()),
    })
}

/// The application.
fn route(administration: &Protect, request: &Request<Incoming>) -> Answer {
    match request.uri().path() {
        "/" => home(request),
        "/me" => me(request).unwrap_or_else(refuse),
        "/admin" => guarded(administration, request).unwrap_or_else(refuse),
        _ => text(StatusCode::NOT_FOUND, "Not found"),
    }
}

/// Accepts every request.
fn home(request: &Request<Incoming>) -> Answer {
    let user = context(request).ok().and_then(|it| it.auth().user_id());
    text(
        StatusCode::OK,
        format!("Hello, {}!", user.unwrap_or("visitor")),
    )
}

/// Requires a signed-in user.
fn me(request: &Request<Incoming>) -> Result<Answer, Refusal> {
    let session = context(request)?.signed_in()?;
    Ok(text(StatusCode::OK, session.user_id().to_owned()))
}

/// Requires what the guard requires.
fn guarded(guard: &Protect, request: &Request<Incoming>) -> Result<Answer, Refusal> {
    context(request)?.protect(guard, request, request.uri().path())?;
    Ok(text(StatusCode::OK, "Welcome to the admin area"))
}

fn context(request: &Request<Incoming>) -> Result<&AuthContext, Refusal> {
    request
        .extensions()
        .get()
        .ok_or_else(|| Refusal::missing_middleware("attach"))
}

fn refuse(refusal: Refusal) -> Answer {
    refusal.into_response().map(Full::new)
}

fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(text.into()));
    *answer.status_mut() = status;
    answer
}
