//! Bodies that end too early, in both frameworks.

use std::{io, pin::Pin};

use actix_web::{FromRequest as _, ResponseError as _, dev::Payload, error::PayloadError, web};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::FromRequest as _,
    response::IntoResponse as _,
};
use clerk_core::Clerk;
use futures_util::{Stream, stream};
use http::{Request, StatusCode};

fn clerk() -> Clerk {
    Clerk::builder()
        .publishable_key("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk")
        .secret_key("sk_test_example")
        .webhook_signing_secret("whsec_c2VjcmV0")
        .build()
        .unwrap()
}

const REASON: &str = "webhook body could not be read to its end";

#[tokio::test]
async fn axum_says_that_the_body_ended_early() {
    let pieces = [
        Ok(Bytes::from_static(b"{")),
        Err(io::Error::from(io::ErrorKind::ConnectionReset)),
    ];
    let request = Request::new(Body::from_stream(stream::iter(pieces)));
    let refusal = clerk_axum::VerifiedWebhook::from_request(request, &clerk())
        .await
        .unwrap_err();
    let response = refusal.into_response();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body = to_bytes(response.into_body(), 4096).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains(REASON), "{body:?}");
}

#[actix_web::test]
async fn actix_says_that_the_body_ended_early() {
    let pieces = [
        Ok(Bytes::from_static(b"{")),
        Err(PayloadError::Incomplete(None)),
    ];
    let pieces: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> =
        Box::pin(stream::iter(pieces));
    let request = actix_web::test::TestRequest::post()
        .app_data(web::Data::new(clerk()))
        .to_http_request();
    let refusal = clerk_actix::VerifiedWebhook::from_request(&request, &mut Payload::from(pieces))
        .await
        .unwrap_err();
    let response = refusal.error_response();
    assert_eq!(response.status().as_u16(), 400);
    let body = actix_web::body::to_bytes(response.into_body())
        .await
        .unwrap();
    assert!(String::from_utf8_lossy(&body).contains(REASON), "{body:?}");
}
