//! Handshakes and session refreshes, with an emulator as the other side.

use std::time::Duration;

use clerk_core::{AuthStatus, Clerk, Clock as _, ManualClock, RequestState, SystemClock};
use clerk_emulator::{Emulator, Fault, UserSeed};
use clerk_test_support::forge::{NOW, SESSION_CATEGORY, Signer};
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use url::Url;

use crate::key_cache::on;
use crate::{decide, development, outcome, production, request_to};

const ADA: &str = "ada@example.com";

/// A browser that keeps cookies and follows redirects: names and values, nothing else.
struct Browser {
    cookies: Vec<(String, String)>,
    http: reqwest::Client,
}

impl Browser {
    fn new() -> Self {
        Self {
            cookies: Vec::new(),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
        }
    }

    fn keep(&mut self, state: &RequestState) {
        for directive in state.headers().get_all(SET_COOKIE) {
            let directive = directive.to_str().unwrap();
            let (name, value) = directive
                .split(';')
                .next()
                .unwrap()
                .split_once('=')
                .unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn forget(&mut self, prefix: &str) {
        self.cookies.retain(|(name, _)| !name.starts_with(prefix));
    }

    fn request(&self, method: &str, url: &Url) -> http::Request<()> {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let path = &url[url::Position::BeforePath..];
        let cookies = cookies.join("; ");
        let kind = if method == "GET" { "document" } else { "empty" };
        request_to(
            method,
            path,
            &[
                ("cookie", &cookies),
                ("sec-fetch-dest", kind),
                ("x-forwarded-host", "localhost:3000"),
                ("x-forwarded-proto", "http"),
            ],
        )
    }

    /// Opens a page of the application and follows what it says, through the emulator and back.
    async fn open(&mut self, clerk: &Clerk, path: &str) -> RequestState {
        let mut url = Url::parse("http://localhost:3000")
            .unwrap()
            .join(path)
            .unwrap();
        for _ in 0..10 {
            let state = clerk
                .authenticate_request(&self.request("GET", &url))
                .await
                .unwrap();
            self.keep(&state);
            let Some(location) = state.location() else {
                return state;
            };
            url = Url::parse(location.to_str().unwrap()).unwrap();
            while url.host_str() != Some("localhost") {
                let answer = self.http.get(url.clone()).send().await.unwrap();
                url = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
            }
        }
        panic!("the browser was sent around in circles");
    }
}

async fn emulator() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new(ADA))
        .start()
        .await
        .unwrap()
}

/// A browser that is signed in, its application, and the clock of the application.
async fn signed_in(emulator: &Emulator) -> (Browser, Clerk, ManualClock) {
    let clock = ManualClock::new(SystemClock::default().now());
    let clerk = on(emulator).clock(clock.clone()).build().unwrap();
    let mut browser = Browser::new();
    let visitor = browser.open(&clerk, "/").await;
    assert_eq!(
        outcome(&visitor),
        "signed-out session-token-and-uat-missing"
    );
    // What the sign-in page does: a form, and back with the browser's name.
    let sign_in = format!(
        "{}?redirect_url=http%3A%2F%2Flocalhost%3A3000%2Fpage&__clerk_db_jwt={}",
        emulator.sign_in_url(),
        browser
            .cookies
            .iter()
            .find(|(name, _)| name == "__clerk_db_jwt")
            .unwrap()
            .1
    );
    let answer = browser
        .http
        .post(sign_in)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("as={}", emulator.user_id(ADA).unwrap()))
        .send()
        .await
        .unwrap();
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    clock.set(SystemClock::default().now());
    browser.forget("__clerk_redirect_count");
    let state = browser
        .open(&clerk, &back[url::Position::BeforePath..])
        .await;
    assert_eq!(outcome(&state), "signed-in");
    browser.forget("__clerk_redirect_count");
    (browser, clerk, clock)
}

/// Both clocks go on, past the end of the token.
fn pass(emulator: &Emulator, clock: &ManualClock) {
    let by = Duration::from_secs(90);
    clock.advance(by);
    emulator.advance_clock(by);
}

#[tokio::test]
async fn a_lost_session_cookie_comes_back() {
    let emulator = emulator().await;
    let (mut browser, clerk, _) = signed_in(&emulator).await;
    browser.forget("__session");
    let state = clerk
        .authenticate_request(
            &browser.request("GET", &Url::parse("http://localhost:3000/page").unwrap()),
        )
        .await
        .unwrap();
    assert_eq!(outcome(&state), "handshake client-uat-but-no-session-token");
    let state = browser.open(&clerk, "/page").await;
    assert_eq!(outcome(&state), "signed-in");
    assert_eq!(
        state.auth().user_id(),
        Some(emulator.user_id(ADA).unwrap().as_str())
    );
}

#[tokio::test]
async fn an_expired_session_is_refreshed_without_a_redirect() {
    let emulator = emulator().await;
    let (mut browser, clerk, clock) = signed_in(&emulator).await;
    pass(&emulator, &clock);
    let page = Url::parse("http://localhost:3000/page").unwrap();
    let posted = clerk
        .authenticate_request(&browser.request("POST", &page))
        .await
        .unwrap();
    assert_eq!(
        outcome(&posted),
        "signed-out session-token-expired-refresh-non-eligible-non-get"
    );
    let state = clerk
        .authenticate_request(&browser.request("GET", &page))
        .await
        .unwrap();
    assert_eq!(outcome(&state), "signed-in");
    assert!(state.location().is_none());
    browser.keep(&state);
    let posted = clerk
        .authenticate_request(&browser.request("POST", &page))
        .await
        .unwrap();
    assert_eq!(outcome(&posted), "signed-in", "the fresh cookies were set");
}

#[tokio::test]
async fn a_refused_refresh_becomes_a_handshake_that_names_the_refusal() {
    let emulator = emulator().await;
    let (browser, clerk, clock) = signed_in(&emulator).await;
    pass(&emulator, &clock);
    let page = Url::parse("http://localhost:3000/page").unwrap();
    for (fault, reason) in [
        (Fault::cut_connection(), "fetch-error"),
        (
            Fault::answer(
                401,
                "application/json",
                r#"{"errors":[{"code":"refresh_token_invalid","message":"no"}]}"#,
            ),
            "refresh_token_invalid",
        ),
        (
            Fault::answer(
                200,
                "application/json",
                r#"{"object":"cookies","cookies":[]}"#,
            ),
            "unexpected-sdk-error",
        ),
        (
            Fault::answer(
                200,
                "application/json",
                r#"{"cookies":["__session=forged.token.here; Path=/"]}"#,
            ),
            "invalid-session-token",
        ),
    ] {
        emulator.faults().add(fault.on("/v1/sessions"));
        let state = clerk
            .authenticate_request(&browser.request("GET", &page))
            .await
            .unwrap();
        assert_eq!(
            outcome(&state),
            format!("handshake session-token-expired-refresh-{reason}")
        );
        assert!(!state.headers().get_all(SET_COOKIE).iter().any(|cookie| {
            cookie
                .to_str()
                .is_ok_and(|cookie| cookie.starts_with("__session"))
        }));
    }
}

/// The names of the cookies that a response clears.
fn cleared(state: &RequestState) -> Vec<String> {
    let mut names: Vec<String> = state
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|cookie| {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            (rest.starts_with(';') && rest.contains("Max-Age=0")).then(|| name.to_owned())
        })
        .collect();
    names.dedup();
    names
}

#[tokio::test]
async fn a_nonce_that_brings_nothing_leaves_the_requests_own_cookies_to_decide() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let session = format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1");
    let visitor = "__client_uat=0; __clerk_db_jwt=dvb_1".to_owned();
    let unknown = || None;
    let broken = || Some(Fault::status(500));
    let busy = || Some(Fault::too_many_requests(Duration::from_secs(1)));
    let cut = || Some(Fault::cut_connection());
    type MakeFault = fn() -> Option<Fault>;
    let faults: [(&str, MakeFault, bool); 4] = [
        ("unknown", unknown, true),
        ("broken", broken, false),
        ("busy", busy, false),
        ("cut", cut, false),
    ];
    for (name, fault, is_known_to_be_spent) in faults {
        for (own, with_session, without) in [
            (&session, "signed-in", "signed-in"),
            (
                &visitor,
                "signed-out session-token-and-uat-missing",
                "signed-out unexpected-error",
            ),
        ] {
            if let Some(fault) = fault() {
                emulator
                    .faults()
                    .add(fault.on("/v1/clients/handshake_payload"));
            }
            let is_visitor = *own == visitor;
            let cookies = format!("{own}; __clerk_handshake_nonce=spent-{name}-{is_visitor}");
            let headers = [("cookie", &*cookies), ("sec-fetch-dest", "document")];
            let state = clerk
                .authenticate_request(&request_to("GET", "/page", &headers))
                .await
                .unwrap();
            let expected = if is_known_to_be_spent {
                with_session
            } else {
                without
            };
            assert_eq!(outcome(&state), expected, "{name}: {own}");
            // A nonce that Clerk does not know is not sent again; one that it could not be asked about is.
            let names: &[&str] = if is_known_to_be_spent {
                &["__clerk_handshake_nonce"]
            } else {
                &[]
            };
            assert_eq!(cleared(&state), names, "{name}");
            assert_eq!(state.location(), None, "{name}");
            assert_eq!(
                state.auth().is_undecided(),
                !is_known_to_be_spent && *own == visitor,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn only_a_navigation_resolves_a_handshake() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let cookies = format!(
        "__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1; __clerk_handshake_nonce=n"
    );
    let session = Signer::instance().session();
    let directives = json!([format!("__session={session}; Path=/")]);
    let handshake = handshake(Signer::instance(), &directives);
    for (method, kind) in [
        ("GET", ("sec-fetch-dest", "empty")),
        ("GET", ("sec-fetch-dest", "image")),
        ("GET", ("accept", "*/*")),
        ("GET", ("accept", "application/json, text/html")),
        ("POST", ("sec-fetch-dest", "document")),
        ("HEAD", ("sec-fetch-dest", "document")),
        ("OPTIONS", ("accept", "text/html")),
        ("DELETE", ("accept", "text/html")),
    ] {
        let request = request_to(method, "/page", &[("cookie", &cookies), kind]);
        let state = clerk.authenticate_request(&request).await.unwrap();
        assert_eq!(outcome(&state), "signed-in", "{method} {kind:?}");
        assert!(!state.headers().contains_key(SET_COOKIE));

        let path = format!("/page?__clerk_handshake={handshake}");
        let request = request_to(method, &path, &[kind]);
        let state = decide(&production().build().unwrap(), &request);
        assert_eq!(outcome(&state), "signed-out session-token-and-uat-missing");
        assert!(!state.headers().contains_key(SET_COOKIE));
    }
    let asked = emulator
        .requests()
        .iter()
        .filter(|request| request.path().contains("handshake_payload"))
        .count();
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn an_expired_session_is_undecided_while_it_cannot_be_refreshed() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let expired = emulator.session_token(ADA).expired().mint().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix();
    let cookies =
        format!("__session={expired}; __client_uat=1; __clerk_db_jwt=dvb_1; __refresh_{suffix}=r");
    for (fault, is_undecided) in [
        (Fault::status(500), true),
        (Fault::too_many_requests(Duration::from_secs(1)), true),
        (Fault::cut_connection(), true),
        (
            Fault::answer(
                400,
                "application/json",
                r#"{"errors":[{"code":"refresh_token_invalid","message":"no"}]}"#,
            ),
            false,
        ),
    ] {
        emulator.faults().add(fault.on("/v1/sessions"));
        let headers = [("cookie", &*cookies), ("sec-fetch-dest", "empty")];
        let state = clerk
            .authenticate_request(&request_to("GET", "/page", &headers))
            .await
            .unwrap();
        assert_eq!(state.status(), AuthStatus::SignedOut);
        assert_eq!(state.auth().is_undecided(), is_undecided, "{state:?}");
        let refusal = state.auth().signed_in().unwrap_err();
        let status = if is_undecided { 503 } else { 401 };
        assert_eq!(refusal.status(), status);
    }
}

/// A handshake token with these directives.
fn handshake(signer: &Signer, directives: &Value) -> String {
    signer.sign(
        &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "JWT", "cat": SESSION_CATEGORY }),
        &json!({ "handshake": directives }),
    )
}

fn arrive(clerk: &Clerk, token: &str) -> RequestState {
    let path = format!("/page?__clerk_handshake={token}&kept=1");
    decide(
        clerk,
        &request_to("GET", &path, &[("sec-fetch-dest", "document")]),
    )
}

#[test]
fn a_handshake_token_sets_its_cookies_and_signs_in() {
    let session = Signer::instance().session();
    let directives = json!([
        format!("__session={session}; Path=/; SameSite=Lax"),
        format!("__client_uat={NOW}; Path=/"),
    ]);
    let token = handshake(Signer::instance(), &directives);
    let state = arrive(&development().build().unwrap(), &token);
    assert_eq!(outcome(&state), "signed-in");
    assert_eq!(
        state.location().unwrap(),
        "https://app.example.com/page?kept=1"
    );
    assert_eq!(state.headers()["cache-control"], "no-store");
    let cookies: Vec<&str> = state
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .map(|c| c.to_str().unwrap())
        .collect();
    assert_eq!(json!(cookies), directives);
    // In production the page is rendered at once.
    let state = arrive(&production().build().unwrap(), &token);
    assert_eq!(
        (outcome(&state).as_str(), state.location()),
        ("signed-in", None)
    );
    assert_eq!(state.headers().get_all(SET_COOKIE).iter().count(), 2);
}

#[test]
fn forged_handshakes_set_no_cookies() {
    let session = Signer::instance().session();
    let directives = json!([format!("__session={session}; Path=/")]);
    let clerk = production().build().unwrap();
    let mut template = Signer::instance().header();
    template["cat"] = json!("cl_B7d4PD222AAA");
    let payload = json!({ "handshake": directives });
    let mut unsigned_header = Signer::instance().header();
    unsigned_header["alg"] = json!("none");
    let mut forged = Signer::instance().header();
    forged["crit"] = json!(["handshake"]);
    for token in [
        handshake_with_our_kid(&directives),
        Signer::instance().sign(&template, &payload),
        Signer::instance().sign(&unsigned_header, &payload),
        Signer::instance().sign(&forged, &payload),
        "not.a.token".to_owned(),
    ] {
        let state = arrive(&clerk, &token);
        assert_eq!(outcome(&state), "signed-out session-token-and-uat-missing");
        assert_eq!(state.headers().get_all(SET_COOKIE).iter().count(), 0);
    }
    // On a development instance, too: the token of another instance that was used on this host before is set aside and
    // its cookie cleared.
    let token = handshake_with_our_kid(&directives);
    for (path, cookies, cleared_names) in [
        (
            format!("/page?__clerk_handshake={token}"),
            "__clerk_db_jwt=dvb_1".to_owned(),
            &[][..],
        ),
        (
            "/page".to_owned(),
            format!("__clerk_db_jwt=dvb_1; __clerk_handshake={token}"),
            &["__clerk_handshake"][..],
        ),
    ] {
        let headers = [("cookie", &*cookies), ("sec-fetch-dest", "document")];
        let clerk = development().build().unwrap();
        let state = decide(&clerk, &request_to("GET", &path, &headers));
        assert_eq!(outcome(&state), "signed-out session-token-and-uat-missing");
        assert_eq!(cleared(&state), cleared_names);
    }
}

#[test]
fn an_expired_handshake_token_sets_no_cookies() {
    let session = Signer::instance().session();
    let signer = Signer::instance();
    for (seconds, production_takes, development_takes) in [
        (60, true, true),
        (-3600, false, true),
        (-100_000, false, false),
        (1_000_000_000 - NOW, false, false),
    ] {
        let token = signer.sign(
            &signer.header(),
            &json!({
                "handshake": [format!("__session={session}; Path=/")],
                "exp": NOW + seconds,
            }),
        );
        for (clerk, takes) in [
            (production(), production_takes),
            (development(), development_takes),
        ] {
            let state = arrive(&clerk.build().unwrap(), &token);
            let sets_session = state.headers().get_all(SET_COOKIE).iter().any(|cookie| {
                cookie
                    .to_str()
                    .is_ok_and(|cookie| cookie.starts_with("__session=ey"))
            });
            assert_eq!(sets_session, takes, "{seconds}");
        }
    }
}

fn handshake_with_our_kid(directives: &Value) -> String {
    Signer::stranger().sign(
        &Signer::instance().header(),
        &json!({ "handshake": directives }),
    )
}

#[test]
fn a_forged_session_inside_a_genuine_handshake_signs_nobody_in() {
    let forged = Signer::stranger().sign(
        &Signer::instance().header(),
        &clerk_test_support::forge::claims(),
    );
    let token = handshake(Signer::instance(), &json!([format!("__session={forged}")]));
    let state = arrive(&production().build().unwrap(), &token);
    assert_eq!(outcome(&state), "signed-out session-token-and-uat-missing");
}

#[test]
fn wrong_clocks_of_development_machines_are_forgiven_within_a_day() {
    let day = 24 * 60 * 60;
    for (age, expected) in [
        (day - 60, "signed-in"),
        (day + 120, "handshake dev-browser-missing"),
    ] {
        let session = Signer::instance()
            .session_with(&json!({ "iat": NOW + age, "nbf": NOW + age, "exp": NOW + age + 60 }));
        let token = handshake(Signer::instance(), &json!([format!("__session={session}")]));
        assert_eq!(
            outcome(&arrive(&development().build().unwrap(), &token)),
            expected
        );
        assert_eq!(
            outcome(&arrive(&production().build().unwrap(), &token)),
            "signed-out session-token-and-uat-missing"
        );
    }
}

#[tokio::test]
async fn calls_that_hang_end_in_time_and_leave_the_request_undecided() {
    let emulator = emulator().await;
    let clerk = on(&emulator)
        .authentication_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    // The keys are at hand; whatever else is asked for hangs.
    let session = emulator.session_token(ADA).mint().unwrap();
    clerk.verify_token(&session).await.unwrap();
    emulator
        .faults()
        .add(Fault::slow(Duration::from_secs(60)).always());
    let expired = emulator.session_token(ADA).expired().mint().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix();
    let refresh =
        format!("__session={expired}; __client_uat=1; __clerk_db_jwt=dvb_1; __refresh_{suffix}=r");
    for (path, headers) in [
        (
            "/page?__clerk_handshake_nonce=n",
            ("sec-fetch-dest", "document"),
        ),
        ("/page", ("cookie", &*refresh)),
        ("/page", ("authorization", "Bearer ak_1")),
        ("/page", ("authorization", "Bearer mt_1")),
        ("/page", ("authorization", "Bearer oat_1")),
    ] {
        let request = request_to("GET", path, &[headers]);
        let state = clerk.authenticate_request(&request);
        // Well before the five seconds that calls may take otherwise.
        let state = tokio::time::timeout(Duration::from_secs(4), state)
            .await
            .expect("the call was given up")
            .unwrap();
        assert!(state.auth().is_undecided(), "{headers:?}: {state:?}");
        assert_eq!(state.auth().signed_in().unwrap_err().status(), 503);
    }
}

#[tokio::test]
async fn a_nonce_that_clerk_refused_is_not_asked_for_again_for_ten_seconds() {
    let emulator = emulator().await;
    let clock = ManualClock::new(SystemClock::default().now());
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let token = emulator.session_token(ADA).mint().unwrap();
    let asked = || emulator.requests_to("/v1/clients/handshake_payload").len();
    let open = async |nonce: &str| {
        let cookies = format!(
            "__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1; __clerk_handshake_nonce={nonce}"
        );
        let headers = [("cookie", &*cookies), ("sec-fetch-dest", "document")];
        let page = request_to("GET", "/page", &headers);
        clerk.authenticate_request(&page).await.unwrap()
    };
    for _ in 0..3 {
        let state = open("spent").await;
        assert_eq!(outcome(&state), "signed-in");
        assert_eq!(cleared(&state), ["__clerk_handshake_nonce"]);
    }
    assert_eq!(asked(), 1);
    open("other").await;
    assert_eq!(asked(), 2);
    clock.advance(Duration::from_secs(10));
    open("spent").await;
    assert_eq!(asked(), 3);

    // Only what Clerk said of the nonce itself.
    for (number, (fault, is_remembered)) in [
        (Fault::status(400), true),
        (Fault::status(404), true),
        (Fault::status(410), true),
        (Fault::status(422), true),
        (Fault::status(401), false),
        (Fault::status(403), false),
        (Fault::too_many_requests(Duration::from_secs(1)), false),
        (Fault::status(500), false),
        (Fault::status(503), false),
        (Fault::cut_connection(), false),
        (
            Fault::answer(200, "text/html", "<h1>Maintenance</h1>"),
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        emulator
            .faults()
            .add(fault.clone().on("/v1/clients/handshake_payload"));
        let before = asked();
        for _ in 0..2 {
            assert_eq!(outcome(&open(&format!("n{number}")).await), "signed-in");
        }
        assert_eq!(
            asked(),
            before + if is_remembered { 1 } else { 2 },
            "{fault:?}"
        );
    }
}

#[test]
fn a_handshake_brings_no_session_of_a_machine() {
    let signer = Signer::instance();
    for clerk in [production(), development()] {
        let machine = signer.session_with(&json!({ "sub": "mch_1" }));
        let token = handshake(signer, &json!([format!("__session={machine}; Path=/")]));
        let state = arrive(&clerk.build().unwrap(), &token);
        assert_ne!(state.status(), AuthStatus::SignedIn, "{state:?}");
    }
}
