//! Signing out in both frameworks: the session ends and its cookies are removed, but neither happens during an outage
//! of Clerk.

use std::net::SocketAddr;

use clerk_emulator::Fault;
use reqwest::{Response, StatusCode};

use crate::servers::{Pair, Running as _};
use crate::world::{ADMIN, HOST, Setup, World};

async fn leave(to: SocketAddr, headers: &[(&str, String)]) -> Response {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client
        .post(format!("http://{to}/leave"))
        .header("host", HOST);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.send().await.unwrap()
}

fn cleared(response: &Response) -> Vec<String> {
    let cookies = response.headers().get_all("set-cookie").iter();
    cookies
        .map(|cookie| cookie.to_str().unwrap())
        .filter(|cookie| cookie.contains("Max-Age=0"))
        .map(|cookie| cookie.split('=').next().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_and_its_cookies_go() {
    let world = World::new().await;
    let emulator = &world.emulator;
    let clerk = world.clerk(Setup::Usual).unwrap();
    let pair = Pair::start(Some(clerk.clone()), Some(clerk.clone())).await;
    let suffix = emulator.cookie_suffix();
    for (name, address) in [
        ("axum", pair.axum.address()),
        ("actix", pair.actix.address()),
    ] {
        let token = world.token(ADMIN).mint().unwrap();
        let session = clerk.verify_session_token(&token).await.unwrap();
        let id = session.session_id().unwrap();
        let status = || async {
            let session = clerk.api().sessions().get(id).send().await.unwrap();
            session.status.as_str().to_owned()
        };
        assert_eq!(status().await, "active", "{name}");
        let cookies = format!(
            "__clerk_db_jwt=dvb_1; __client_uat={}; __session={token}",
            world.seconds_ago(30)
        );

        // The API fails, so the response must not claim that the user is signed out.
        emulator
            .faults()
            .add(Fault::internal_error().on("/v1/sessions").always());
        let failed = leave(address, &[("cookie", cookies.clone())]).await;
        assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}");
        assert_eq!(cleared(&failed), Vec::<String>::new(), "{name}");
        emulator.faults().clear();
        assert_eq!(status().await, "active", "{name}");

        let left = leave(address, &[("cookie", cookies.clone())]).await;
        assert_eq!(left.status(), StatusCode::OK, "{name}");
        assert_eq!(
            left.headers()["cache-control"],
            "private, no-store",
            "{name}"
        );
        assert_eq!(
            cleared(&left),
            [
                "__session".to_owned(),
                format!("__session_{suffix}"),
                "__refresh".to_owned(),
                format!("__refresh_{suffix}"),
            ],
            "{name}"
        );
        assert_eq!(status().await, "revoked", "{name}");

        // Again, and without a session: there is nothing left to do.
        for headers in [vec![("cookie", cookies)], Vec::new()] {
            let again = leave(address, &headers).await;
            assert_eq!(again.status(), StatusCode::OK, "{name}");
            assert_eq!(cleared(&again).len(), 4, "{name}");
        }
    }
}
