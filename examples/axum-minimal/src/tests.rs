//! Tests without a server: the minter signs tokens, and builds the [`Clerk`](clerk_axum::Clerk) that accepts them.

use axum::body::Body;
use clerk_axum::testing::{TokenMinter, session};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

#[tokio::test]
async fn a_member_is_signed_in_and_an_admin_may_do_more() {
    let minter = TokenMinter::new();
    let app = crate::app(minter.clerk().build().unwrap());
    let token = |role: &str| minter.token(&session("user_ada").organization("org_acme", role));
    for (path, token, expected) in [
        ("/", None, StatusCode::OK),
        ("/admin", None, StatusCode::UNAUTHORIZED),
        ("/admin", Some(token("org:member")), StatusCode::FORBIDDEN),
        ("/admin", Some(token("org:admin")), StatusCode::OK),
    ] {
        let mut request = Request::get(path).header("host", "localhost");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let response = app.clone().oneshot(request.body(Body::empty()).unwrap());
        assert_eq!(response.await.unwrap().status(), expected, "{path}");
    }
}
