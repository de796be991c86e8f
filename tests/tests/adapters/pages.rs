//! Pages with Clerk's components under both frameworks: scripts, nonce, and the Content-Security-Policy. And the examples
//! with pages, which are the same application twice.

use std::net::SocketAddr;
use std::sync::Arc;

use clerk_core::SystemClock;
use pages_demo::Application;
use reqwest::Response;
use reqwest::redirect::Policy;

use crate::servers::{AxumServer, Pair, Running as _, serve_actix};
use crate::world::{HOST, Setup, World};

async fn get(to: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Response {
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let mut request = client
        .get(format!("http://{to}{path}"))
        .header("host", HOST);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn policies(response: &Response) -> Vec<String> {
    let policies = response.headers().get_all("content-security-policy");
    let policies = policies.iter().map(|value| value.to_str().unwrap());
    policies.map(str::to_owned).collect()
}

fn nonce(policy: &str) -> Option<&str> {
    policy.split("'nonce-").nth(1)?.split('\'').next()
}

const VISITOR: [(&str, &str); 2] = [
    ("accept", "text/html"),
    ("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0"),
];

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_a_policy_with_the_nonce_of_their_scripts() {
    let world = World::new().await;
    let pair = Pair::start(world.clerk(Setup::Pages), world.clerk(Setup::Pages)).await;
    let mut pages = Vec::new();
    for address in [pair.axum.address(), pair.actix.address()] {
        let mut nonces = Vec::new();
        for path in ["/page", "/page", "/page/policy"] {
            let response = get(address, path, &VISITOR).await;
            assert_eq!(response.headers()["cache-control"], "private, no-store");
            let [policy] = <[String; 1]>::try_from(policies(&response)).unwrap();
            assert_eq!(
                policy.contains("https://cdn.mine.example"),
                path == "/page/policy"
            );
            // The Frontend API is below a path of the application; only pictures come from the emulator itself, and forms may
            // lead to its sign-up page.
            let pictures = format!(
                "img-src 'self' data: https://img.clerk.com {}",
                world.emulator.url()
            );
            let forms = format!("form-action 'self' {}", world.emulator.url());
            assert!(policy.contains(&forms), "{policy}");
            assert_eq!(policy.matches(world.emulator.url()).count(), 2, "{policy}");
            assert!(
                policy.contains(&pictures) || path == "/page/policy",
                "{policy}"
            );
            let nonce = nonce(&policy).unwrap().to_owned();
            let html = response.text().await.unwrap();
            assert_eq!(html.matches("<script").count(), 3);
            assert_eq!(html.matches(&format!("nonce=\"{nonce}\"")).count(), 3);
            assert!(html.contains("src=\"/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js\""));
            pages.push((path, policy.replace(&nonce, "N"), html.replace(&nonce, "N")));
            nonces.push(nonce);
        }
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), 3);

        // A stored page keeps its own nonce.
        let unchanged = get(address, "/page/unchanged", &VISITOR).await;
        assert_eq!(unchanged.status(), 304);
        assert!(policies(&unchanged).is_empty());
        // Responses without a page have no nonce, and caches keep them as before.
        let style = get(address, "/static/style.css", &VISITOR).await;
        let [policy] = <[String; 1]>::try_from(policies(&style)).unwrap();
        assert_eq!(nonce(&policy), None);
        assert!(!policy.contains("strict-dynamic"), "{policy}");
        assert_eq!(style.headers()["cache-control"], "public, max-age=60");
        // Nor has what the middleware answers by itself.
        let script = get(address, "/clerk-components.js", &[]).await;
        assert_eq!(
            script.headers()["content-type"],
            "text/javascript; charset=utf-8"
        );
        assert!(script.text().await.unwrap().contains("Clerk.load"));
        let handshake = get(address, "/page", &[("sec-fetch-dest", "document")]).await;
        assert_eq!(handshake.status(), 307);
        assert!(policies(&handshake).is_empty());
    }
    assert_eq!(pages[..3], pages[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_with_pages_answer_alike() {
    const PORT: u16 = 3000;
    let application = Application::on_emulator(PORT, None, SystemClock::default());
    let application = Arc::new(application.await.unwrap());
    let emulator = application.emulator().unwrap();
    let token = emulator
        .session_token("ada@example.com")
        .organization("acme")
        .authorized_party(format!("http://localhost:{PORT}"))
        .mint()
        .unwrap();
    let on_axum = AxumServer::start(axum_web::app(Arc::clone(&application))).await;
    let for_workers = actix_web::web::Data::from(Arc::clone(&application));
    let on_actix = serve_actix!(1, actix_web_pages::app(for_workers.clone()));
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();

    let requests = [
        ("GET", "/", [200, 200], "Notes in the margin"),
        (
            "GET",
            "/sign-in",
            [200, 200],
            "data-clerk-component=\"SignIn\"",
        ),
        (
            "GET",
            "/sign-up",
            [200, 200],
            "data-clerk-component=\"SignUp\"",
        ),
        (
            "GET",
            "/pricing",
            [200, 200],
            "data-clerk-component=\"PricingTable\"",
        ),
        (
            "GET",
            "/profile",
            [401, 200],
            "data-clerk-component=\"UserProfile\"",
        ),
        (
            "GET",
            "/organizations",
            [401, 200],
            "data-clerk-component=\"OrganizationProfile\"",
        ),
        ("GET", "/notes", [401, 200], "No notes yet."),
        ("POST", "/notes", [401, 200], "&lt;b&gt;milk"),
        ("POST", "/notes/1/remove", [401, 200], "No notes yet."),
        ("GET", "/assets/style.css", [200, 200], "--brand"),
        ("GET", "/assets/htmx.js", [200, 200], "htmx"),
        ("GET", "/assets/passwd", [404, 404], ""),
        ("GET", "/nowhere", [404, 404], "Page not found"),
    ];
    for (method, path, statuses, text) in requests {
        for (caller, status) in [None, Some(&token)].into_iter().zip(statuses) {
            for address in [on_axum.address(), on_actix.address()] {
                let mut request = client
                    .request(method.parse().unwrap(), format!("http://{address}{path}"))
                    .header("host", format!("localhost:{PORT}"))
                    .header("hx-request", "true")
                    .header("content-type", "application/x-www-form-urlencoded");
                if method == "POST" && path == "/notes" {
                    request = request.body("text=%3Cb%3Emilk");
                }
                if let Some(token) = caller {
                    request = request.bearer_auth(token);
                }
                let response = request.send().await.unwrap();
                assert_eq!(response.status(), status, "{method} {path} at {address}");
                let body = response.text().await.unwrap();
                // The two template engines escape the same characters in different ways.
                let body = body.replace("&#60;", "&lt;").replace("&#62;", "&gt;");
                if matches!(status, 200 | 404) {
                    assert!(body.contains(text), "{method} {path} at {address}: {body}");
                }
            }
            if method == "POST" && path == "/notes" && caller.is_some() {
                // Both share one store: keep one note for the next request.
                let session = application
                    .clerk()
                    .verify_session_token(&token)
                    .await
                    .unwrap();
                assert_eq!(application.notes().of(&session).len(), 2);
                application.notes().remove(&session, 2);
            }
        }
    }
}
