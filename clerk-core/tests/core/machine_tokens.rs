//! API keys, machine-to-machine tokens and OAuth access tokens, opaque and as JWTs.

use std::time::Duration;

use clerk_core::{
    AcceptedTokens, Auth, Clerk, Clock as _, ManualClock, Reason, RequestState, SystemClock,
    TokenType,
};
use clerk_emulator::{Emulator, Fault, MachineSeed, UserSeed};
use clerk_test_support::forge::{NOW, Signer};
use serde_json::json;

use crate::key_cache::on;
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

#[tokio::test]
async fn refusals_are_never_remembered_and_outages_are_not_refusals() {
    let emulator = emulator().await;
    let clerk = on(&emulator).build().unwrap();
    for round in 1..=3 {
        assert_eq!(
            outcome(&authenticate(&clerk, "ak_unknown").await),
            "signed-out token-invalid"
        );
        assert_eq!(verifications(&emulator), round);
    }
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
