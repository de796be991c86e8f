//! The quickstarts of both frameworks are the same application.

use std::sync::Arc;

use clerk_core::SystemClock;
use clerk_emulator::{Emulator, Fault};
use quickstart_demo::Instance;
use reqwest::redirect::Policy;

use crate::servers::{AxumServer, Running as _, serve_actix};

const PORT: u16 = 3000;
const HTML: &str = "text/html; charset=utf-8";

#[tokio::test(flavor = "multi_thread")]
async fn the_quickstarts_answer_alike() {
    let instance = Instance::on_emulator(PORT, Emulator::builder(), SystemClock::default());
    let instance = Arc::new(instance.await.unwrap());
    let emulator = instance.emulator().unwrap();
    let token = |person: &str| {
        emulator
            .session_token(person)
            .organization("acme")
            .authorized_party(format!("http://localhost:{PORT}"))
            .mint()
            .unwrap()
    };
    let callers = [
        None,
        Some(token("alan@example.com")),
        Some(token("ada@example.com")),
    ];

    let on_axum = AxumServer::start(axum_quickstart::app(Arc::clone(&instance))).await;
    let for_workers = actix_web::web::Data::from(Arc::clone(&instance));
    let on_actix = serve_actix!(1, actix_quickstart::app(for_workers.clone()));
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();

    let requests = [
        ("GET", "/", [200, 200, 200]),
        ("GET", "/me", [401, 200, 200]),
        ("GET", "/dashboard", [401, 200, 200]),
        ("GET", "/admin", [401, 403, 200]),
        ("GET", "/invoices", [401, 403, 200]),
        ("GET", "/try", [200, 200, 200]),
        ("POST", "/api/invoices", [401, 403, 200]),
        ("GET", "/nowhere", [404, 404, 404]),
        ("POST", "/admin/%2e%2e//%FF", [404, 404, 404]),
    ];
    for (method, path, statuses) in requests {
        for (caller, expected) in callers.iter().zip(statuses) {
            let mut answers = Vec::new();
            for address in [on_axum.address(), on_actix.address()] {
                let mut request = client
                    .request(method.parse().unwrap(), format!("http://{address}{path}"))
                    .header("host", format!("localhost:{PORT}"));
                if let Some(token) = caller {
                    request = request.bearer_auth(token);
                }
                let response = request.send().await.unwrap();
                let status = response.status().as_u16();
                let kind = response.headers().get("content-type").cloned();
                let challenge = response.headers().get("www-authenticate").cloned();
                let body = response.text().await.unwrap();
                let (body, sources) = without_sources(&body);
                let is_page = kind.as_ref().is_some_and(|kind| kind == HTML) && status == 200;
                assert_eq!(
                    !sources.is_empty(),
                    is_page,
                    "{method} {path}: the code behind the page"
                );
                assert!(
                    sources.iter().all(|source| !source.is_empty()),
                    "{method} {path}: {sources:?}"
                );
                answers.push((status, kind, challenge, body));
            }
            assert_eq!(answers[0], answers[1], "{method} {path}");
            let has_way_back = answers[0].3.contains("Back to the home page");
            assert_eq!(has_way_back, expected == 404, "{method} {path}");
            assert_eq!(answers[0].0, expected, "{method} {path}");
        }
    }
}

/// Returns the page without the lines of source that it shows, which differ between the frameworks, and those lines.
fn without_sources(page: &str) -> (String, Vec<&str>) {
    const START: &str = "<pre class=\"source\"><code>";
    let mut parts = page.split(START);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let mut sources = Vec::new();
    for part in parts {
        let (source, after) = part.split_once("</code></pre>").unwrap();
        sources.push(source);
        rest.push_str(after);
    }
    // Tokens are minted for each page.
    let tokens = rest.find("<pre id=\"tokens\">");
    let end = tokens.and_then(|start| rest[start..].find("</pre>").map(|end| start..start + end));
    if let Some(tokens) = end {
        rest.replace_range(tokens, "");
    }
    (rest, sources)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_home_page_answers_while_clerk_is_down() {
    let instance = Instance::on_emulator(PORT, Emulator::builder(), SystemClock::default());
    let instance = Arc::new(instance.await.unwrap());
    let emulator = instance.emulator().unwrap();
    let token = emulator
        .session_token("ada@example.com")
        .authorized_party(format!("http://localhost:{PORT}"))
        .mint()
        .unwrap();
    let on_axum = AxumServer::start(axum_quickstart::app(Arc::clone(&instance))).await;
    let for_workers = actix_web::web::Data::from(Arc::clone(&instance));
    let on_actix = serve_actix!(1, actix_quickstart::app(for_workers.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let home = async |token: Option<&str>| {
        let mut texts = Vec::new();
        for address in [on_axum.address(), on_actix.address()] {
            let mut request = client.get(format!("http://{address}/"));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200);
            texts.push(response.text().await.unwrap());
        }
        texts.join("")
    };

    // No keys have been loaded yet, and none can be.
    emulator.faults().stop_keys();
    for caller in [None, Some(&*token)] {
        assert!(!home(caller).await.contains("Hello, Ada"));
    }
    emulator.faults().resume_keys();
    // Keys load again, but users cannot be looked up.
    for fault in [Fault::status(500), Fault::cut_connection()] {
        emulator.faults().add(fault.on("/v1/users").always());
        for caller in [None, Some(&*token)] {
            assert!(!home(caller).await.contains("Hello, Ada"));
        }
        emulator.faults().clear();
    }
}
