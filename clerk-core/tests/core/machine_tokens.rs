//! API keys, machine-to-machine tokens and OAuth access tokens, opaque and as JWTs.

use std::time::Duration;

use clerk_core::adapter::{GoOn, Next};
use clerk_core::{
    AcceptedTokens, Auth, Clerk, Clock as _, ManualClock, Protect, Reason, RequestState,
    SystemClock, TokenType,
};
use clerk_emulator::{Emulator, Fault, MachineSeed, UserSeed};
use clerk_test_support::forge::{NOW, Signer};
use futures_util::FutureExt as _;
use futures_util::future::{join_all, select};
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::key_cache::on;
use crate::shared_store::TestStore;
use crate::{assert_nobody, decide, outcome, production, request};

pub(crate) const ADA: &str = "ada@example.com";

pub(crate) async fn emulator() -> Emulator {
    Emulator::builder()
        .user(UserSeed::new(ADA))
        .machine(MachineSeed::new("worker"))
        .start()
        .await
        .unwrap()
}

pub(crate) async fn authenticate(clerk: &Clerk, token: &str) -> RequestState {
    clerk
        .authenticate_request(&request(&[("authorization", &format!("Bearer {token}"))]))
        .await
        .unwrap()
}

#[tokio::test]
async fn each_kind_is_told_apart_and_shows_whom_it_acts_for() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let user = emulator.user_id(ADA).unwrap();

    let key = emulator.api_key(ADA).scope("read").mint().unwrap();
    let state = authenticate(&clerk, &key).await;
    let Auth::ApiKey(auth) = state.auth() else {
        panic!("{state:?}")
    };
    assert_eq!(
        (auth.user_id(), auth.org_id(), auth.scopes()),
        (Some(user.as_str()), None, &["read".to_owned()][..])
    );

    let token = emulator.m2m_token("worker").mint().unwrap();
    let state = authenticate(&clerk, &token).await;
    let Auth::M2mToken(auth) = state.auth() else {
        panic!("{state:?}")
    };
    assert!(auth.machine_id().starts_with("mch_"));

    let token = emulator.oauth_token(ADA).mint().unwrap();
    let state = authenticate(&clerk, &token).await;
    let Auth::OAuthToken(auth) = state.auth() else {
        panic!("{state:?}")
    };
    assert_eq!(auth.user_id(), user);
}

#[test]
fn a_page_says_what_helps_whose_token_is_of_another_type() {
    use TokenType::{ApiKey, OAuthToken, SessionToken};
    let accepts = AcceptedTokens::list([SessionToken, OAuthToken]);
    let clerk = production().accepts(accepts).build().unwrap();
    let Next::GoOn(GoOn { context, .. }) = clerk.attach(&request(&[
        ("authorization", "Bearer ak_1234"),
        ("sec-fetch-dest", "document"),
    ])) else {
        panic!("a type that is not accepted needs no I/O");
    };
    for (guard, texts) in [
        (
            Protect::new(),
            ["Please sign in", "isn’t of a type that it accepts"],
        ),
        (
            Protect::new().token(ApiKey),
            ["This page is for programs", "Signing in doesn’t open it"],
        ),
    ] {
        let refusal = context.protect(&guard, &request(&[]), "/page").unwrap_err();
        assert_eq!(refusal.status(), 401);
        let page = String::from_utf8_lossy(refusal.body());
        for text in texts {
            assert!(page.contains(text), "{text}: {page}");
        }
    }
}

#[tokio::test]
async fn only_the_accepted_kinds_are_accepted() {
    let emulator = emulator().await;
    let key = emulator.api_key(ADA).mint().unwrap();
    let session = emulator.session_token(ADA).mint().unwrap();
    use TokenType::{ApiKey, M2mToken, OAuthToken, SessionToken};
    for (accepts, of_key, of_session) in [
        (AcceptedTokens::any(), "signed-in", "signed-in"),
        (ApiKey.into(), "signed-in", "signed-out token-type-mismatch"),
        (SessionToken.into(), "signed-out token-invalid", "signed-in"),
        (
            M2mToken.into(),
            "signed-out token-type-mismatch",
            "signed-out token-type-mismatch",
        ),
        (
            AcceptedTokens::list([ApiKey, SessionToken]),
            "signed-in",
            "signed-in",
        ),
        (
            AcceptedTokens::list([OAuthToken]),
            "signed-out token-type-mismatch",
            "signed-out token-type-mismatch",
        ),
        (
            AcceptedTokens::list([]),
            "signed-out token-type-mismatch",
            "signed-out token-type-mismatch",
        ),
    ] {
        let clerk = on(&emulator).accepts(accepts.clone()).build().unwrap();
        assert_eq!(
            outcome(&authenticate(&clerk, &key).await),
            of_key,
            "{accepts:?}"
        );
        assert_eq!(
            outcome(&authenticate(&clerk, &session).await),
            of_session,
            "{accepts:?}"
        );
    }
    // Machine tokens never come from cookies.
    let clerk = on(&emulator).accepts(ApiKey).build().unwrap();
    let request = request(&[("cookie", &format!("__session={key}; __client_uat=1"))]);
    let state = clerk.authenticate_request(&request).await.unwrap();
    assert_eq!(outcome(&state), "signed-out No token in header");
}

pub(crate) fn verifications(emulator: &Emulator) -> usize {
    emulator.requests_to("/api_keys/verify").len()
}

#[tokio::test]
async fn positive_answers_are_remembered_for_a_short_time_and_never_beyond_the_tokens_own() {
    let emulator = emulator().await;
    let clock = ManualClock::new(SystemClock::default().now());
    let clerk = on(&emulator).clock(clock.clone()).build().unwrap();
    let key = emulator.api_key(ADA).mint().unwrap();
    for _ in 0..5 {
        assert_eq!(outcome(&authenticate(&clerk, &key).await), "signed-in");
    }
    assert_eq!(verifications(&emulator), 1);
    clock.advance(Duration::from_secs(30));
    assert_eq!(outcome(&authenticate(&clerk, &key).await), "signed-in");
    assert_eq!(verifications(&emulator), 2);

    // A key that lives for ten seconds is not remembered for thirty.
    let short = emulator
        .api_key(ADA)
        .lifetime(Duration::from_secs(10))
        .mint()
        .unwrap();
    assert_eq!(outcome(&authenticate(&clerk, &short).await), "signed-in");
    let by = Duration::from_secs(11);
    clock.advance(by);
    emulator.advance_clock(by);
    assert_nobody(&authenticate(&clerk, &short).await);

    let forgetful = on(&emulator)
        .machine_token_memory(Duration::ZERO)
        .build()
        .unwrap();
    let before = verifications(&emulator);
    for _ in 0..3 {
        assert_eq!(outcome(&authenticate(&forgetful, &key).await), "signed-in");
    }
    assert_eq!(verifications(&emulator), before + 3);
}

/// All checks of machine tokens that the emulator was asked for.
fn checks(emulator: &Emulator) -> usize {
    emulator
        .requests()
        .iter()
        .filter(|request| request.path().ends_with("/verify"))
        .count()
}

#[tokio::test]
async fn tokens_that_clerk_does_not_know_are_not_asked_for_again_for_ten_seconds() {
    let emulator = emulator().await;
    let clock = ManualClock::new(SystemClock::default().now());
    let store = TestStore::new();
    let clerk = on(&emulator)
        .clock(clock.clone())
        .shared_store(store.clone())
        .build()
        .unwrap();
    for token in ["ak_unknown", "mt_unknown", "oat_unknown"] {
        let before = checks(&emulator);
        for _ in 0..3 {
            let state = authenticate(&clerk, token).await;
            assert_eq!(outcome(&state), "signed-out token-invalid", "{token}");
        }
        assert_eq!(checks(&emulator), before + 1, "{token}");
    }
    // Each for itself, and each kind.
    authenticate(&clerk, "ak_unknown2").await;
    assert_eq!(checks(&emulator), 4);
    // The time passes, whoever sets the clock.
    clock.set(clock.now() - 24 * 3600 * 1000);
    clock.advance(Duration::from_secs(9));
    authenticate(&clerk, "ak_unknown").await;
    assert_eq!(checks(&emulator), 4);
    clock.advance(Duration::from_secs(1));
    authenticate(&clerk, "ak_unknown").await;
    assert_eq!(checks(&emulator), 5);
    // Only in this process.
    assert_eq!(store.puts(), 0);
    let other = on(&emulator).shared_store(store).build().unwrap();
    authenticate(&other, "ak_unknown").await;
    assert_eq!(checks(&emulator), 6);
}

#[tokio::test]
async fn no_other_refusal_is_remembered() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let nobody = r#"{"object":"api_key"}"#;
    for (name, fault) in [
        ("400", Fault::status(400)),
        ("401", Fault::status(401)),
        ("403", Fault::status(403)),
        ("429", Fault::too_many_requests(Duration::from_secs(1))),
        ("500", Fault::status(500)),
        ("503", Fault::status(503)),
        ("cut", Fault::cut_connection()),
        (
            "no JSON",
            Fault::answer(200, "text/html", "<h1>Maintenance</h1>"),
        ),
        ("nobody", Fault::answer(200, "application/json", nobody)),
    ] {
        let key = emulator.api_key(ADA).mint().unwrap();
        emulator.faults().add(fault.on("/api_keys/verify"));
        assert_nobody(&authenticate(&clerk, &key).await);
        let state = authenticate(&clerk, &key).await;
        assert_eq!(outcome(&state), "signed-in", "{name}");
    }
}

#[tokio::test]
async fn identical_tokens_share_a_call() {
    let emulator = emulator().await;
    let key = emulator.api_key(ADA).mint().unwrap();
    for (token, fault, expected) in [
        (&*key, None, "signed-in"),
        ("ak_unknown", None, "signed-out token-invalid"),
        (
            &*key,
            Some(Fault::status(503)),
            "signed-out unexpected-error",
        ),
    ] {
        let clerk = on(&emulator).build().unwrap();
        let before = checks(&emulator);
        if let Some(fault) = fault {
            emulator.faults().add(fault.on("/api_keys/verify"));
        }
        let states = join_all((0..300).map(|_| authenticate(&clerk, token))).await;
        for state in &states {
            assert_eq!(outcome(state), expected);
        }
        assert_eq!(checks(&emulator), before + 1, "{expected}");
    }
}

#[tokio::test]
async fn a_dropped_caller_takes_no_others_along_and_keeps_no_turn() {
    let emulator = emulator().await;
    let key = emulator.api_key(ADA).mint().unwrap();
    let slow = || Fault::slow(Duration::from_millis(200)).on("/api_keys/verify");
    let clerk = on(&emulator).concurrent_token_checks(1).build().unwrap();
    emulator.faults().add(slow());
    {
        let mut first = Box::pin(authenticate(&clerk, &key));
        assert!(first.as_mut().now_or_never().is_none());
        let mut second = Box::pin(authenticate(&clerk, &key));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        assert_eq!(outcome(&second.await), "signed-in");
        assert_eq!(checks(&emulator), 1);
    }
    // With nobody left the call ends, and its turn is the next one's.
    let other = emulator.api_key(ADA).mint().unwrap();
    emulator.faults().add(slow());
    {
        let mut only = Box::pin(authenticate(&clerk, &other));
        for _ in 0..100 {
            assert!(only.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    }
    emulator.faults().clear();
    assert_eq!(outcome(&authenticate(&clerk, &other).await), "signed-in");
}

#[tokio::test]
async fn checks_wait_for_their_turn_and_none_is_refused() {
    let emulator = emulator().await;
    let keys: Vec<String> = (0..60)
        .map(|_| emulator.api_key(ADA).mint().unwrap())
        .collect();
    for at_once in [0, 1, 3, usize::MAX] {
        let clerk = on(&emulator)
            .concurrent_token_checks(at_once)
            .build()
            .unwrap();
        let states = join_all(keys.iter().map(|key| authenticate(&clerk, key))).await;
        for state in states {
            assert_eq!(outcome(&state), "signed-in", "{at_once}");
        }
    }
}

#[tokio::test]
async fn strangers_cannot_make_more_calls_at_once_than_the_bound() {
    let emulator = emulator().await;
    emulator.faults().add(
        Fault::slow(Duration::from_secs(600))
            .on("/api_keys/verify")
            .always(),
    );
    for (bound, expected) in [(None, 64), (Some(5), 5)] {
        let before = checks(&emulator);
        let mut clerk = on(&emulator).authentication_timeout(Duration::from_secs(600));
        if let Some(bound) = bound {
            clerk = clerk.concurrent_token_checks(bound);
        }
        let clerk = clerk.build().unwrap();
        let tokens: Vec<String> = (0..400).map(|number| format!("ak_{number}")).collect();
        let waiting = join_all(tokens.iter().map(|token| authenticate(&clerk, token)));
        let others = async {
            while checks(&emulator) < before + expected {
                tokio::task::yield_now().await;
            }
            // Whatever else had been sent would have arrived before the answers to these.
            for _ in 0..20 {
                clerk
                    .api()
                    .request(http::Method::GET, ["jwks"])
                    .send()
                    .await
                    .unwrap();
            }
        };
        let waiting = std::pin::pin!(waiting);
        let others = std::pin::pin!(others);
        select(waiting, others).await;
        assert_eq!(checks(&emulator), before + expected);
    }
}

#[tokio::test]
async fn whoever_waits_too_long_is_undecided() {
    let emulator = emulator().await;
    emulator.faults().add(
        Fault::slow(Duration::from_secs(600))
            .on("/api_keys/verify")
            .always(),
    );
    let clerk = on(&emulator)
        .concurrent_token_checks(1)
        .authentication_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let states =
        join_all(["ak_1", "ak_1", "ak_2", "ak_3"].map(|token| authenticate(&clerk, token))).await;
    for state in states {
        let refusal = state.auth().signed_in().unwrap_err();
        assert_eq!(refusal.status(), 503);
        assert!(refusal.headers().contains_key(RETRY_AFTER));
    }
    // Nobody is held by what hung.
    emulator.faults().clear();
    let key = emulator.api_key(ADA).mint().unwrap();
    assert_eq!(outcome(&authenticate(&clerk, &key).await), "signed-in");
}

#[tokio::test]
async fn session_users_do_not_wait_behind_machine_tokens() {
    let emulator = emulator().await;
    emulator.faults().add(
        Fault::slow(Duration::from_secs(60))
            .on("/api_keys/verify")
            .always(),
    );
    let clerk = on(&emulator).concurrent_token_checks(1).build().unwrap();
    let mut hanging: Vec<_> = ["ak_1", "ak_2", "ak_3"]
        .into_iter()
        .map(|token| Box::pin(authenticate(&clerk, token)))
        .collect();
    for check in &mut hanging {
        assert!(check.as_mut().now_or_never().is_none());
    }
    // Signing keys, a refresh and a nonce.
    let session = emulator.session_token(ADA).mint().unwrap();
    assert_eq!(outcome(&authenticate(&clerk, &session).await), "signed-in");
    let expired = emulator.session_token(ADA).expired().mint().unwrap();
    let suffix = clerk.publishable_key().unwrap().cookie_suffix();
    let cookies =
        format!("__session={expired}; __client_uat=1; __clerk_db_jwt=dvb_1; __refresh_{suffix}=r");
    let refresh = request(&[("cookie", &cookies)]);
    let state = clerk.authenticate_request(&refresh).await.unwrap();
    assert!(!state.auth().is_undecided(), "{state:?}");
    let asked = |path: &str| {
        let requests = emulator.requests();
        requests
            .iter()
            .filter(|request| request.path().starts_with(path))
            .count()
    };
    assert_eq!(asked("/v1/sessions/"), 1);
    let cookies = format!(
        "__session={session}; __client_uat=1; __clerk_db_jwt=dvb_1; __clerk_handshake_nonce=n"
    );
    let nonce = request(&[("cookie", &cookies), ("sec-fetch-dest", "document")]);
    let state = clerk.authenticate_request(&nonce).await.unwrap();
    assert_eq!(outcome(&state), "signed-in");
    assert_eq!(
        emulator.requests_to("/v1/clients/handshake_payload").len(),
        1
    );
    for check in &mut hanging {
        assert!(check.as_mut().now_or_never().is_none());
    }
}

#[tokio::test]
async fn outages_are_not_refusals() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    let key = emulator.api_key(ADA).mint().unwrap();
    emulator
        .faults()
        .add(Fault::status(503).on("/api_keys/verify"));
    let state = authenticate(&clerk, &key).await;
    assert_eq!(outcome(&state), "signed-out unexpected-error");
    let Auth::SignedOut(signed_out) = state.auth() else {
        panic!("{state:?}")
    };
    assert!(signed_out.is_undecided());
    assert_eq!(outcome(&authenticate(&clerk, &key).await), "signed-in");
}

#[test]
fn jwts_of_machines_and_oauth_clients_verify_without_a_call() {
    let signer = Signer::instance();
    let clerk = production().audience(["our-api"]).build().unwrap();
    let m2m = |category: Option<&str>, changes: serde_json::Value| {
        let mut header = json!({ "alg": "RS256", "kid": signer.kid(), "typ": "JWT" });
        if let Some(category) = category {
            header["cat"] = json!(category);
        }
        let mut claims = json!({ "sub": "mch_1", "aud": ["our-api"], "scopes": "read write", "jti": "mt_1",
            "iat": NOW, "exp": NOW + 300, "job": "sync" });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        signer.sign(&header, &claims)
    };
    let decide = |token: &str| {
        decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        )
    };
    let state = decide(&m2m(Some("cl_B7d4PD333AAA"), json!({})));
    let Auth::M2mToken(auth) = state.auth() else {
        panic!("{state:?}")
    };
    assert_eq!((auth.id(), auth.machine_id()), ("mt_1", "mch_1"));
    assert_eq!(auth.scopes(), ["read", "write"]);
    assert_eq!(auth.claims().unwrap()["job"], "sync");
    for (token, reason) in [
        (m2m(Some("cl_B7d4PD111AAA"), json!({})), "token-invalid"),
        (
            m2m(None, json!({ "exp": NOW - 60 })),
            "token-verification-failed",
        ),
        (
            m2m(None, json!({ "aud": ["other"] })),
            "token-verification-failed",
        ),
    ] {
        let state = decide(&token);
        assert_nobody(&state);
        assert_eq!(state.reason().map(Reason::as_str), Some(reason));
    }

    let oauth = |changes: serde_json::Value| {
        let mut claims = json!({ "sub": "user_1", "client_id": "app_1", "scope": "read:a write:b", "aud": "our-api",
            "jti": "oat_1", "iat": NOW, "exp": NOW + 300 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        signer.sign(
            &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "at+jwt" }),
            &claims,
        )
    };
    let state = decide(&oauth(json!({})));
    let Auth::OAuthToken(auth) = state.auth() else {
        panic!("{state:?}")
    };
    assert_eq!((auth.user_id(), auth.client_id()), ("user_1", "app_1"));
    // Unlike a session token, one without the audience is refused once an audience is configured (RFC 9068).
    for changes in [
        json!({ "aud": null }),
        json!({ "aud": "other" }),
        json!({ "aud": ["our-api", ""] }),
        json!({ "exp": NOW - 60 }),
    ] {
        assert_nobody(&decide(&oauth(changes)));
    }
    // The stranger's signature under our key id.
    let forged = Signer::stranger().sign(
        &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "at+jwt" }),
        &json!({ "sub": "user_1", "aud": "our-api", "exp": NOW + 300 }),
    );
    assert_nobody(&decide(&forged));
}

/// An access token as the Backend API describes it.
fn access_token(changes: &[(&str, Value)]) -> Fault {
    let mut answer = json!({
        "object": "clerk_idp_oauth_access_token", "id": "oat_1", "client_id": "app_1", "subject": "user_1",
        "scopes": ["profile"], "revoked": false, "expired": false, "type": "oauth:access_token",
        "act": { "sub": "agent_1" }, "aud": ["https://api.example.com", "https://mcp.example.com"],
    });
    for (name, value) in changes {
        answer[*name] = value.clone();
    }
    Fault::answer(200, "application/json", answer.to_string())
        .on("/oauth_applications/access_tokens/verify")
}

#[tokio::test]
async fn an_oauth_token_tells_its_actor_audience_and_type() {
    let emulator = emulator().await;
    emulator.faults().add(access_token(&[]));
    let store = TestStore::new();
    let opaque = emulator.oauth_token(ADA).mint().unwrap();
    // The second process reads what the first one shared.
    for _ in 0..2 {
        let clerk = on(&emulator).shared_store(store.clone()).build().unwrap();
        let state = authenticate(&clerk, &opaque).await;
        let token = state.auth().oauth().unwrap();
        assert_eq!(token.actor(), Some(&json!({ "sub": "agent_1" })));
        assert_eq!(
            token.audience(),
            ["https://api.example.com", "https://mcp.example.com"]
        );
        assert_eq!(token.token_kind(), Some("oauth:access_token"));
    }

    let signer = Signer::instance();
    let clerk = production().build().unwrap();
    for (act, aud, actor, audience) in [
        (
            json!({ "sub": "agent_1" }),
            json!("https://api.example.com"),
            Some(json!({ "sub": "agent_1" })),
            &["https://api.example.com"][..],
        ),
        (json!("agent_1"), json!(["a", "b"]), None, &["a", "b"]),
        (Value::Null, Value::Null, None, &[]),
    ] {
        let token = signer.sign(
            &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "at+jwt" }),
            &json!({
                "sub": "user_1", "client_id": "app_1", "jti": "oat_1", "iat": NOW, "exp": NOW + 300, "act": act, "aud": aud,
            }),
        );
        let bearer = format!("Bearer {token}");
        let state = decide(&clerk, &request(&[("authorization", &bearer)]));
        let token = state.auth().oauth().unwrap();
        assert_eq!(token.actor(), actor.as_ref());
        assert_eq!(token.audience(), audience);
        assert_eq!(token.token_kind(), None);
    }
}

#[tokio::test]
async fn an_audience_is_required_of_oauth_tokens_only_where_one_is_configured() {
    let emulator = emulator().await;
    let api = "https://api.example.com";
    let token = emulator.oauth_token(ADA).mint().unwrap();
    for (aud, configured, is_accepted) in [
        (json!([api]), None, true),
        (Value::Null, None, true),
        (json!([api]), Some(api), true),
        (json!(api), Some(api), true),
        (Value::Null, Some(api), false),
        (json!([]), Some(api), false),
        (json!("https://other.example.com"), Some(api), false),
    ] {
        emulator.faults().add(access_token(&[("aud", aud.clone())]));
        let clerk = on(&emulator).audience(configured).build().unwrap();
        let state = authenticate(&clerk, &token).await;
        assert_eq!(
            state.auth().is_authenticated(),
            is_accepted,
            "{aud} {configured:?}"
        );
    }
}
