//! A gRPC server whose callers are authenticated by their metadata, and refused with a gRPC status.
//!
//! The layers are those of clerk-axum: they need tower, not axum. The services are written by hand, with text for
//! messages, so that the example builds without a protobuf compiler; generated services take the layers in the same
//! way.

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

/// Tells callers who they are.
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
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}

/// For everybody.
async fn hello(_: Request<String>) -> Result<Response<String>, Status> {
    Ok(Response::new("hello".to_owned()))
}

/// For whoever is signed in: the method looks by itself.
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

/// For people who may create invoices: the guard stands around the service.
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
                _ => Status::unimplemented("there is no such method").into_http(),
            })
        })
    }
}

async fn create(request: Request<String>) -> Result<Response<String>, Status> {
    Ok(Response::new(format!(
        "invoice for {}",
        request.into_inner()
    )))
}

/// Serves until the task is dropped.
///
/// # Errors
/// When the server cannot run.
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
