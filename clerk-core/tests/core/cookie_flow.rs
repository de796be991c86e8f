//! The cookie flow as a table: instance, method, destination and cookies in; status and reason out. Pure: no runtime
//! runs here.

use clerk_core::{Clerk, ClerkBuilder, OrganizationSync};
use clerk_test_support::forge::{NOW, Signer};
use serde_json::json;

use crate::{decide, development, outcome, production, request, request_to};

/// Cookies that the rows below combine.
struct Jar {
    session: String,
    expired: String,
    foreign: String,
}

impl Jar {
    fn new() -> Self {
        let signer = Signer::instance();
        Self {
            session: signer.session(),
            expired: signer
                .session_with(&json!({ "exp": NOW - 60, "iat": NOW - 120, "nbf": NOW - 130 })),
            foreign: signer.session_with(&json!({ "iss": "https://clerk.other.example" })),
        }
    }

    /// `S` a valid session, `X` an expired one, `F` one of another issuer, `u` an active client, `z` a client without
    /// sessions, `l` a client that changed after the session was issued, `b` a development browser, `r` a refresh
    /// token, `3` and `4` the counter of handshakes.
    fn cookies(&self, letters: &str, suffix: &str) -> String {
        let mut cookies = Vec::new();
        for letter in letters.chars() {
            cookies.push(match letter {
                'S' => format!("__session={}", self.session),
                'X' => format!("__session={}", self.expired),
                'F' => format!("__session={}", self.foreign),
                'u' => format!("__client_uat={}", NOW - 1000),
                'z' => "__client_uat=0".to_owned(),
                'l' => format!("__client_uat={}", NOW + 1),
                'b' => "__clerk_db_jwt=dvb_1".to_owned(),
                'r' => format!("__refresh_{suffix}=refresh"),
                '3' | '4' => format!("__clerk_redirect_count={letter}"),
                other => panic!("no such cookie: {other}"),
            });
        }
        cookies.join("; ")
    }
}

const DOCUMENT: &[(&str, &str)] = &[("sec-fetch-dest", "document"), ("accept", "text/html")];
const IFRAME: &[(&str, &str)] = &[("sec-fetch-dest", "iframe")];
const FETCH: &[(&str, &str)] = &[("sec-fetch-dest", "empty"), ("accept", "*/*")];
const OLD_BROWSER: &[(&str, &str)] = &[("accept", "text/html,*/*")];
const SCRIPT: &[(&str, &str)] = &[("accept", "application/json")];

type Row = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

#[track_caller]
fn check(clerk: &Clerk, rows: &[Row], path: &str) {
    let jar = Jar::new();
    for (method, kind, letters, expected) in rows {
        let cookies = jar.cookies(letters, clerk.publishable_key().unwrap().cookie_suffix());
        let mut headers = kind.to_vec();
        headers.push(("cookie", &cookies));
        let state = decide(clerk, &request_to(method, path, &headers));
        assert_eq!(
            outcome(&state),
            *expected,
            "{method} {path} {kind:?} {letters}"
        );
        assert_eq!(
            state.location().is_some(),
            expected.starts_with("handshake"),
            "{method} {path} {kind:?} {letters}"
        );
    }
}

#[test]
fn production_instances() {
    let clerk = production().build().unwrap();
    check(
        &clerk,
        &[
            (
                "GET",
                DOCUMENT,
                "",
                "signed-out session-token-and-uat-missing",
            ),
            (
                "GET",
                DOCUMENT,
                "z",
                "signed-out session-token-and-uat-missing",
            ),
            ("GET", DOCUMENT, "Su", "signed-in"),
            ("GET", FETCH, "Su", "signed-in"),
            ("POST", FETCH, "Su", "signed-in"),
            (
                "GET",
                DOCUMENT,
                "S",
                "handshake session-token-but-no-client-uat",
            ),
            (
                "GET",
                DOCUMENT,
                "Sz",
                "handshake session-token-but-no-client-uat",
            ),
            (
                "GET",
                DOCUMENT,
                "u",
                "handshake client-uat-but-no-session-token",
            ),
            (
                "GET",
                IFRAME,
                "u",
                "handshake client-uat-but-no-session-token",
            ),
            (
                "GET",
                OLD_BROWSER,
                "u",
                "handshake client-uat-but-no-session-token",
            ),
            (
                "GET",
                FETCH,
                "u",
                "signed-out client-uat-but-no-session-token",
            ),
            (
                "GET",
                SCRIPT,
                "u",
                "signed-out client-uat-but-no-session-token",
            ),
            (
                "POST",
                DOCUMENT,
                "u",
                "signed-out client-uat-but-no-session-token",
            ),
            (
                "HEAD",
                DOCUMENT,
                "u",
                "signed-out client-uat-but-no-session-token",
            ),
            (
                "GET",
                DOCUMENT,
                "Sl",
                "handshake session-token-iat-before-client-uat",
            ),
            (
                "POST",
                FETCH,
                "Sl",
                "signed-out session-token-iat-before-client-uat",
            ),
            (
                "GET",
                DOCUMENT,
                "Xu",
                "handshake session-token-expired-refresh-non-eligible-no-refresh-cookie",
            ),
            (
                "GET",
                FETCH,
                "Xu",
                "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie",
            ),
            (
                "POST",
                FETCH,
                "Xur",
                "signed-out session-token-expired-refresh-non-eligible-non-get",
            ),
            // A session of another instance on this host leaves the request without one.
            (
                "GET",
                DOCUMENT,
                "Fu",
                "signed-out session-token-and-uat-missing",
            ),
            (
                "GET",
                DOCUMENT,
                "u3",
                "signed-out client-uat-but-no-session-token",
            ),
            (
                "GET",
                DOCUMENT,
                "u4",
                "signed-out client-uat-but-no-session-token",
            ),
        ],
        "/page?a=1",
    );
}

#[test]
fn development_instances() {
    let clerk = development().build().unwrap();
    // The jar's sessions come from the production instance: here they are those of another instance.
    check(
        &clerk,
        &[
            ("GET", DOCUMENT, "", "handshake dev-browser-missing"),
            ("GET", DOCUMENT, "Su", "handshake dev-browser-missing"),
            ("GET", FETCH, "", "signed-out dev-browser-missing"),
            (
                "GET",
                DOCUMENT,
                "b",
                "signed-out session-token-and-uat-missing",
            ),
            (
                "GET",
                DOCUMENT,
                "bu",
                "handshake client-uat-but-no-session-token",
            ),
            ("GET", DOCUMENT, "bSu", "handshake dev-browser-missing"),
            ("GET", DOCUMENT, "3", "signed-out dev-browser-missing"),
        ],
        "/page",
    );
    check(
        &clerk,
        &[
            ("GET", DOCUMENT, "b", "handshake dev-browser-sync"),
            ("GET", DOCUMENT, "bSu", "handshake dev-browser-sync"),
            ("POST", DOCUMENT, "b", "signed-out dev-browser-sync"),
        ],
        "/page?__clerk_db_jwt=dvb_2",
    );
}

fn satellite(builder: ClerkBuilder) -> ClerkBuilder {
    builder
        .is_satellite(true)
        .domain("satellite.example.com")
        .sign_in_url("https://primary.example.com/sign-in")
}

#[test]
fn satellites_in_production() {
    let lazy = satellite(production()).build().unwrap();
    check(
        &lazy,
        &[
            (
                "GET",
                DOCUMENT,
                "",
                "signed-out session-token-and-uat-missing",
            ),
            (
                "GET",
                DOCUMENT,
                "u",
                "handshake client-uat-but-no-session-token",
            ),
        ],
        "/page",
    );
    check(
        &lazy,
        &[
            ("GET", DOCUMENT, "", "handshake satellite-needs-syncing"),
            ("GET", DOCUMENT, "u", "handshake satellite-needs-syncing"),
            ("GET", DOCUMENT, "3", "signed-out satellite-needs-syncing"),
            (
                "GET",
                IFRAME,
                "",
                "signed-out session-token-and-uat-missing",
            ),
            (
                "GET",
                OLD_BROWSER,
                "",
                "signed-out session-token-and-uat-missing",
            ),
        ],
        "/page?__clerk_synced=false",
    );
    check(
        &lazy,
        &[(
            "GET",
            DOCUMENT,
            "",
            "signed-out session-token-and-uat-missing",
        )],
        "/page?__clerk_synced=true",
    );
    let eager = satellite(production())
        .satellite_auto_sync(true)
        .build()
        .unwrap();
    check(
        &eager,
        &[
            ("GET", DOCUMENT, "", "handshake satellite-needs-syncing"),
            ("GET", FETCH, "", "signed-out session-token-and-uat-missing"),
        ],
        "/page",
    );
}

#[test]
fn satellites_in_development_are_sent_to_the_primary_which_answers() {
    let satellite = satellite(development())
        .satellite_auto_sync(true)
        .build()
        .unwrap();
    let state = decide(&satellite, &request_to("GET", "/page?a=b", DOCUMENT));
    assert_eq!(outcome(&state), "handshake satellite-needs-syncing");
    assert_eq!(
        state.location().unwrap(),
        "https://primary.example.com/sign-in?__clerk_redirect_url=https%3A%2F%2Fapp.example.com%2Fpage%3Fa%3Db"
    );

    let primary = development()
        .allowed_redirect_origins(
            clerk_core::AllowedRedirectOrigins::list(["https://satellite.example.com"]).unwrap(),
        )
        .build()
        .unwrap();
    let path = "/sign-in?__clerk_redirect_url=https%3A%2F%2Fsatellite.example.com%2Fpage%3F__clerk_synced%3Dfalse";
    let mut headers = DOCUMENT.to_vec();
    headers.push(("cookie", "__clerk_db_jwt=dvb_1"));
    let state = decide(&primary, &request_to("GET", path, &headers));
    assert_eq!(outcome(&state), "handshake primary-responds-to-syncing");
    assert_eq!(
        state.location().unwrap(),
        "https://satellite.example.com/page?__clerk_synced=true&__clerk_db_jwt=dvb_1"
    );
}

#[test]
fn visitors_from_other_origins_cause_one_handshake() {
    let clerk = production().build().unwrap();
    let cookies = Jar::new().cookies("Su", "");
    let outcome_from =
        |referrer: &str, method: &str, kind: &[(&'static str, &'static str)], count: &str| {
            let cookies = format!("{cookies}{count}");
            let mut headers: Vec<(&str, &str)> = kind.to_vec();
            headers.extend([("referer", referrer), ("cookie", cookies.as_str())]);
            outcome(&decide(&clerk, &request_to(method, "/page", &headers)))
        };
    let synchronizes = "handshake primary-domain-cross-origin-sync";
    assert_eq!(
        outcome_from("https://search.example/", "GET", DOCUMENT, ""),
        synchronizes
    );
    for (referrer, method, kind, count) in [
        ("https://app.example.com/other", "GET", DOCUMENT, ""),
        ("https://clerk.example.com/v1", "GET", DOCUMENT, ""),
        ("https://accounts.example.com/sign-in", "GET", DOCUMENT, ""),
        ("no url", "GET", DOCUMENT, ""),
        ("https://search.example/", "POST", DOCUMENT, ""),
        ("https://search.example/", "GET", FETCH, ""),
        (
            "https://search.example/",
            "GET",
            DOCUMENT,
            "; __clerk_redirect_count=1",
        ),
    ] {
        assert_eq!(
            outcome_from(referrer, method, kind, count),
            "signed-in",
            "{referrer} {method} {kind:?} {count}"
        );
    }
    // Anybody can have a development portal: in production it is as foreign as any other origin.
    assert_eq!(
        outcome_from("https://foo.accounts.dev/", "GET", DOCUMENT, ""),
        synchronizes
    );
    assert_eq!(
        outcome_from("https://accounts.evil.example/", "GET", DOCUMENT, ""),
        synchronizes
    );
}

#[test]
fn the_active_organization_follows_the_url() {
    let sync = OrganizationSync::new(["/orgs/:slug/(.*)", "/org-ids/:id"], ["/me"]).unwrap();
    let clerk = production().organization_sync(sync).build().unwrap();
    let with = |organization: serde_json::Value| {
        let token = Signer::instance().session_with(&json!({ "o": organization }));
        format!("__session={token}; __client_uat={}", NOW - 1000)
    };
    let acme = with(json!({ "id": "org_1", "slg": "acme", "rol": "admin" }));
    let nobody = with(json!(null));
    for (path, cookies, expected) in [
        ("/orgs/acme/settings", &acme, None),
        ("/org-ids/org_1", &acme, None),
        ("/me", &nobody, None),
        ("/elsewhere", &acme, None),
        ("/orgs/other/settings", &acme, Some("other")),
        ("/orgs/acme/settings", &nobody, Some("acme")),
        ("/org-ids/org_2", &acme, Some("org_2")),
        ("/me", &acme, Some("")),
    ] {
        let mut headers = DOCUMENT.to_vec();
        headers.push(("cookie", cookies));
        let state = decide(&clerk, &request_to("GET", path, &headers));
        match expected {
            None => assert_eq!(outcome(&state), "signed-in", "{path}"),
            Some(organization) => {
                assert_eq!(
                    outcome(&state),
                    "handshake active-organization-mismatch",
                    "{path}"
                );
                let location =
                    url::Url::parse(state.location().unwrap().to_str().unwrap()).unwrap();
                let asked = location
                    .query_pairs()
                    .find(|(name, _)| name == "organization_id");
                assert_eq!(asked.unwrap().1, organization, "{path}");
            }
        }
        // A script's request is served as it is, and so is one that looped.
        let fetched = decide(&clerk, &request_to("GET", path, &[("cookie", cookies)]));
        assert_eq!(outcome(&fetched), "signed-in", "{path}");
        let looped = format!("{cookies}; __clerk_redirect_count=3");
        let mut headers = DOCUMENT.to_vec();
        headers.push(("cookie", &looped));
        assert_eq!(
            outcome(&decide(&clerk, &request_to("GET", path, &headers))),
            "signed-in"
        );
    }
}

#[test]
fn the_handshake_url_carries_what_the_frontend_api_needs() {
    let clerk = development().proxy_url("/__clerk").build().unwrap();
    let mut headers = DOCUMENT.to_vec();
    headers.extend([
        ("cookie", "__clerk_db_jwt=dvb_1; __client_uat=1"),
        ("x-forwarded-host", "public.example.com"),
        ("x-forwarded-proto", "https"),
    ]);
    let state = decide(&clerk, &request_to("GET", "/p?q=1%202&x", &headers));
    assert_eq!(
        state.location().unwrap(),
        "https://public.example.com/__clerk/v1/client/handshake?redirect_url=https%3A%2F%2Fpublic.example.com%2Fp%3Fq%3D1%2B2%26x%3D\
         &__clerk_api_version=2026-05-12&suffixed_cookies=false&__clerk_hs_reason=client-uat-but-no-session-token\
         &format=nonce&__clerk_db_jwt=dvb_1"
    );
    let headers = state.headers();
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(
        headers["set-cookie"],
        "__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2"
    );
    assert_eq!(headers["x-clerk-auth-status"], "handshake");
    assert_eq!(
        headers["x-clerk-auth-reason"],
        "client-uat-but-no-session-token"
    );
}

#[test]
fn the_url_stays_as_it_was_asked_for_where_no_header_moves_it() {
    let clerk = satellite(development())
        .satellite_auto_sync(true)
        .build()
        .unwrap();
    let location = |host: Option<&str>| {
        let mut request = http::Request::builder()
            .uri("https://app.example.com/?")
            .header("sec-fetch-dest", "document");
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let state = decide(&clerk, &request.body(()).unwrap());
        let location = url::Url::parse(state.location().unwrap().to_str().unwrap()).unwrap();
        let (_, back) = location.query_pairs().next().unwrap();
        back.into_owned()
    };
    assert_eq!(location(None), "https://app.example.com/?");
    assert_eq!(
        location(Some("app.example.com")),
        "https://app.example.com/?"
    );
    assert_eq!(
        location(Some("www.example.com")),
        "https://www.example.com/"
    );
}

#[test]
fn an_issue_time_that_is_no_number_is_older_than_nothing() {
    let clerk = production().build().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix();
    let plain = Signer::instance().session();
    let odd = Signer::instance().session_with(&json!({ "iat": "today" }));
    let cookies = format!(
        "__session={plain}; __session_{suffix}={odd}; __client_uat_{suffix}={}",
        NOW - 1000
    );
    let state = decide(&clerk, &request_to("GET", "/page", &[("cookie", &cookies)]));
    // The suffixed session is chosen, as in the reference, and refused.
    assert_eq!(outcome(&state), "signed-out token-verification-failed");
}

#[test]
fn of_several_session_cookies_the_one_that_verifies_counts() {
    let signer = Signer::instance();
    let good = signer.session();
    let stale =
        signer.session_with(&json!({ "exp": NOW - 600, "iat": NOW - 660, "nbf": NOW - 660 }));
    let forged = Signer::stranger().sign(&signer.header(), &clerk_test_support::forge::claims());
    let machine = signer.session_with(&json!({ "sub": "mch_1" }));
    let session = |token: &str| format!("__session={token}");
    let uat = |seconds: i64| format!("__client_uat={seconds}");
    let clerk = production().build().unwrap();
    for (cookies, expected) in [
        (vec![session(&stale), session(&good), uat(1)], "signed-in"),
        (vec![session(&good), session(&stale), uat(1)], "signed-in"),
        (
            vec![
                session(&forged),
                session("x.y.z"),
                session(&machine),
                session(&good),
                uat(1),
            ],
            "signed-in",
        ),
        (
            vec![uat(0), session(&stale), session(&good), uat(1)],
            "signed-in",
        ),
        // The fifth is not tried.
        (
            vec![
                session(&forged),
                session(&forged),
                session(&forged),
                session(&forged),
                session(&good),
                uat(1),
            ],
            "signed-out token-invalid-signature",
        ),
        // With none that verifies, the first decides.
        (
            vec![session(&forged), session(&stale), uat(1)],
            "signed-out token-invalid-signature",
        ),
        (
            vec![session(&stale), session(&forged), uat(1)],
            "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie",
        ),
        // A client that changed after the session was issued, wherever its cookie stands.
        (
            vec![session(&stale), session(&good), uat(1), uat(NOW + 1)],
            "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie",
        ),
    ] {
        let cookies = cookies.join("; ");
        let state = decide(&clerk, &request(&[("cookie", &cookies)]));
        assert_eq!(outcome(&state), expected, "{cookies}");
    }
}
