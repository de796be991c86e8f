//! Tests without a server: the minter signs tokens, and builds the [`Clerk`](clerk_actix::Clerk) that accepts them.

use actix_web::http::StatusCode;
use actix_web::{App, test};
use clerk_actix::ClerkMiddleware;
use clerk_actix::testing::{TokenMinter, session};

#[actix_web::test]
async fn a_member_is_signed_in_and_an_admin_may_do_more() {
    let minter = TokenMinter::new();
    let middleware = ClerkMiddleware::new(minter.clerk().build().unwrap());
    let app = test::init_service(App::new().configure(crate::routes).wrap(middleware)).await;
    let token = |role: &str| minter.token(&session("user_ada").organization("org_acme", role));
    for (path, token, expected) in [
        ("/", None, StatusCode::OK),
        ("/admin", None, StatusCode::UNAUTHORIZED),
        ("/admin", Some(token("org:member")), StatusCode::FORBIDDEN),
        ("/admin", Some(token("org:admin")), StatusCode::OK),
    ] {
        let mut request = test::TestRequest::get().uri(path);
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status(), expected, "{path}");
    }
}
