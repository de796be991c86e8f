//! Where we are stricter than the reference, or go on where it stops: one test for each entry of `docs/deviations.md`
//! that concerns requests.

use clerk_core::adapter::AuthContext;
use clerk_core::{
    AllowedRedirectOrigins, Auth, ForwardedHeaders, OrganizationSync, Reason, ReturnBack,
};
use clerk_emulator::{Emulator, Fault, MachineSeed, UserSeed};
use clerk_test_support::forge::{NOW, Signer};
use serde_json::json;
use url::Url;

use crate::key_cache::on;
use crate::{assert_nobody, decide, development, outcome, production, request, request_to};

/// Where a development visitor's handshake leads back to.
fn return_url(clerk: &clerk_core::Clerk, path: &str, headers: &[(&str, &str)]) -> Url {
    let mut headers = headers.to_vec();
    headers.push(("sec-fetch-dest", "document"));
    let state = decide(clerk, &request_to("GET", path, &headers));
    let location = Url::parse(state.location().unwrap().to_str().unwrap()).unwrap();
    let (_, back) = location
        .query_pairs()
        .find(|(name, _)| name == "redirect_url")
        .unwrap();
    Url::parse(&back).unwrap()
}

#[test]
fn only_http_and_https_are_forwarded_protocols() {
    let clerk = development().build().unwrap();
    for scheme in ["javascript", "ftp", "ws", "wss", "file", "data", "blob"] {
        let back = return_url(
            &clerk,
            "/page",
            &[
                ("x-forwarded-proto", scheme),
                ("x-forwarded-host", "public.example.com"),
            ],
        );
        assert_eq!(back.as_str(), "https://app.example.com/page", "{scheme}");
    }
    let back = return_url(
        &clerk,
        "/page",
        &[
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "public.example.com"),
        ],
    );
    assert_eq!(back.as_str(), "http://public.example.com/page");
}

#[test]
fn a_path_never_becomes_a_host() {
    let clerk = development().build().unwrap();
    for path in [
        "//evil.example/p",
        "///evil.example/p",
        "/\\evil.example/p",
        "//evil.example:80",
    ] {
        for headers in [&[][..], &[("x-forwarded-host", "public.example.com")]] {
            let request = http::Request::builder()
                .uri(http::Uri::builder().path_and_query(path).build().unwrap())
                .header("host", "app.example.com")
                .header("sec-fetch-dest", "document");
            let request = headers.iter().fold(request, |request, (name, value)| {
                request.header(*name, *value)
            });
            let state = decide(&clerk, &request.body(()).unwrap());
            let location = Url::parse(state.location().unwrap().to_str().unwrap()).unwrap();
            let back = location
                .query_pairs()
                .find(|(name, _)| name == "redirect_url")
                .unwrap()
                .1;
            let host = Url::parse(&back).unwrap().host_str().unwrap().to_owned();
            assert!(
                ["app.example.com", "public.example.com"].contains(&host.as_str()),
                "{path}: {back}"
            );
        }
    }
}

#[test]
fn forwarded_headers_can_be_ignored_or_limited() {
    let forged = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
    ];
    let host = |trust: ForwardedHeaders| {
        let clerk = development().forwarded_headers(trust).build().unwrap();
        return_url(&clerk, "/", &forged)
            .host_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(host(ForwardedHeaders::Trust), "evil.example");
    assert_eq!(host(ForwardedHeaders::Ignore), "app.example.com");
    assert_eq!(
        host(ForwardedHeaders::Hosts(vec!["www.example.com".into()])),
        "app.example.com"
    );
    assert_eq!(
        host(ForwardedHeaders::Hosts(vec!["EVIL.example".into()])),
        "evil.example"
    );
}

#[test]
fn the_loop_guard_stops_at_three_or_more_and_at_numbers_that_were_never_ours() {
    let clerk = production().build().unwrap();
    let status = |count: &str| {
        let cookies = format!("__client_uat=1; __clerk_redirect_count={count}");
        let headers = [("cookie", cookies.as_str()), ("sec-fetch-dest", "document")];
        decide(&clerk, &request(&headers)).status().as_str()
    };
    for count in ["0", "1", "2", "", "text"] {
        assert_eq!(status(count), "handshake", "{count}");
    }
    for count in [
        "3",
        "4",
        "5",
        "100",
        "1.5",
        "2.5",
        "-1",
        "0x2",
        "1e3",
        "99999999999999999999",
    ] {
        assert_eq!(status(count), "signed-out", "{count}");
    }
}

#[test]
fn a_handshake_cookie_is_the_session_only_under_its_exact_name() {
    let clerk = production().build().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix().to_owned();
    let session = Signer::instance().session();
    let signs_in = |name: &str| {
        let token = Signer::instance().sign(
            &Signer::instance().header(),
            &json!({ "handshake": [format!("{name}={session}; Path=/")] }),
        );
        let path = format!("/page?__clerk_handshake={token}");
        let state = decide(
            &clerk,
            &request_to("GET", &path, &[("sec-fetch-dest", "document")]),
        );
        outcome(&state) == "signed-in"
    };
    assert!(signs_in("__session"));
    assert!(signs_in(&format!("__session_{suffix}")));
    for name in [
        "__sessionx",
        "__session_other",
        "__session_",
        "__Session",
        " __session",
    ] {
        assert!(!signs_in(name), "{name}");
    }
}

#[test]
fn an_empty_list_of_personal_account_patterns_matches_nothing() {
    let none: [&str; 0] = [];
    let sync = OrganizationSync::new(none, none).unwrap();
    let clerk = production().organization_sync(sync).build().unwrap();
    let token = Signer::instance().session_with(&json!({ "o": { "id": "org_1", "slg": "acme" } }));
    let cookies = format!("__session={token}; __client_uat=1");
    let headers = [("cookie", cookies.as_str()), ("sec-fetch-dest", "document")];
    for path in ["/", "/page", "/orgs/other"] {
        assert_eq!(
            outcome(&decide(&clerk, &request_to("GET", path, &headers))),
            "signed-in"
        );
    }
}

#[test]
fn malformed_feature_claims_are_a_refusal_and_no_server_error() {
    let clerk = production().build().unwrap();
    for claims in [
        json!({ "o": { "id": "org_1" }, "fea": "dashboard" }),
        json!({ "o": { "id": "org_1" }, "fea": 7 }),
        json!({ "o": { "id": "org_1", "per": ["read"] }, "fea": "o:a" }),
    ] {
        let token = Signer::instance().session_with(&claims);
        let state = decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        );
        assert_eq!(outcome(&state), "signed-out token-invalid", "{claims}");
    }
}

#[test]
fn times_outside_the_range_of_a_date_are_refused() {
    let clerk = production().build().unwrap();
    for (claim, value) in [
        ("exp", 9.0e15),
        ("exp", 1.0e300),
        ("nbf", -9.0e15),
        ("iat", -1.0e300),
    ] {
        let token = Signer::instance().session_with(&json!({ claim: value }));
        let state = decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        );
        assert_eq!(
            outcome(&state),
            "signed-out token-verification-failed",
            "{claim} {value}"
        );
    }
    let last = Signer::instance().session_with(&json!({ "exp": 8_640_000_000_000_i64 }));
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {last}"))]),
    );
    assert_eq!(outcome(&state), "signed-in", "the last of all dates is one");
}

#[test]
fn redirects_whose_target_comes_from_a_request_stay_within_the_allowed_origins() {
    let target = |allowed: Option<AllowedRedirectOrigins>, target: &str| {
        let mut builder = development();
        if let Some(allowed) = allowed {
            builder = builder.allowed_redirect_origins(allowed);
        }
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("__clerk_redirect_url", target)
            .finish();
        let headers = [
            ("sec-fetch-dest", "document"),
            ("cookie", "__clerk_db_jwt=dvb_1"),
        ];
        let state = decide(
            &builder.build().unwrap(),
            &request_to("GET", &format!("/?{query}"), &headers),
        );
        state.reason().map(Reason::as_str) == Some("primary-responds-to-syncing")
    };
    let satellite = "https://satellite.example.net/page";
    assert!(!target(None, satellite));
    assert!(target(
        Some(AllowedRedirectOrigins::list(["https://satellite.example.net"]).unwrap()),
        satellite
    ));
    assert!(!target(
        Some(AllowedRedirectOrigins::list(["https://other.example.net"]).unwrap()),
        satellite
    ));
    assert!(target(None, "https://app.example.com/elsewhere"));
    assert!(target(None, "http://localhost:3001/"));
    for evil in [
        "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/",
        "http://localhost.evil.example/",
        "http://app.example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        assert!(!target(None, evil), "{evil}");
    }
}

#[tokio::test]
async fn an_answer_without_the_fields_that_matter_is_no_sign_in() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .machine(MachineSeed::new("worker"))
        .start()
        .await
        .unwrap();
    let clerk = on(&emulator).build().unwrap();
    let whole = json!({ "id": "ak_1", "subject": "user_1", "scopes": [], "revoked": false, "expired": false });
    let answer = async |body: serde_json::Value| {
        emulator
            .faults()
            .add(Fault::answer(200, "application/json", body.to_string()).on("/api_keys/verify"));
        let headers = [("authorization", "Bearer ak_whatever")];
        clerk
            .authenticate_request(&request(&headers))
            .await
            .unwrap()
    };
    for (name, value) in [
        ("id", json!(null)),
        ("id", json!("")),
        ("id", json!(7)),
        ("subject", json!(null)),
        ("subject", json!("")),
        ("revoked", json!(true)),
        ("revoked", json!("true")),
        ("expired", json!(true)),
    ] {
        let mut body = whole.clone();
        body[name] = value.clone();
        let state = answer(body).await;
        assert_nobody(&state);
        assert_eq!(
            state.reason().map(Reason::as_str),
            Some("token-invalid"),
            "{name}: {value}"
        );
    }
    for nothing in [
        json!({}),
        json!([]),
        json!(null),
        json!("ok"),
        json!({ "errors": [] }),
    ] {
        assert_nobody(&answer(nothing).await);
    }
    assert_eq!(outcome(&answer(whole).await), "signed-in");
}

#[test]
fn segments_built_from_claims_stay_segments() {
    // `sid` becomes a path segment of the refresh call: one that leaves it is refused before anything is sent.
    let clerk = production().build().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix().to_owned();
    for sid in ["..", ".", ""] {
        let token = Signer::instance()
            .session_with(&json!({ "sid": sid, "exp": NOW - 60, "iat": NOW - 120 }));
        let cookies = format!("__session={token}; __client_uat=1; __refresh_{suffix}=r");
        let request = request(&[("cookie", &cookies)]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = runtime
            .block_on(clerk.authenticate_request(&request))
            .unwrap();
        assert_nobody(&state);
        let reason = state.reason().map(Reason::as_str).unwrap();
        assert!(
            reason.ends_with("unexpected-bapi-error") || reason.ends_with("missing-sid-claim"),
            "{sid}: {reason}"
        );
    }
}

#[test]
fn a_redirect_url_that_anybody_can_write_is_no_server_error() {
    let session =
        Signer::instance().session_with(&json!({ "iss": "https://foo-bar-13.clerk.accounts.dev" }));
    let signed_in = format!("__session={session}; __client_uat=1; __clerk_db_jwt=dvb_1");
    for target in [
        "//evil.example",
        "/relative",
        "evil",
        "http://",
        "%00",
        "https://[x",
    ] {
        for (cookies, expected) in [
            (&*signed_in, "signed-in"),
            (
                "__client_uat=0; __clerk_db_jwt=dvb_1",
                "signed-out session-token-and-uat-missing",
            ),
        ] {
            let path = format!("/dashboard?__clerk_redirect_url={target}");
            let headers = [("cookie", cookies), ("sec-fetch-dest", "document")];
            let state = decide(
                &development().build().unwrap(),
                &request_to("GET", &path, &headers),
            );
            assert_eq!(outcome(&state), expected, "{target}");
        }
    }
}

#[test]
fn the_scheme_of_an_authorization_header_is_read_in_any_case() {
    let clerk = production().build().unwrap();
    let token = Signer::instance().session();
    for header in [
        format!("bearer {token}"),
        format!("BEARER {token}"),
        format!("Bearer  {token}"),
        format!("bEaReR    {token} "),
    ] {
        for _ in 0..2 {
            let state = decide(&clerk, &request(&[("authorization", &header)]));
            assert_eq!(outcome(&state), "signed-in", "{header}");
        }
    }
    let session = format!("__session={token}; __client_uat=1");
    let basic = [("authorization", "Basic eDp5"), ("cookie", &*session)];
    assert_eq!(outcome(&decide(&clerk, &request(&basic))), "signed-in");
}

#[test]
fn the_way_back_of_a_form_is_the_page_that_it_stood_on() {
    let clerk = production().build().unwrap();
    for (method, referrer, path, expected) in [
        ("GET", None, "/a?b=1", "https://app.example.com/a?b=1"),
        ("HEAD", None, "/a?b=1", "https://app.example.com/a?b=1"),
        ("POST", None, "/a?b=1", "https://app.example.com/"),
        (
            "POST",
            Some("https://app.example.com/form?x=1"),
            "/a",
            "https://app.example.com/form?x=1",
        ),
        (
            "DELETE",
            Some("https://evil.example/form"),
            "/a",
            "https://app.example.com/",
        ),
        ("PUT", Some("no url"), "/a", "https://app.example.com/"),
        (
            "GET",
            None,
            "/a?__clerk_handshake_nonce=n&__clerk_handshake=h&__clerk_help=1&__clerk_db_jwt=d&__dev_session=s&\
             __clerk_synced=true&__clerk_ticket=t&__clerk_status=x&b=1",
            "https://app.example.com/a?__clerk_synced=true&__clerk_ticket=t&__clerk_status=x&b=1",
        ),
        (
            "POST",
            Some("https://app.example.com/form?__clerk_handshake_nonce=n"),
            "/a",
            "https://app.example.com/form",
        ),
    ] {
        let mut headers = vec![("accept", "text/html")];
        headers.extend(referrer.map(|referrer| ("referer", referrer)));
        let context = AuthContext::new(clerk.clone(), Auth::signed_out(None));
        let request = request_to(method, path, &headers);
        let refusal = context.redirect_to_sign_in(&request, ReturnBack::Here);
        let status = if matches!(method, "GET" | "HEAD") {
            307
        } else {
            303
        };
        assert_eq!(refusal.status(), status, "{method}");
        let location = Url::parse(refusal.headers()["location"].to_str().unwrap()).unwrap();
        let (_, back) = location
            .query_pairs()
            .find(|(name, _)| name == "redirect_url")
            .unwrap();
        assert_eq!(back, expected, "{method} {path} {referrer:?}");
    }
}

#[test]
fn what_a_script_fetches_is_not_redirected() {
    let clerk = production().build().unwrap();
    for (destination, status) in [
        (None, 307),
        (Some("document"), 307),
        (Some("iframe"), 307),
        (Some("empty"), 401),
        (Some("script"), 401),
    ] {
        let mut headers = vec![("accept", "text/html, */*")];
        headers.extend(destination.map(|destination| ("sec-fetch-dest", destination)));
        let state = decide(&clerk, &request(&headers));
        let refusal = state.auth().signed_in().unwrap_err();
        assert_eq!(refusal.status(), status, "{destination:?}");
    }
}
