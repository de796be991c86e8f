//! Handlers can be tested without a server and without a middleware, whose results are created in one line.

use axum::body::Body;
use clerk_core::adapter::AuthContext;
use clerk_core::testing::{TokenMinter, api_key, session};
use clerk_core::{Auth, Policy, RefusalKind, Require};
use http::Request;
use tower::ServiceExt as _;

struct ReadReports;

impl Policy for ReadReports {
    fn require() -> Require {
        Require::permission("org:reports:read")
    }
}

macro_rules! a_handler_takes_what_a_test_makes {
    ($name:ident, $framework:ident) => {
        #[tokio::test]
        async fn $name() {
            use $framework::{ClerkRejection, Guarded, SignedIn};

            async fn greet(auth: $framework::Auth) -> String {
                format!("hello, {:?}", auth.user_id())
            }
            async fn me(session: SignedIn) -> String {
                session.user_id().to_owned()
            }
            async fn reports(session: Guarded<ReadReports>) -> String {
                format!(
                    "the reports of {:?}",
                    session.organization().map(|o| o.id.to_owned())
                )
            }

            async fn archive(session: SignedIn) -> Result<String, ClerkRejection> {
                session.protect(&Require::role("org:admin"))?;
                if session.user_id() == "user_suspended" {
                    return Err(session.forbidden().into());
                }
                Ok(format!("archived by {}", session.user_id()))
            }

            let reader = || {
                session("user_ada")
                    .organization("org_acme", "org:member")
                    .permission("org:reports:read")
                    .auth()
            };
            assert_eq!(greet(reader().into()).await, "hello, Some(\"user_ada\")");
            assert_eq!(greet(Auth::signed_out(None).into()).await, "hello, None");
            assert_eq!(me(reader().try_into().unwrap()).await, "user_ada");
            let answer = reports(reader().try_into().unwrap()).await;
            assert_eq!(answer, "the reports of Some(\"org_acme\")");
            for (user, role, answer) in [
                (
                    "user_ada",
                    "org:admin",
                    Ok("archived by user_ada".to_owned()),
                ),
                ("user_ada", "org:member", Err(RefusalKind::Forbidden)),
                ("user_suspended", "org:admin", Err(RefusalKind::Forbidden)),
            ] {
                let session = session(user).organization("org_acme", role).auth();
                let archived = archive(session.try_into().unwrap()).await;
                assert_eq!(archived.map_err(|why| why.kind()), answer, "{user} {role}");
            }

            // Values that a handler would never be called with cannot be created.
            for nobody in [Auth::signed_out(None), api_key("user_ada", &["read"])] {
                let refused = SignedIn::try_from(nobody).unwrap_err();
                assert_eq!(refused.kind(), RefusalKind::Unauthenticated);
            }
            let pending = session("user_ada").claim("sts", "pending").auth();
            SignedIn::try_from(pending).unwrap_err();
            let stranger = session("user_alan").organization("org_acme", "org:member");
            let refused: ClerkRejection =
                Guarded::<ReadReports>::try_from(stranger.auth()).unwrap_err();
            assert_eq!(refused.kind(), RefusalKind::Forbidden);
        }
    };
}

a_handler_takes_what_a_test_makes!(handlers_of_axum, clerk_axum);
a_handler_takes_what_a_test_makes!(handlers_of_actix_web, clerk_actix);

/// A router without its layer, which the test replaces.
#[tokio::test]
async fn a_request_carries_the_auth_object_of_a_test() {
    let clerk = TokenMinter::new().clerk().build().unwrap();
    let app = axum::Router::new().route(
        "/",
        axum::routing::get(
            |session: clerk_axum::SignedIn| async move { session.user_id().to_owned() },
        ),
    );
    for (auth, status) in [
        (session("user_ada").auth(), 200),
        (Auth::signed_out(None), 401),
    ] {
        let mut request = Request::new(Body::empty());
        let context = AuthContext::new(clerk.clone(), auth);
        request.extensions_mut().insert(context);
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
    }
}
