//! Many spellings of paths, sent to the real routers byte by byte: none may reach a guarded handler without a session,
//! however the guard, the router and the middlewares around them interpret it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use clerk_core::{Clerk, RouteMatcher};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::servers::{ActixServer, AxumServer, Running, serve_actix};
use crate::world::{HOST, Setup, World};

/// The routes for signed-in users only, in the syntax of each router and of the matchers.
const PRIVATE_PATTERNS: [&str; 8] = [
    "/admin",
    "/admin/:id",
    "/admin/:id/edit",
    "/files/(.+)",
    "/a@b/:id",
    "/café",
    "/x;y",
    "/Mixed",
];

/// The public routes.
const PUBLIC_PATTERNS: [&str; 4] = ["/", "/public", "/public/:id", "/blog/(.+)"];

/// One target for each private route, as a browser would send it.
const PRIVATE_TARGETS: [&str; 8] = [
    "/admin",
    "/admin/7",
    "/admin/7/edit",
    "/files/a/secret.txt",
    "/a@b/7",
    "/caf%C3%A9",
    "/x;y",
    "/Mixed",
];

const PUBLIC_TARGETS: [&str; 7] = [
    "/",
    "/public",
    "/public/7",
    "/public/caf%C3%A9",
    "/public/a%20b",
    "/public/a%40b",
    "/blog/2026/today",
];

const PRIVATE: &str = "reached: private";
const PUBLIC: &str = "reached: public";
const NOWHERE: &str = "reached: fallback";

/// The position of the guard, and what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrangement {
    /// On its own router or scope; paths do not matter to it.
    OnRouter,
    /// Around everything, matching private paths.
    Only,
    /// Around everything, except public paths. The fallback is private, too.
    Except,
    /// Like `Only`, below a middleware that normalizes paths.
    OnlyTidied,
    /// Like `Except`, below a middleware that normalizes paths.
    ExceptTidied,
    /// Like `Only`, around a middleware that normalizes paths.
    OnlyThenTidied,
}

use Arrangement::{Except, ExceptTidied, OnRouter, Only, OnlyThenTidied, OnlyTidied};

impl Arrangement {
    const ALL: [Self; 6] = [
        OnRouter,
        Only,
        Except,
        OnlyTidied,
        ExceptTidied,
        OnlyThenTidied,
    ];

    fn only_private() -> RouteMatcher {
        RouteMatcher::new(PRIVATE_PATTERNS).unwrap()
    }

    fn public() -> RouteMatcher {
        RouteMatcher::new(PUBLIC_PATTERNS).unwrap()
    }

    /// Returns true if unmatched paths are behind the guard.
    fn guards_fallback(self) -> bool {
        matches!(self, Except | ExceptTidied)
    }
}

mod on_axum {
    use axum::Router;
    use axum::routing::any;
    use clerk_axum::{ClerkLayer, ProtectLayer, protect};
    use http::Request;
    use http::uri::PathAndQuery;

    use super::*;

    async fn private() -> &'static str {
        PRIVATE
    }

    async fn public() -> &'static str {
        PUBLIC
    }

    async fn nowhere() -> &'static str {
        NOWHERE
    }

    fn private_routes() -> Router {
        Router::new()
            .route("/admin", any(private))
            .route("/admin/{id}", any(private))
            .route("/admin/{id}/edit", any(private))
            .route("/files/{*rest}", any(private))
            .route("/a@b/{id}", any(private))
            // The router compares paths as sent, so both forms are needed.
            .route("/caf%C3%A9", any(private))
            .route("/café", any(private))
            .route("/x;y", any(private))
            .route("/Mixed", any(private))
    }

    fn public_routes() -> Router {
        Router::new()
            .route("/", any(public))
            .route("/public", any(public))
            .route("/public/{id}", any(public))
            .route("/blog/{*rest}", any(public))
    }

    /// Merges slashes and strips trailing ones, as such middlewares do.
    fn tidy_up<B>(mut request: Request<B>) -> Request<B> {
        let uri = request.uri();
        let mut path = String::new();
        for c in uri.path().chars() {
            if c != '/' || !path.ends_with('/') {
                path.push(c);
            }
        }
        let path = match path.trim_end_matches('/') {
            "" => "/",
            path => path,
        };
        let tidied = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(tidied).unwrap());
        if let Ok(uri) = http::Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request
    }

    pub(super) fn app(clerk: Clerk, arrangement: Arrangement) -> Router {
        let guarded = |guard: ProtectLayer| {
            private_routes()
                .merge(public_routes())
                .fallback(nowhere)
                .layer(guard)
        };
        let tidied = |inner: Router| {
            let tidied = tower::ServiceBuilder::new()
                .map_request(tidy_up)
                .service(inner);
            Router::new().fallback_service(tidied)
        };
        let only = || protect().only(Arrangement::only_private());
        let except = || protect().except(Arrangement::public());
        match arrangement {
            OnRouter => Router::new()
                .merge(private_routes().route_layer(protect()))
                .merge(public_routes())
                .fallback(nowhere),
            Only => guarded(only()),
            Except => guarded(except()),
            OnlyTidied => tidied(guarded(only())),
            ExceptTidied => tidied(guarded(except())),
            OnlyThenTidied => {
                tidied(private_routes().merge(public_routes()).fallback(nowhere)).layer(only())
            }
        }
        .layer(ClerkLayer::new(clerk))
    }
}

mod on_actix {
    use actix_web::body::MessageBody;
    use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
    use actix_web::middleware::{Condition, NormalizePath};
    use actix_web::web;
    use actix_web::{App, Error};
    use clerk_actix::{ClerkMiddleware, protect};

    use super::*;

    async fn private() -> &'static str {
        PRIVATE
    }

    async fn public() -> &'static str {
        PUBLIC
    }

    async fn nowhere() -> &'static str {
        NOWHERE
    }

    fn private_routes(config: &mut web::ServiceConfig) {
        config
            .route("/admin", web::to(private))
            .route("/admin/{id}", web::to(private))
            .route("/admin/{id}/edit", web::to(private))
            .route("/files/{rest:.+}", web::to(private))
            .route("/a@b/{id}", web::to(private))
            .route("/café", web::to(private))
            .route("/x;y", web::to(private))
            .route("/Mixed", web::to(private));
    }

    fn public_routes(config: &mut web::ServiceConfig) {
        config
            .route("/", web::to(public))
            .route("/public", web::to(public))
            .route("/public/{id}", web::to(public))
            .route("/blog/{rest:.+}", web::to(public));
    }

    pub(super) fn app(
        clerk: Clerk,
        arrangement: Arrangement,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody>,
            Error = Error,
            InitError = (),
        >,
    > {
        // Every path is private or public: the guarded routes are in their own scope, after the others.
        let guard = match arrangement {
            OnRouter => protect(),
            Only | OnlyTidied | OnlyThenTidied => protect().only(Arrangement::only_private()),
            Except | ExceptTidied => protect().except(Arrangement::public()),
        };
        let on_router = arrangement == OnRouter;
        let tidied_within = arrangement == OnlyThenTidied;
        let tidied_without = matches!(arrangement, OnlyTidied | ExceptTidied);
        App::new()
            .configure(public_routes)
            .service(
                web::scope("")
                    .wrap(Condition::new(on_router, protect()))
                    .configure(private_routes),
            )
            .default_service(web::to(nowhere))
            .wrap(Condition::new(tidied_within, NormalizePath::trim()))
            .wrap(Condition::new(!on_router, guard))
            .wrap(ClerkMiddleware::new(clerk))
            .wrap(Condition::new(tidied_without, NormalizePath::trim()))
    }
}

/// The first line of a request, without the line break: method, target as bytes, version.
type RequestLine = Vec<u8>;

/// Returns every spelling of every target.
fn spellings() -> BTreeSet<Vec<u8>> {
    let mut all: BTreeSet<Vec<u8>> = BTreeSet::new();
    for target in PRIVATE_TARGETS.iter().chain(&PUBLIC_TARGETS) {
        for spelling in spellings_of(target) {
            all.insert(spelling.into_bytes());
        }
        // Raw bytes that are not UTF-8, and UTF-8 that is not encoded.
        for raw in [
            &b"\xff"[..],
            b"\xc0\xaf",
            "é".as_bytes(),
            "\u{202e}".as_bytes(),
        ] {
            all.insert([target.as_bytes(), raw].concat());
            all.insert([b"/", raw, target.as_bytes()].concat());
        }
    }
    for target in [
        "*",
        "/*",
        "",
        "//",
        "///",
        "/.",
        "/..",
        "/%2e",
        "/%2F",
        "/%5C",
        "/%00",
        "/%",
        "/%zz",
        "/;",
        "/?",
        "/#",
        "?",
        "#",
        "admin",
        "app.test:80",
        "http://app.test",
        "http://app.test?/admin",
        "http:/admin",
        "http:///admin",
        "//app.test/admin",
        "/\u{ff0f}admin",
        "/caf\u{e9}",
        "/café/",
        "/cafe%CC%81",
        "/CAF%C3%89",
        "/caf%c3%a9",
        "/caf%C3%A9%00",
    ] {
        all.insert(target.as_bytes().to_vec());
    }
    all
}

fn spellings_of(target: &str) -> Vec<String> {
    let mut spellings = vec![target.to_owned()];
    let mut add = |spelling: String| spellings.push(spelling);
    // One encoded character, once and twice, with hex digits in either case.
    for (at, c) in target.char_indices().skip(1) {
        if !c.is_ascii() || c == '%' {
            continue;
        }
        let (before, after) = (&target[..at], &target[at + 1..]);
        let code = u32::from(c);
        add(format!("{before}%{code:02X}{after}"));
        add(format!("{before}%{code:02x}{after}"));
        add(format!("{before}%25{code:02X}{after}"));
        if c == '/' {
            for slash in [
                "//", "///", "/./", "/x/../", "\\", "%5C", "/\\", "/;/", "/%2F", "%2F/", "/%20/",
            ] {
                add(format!("{before}{slash}{after}"));
            }
        }
    }
    // Everything encoded.
    let encoded = |twice: &str| -> String {
        target
            .bytes()
            .map(|byte| match byte {
                b'/' | b'%' => char::from(byte).to_string(),
                byte => format!("%{twice}{byte:02X}"),
            })
            .collect()
    };
    add(encoded(""));
    add(encoded("25"));
    for after in [
        "/",
        "//",
        "/.",
        "/./",
        "/..",
        "/../",
        "/x/..",
        ".",
        "..",
        "%2e",
        "%2E%2E",
        "/%2e",
        "/%2e%2e",
        "%20",
        "%00",
        "%09",
        "%0a",
        "%0d%0a",
        "%0d%0aX-Y:%20z",
        "%7f",
        ";",
        ";a=b",
        ";/",
        "%3B",
        "%3Ba",
        "?",
        "?x=/public",
        "%3F",
        "%3Fx",
        "#",
        "#x",
        "%23",
        "%23x",
        ".json",
        "~",
        "%7E",
        "%",
        "%2",
        "%zz",
        "\\",
        "%5C",
        "/%5C",
        "+",
        "%2B",
        "&",
        "=",
        ",",
        "%2F",
        "%2f",
        "%252F",
        "%c0%af",
        "%e0%80%af",
        "%ef%bc%8f",
        "%e2%80%8b",
        "/*",
        "*",
        "/%2e%2e%2fadmin",
        "|",
        "\"",
        "<",
        "{",
        "^",
        "`",
        "'",
    ] {
        add(format!("{target}{after}"));
    }
    for before in [
        "/",
        "//",
        "/.",
        "/./",
        "/..",
        "/../",
        "/x/..",
        "/%2e",
        "/%2e%2e",
        "/public/..",
        "/public/%2e%2e",
        "/public/..%2f",
        "/public%2f..",
        "/public/..;",
        "/public;/..",
        "/blog/..",
        "/blog/../",
        "/blog/%2e%2e",
        "/blog/x/../..",
        "/;",
        "/;a=b",
        "/%20",
        "/%00",
        "/%09",
        "/%0a",
        "\\",
        "/\\",
        "/%5C",
        "//evil.test",
        "/http://app.test",
        "/%2F",
        "%2F",
        "/%ef%bc%8f",
        "/public",
        "/blog",
        "/public?",
        "/public#",
        "/public%3F",
        "/public%23",
        "/public%00",
        "/public%0a",
        "/public\\..",
        "http://app.test:3000",
        "http://evil.test",
        "https://app.test",
        "HTTP://APP.TEST",
        "http://user:pw@app.test",
        "http://app.test/",
        "http://app.test/public/..",
        "http://app.test/blog/..",
        "http://[::1]",
        "ws://app.test",
    ] {
        add(format!("{before}{target}"));
    }
    add(target.to_uppercase());
    add(target.to_lowercase());
    let swapped = |c: char| {
        if c.is_uppercase() {
            c.to_ascii_lowercase()
        } else {
            c.to_ascii_uppercase()
        }
    };
    if let Some((at, c)) = target.char_indices().find(|(_, c)| c.is_alphabetic()) {
        add(format!(
            "{}{}{}",
            &target[..at],
            swapped(c),
            &target[at + 1..]
        ));
    }
    // Letters that look alike, or that become ASCII letters when case or width is normalized.
    for (letter, other) in [
        ('a', "%EF%BD%81"),
        ('i', "%C4%B1"),
        ('I', "%C4%B0"),
        ('K', "%E2%84%AA"),
        ('s', "%C5%BF"),
        ('e', "%D0%B5"),
        ('m', "m%CC%81"),
        ('a', "%c1%a1"),
    ] {
        if target.contains(letter) {
            add(target.replacen(letter, other, 1));
        }
    }
    spellings
}

fn request_lines() -> Vec<RequestLine> {
    let line = |method: &str, target: &[u8], version: &str| {
        [method.as_bytes(), b" ", target, b" ", version.as_bytes()].concat()
    };
    let mut lines: Vec<RequestLine> = spellings()
        .iter()
        .map(|target| line("GET", target, "HTTP/1.1"))
        .collect();
    for target in PRIVATE_TARGETS {
        for method in [
            "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "GETS",
        ] {
            lines.push(line(method, target.as_bytes(), "HTTP/1.1"));
        }
        lines.push(line("GET", target.as_bytes(), "HTTP/1.0"));
    }
    for method in ["OPTIONS", "HEAD", "CONNECT"] {
        for target in ["*", "app.test:80", "http://app.test"] {
            lines.push(line(method, target.as_bytes(), "HTTP/1.1"));
        }
    }
    lines
}

/// Sends a request exactly as written and returns the complete response.
pub(crate) async fn send(to: SocketAddr, line: &[u8], token: Option<&str>) -> String {
    let mut request = line.to_vec();
    request.extend_from_slice(format!("\r\nhost: {HOST}\r\nconnection: close\r\n").as_bytes());
    if let Some(token) = token {
        request.extend_from_slice(format!("authorization: Bearer {token}\r\n").as_bytes());
    }
    request.extend_from_slice(b"content-length: 0\r\n\r\n");
    let mut stream = tokio::net::TcpStream::connect(to).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut response = Vec::new();
    // A server may close the connection on invalid HTTP; what it sent before counts.
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

/// The result of one application for all spellings.
#[derive(Default)]
struct Findings {
    complaints: Vec<String>,
    /// Spellings that reached a private handler with a session.
    reached: usize,
    by_status: BTreeMap<String, usize>,
}

async fn examine(
    server: &dyn Running,
    name: &str,
    arrangement: Arrangement,
    token: &str,
) -> Findings {
    let mut findings = Findings::default();
    let is_private = |response: &str| {
        response.contains(PRIVATE) || (arrangement.guards_fallback() && response.contains(NOWHERE))
    };
    for line in request_lines() {
        let shown = String::from_utf8_lossy(&line).into_owned();
        let response = send(server.address(), &line, None).await;
        if is_private(&response) {
            findings.complaints.push(format!(
                "{name}, {arrangement:?}: {shown:?} reached {response:?}"
            ));
        }
        let status = response.split(' ').nth(1).unwrap_or("none").to_owned();
        // An invalid request, or one whose path cannot be decoded, belongs to no route.
        if status != "400" {
            let response = send(server.address(), &line, Some(token)).await;
            findings.reached += usize::from(response.contains(PRIVATE));
        }
        *findings.by_status.entry(status).or_default() += 1;
    }
    // Without this, the test would also pass if no request reached a handler.
    for target in PRIVATE_TARGETS {
        let line = format!("GET {target} HTTP/1.1");
        let response = send(server.address(), line.as_bytes(), Some(token)).await;
        if !response.contains(PRIVATE) {
            findings.complaints.push(format!(
                "{name}, {arrangement:?}: {target} is out of reach: {response:?}"
            ));
        }
    }
    for target in PUBLIC_TARGETS {
        let line = format!("GET {target} HTTP/1.1");
        let response = send(server.address(), line.as_bytes(), None).await;
        if !response.contains(PUBLIC) {
            findings.complaints.push(format!(
                "{name}, {arrangement:?}: {target} is not public: {response:?}"
            ));
        }
    }
    findings
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_path_reaches_a_guarded_handler() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Production).unwrap();
    let token = world.admin();
    assert!(spellings().len() >= 200, "only {}", spellings().len());

    let mut servers: Vec<(&str, Arrangement, Box<dyn Running>)> = Vec::new();
    for arrangement in Arrangement::ALL {
        let axum = AxumServer::start(on_axum::app(clerk.clone(), arrangement)).await;
        servers.push(("axum", arrangement, Box::new(axum)));
        let clerk = clerk.clone();
        let actix: ActixServer = serve_actix!(1, on_actix::app(clerk.clone(), arrangement));
        servers.push(("actix-web", arrangement, Box::new(actix)));
    }
    let examined = servers
        .iter()
        .map(|(name, arrangement, server)| examine(&**server, name, *arrangement, &token));
    let mut complaints = Vec::new();
    for ((name, arrangement, _), findings) in servers.iter().zip(join_all(examined).await) {
        complaints.extend(findings.complaints);
        let (reached, by_status) = (findings.reached, findings.by_status);
        // More than the plain spellings: also those that routers read as the same path.
        if reached < 2 * PRIVATE_TARGETS.len() {
            complaints.push(format!(
                "{name}, {arrangement:?}: only {reached} spellings arrive"
            ));
        }
        if by_status
            .get("401")
            .is_none_or(|refused| *refused < PRIVATE_TARGETS.len())
        {
            complaints.push(format!(
                "{name}, {arrangement:?}: too few refusals: {by_status:?}"
            ));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} complaints about {} request lines\n{}",
        complaints.len(),
        request_lines().len(),
        complaints.join("\n")
    );
}
