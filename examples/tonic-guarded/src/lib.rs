//! A gRPC server that authenticates calls by their metadata, and refuses them with a gRPC status.
//!
//! The layers are those of clerk-axum, which need tower but not axum. The services are written by hand, with text as
//! messages, so that the example builds without a protobuf compiler. Generated services use the layers in the same way.

mod client;
mod text_codec;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use clerk_axum::{AuthContext, Clerk, ClerkLayer, Refusal, protect};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::service::LayerExt as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tower::{Service, ServiceBuilder, service_fn};

pub use client::Client;

use crate::text_codec::TextCodec;

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

/// Greets callers and tells them who they are.
#[derive(Clone, Debug)]
struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "demo.Greeter";
}

impl Service<http::Request<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        Box::pin(async move {
            let mut grpc = Grpc::new(TextCodec);
            Ok(match request.uri().path() {
                "/demo.Greeter/Hello" => grpc.unary(service_fn(hello), request).await,
                "/demo.Greeter/WhoAmI" => grpc.unary(service_fn(who_am_i), request).await,
                _ => Status::unimplemented("unknown method").into_http(),
            })
        })
    }
}

/// Accepts every call.
async fn hello(_: Request<String>) -> Result<Response<String>, Status> {
    Ok(Response::new("hello".to_owned()))
}

/// Requires a signed-in user, without a guard.
async fn who_am_i(request: Request<String>) -> Result<Response<String>, Status> {
    let context = request
        .extensions()
        .get::<AuthContext>()
        .ok_or_else(|| status(&Refusal::missing_middleware("ClerkLayer")))?;
    let session = context
        .auth()
        .signed_in()
        .map_err(|refusal| status(&refusal))?;
    Ok(Response::new(session.user_id().to_owned()))
}

fn status(refusal: &Refusal) -> Status {
    Status::new(Code::from_i32(refusal.grpc_code()), refusal.to_string())
}

/// Requires the permission to create invoices; the guard is around the service.
#[derive(Clone, Debug)]
struct Invoices;

impl NamedService for Invoices {
    const NAME: &'static str = "demo.Invoices";
}

impl Service<http::Request<Body>> for Invoices {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Answer {
        Box::pin(async move {
            Ok(match request.uri().path() {
                "/demo.Invoices/Create" => {
                    Grpc::new(TextCodec)
                        .unary(service_fn(create), request)
                        .await
                }
                _ => Status::unimplemented("unknown method").into_http(),
            })
        })
    }
}

async fn create(request: Request<String>) -> Result<Response<String>, Status> {
    Ok(Response::new(format!(
        "Invoice for {}",
        request.into_inner()
    )))
}

/// Serves calls until the future is dropped.
///
/// # Errors
/// Returns an error if the server fails.
pub async fn serve(listener: TcpListener, clerk: Clerk) -> Result<(), tonic::transport::Error> {
    let invoices = ServiceBuilder::new()
        .layer(protect().permission("org:invoices:create").grpc())
        .named_layer(Invoices);
    Server::builder()
        .layer(ClerkLayer::new(clerk))
        .add_service(Greeter)
        .add_service(invoices)
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
}
