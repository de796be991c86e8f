//! Routes and their patterns one at a time, so that no other pattern catches what one of them misses; and fallbacks
//! that forward to a server which resolves paths again.

use std::fmt::Write as _;

use clerk_core::{Clerk, RouteMatcher};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::path_confusion::send;
use crate::servers::{ActixServer, AxumServer, Running, serve_actix};
use crate::world::{Setup, World};

const PRIVATE: &str = "reached: private";

/// A route in axum, the same in actix-web, and the pattern that guards it.
const PAIRS: [(&str, &str, &str); 18] = [
    ("/admin", "/admin", "/admin"),
    ("/admin/{id}", "/admin/{id}", "/admin/:id"),
    ("/{org}/admin", "/{org}/admin", "/:org/admin"),
    ("/{org}/admin/{id}", "/{org}/admin/{id}", "/:org/admin/:id"),
    ("/users/{id}/edit", "/users/{id}/edit", "/users/:id/edit"),
    ("/a/{x}/b/{y}", "/a/{x}/b/{y}", "/a/:x/b/:y"),
    ("/{x}/{y}", "/{x}/{y}", "/:x/:y"),
    ("/{x}/{y}/z", "/{x}/{y}/z", "/:x/:y/z"),
    (
        "/t/{tenant}/invoices/{*rest}",
        "/t/{tenant}/invoices/{rest:.*}",
        "/t/:tenant/invoices/(.*)",
    ),
    ("/admin/{*rest}", "/admin/{rest:.+}", "/admin/:rest+"),
    (
        "/{org}/files/{*rest}",
        "/{org}/files/{rest:.+}",
        "/:org/files/:rest+",
    ),
    ("/{*all}", "/{all:.+}", "/:all+"),
    // A catch-all in actix-web may match an empty path.
    ("/admin/{*rest}", "/admin/{rest:.*}", "/admin/:rest+"),
    (
        "/{org}/files/{*rest}",
        "/{org}/files/{rest:.*}",
        "/:org/files/:rest+",
    ),
    ("/{*all}", "/{all:.*}", "/:all+"),
    ("/files/{*path}", "/files/{path:.*}", "/files/(.*)"),
    ("/o/{org}", "/o/{org}", "/o/:org"),
    (
        "/o/{org}/p/{*rest}",
        "/o/{org}/p/{rest:.*}",
        "/o/:org/p/:rest*",
    ),
];

/// Returns targets that a router may match to this route.
fn targets(route: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let segments: Vec<&str> = route.split('/').skip(1).collect();
    for value in [
        "7", "", "acme", "%20", ".", "..", "%2e%2e", ";", ";a=b", "%2F", "%00", "a/b", "/",
    ] {
        let mut target = String::new();
        for segment in &segments {
            let is_parameter = segment.starts_with('{');
            let _ = write!(target, "/{}", if is_parameter { value } else { segment });
        }
        targets.push(target);
    }
    let plain = targets[0].clone();
    for (at, _) in plain.match_indices('/') {
        for slash in [
            "//", "///", "/./", "/x/../", "\\", "/\\", "%2F", "/%2e/", "/;/", "/.;/",
        ] {
            targets.push(format!("{}{slash}{}", &plain[..at], &plain[at + 1..]));
        }
    }
    for end in [
        "/", "//", "/.", "/..", "/x/..", ";", ";a=b", "%2F", "\\", "/%2e", "?", "#",
    ] {
        targets.push(format!("{plain}{end}"));
    }
    targets.push("//".to_owned());
    targets.push("///".to_owned());
    targets.extend(random_targets(&segments));
    targets
}

/// The number of pseudo-random targets for each route. They are the same in every run.
const RANDOM_TARGETS: usize = 150;

/// Returns targets in which each segment of the route and each slash has one of many spellings.
fn random_targets(segments: &[&str]) -> Vec<String> {
    let slash = prop_oneof![
        4 => Just("/"),
        1 => select(vec!["//", "///", "\\", "/./", "/.//", "/x/../", "%2F", "/%2e/", "/;/", "/.;/", "/%2F../"]),
    ];
    let value = select(vec![
        "7", "acme", "", "%20", "a/b", ".", "..", "%2e%2E", ";", ";a=b", "a;b", "%2f", "%5C",
        "%00", "%09", "%25", "x/..", "\u{e9}",
    ]);
    let segments: Vec<_> = segments
        .iter()
        .map(|segment| {
            let text = if segment.starts_with('{') {
                value.clone().prop_map(str::to_owned).boxed()
            } else {
                spelling(segment)
            };
            (slash.clone(), text)
        })
        .collect();
    let end = prop_oneof![
        4 => Just(""),
        1 => select(vec!["/", "//", ";", ";a", "/.", "/..", "%2F", "/%2e%2e", "\\", "?", "?/", "#"]),
    ];
    let targets = (segments, end)
        .prop_map(|(segments, end)| {
            let mut target = String::new();
            for (slash, segment) in segments {
                target.push_str(slash);
                target.push_str(&segment);
            }
            target + end
        })
        // A request target begins with a slash and consists of ASCII bytes.
        .prop_map(|target| {
            let target = target.replace('\u{e9}', "%C3%A9");
            if target.starts_with('/') {
                target
            } else {
                format!("/{target}")
            }
        });
    let mut runner = TestRunner::deterministic();
    (0..RANDOM_TARGETS)
        .map(|_| targets.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Returns the segment unchanged, in upper case, with an encoded letter, or with a parameter.
fn spelling(segment: &str) -> BoxedStrategy<String> {
    let segment = segment.to_owned();
    let encoded = segment.chars().next().map_or(String::new(), |first| {
        format!("%{:02x}{}", u32::from(first), &segment[1..])
    });
    let with_parameter = format!("{segment};v=1");
    let upper = segment.to_uppercase();
    prop_oneof![
        6 => Just(segment),
        1 => select(vec![encoded, with_parameter, upper]),
    ]
    .boxed()
}

async fn private() -> &'static str {
    PRIVATE
}

fn only(pattern: &str) -> RouteMatcher {
    RouteMatcher::new([pattern]).unwrap()
}

/// The axum application with the guard around the router, or inside the nested router.
fn on_axum(clerk: Clerk, route: &str, pattern: &str, nested: bool) -> axum::Router {
    use axum::routing::any;
    use clerk_axum::{ClerkLayer, protect};

    let guarded = axum::Router::new()
        .route(route, any(private))
        .layer(protect().only(only(pattern)));
    let app = if nested {
        axum::Router::new().nest("/api", guarded)
    } else {
        guarded
    };
    app.layer(ClerkLayer::new(clerk))
}

async fn complaints(
    server: &dyn Running,
    name: &str,
    prefix: &str,
    route: &str,
    pattern: &str,
    token: &str,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut reached = false;
    for target in targets(route) {
        let line = format!("GET {prefix}{target} HTTP/1.1");
        let response = send(server.address(), line.as_bytes(), None).await;
        if response.contains(PRIVATE) {
            complaints.push(format!("{name}, {route} behind {pattern}: {line}"));
        }
        reached = reached
            || send(server.address(), line.as_bytes(), Some(token))
                .await
                .contains(PRIVATE);
    }
    if !reached {
        complaints.push(format!("{name}, {route} behind {pattern}: out of reach"));
    }
    complaints
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_is_reached_around_its_own_pattern() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Production).unwrap();
    let token = world.admin();
    let mut all = Vec::new();
    for (axum_route, actix_route, pattern) in PAIRS {
        for (nested, prefix) in [(false, ""), (true, "/api")] {
            let app = on_axum(clerk.clone(), axum_route, pattern, nested);
            let server = AxumServer::start(app).await;
            all.extend(complaints(&server, "axum", prefix, axum_route, pattern, &token).await);
        }
        let for_scope = clerk.clone();
        let server: ActixServer = serve_actix!(
            1,
            actix_web::App::new()
                .service(
                    actix_web::web::scope("/api")
                        .wrap(clerk_actix::protect().only(only(pattern)))
                        .route(actix_route, actix_web::web::to(private)),
                )
                .wrap(clerk_actix::ClerkMiddleware::new(for_scope.clone()))
        );
        all.extend(complaints(&server, "actix-web", "/api", axum_route, pattern, &token).await);
        let clerk = clerk.clone();
        let server: ActixServer = serve_actix!(
            1,
            actix_web::App::new()
                .route(actix_route, actix_web::web::to(private))
                .wrap(clerk_actix::protect().only(only(pattern)))
                .wrap(clerk_actix::ClerkMiddleware::new(clerk.clone()))
        );
        all.extend(complaints(&server, "actix-web", "", axum_route, pattern, &token).await);
    }
    assert!(
        all.is_empty(),
        "{} complaints\n{}",
        all.len(),
        all.join("\n")
    );
}

const PUBLIC: &str = "reached: public";

async fn public() -> &'static str {
    PUBLIC
}

/// The route is the only public one; everything else is private and reaches the fallback.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_exception_is_reached_without_a_session() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Production).unwrap();
    let mut complaints = Vec::new();
    for (axum_route, actix_route, pattern) in PAIRS {
        let below_api = format!("/api{pattern}");
        // A catch-all in axum matches at least one character.
        let on_axum = |pattern: &str| {
            let pattern = pattern.replace("(.*)", "(.+)");
            axum::Router::new()
                .route(axum_route, axum::routing::any(public))
                .fallback(private)
                .layer(clerk_axum::protect().except(only(&pattern)))
        };
        let nested = axum::Router::new().nest("/api", on_axum(&below_api));
        let attach = clerk_axum::ClerkLayer::new(clerk.clone());
        let axum = AxumServer::start(on_axum(pattern).layer(attach.clone())).await;
        let axum_nested = AxumServer::start(nested.layer(attach)).await;
        let for_scope = clerk.clone();
        let actix_scope: ActixServer = serve_actix!(
            1,
            actix_web::App::new()
                .service(
                    actix_web::web::scope("/api")
                        .wrap(clerk_actix::protect().except(only(&below_api)))
                        .route(actix_route, actix_web::web::to(public))
                        .default_service(actix_web::web::to(private)),
                )
                .wrap(clerk_actix::ClerkMiddleware::new(for_scope.clone()))
        );
        let clerk = clerk.clone();
        let actix: ActixServer = serve_actix!(
            1,
            actix_web::App::new()
                .route(actix_route, actix_web::web::to(public))
                .default_service(actix_web::web::to(private))
                .wrap(clerk_actix::protect().except(only(pattern)))
                .wrap(clerk_actix::ClerkMiddleware::new(clerk.clone()))
        );
        let servers: [(&str, &str, &dyn Running); 4] = [
            ("axum", "", &axum),
            ("axum, nested", "/api", &axum_nested),
            ("actix-web", "", &actix),
            ("actix-web, scope", "/api", &actix_scope),
        ];
        for (name, prefix, server) in servers {
            let mut is_open = false;
            for target in targets(axum_route) {
                let line = format!("GET {prefix}{target} HTTP/1.1");
                let response = send(server.address(), line.as_bytes(), None).await;
                if response.contains(PRIVATE) {
                    complaints.push(format!("{name}, all but {pattern}: {line}"));
                }
                is_open = is_open || response.contains(PUBLIC);
            }
            if !is_open {
                complaints.push(format!(
                    "{name}, all but {pattern}: the exception is closed"
                ));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "{} complaints\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

/// Resolves a path as a server behind a gateway does: decodes it, resolves backslashes and dot segments, merges
/// slashes, and drops the parameters of segments.
fn resolved(path: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(path)
        .decode_utf8_lossy()
        .replace('\\', "/");
    let mut kept: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment.split(';').next().unwrap() {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Targets that lead to `/admin/users` once a server resolves them.
const AROUND: [&str; 31] = [
    "/admin/users",
    "/public/../admin/users",
    "/public/%2e%2e/admin/users",
    "/public/%2E./admin/users",
    "/public/.%2E/admin/users",
    "/public\\..\\admin\\users",
    "/public/..\\admin/users",
    "/public/..%5Cadmin/users",
    "/public/..%5c..%5cadmin/users",
    "/public/..%2Fadmin/users",
    "/public%2F..%2Fadmin/users",
    "/public/x/../../admin/users",
    "/public/..;/admin/users",
    "/public/..;a=b/admin/users",
    "/public/.;/../admin/users",
    "/public//../admin/users",
    "/public/../../admin/users",
    "/public/%2F../admin/users",
    "/public/%2f%2e%2e/admin/users",
    "/public/;/../admin/users",
    "/public/\\../admin/users",
    "/public/%5C../admin/users",
    "/public/x/%2F../..//../admin/users",
    "/public/;a=b/%2e%2e/admin/users",
    "/./admin/users",
    "/.//admin/users",
    "//admin/users",
    "/admin;a=b/users",
    "/%61dmin/users",
    "/\\admin/users",
    "/.;/admin/users",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_forwards_no_spelling_of_a_guarded_path() {
    let world = World::new().await;
    let clerk = world.clerk(Setup::Production).unwrap();
    let answer = |path: &str| {
        if resolved(path).starts_with("/admin") {
            PRIVATE
        } else {
            "reached: public"
        }
    };
    let mut complaints = Vec::new();
    for is_exception in [false, true] {
        let on_axum = {
            let guard = if is_exception {
                clerk_axum::protect().except(only("/public(.*)"))
            } else {
                clerk_axum::protect().only(only("/admin(.*)"))
            };
            axum::Router::new()
                .fallback(move |uri: http::Uri| async move { answer(uri.path()) })
                .layer(guard)
                .layer(clerk_axum::ClerkLayer::new(clerk.clone()))
        };
        let axum = AxumServer::start(on_axum).await;
        let clerk = clerk.clone();
        let actix: ActixServer = serve_actix!(1, {
            let guard = if is_exception {
                clerk_actix::protect().except(only("/public(.*)"))
            } else {
                clerk_actix::protect().only(only("/admin(.*)"))
            };
            actix_web::App::new()
                .default_service(actix_web::web::to(
                    move |request: actix_web::HttpRequest| async move { answer(request.uri().path()) },
                ))
                .wrap(guard)
                .wrap(clerk_actix::ClerkMiddleware::new(clerk.clone()))
        });
        let servers: [(&str, &dyn Running); 2] = [("axum", &axum), ("actix-web", &actix)];
        for (name, server) in servers {
            for target in AROUND {
                let line = format!("GET {target} HTTP/1.1");
                let response = send(server.address(), line.as_bytes(), None).await;
                if response.contains(PRIVATE) {
                    complaints.push(format!("{name}, exception {is_exception}: {target}"));
                }
            }
            for open in ["/public", "/public/a", "/public/@scope%2Fname"] {
                let line = format!("GET {open} HTTP/1.1");
                let response = send(server.address(), line.as_bytes(), None).await;
                if !response.contains("reached: public") {
                    complaints.push(format!(
                        "{name}, exception {is_exception}: {open} is closed"
                    ));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
