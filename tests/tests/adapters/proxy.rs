//! The proxy of the Frontend API under both frameworks: to the emulator, and to a server that records what arrives.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::routing::any;
use clerk_core::{Clerk, FrontendApiProxy};
use futures_util::StreamExt as _;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::servers::{AxumServer, Pair, Running as _};
use crate::world::{HOST, ORIGIN, Setup, World};

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frontend_api_is_below_the_path() {
    let world = World::new().await;
    let pair = Pair::start(world.clerk(Setup::Pages), world.clerk(Setup::Pages)).await;
    let client = client();
    let query = "_clerk_js_version=6.0.0";
    let direct = format!("{}/v1/environment?{query}", world.emulator.url());
    let direct = client
        .get(direct)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for address in [pair.axum.address(), pair.actix.address()] {
        let url = |path: &str| format!("http://{address}{path}");
        let environment = client.get(url(&format!("/__clerk/v1/environment?{query}")));
        let environment = environment.header("host", HOST).send().await.unwrap();
        assert_eq!(environment.status(), 200);
        assert_eq!(environment.text().await.unwrap(), direct);

        let browser = client.post(url(&format!("/__clerk/v1/dev_browser?{query}")));
        let browser = browser.header("host", HOST).send().await.unwrap();
        let browser: Value = serde_json::from_str(&browser.text().await.unwrap()).unwrap();
        let token = browser["id"].as_str().unwrap();
        let sign_in = client
            .post(url(&format!(
                "/__clerk/v1/client/sign_ins?{query}&__clerk_db_jwt={token}"
            )))
            .header("host", HOST)
            .header("origin", ORIGIN)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("identifier=ada%40example.com")
            .send()
            .await
            .unwrap();
        assert_eq!(sign_in.status(), 200);
        let sign_in: Value = serde_json::from_str(&sign_in.text().await.unwrap()).unwrap();
        assert_eq!(sign_in["response"]["identifier"], "ada@example.com");

        // Handshakes go through the proxy, too.
        let visit = client.get(url("/page")).header("host", HOST);
        let visit = visit
            .header("sec-fetch-dest", "document")
            .send()
            .await
            .unwrap();
        let location = visit.headers()["location"].to_str().unwrap().to_owned();
        let start = format!("{ORIGIN}/__clerk/v1/client/handshake?");
        assert!(location.starts_with(&start), "{location}");
        // Other paths are the application's.
        let other = client.get(url("/__clerk-admin")).header("host", HOST);
        assert_eq!(other.send().await.unwrap().status(), 404);
    }
}

/// What arrived at the upstream: URL, headers and body.
type Arrived = (Uri, HeaderMap, Bytes);

#[derive(Clone)]
struct Upstream {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    /// Parts of request bodies, as they come.
    parts: mpsc::UnboundedSender<Bytes>,
    /// Parts of the response to `/slow`.
    response: Arc<Mutex<Option<mpsc::UnboundedReceiver<Bytes>>>>,
}

async fn upstream(
    State(upstream): State<Upstream>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let mut body = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(part) = body.next().await {
        let Ok(part) = part else {
            return Response::new(Body::empty());
        };
        whole.extend_from_slice(&part);
        upstream.parts.send(part).unwrap();
    }
    let path = uri.path().to_owned();
    let arrived = (uri, headers, Bytes::from(whole));
    upstream.arrived.lock().unwrap().push(arrived);
    let response = Response::builder();
    match path.as_str() {
        "/slow" => {
            let parts = upstream.response.lock().unwrap().take().unwrap();
            let parts = stream::unfold(parts, |mut parts| async move {
                let part = parts.recv().await?;
                Some((Ok::<_, std::io::Error>(part), parts))
            });
            response.body(Body::from_stream(parts)).unwrap()
        }
        "/never" => std::future::pending().await,
        _ => response
            .status(StatusCode::FOUND)
            .header("location", "/elsewhere?x")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("connection", "x-hop")
            .header("x-hop", "1")
            .body(Body::from("moved"))
            .unwrap(),
    }
}

fn part(data: impl Into<Bytes>) -> Result<Frame<Bytes>, std::io::Error> {
    Ok(Frame::data(data.into()))
}

/// A pair of applications in front of one upstream.
async fn in_front_of(
    world: &World,
    address: SocketAddr,
    configure: impl Fn(FrontendApiProxy) -> FrontendApiProxy,
) -> Pair {
    let clerk = || {
        let proxy = FrontendApiProxy::new().upstream(format!("http://{address}"));
        let clerk = Clerk::builder().from_vars(world.emulator.env());
        clerk.frontend_api_proxy(configure(proxy)).build().unwrap()
    };
    Pair::start(Some(clerk()), Some(clerk())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_and_responses_are_forwarded_with_their_headers() {
    let world = World::new().await;
    let (parts, mut received) = mpsc::unbounded_channel();
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let state = Upstream {
        arrived: Arc::clone(&arrived),
        parts,
        response: Arc::default(),
    };
    let app = axum::Router::new()
        .fallback(any(upstream))
        .with_state(state.clone());
    let server = AxumServer::start(app).await;
    let client = client();

    for (trusted, address) in [(false, "127.0.0.1"), (true, "203.0.113.7")] {
        let pair = in_front_of(&world, server.address(), |proxy| match trusted {
            true => proxy.trusted_proxies(["127.0.0.0/8"]).body_limit(100),
            false => proxy.body_limit(100),
        });
        let pair = pair.await;
        for to in [pair.axum.address(), pair.actix.address()] {
            let response = client
                .post(format!("http://{to}/__clerk//evil.example/v1?a=b%20c"))
                .header("host", HOST)
                .header("x-forwarded-for", "198.51.100.1, 203.0.113.7")
                .header("x-real-ip", "198.51.100.1")
                .header("clerk-secret-key", "sk_forged")
                .header("cookie", "one=1")
                .body("hello")
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 302);
            let location = response.headers()["location"].to_str().unwrap();
            assert_eq!(location, format!("{ORIGIN}/__clerk/elsewhere?x"));
            assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
            assert!(!response.headers().contains_key("x-hop"));
            assert_eq!(response.text().await.unwrap(), "moved");

            let (uri, headers, body) = arrived.lock().unwrap().pop().unwrap();
            assert_eq!(uri, "//evil.example/v1?a=b%20c");
            assert_eq!(body, "hello");
            let host = server.address().to_string();
            for (name, value) in [
                ("host", host.as_str()),
                ("x-forwarded-for", address),
                ("x-forwarded-host", HOST),
                ("x-forwarded-proto", "http"),
                ("clerk-secret-key", world.emulator.secret_key()),
                ("clerk-proxy-url", &format!("{ORIGIN}/__clerk")),
                ("accept-encoding", "identity"),
                ("cookie", "one=1"),
            ] {
                let values: Vec<_> = headers.get_all(name).iter().collect();
                assert_eq!(values, [value], "{name}");
            }
            assert!(!headers.contains_key("x-real-ip"));

            // Beyond the limit, whether the length is stated or not.
            let stated = client.post(format!("http://{to}/__clerk/x"));
            let stated = stated.body("x".repeat(101)).send().await.unwrap();
            assert_eq!(stated.status(), 413);
            let chunks = stream::iter([60, 60]).map(|length| part(vec![b'x'; length]));
            let unstated = client.post(format!("http://{to}/__clerk/x"));
            let unstated = unstated
                .body(reqwest::Body::wrap(StreamBody::new(chunks)))
                .send()
                .await
                .unwrap();
            assert_eq!(unstated.status(), 413);
            assert!(
                unstated
                    .text()
                    .await
                    .unwrap()
                    .contains("proxy_request_failed")
            );
        }
    }

    // Bodies flow while they are written, in both directions.
    let pair = in_front_of(&world, server.address(), |proxy| proxy).await;
    for to in [pair.axum.address(), pair.actix.address()] {
        while received.try_recv().is_ok() {}
        let (send_down, down) = mpsc::unbounded_channel();
        *state.response.lock().unwrap() = Some(down);
        let (send_up, up) = mpsc::unbounded_channel::<Bytes>();
        let up = stream::unfold(
            up,
            |mut up| async move { Some((part(up.recv().await?), up)) },
        );
        let request = client
            .post(format!("http://{to}/__clerk/slow"))
            .body(reqwest::Body::wrap(StreamBody::new(up)))
            .send();
        let exchange = tokio::spawn(request);
        for part in ["first", "second"] {
            send_up.send(Bytes::from(part)).unwrap();
            assert_eq!(received.recv().await.unwrap(), part);
        }
        drop(send_up);
        let mut response = exchange.await.unwrap().unwrap();
        for part in ["third", "fourth"] {
            send_down.send(Bytes::from(part)).unwrap();
            assert_eq!(response.chunk().await.unwrap().unwrap(), part);
        }
        drop(send_down);
        assert_eq!(response.chunk().await.unwrap(), None);
    }

    // No answer, and nobody there.
    let late = in_front_of(&world, server.address(), |proxy| {
        proxy.timeout(Duration::from_millis(50))
    })
    .await;
    // A response that begins and does not go on ends early.
    for to in [late.axum.address(), late.actix.address()] {
        let (part, down) = mpsc::unbounded_channel();
        *state.response.lock().unwrap() = Some(down);
        part.send(Bytes::from("first")).unwrap();
        let request = client.get(format!("http://{to}/__clerk/slow")).send();
        let mut response = request.await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
        let rest = tokio::time::timeout(Duration::from_secs(20), response.chunk());
        assert!(rest.await.unwrap().is_err());
    }
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nobody = closed.local_addr().unwrap();
    drop(closed);
    let alone = in_front_of(&world, nobody, |proxy| proxy).await;
    for (pair, path, status) in [(late, "never", 504), (alone, "x", 502)] {
        for to in [pair.axum.address(), pair.actix.address()] {
            let response = client
                .get(format!("http://{to}/__clerk/{path}"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["cache-control"], "no-store");
            let body = response.text().await.unwrap();
            assert!(body.contains("proxy_request_failed"), "{body}");
            assert!(!body.contains(&server.address().to_string()), "{body}");
        }
    }
}
