//! Whatever a request says: no panic, no sign-in without a signature, nothing that cannot stand in a header.

use std::sync::OnceLock;

use clerk_core::adapter::{GoOn, Next};
use clerk_core::{Auth, Clerk, OrganizationSync, RouteMatcher};
use clerk_test_support::forge::{NOW, Signer, claims_with, unsigned};
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::json;

use crate::{assert_nobody, development, production};

/// Values that mean something to the state machine, whole and in pieces; none of them is signed by the instance.
fn material() -> impl Strategy<Value = String> {
    let signer = Signer::instance();
    let genuine = signer.session();
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let known = vec![
        format!("{signed}.AAAA"),
        format!(
            "{}.{signature}",
            unsigned(
                &signer.header().to_string(),
                &claims_with(&json!({"sub": "user_2"})).to_string()
            )
        ),
        Signer::stranger().sign(&signer.header(), &claims_with(&json!({}))),
        unsigned(r#"{"alg":"none"}"#, r#"{"sub":"user_1","exp":9999999999}"#) + ".",
        NOW.to_string(),
        "0".to_owned(),
        "-5".to_owned(),
        "1e309".to_owned(),
        "dvb_1".to_owned(),
        "ak_1".to_owned(),
        "https://evil.example/\u{0}".to_owned(),
        "true".to_owned(),
        "document".to_owned(),
        "text/html".to_owned(),
    ];
    prop_oneof![
        proptest::sample::select(known),
        "[ -~]{0,40}",
        "\\PC{0,20}",
        "(%[0-9a-fA-F]{0,2}|[;=., ]|__session|Bearer ){0,8}",
    ]
}

fn cookie_name() -> impl Strategy<Value = String> {
    let names = [
        "__session",
        "__client_uat",
        "__clerk_db_jwt",
        "__refresh",
        "__clerk_handshake",
        "__clerk_redirect_count",
    ];
    let suffixes = ["", "_MqCvchyS", "_x"];
    (
        proptest::sample::select(names.to_vec()),
        proptest::sample::select(suffixes.to_vec()),
    )
        .prop_map(|(name, suffix)| format!("{name}{suffix}"))
}

fn header_name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "authorization",
        "host",
        "origin",
        "referer",
        "accept",
        "sec-fetch-dest",
        "x-forwarded-host",
        "x-forwarded-proto",
        "user-agent",
        "cookie",
        "next-url",
    ])
}

fn query_name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "__clerk_handshake",
        "__clerk_db_jwt",
        "__clerk_synced",
        "__clerk_redirect_url",
        "a",
    ])
}

/// An instance of each kind, made once: what they remember is part of the property.
fn instance(is_development: bool, is_satellite: bool) -> &'static Clerk {
    static INSTANCES: OnceLock<[Clerk; 4]> = OnceLock::new();
    let instances = INSTANCES.get_or_init(|| {
        [(false, false), (false, true), (true, false), (true, true)].map(
            |(is_development, is_satellite)| {
                let mut builder = if is_development {
                    development()
                } else {
                    production()
                };
                builder = builder
                    .organization_sync(OrganizationSync::new(["/:id/(.*)"], ["/(.*)"]).unwrap());
                if is_satellite {
                    builder = builder
                        .is_satellite(true)
                        .satellite_auto_sync(true)
                        .domain("satellite.example.com")
                        .sign_in_url("https://primary.example.com/sign-in");
                }
                builder.build().unwrap()
            },
        )
    });
    &instances[usize::from(is_development) * 2 + usize::from(is_satellite)]
}

/// Headers from which the URL of a request is read.
const HOST_HEADERS: [&str; 6] = [
    "x-forwarded-host",
    "x-forwarded-proto",
    "forwarded",
    "host",
    "origin",
    "referer",
];

/// Texts that are a known host, or that make one of `evil.example` only when they are read as something else than a host.
fn hostile_host() -> impl Strategy<Value = String> {
    let hosts = proptest::sample::select(vec![
        "public.example.com",
        "public.example.com:443",
        "https",
        "http",
        "host=public.example.com;proto=https",
        "https://evil.example/",
        "https://evil.example",
        "javascript",
        "evil.example/",
        "evil.example/@public.example.com",
        "public.example.com@evil.example",
        "evil.example?.example.com",
        "evil.example#",
        "evil.example\\@public.example.com",
        "evil .example",
        "host=\"evil.example/\"",
        "host=x@evil.example;proto=\"https://evil.example/\"",
        "//evil.example",
        "evil.example:x",
        "evil.example:99999",
        "[evil.example]",
        "",
    ]);
    let around = proptest::sample::select(vec!["", ",", " , ", ";", "/", "@", "#", "?"]);
    (around.clone(), hosts, around)
        .prop_map(|(before, host, after)| format!("{before}{host}{after}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_signs_in_without_a_signature_and_nothing_panics(
        method in proptest::sample::select(vec!["GET", "POST", "HEAD", "OPTIONS", "PURGE"]),
        path in "(/|//|\\\\|%2[fF]|[a-z.]{1,3}){0,6}",
        query in proptest::collection::vec((query_name(), material()), 0..3),
        cookies in proptest::collection::vec((cookie_name(), material()), 0..6),
        headers in proptest::collection::vec((header_name(), material()), 0..6),
        satellite in any::<bool>(),
        is_development in any::<bool>(),
    ) {
        let clerk = instance(is_development, satellite);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let target = format!("/{path}?{query}");
        let Ok(target) = http::Uri::builder().path_and_query(target).build() else { return Ok(()) };
        let mut request = http::Request::builder().method(method).uri(target).body(()).unwrap();
        let cookies: Vec<String> = cookies.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        if let Ok(value) = HeaderValue::from_bytes(cookies.join("; ").as_bytes()) {
            request.headers_mut().append("cookie", value);
        }
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                request.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        match clerk.attach(&request) {
            Next::GoOn(GoOn { context, completion, .. }) => {
                prop_assert!(matches!(context.auth(), Auth::SignedOut(_)), "{:?}", context.auth());
                let mut response = http::Response::new(());
                completion.complete(&mut response);
                prop_assert!(response.headers().len() < 20);
            }
            Next::Answer(answer) => prop_assert!(answer.headers().len() < 20),
            // A machine token or a refresh would need a call.
            Next::Wait(_) => {}
            Next::Forward(_) => prop_assert!(false, "there is no proxy"),
        }
        prop_assert_eq!(clerk.stats().token_cache_entries, 0);
    }

    #[test]
    fn a_browser_is_sent_nowhere_but_to_hosts_that_are_named_as_hosts(
        method in proptest::sample::select(vec!["GET", "POST", "HEAD"]),
        path in "(/|//|\\\\|evil\\.example|@|%2[fF]|\\?|#){0,6}",
        names in proptest::collection::vec(0..HOST_HEADERS.len(), 0..4),
        values in proptest::collection::vec(hostile_host(), 4),
        satellite in any::<bool>(),
        is_development in any::<bool>(),
    ) {
        let clerk = instance(is_development, satellite);
        let Ok(target) = http::Uri::builder().path_and_query(format!("/{path}")).build() else { return Ok(()) };
        let mut request = http::Request::builder()
            .method(method)
            .uri(target)
            .header("host", "app.example.com")
            .header("accept", "text/html")
            .body(())
            .unwrap();
        for (name, value) in names.into_iter().zip(values) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                request.headers_mut().append(HOST_HEADERS[name], value);
            }
        }
        let refusal = match clerk.attach(&request) {
            Next::GoOn(GoOn { context, .. }) => context.auth().signed_in().unwrap_err().into_response().map(drop),
            Next::Answer(answer) => answer.map(drop),
            Next::Wait(_) | Next::Forward(_) => return Ok(()),
        };
        let Some(location) = refusal.headers().get("location") else { return Ok(()) };
        let location = url::Url::parse(location.to_str().unwrap()).unwrap();
        for (_, back) in location.query_pairs().filter(|(name, _)| name == "redirect_url") {
            let back = url::Url::parse(&back).unwrap();
            prop_assert!(["http", "https"].contains(&back.scheme()), "{back}");
            let host = back.host_str().unwrap();
            prop_assert!(host != "evil.example" && !host.ends_with(".evil.example"), "{back}");
            prop_assert_eq!((back.username(), back.password()), ("", None));
        }
    }

    #[test]
    fn no_change_of_a_genuine_token_is_believed(at in 0_usize..1000, byte in "[A-Za-z0-9_.-]") {
        let genuine = Signer::instance().session();
        let at = at % genuine.len();
        let changed = format!("{}{byte}{}", &genuine[..at], &genuine[at + 1..]);
        prop_assume!(changed != genuine);
        let request = crate::request(&[("authorization", &format!("Bearer {changed}"))]);
        assert_nobody(&crate::decide(instance(false, false), &request));
    }

    #[test]
    fn route_patterns_and_paths_never_panic(pattern in "(/|:[a-z]{1,3}|\\(|\\)|\\*|\\+|\\?|\\\\|\\.|\\[|[a-z]){0,10}", path in "\\PC{0,30}") {
        if let Ok(matcher) = RouteMatcher::new([&pattern]) {
            let _ = matcher.is_match(&path);
        }
    }
}
