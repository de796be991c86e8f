//! Pages of other sites that are open in the developer's browser: no route does anything for them.

use clerk_emulator::{Emulator, Expectation, Fault, UserSeed};
use http::{Method, StatusCode};
use serde_json::json;

use crate::caller::Caller;

/// One route of each kind, relative to the emulator's URL.
const ROUTES: &[(Method, &str)] = &[
    (Method::POST, "/_emulator/reset"),
    (Method::GET, "/_emulator/state"),
    (Method::GET, "/_emulator/requests"),
    (Method::POST, "/_emulator/v1/users"),
    (Method::DELETE, "/_emulator/inbox"),
    (Method::GET, "/_emulator/assets/dashboard.js"),
    (Method::GET, "/v1/users"),
    (Method::POST, "/v1/users"),
    (Method::GET, "/v1/jwks"),
    (Method::GET, "/api_keys?subject=user_nobody"),
    (Method::POST, "/m2m_tokens"),
    (Method::GET, "/"),
    (Method::GET, "/sign-in"),
    (Method::POST, "/sign-in"),
    (Method::POST, "/sign-up"),
    (Method::GET, "/sign-out"),
    (Method::GET, "/provider/google"),
    (Method::POST, "/provider/google"),
    (Method::GET, "/oauth/consent"),
    (Method::GET, "/images/user_nobody"),
    (Method::GET, "/v1/environment"),
    (Method::POST, "/v1/dev_browser"),
    (Method::POST, "/fapi/v1/client/sign_ins"),
    (Method::OPTIONS, "/fapi/v1/client"),
    (Method::GET, "/nowhere"),
];

/// What a form or a script of another site sends: it needs no leave for this content type.
async fn attack(
    client: &reqwest::Client,
    emulator: &Emulator,
    (method, path): &(Method, &str),
    (name, value): (&str, &str),
) -> reqwest::Response {
    let request = client.request(method.clone(), format!("{}{path}", emulator.url()));
    request
        .header(name, value)
        .header("content-type", "text/plain")
        .bearer_auth(emulator.secret_key())
        .body("{}")
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn foreign_pages_are_refused_before_any_effect() {
    let emulator = Emulator::builder()
        .allow_origin("http://app.test:3000")
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let caller = Caller::new(&emulator);
    let bob = json!({ "email_address": ["bob@example.com"], "skip_password_requirement": true });
    caller.call(Method::POST, "/users", Some(&bob)).await;
    emulator.faults().add(Fault::status(503));
    emulator.clear_requests();
    emulator.expect(Expectation::of("GET", "/v1/jwks").times(0));
    let before = emulator.export().to_json().unwrap();
    for route in ROUTES {
        for origin in [
            "https://evil.example",
            "null",
            "http://127.0.0.1.evil.example",
            "http://app.test:3001",
            "https://app.test:3000",
        ] {
            let refused = attack(&client, &emulator, route, ("origin", origin)).await;
            assert_eq!(refused.status(), 400, "{route:?} {origin}");
            assert_eq!(refused.headers().get("access-control-allow-origin"), None);
            assert!(refused.text().await.unwrap().contains("origin_invalid"));
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example:80",
            "192.168.1.7:4000",
        ] {
            let refused = attack(&client, &emulator, route, ("host", host)).await;
            assert_eq!(refused.status(), 403, "{route:?} {host}");
            assert!(refused.text().await.unwrap().contains("host_invalid"));
        }
    }
    // Nothing was changed, recorded, counted or used up.
    assert_eq!(emulator.export().to_json().unwrap(), before);
    assert_eq!(emulator.requests().len(), 0);
    emulator.verify().unwrap();
    assert_eq!(caller.call(Method::GET, "/users", None).await.status, 503);

    for origin in [
        "http://localhost:3000",
        "http://app.test:3000",
        emulator.url(),
    ] {
        let route = (Method::GET, "/_emulator/clock");
        let answered = attack(&client, &emulator, &route, ("origin", origin)).await;
        assert_eq!(answered.status(), 200, "{origin}");
    }
}

#[tokio::test]
async fn what_other_sites_embed_does_not_reach_the_admin_interface_and_the_backend_api() {
    let emulator = Emulator::builder().start().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (site, mode, status) in [
        ("cross-site", "no-cors", 400),
        ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
    ] {
        let request = client.get(format!("{}/state", emulator.admin_url()));
        let request = request
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode);
        assert_eq!(
            request.send().await.unwrap().status(),
            status,
            "{site} {mode}"
        );
    }
}

#[tokio::test]
async fn a_star_opens_the_frontend_api_alone() {
    let emulator = Emulator::builder().allow_origin("*").start().await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (route, status) in [
        ((Method::GET, "/v1/environment"), 200),
        ((Method::GET, "/_emulator/state"), 400),
        ((Method::POST, "/_emulator/reset"), 400),
        ((Method::GET, "/v1/users"), 400),
        ((Method::GET, "/"), 400),
    ] {
        let origin = ("origin", "https://app.example");
        let answered = attack(&client, &emulator, &route, origin).await;
        assert_eq!(answered.status(), status, "{route:?}");
    }
}

#[tokio::test]
async fn beyond_loopback_only_addresses_and_the_public_name_are_answered() {
    let emulator = Emulator::builder()
        .dangerous_bind([0, 0, 0, 0].into())
        .public_url("http://clerk-emulator:4000")
        .start()
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://127.0.0.1:{}/health", emulator.address().port());
    for (host, status) in [
        ("clerk-emulator:4000", StatusCode::OK),
        ("192.168.1.7:4000", StatusCode::OK),
        ("[fd00::1]:4000", StatusCode::OK),
        ("localhost", StatusCode::OK),
        ("evil.example", StatusCode::FORBIDDEN),
        ("user@clerk-emulator", StatusCode::FORBIDDEN),
    ] {
        let answered = client.get(&url).header("host", host).send().await.unwrap();
        assert_eq!(answered.status(), status, "{host}");
    }
}
