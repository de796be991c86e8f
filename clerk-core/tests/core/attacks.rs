//! Tokens that must not be believed, in the header and in the cookie.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_core::{
    Auth, AuthStatus, Clerk, Clock as _, ManualClock, Reason, SessionAuth, SystemClock,
};
use clerk_emulator::{Emulator, UserSeed};
use clerk_test_support::forge::{NOW, Signer, claims, claims_with, unsigned};
use futures_util::FutureExt as _;
use serde_json::json;

use crate::key_cache::on;
use crate::{NOW_MILLIS, assert_nobody, decide, outcome, production, request};

/// A forged token and the reason for which it is refused, as a bearer token and as a cookie.
struct Forgery {
    name: &'static str,
    token: String,
    reason: &'static str,
}

fn hs256_with_the_public_key() -> String {
    let signer = Signer::instance();
    let signed = unsigned(
        &json!({ "alg": "HS256", "kid": signer.kid(), "typ": "JWT" }).to_string(),
        &claims().to_string(),
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, signer.pem().as_bytes());
    let tag = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn forgeries() -> Vec<Forgery> {
    let signer = Signer::instance();
    let stranger = Signer::stranger();
    let header = |changes: serde_json::Value| {
        let mut header = signer.header();
        for (name, value) in changes.as_object().unwrap() {
            header[name] = value.clone();
        }
        header
    };
    let genuine = signer.session();
    let (signed, signature) = genuine.rsplit_once('.').unwrap();
    let forged_payload = {
        let mut parts = genuine.split('.');
        let (head, _) = (parts.next().unwrap(), parts.next());
        let payload =
            URL_SAFE_NO_PAD.encode(claims_with(&json!({ "sub": "user_victim" })).to_string());
        format!("{head}.{payload}.{signature}")
    };
    let token = |name, token, reason| Forgery {
        name,
        token,
        reason,
    };
    vec![
        token(
            "algorithm none, no signature",
            format!(
                "{}.",
                unsigned(
                    &header(json!({ "alg": "none" })).to_string(),
                    &claims().to_string()
                )
            ),
            "token-invalid-algorithm",
        ),
        token(
            "algorithm none, signed all the same",
            signer.sign(&header(json!({ "alg": "none" })), &claims()),
            "token-invalid-algorithm",
        ),
        token(
            "HS256 with the public key as the secret",
            hs256_with_the_public_key(),
            "token-invalid-algorithm",
        ),
        token(
            "PS256",
            signer.sign(&header(json!({ "alg": "PS256" })), &claims()),
            "token-invalid-algorithm",
        ),
        token(
            "algorithm in small letters",
            signer.sign(&header(json!({ "alg": "rs256" })), &claims()),
            "token-invalid-algorithm",
        ),
        token(
            "RS384 header over an RS256 signature",
            signer.sign(&header(json!({ "alg": "RS384" })), &claims()),
            "token-verification-failed",
        ),
        token(
            "the key of another instance under our key id",
            stranger.sign(&header(json!({})), &claims()),
            "token-invalid-signature",
        ),
        token(
            "a changed payload",
            forged_payload,
            "token-invalid-signature",
        ),
        token(
            "a signature of zeros",
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256])),
            "token-invalid-signature",
        ),
        token(
            "an empty signature",
            format!("{signed}."),
            "token-invalid-signature",
        ),
        token(
            "a cut signature",
            format!("{signed}.{}", &signature[..signature.len() - 6]),
            "token-invalid-signature",
        ),
        token("no signature part", signed.to_owned(), "token-invalid"),
        token(
            "a fourth part",
            format!("{genuine}.{signature}"),
            "token-invalid",
        ),
        token(
            "a cut token",
            signed[..signed.len() - 7].to_owned(),
            "token-invalid",
        ),
        token(
            "an embedded key (jwk)",
            stranger.sign(&header(json!({ "jwk": stranger.jwk() })), &claims()),
            "token-invalid-signature",
        ),
        token(
            "a key to be fetched (jku)",
            stranger.sign(
                &header(json!({ "jku": "https://attacker.example/jwks.json" })),
                &claims(),
            ),
            "token-invalid-signature",
        ),
        token(
            "an embedded certificate (x5c)",
            stranger.sign(
                &header(json!({ "x5c": [URL_SAFE_NO_PAD.encode(stranger.public_der())] })),
                &claims(),
            ),
            "token-invalid-signature",
        ),
        token(
            "an extension that must be understood (crit)",
            signer.sign(&header(json!({ "crit": ["exp"] })), &claims()),
            "token-invalid",
        ),
        token(
            "another type",
            signer.sign(&header(json!({ "typ": "JOSE" })), &claims()),
            "token-invalid",
        ),
        token(
            "a header that is no object",
            signer.sign_text("[]", &claims().to_string()),
            "token-invalid-algorithm",
        ),
        token(
            "a payload that is no object",
            signer.sign_text(&signer.header().to_string(), "[\"user_victim\"]"),
            "token-verification-failed",
        ),
        token(
            "a payload that is null",
            signer.sign_text(&signer.header().to_string(), "null"),
            "token-invalid",
        ),
        token(
            "no subject",
            signer.session_with(&json!({ "sub": null })),
            "token-verification-failed",
        ),
        token(
            "a subject that is no text",
            signer.session_with(&json!({ "sub": ["user_victim"] })),
            "token-verification-failed",
        ),
        token(
            "no expiry",
            signer.session_with(&json!({ "exp": null })),
            "token-verification-failed",
        ),
        token(
            "an expiry that is text",
            signer.session_with(&json!({ "exp": "9999999999" })),
            "token-verification-failed",
        ),
        token(
            "an expiry beyond all dates",
            signer.session_with(&json!({ "exp": 9_000_000_000_000_000_i64 })),
            "token-verification-failed",
        ),
        token(
            "a start beyond all dates",
            signer.session_with(&json!({ "nbf": -9.0e99 })),
            "token-verification-failed",
        ),
        token(
            "another party",
            signer.session_with(&json!({ "azp": "https://evil.example.com" })),
            "token-invalid-authorized-parties",
        ),
        token(
            "no party",
            signer.session_with(&json!({ "azp": null })),
            "token-invalid-authorized-parties",
        ),
        token(
            "another issuer",
            signer.session_with(&json!({ "iss": "https://clerk.evil.example" })),
            "token-invalid-issuer",
        ),
        token(
            "another audience",
            signer.session_with(&json!({ "aud": "somebody-else" })),
            "token-verification-failed",
        ),
        token(
            "an opaque API key",
            "ak_0123456789abcdef".to_owned(),
            "token-invalid",
        ),
    ]
}

fn strict() -> Clerk {
    production()
        .authorized_parties(["https://app.example.com"])
        .issuer(["https://clerk.example.com"])
        .audience(["our-api"])
        .accepts(clerk_core::TokenType::SessionToken)
        .build()
        .unwrap()
}

#[test]
fn the_genuine_token_is_believed() {
    let token = Signer::instance().session();
    let state = decide(
        &strict(),
        &request(&[("authorization", &format!("Bearer {token}"))]),
    );
    assert_eq!(outcome(&state), "signed-in");
    let Auth::Session(session) = state.auth() else {
        panic!("{state:?}")
    };
    assert_eq!(
        (session.user_id(), session.session_id()),
        ("user_forged", Some("sess_forged"))
    );
}

#[test]
fn forgeries_are_refused_in_the_header() {
    let clerk = strict();
    for Forgery {
        name,
        token,
        reason,
    } in forgeries()
    {
        // The second time, nothing may have been remembered.
        for _ in 0..2 {
            let state = decide(
                &clerk,
                &request(&[("authorization", &format!("Bearer {token}"))]),
            );
            assert_nobody(&state);
            assert_eq!(state.reason().map(Reason::as_str), Some(reason), "{name}");
        }
    }
    assert_eq!(clerk.stats().token_cache_entries, 0);
}

#[test]
fn forgeries_are_refused_in_the_cookie() {
    let clerk = strict();
    for Forgery {
        name,
        token,
        reason,
    } in forgeries()
    {
        let cookies = format!("__session={token}; __client_uat={}", NOW - 100);
        let state = decide(&clerk, &request(&[("cookie", &cookies)]));
        assert_nobody(&state);
        // A token of another issuer is not even read: it may belong to another instance on this host.
        if !name.starts_with("another issuer") {
            assert_eq!(state.reason().map(Reason::as_str), Some(reason), "{name}");
        }
    }
}

#[test]
fn categories_other_than_sessions_are_refused() {
    let clerk = strict();
    let signer = Signer::instance();
    for category in [
        json!("cl_B7d4PD222AAA"),
        json!("cl_B7d4PD333AAA"),
        json!("cl_unknown"),
        json!(""),
        json!(null),
        json!(7),
    ] {
        let mut header = signer.header();
        header["cat"] = category.clone();
        let token = signer.sign(&header, &claims());
        for headers in [
            [("authorization", format!("Bearer {token}"))],
            [(
                "cookie",
                format!("__session={token}; __client_uat={}", NOW - 100),
            )],
        ] {
            let headers = headers
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            let state = decide(&clerk, &request(&headers));
            assert_nobody(&state);
            assert_eq!(
                state.reason().map(Reason::as_str),
                Some("token-type-mismatch"),
                "{category}"
            );
        }
    }
    // A machine's token is no session under any category.
    let machine = signer.session_with(&json!({ "sub": "mch_machine" }));
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {machine}"))]),
    );
    assert_eq!(
        state.reason().map(Reason::as_str),
        Some("token-type-mismatch")
    );
}

#[test]
fn no_token_gets_the_session_of_another_however_often_they_are_used() {
    let clerk = production().build().unwrap();
    let with = |token: &str| request(&[("authorization", &format!("Bearer {token}"))]);
    let tokens: Vec<_> = (0..400)
        .map(|number| {
            let session = format!("sess_{number}");
            let claims = json!({ "sid": session, "x": "y".repeat(number) });
            (session, Signer::instance().session_with(&claims))
        })
        .collect();
    // More tokens than places in front of the cache. One is used for every other request.
    let (favorite, favorite_token) = &tokens[7];
    for _ in 0..12 {
        for (session, token) in &tokens {
            for (session, token) in [(session, token), (favorite, favorite_token)] {
                let state = decide(&clerk, &with(token));
                let found = state.auth().session().and_then(SessionAuth::session_id);
                assert_eq!(found, Some(&**session));
            }
        }
    }
    assert_eq!(clerk.stats().token_cache_hits, 400 * (12 * 2 - 1));

    // The end of a token finds its place there, but all of it must be the same.
    let (head, tail) = favorite_token.split_at(favorite_token.len() - 40);
    for at in (0..head.len()).step_by(7) {
        let mut changed = head.to_owned();
        let other = if &head[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        let state = decide(&clerk, &with(&format!("{changed}{tail}")));
        assert!(!state.auth().is_authenticated(), "byte {at}");
    }
    let state = decide(&clerk, &with(&head[..head.len() - 1]));
    assert!(!state.auth().is_authenticated());
}

#[test]
fn times_are_held_against_the_clock_on_every_use() {
    let clock = ManualClock::new(NOW_MILLIS);
    let clerk = production().clock(clock.clone()).build().unwrap();
    let token = format!("Bearer {}", Signer::instance().session());
    let at = |millis: i64| {
        clock.set(millis);
        outcome(&decide(&clerk, &request(&[("authorization", &token)])))
    };
    // Five seconds of tolerance on either side; the expiry itself is out, the start itself is in.
    let expiry = (NOW + 60) * 1000;
    // Often, so that it is among the tokens that are looked up first.
    for _ in 0..20 {
        assert_eq!(at(NOW_MILLIS), "signed-in");
    }
    assert_eq!(at(expiry + 4_999), "signed-in");
    assert_eq!(
        at(expiry + 5_000),
        "signed-out session-token-expired-refresh-non-eligible-no-refresh-cookie"
    );
    assert_eq!(
        at(NOW_MILLIS),
        "signed-in",
        "moving back makes it valid again"
    );
    let issued = NOW * 1000;
    assert_eq!(at(issued - 5_000), "signed-in");
    assert_eq!(
        at(issued - 5_001),
        "signed-out session-token-iat-in-the-future"
    );
    assert_eq!(at(issued - 15_001), "signed-out session-token-nbf");
    assert!(
        clerk.stats().token_cache_hits > 0,
        "the cache took part in this"
    );
}

#[test]
fn longer_hashes_need_a_key_that_is_bound_to_them() {
    // A PEM key verifies RS256 only, as the official SDKs' do.
    let clerk = strict();
    for bits in [384, 512] {
        let token = Signer::instance().sign_longer(bits, &claims());
        let state = decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        );
        assert_eq!(
            state.reason().map(Reason::as_str),
            Some("token-verification-failed"),
            "RS{bits}"
        );
    }
}

#[test]
fn repeated_members_are_read_once() {
    // JSON allows a name twice; what was verified and what is read must be the same one: the last.
    let clerk = strict();
    let signer = Signer::instance();
    let claims = claims().to_string();
    let payload = format!("{},\"sub\":\"user_last\"}}", &claims[..claims.len() - 1]);
    let token = signer.sign_text(&signer.header().to_string(), &payload);
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {token}"))]),
    );
    assert_eq!(state.auth().user_id(), Some("user_last"));

    let header = signer.header().to_string();
    let header = format!("{},\"alg\":\"none\"}}", &header[..header.len() - 1]);
    let token = signer.sign_text(&header, &claims);
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {token}"))]),
    );
    assert_nobody(&state);
}

#[test]
fn huge_and_strange_tokens_cost_little_and_open_nothing() {
    let clerk = strict();
    let signer = Signer::instance();
    let huge = signer.session_with(&json!({ "padding": "x".repeat(70_000) }));
    let deep = signer.sign_text(
        &signer.header().to_string(),
        &format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)),
    );
    let dots = ".".repeat(60_000);
    for token in [
        huge.as_str(),
        &deep,
        &dots,
        "..",
        "a.b.c",
        "=.=.=",
        "%00.%00.%00",
    ] {
        let state = decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        );
        assert_nobody(&state);
        assert_eq!(state.reason().map(Reason::as_str), Some("token-invalid"));
    }
    // Bytes that are no text reach us as they stand on the wire.
    let mut request = request(&[]);
    request.headers_mut().insert(
        "authorization",
        http::HeaderValue::from_bytes(b"Bearer \xff\xfe.\xf0\x28.\x8c").unwrap(),
    );
    assert_nobody(&decide(&clerk, &request));
}

#[test]
fn two_authorization_headers_are_no_token() {
    let clerk = strict();
    let genuine = format!("Bearer {}", Signer::instance().session());
    // Joined by a comma, as HTTP joins them: neither is believed, in whichever order they stand.
    let forged = "Bearer forged";
    for headers in [
        [
            ("authorization", forged),
            ("authorization", genuine.as_str()),
        ],
        [
            ("authorization", genuine.as_str()),
            ("authorization", genuine.as_str()),
        ],
    ] {
        assert_nobody(&decide(&clerk, &request(&headers)));
    }
    // Of two cookies with one name the one that verifies counts.
    let token = Signer::instance().session();
    let uat = NOW - 100;
    let first_genuine = format!("__session={token}; __session=forged; __client_uat={uat}");
    assert_eq!(
        outcome(&decide(&clerk, &request(&[("cookie", &first_genuine)]))),
        "signed-in"
    );
    let first_forged = format!("__session=forged; __session={token}; __client_uat={uat}");
    assert_eq!(
        outcome(&decide(&clerk, &request(&[("cookie", &first_forged)]))),
        "signed-in"
    );
    let stranger = Signer::stranger().sign(&Signer::instance().header(), &claims());
    let both_forged = format!("__session=forged; __session={stranger}; __client_uat={uat}");
    assert_nobody(&decide(&clerk, &request(&[("cookie", &both_forged)])));
    // An encoded semicolon makes no second cookie.
    let smuggled = format!("a=1%3B __session={token}; __client_uat={uat}");
    assert_nobody(&decide(&clerk, &request(&[("cookie", &smuggled)])));
}

#[tokio::test]
async fn another_instances_tokens_are_refused_by_key_id_and_by_signature() {
    let ours = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let theirs = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let clock = ManualClock::new(SystemClock::default().now());
    let clerk = crate::key_cache::on(&ours)
        .clock(clock.clone())
        .build()
        .unwrap();
    let own = ours.session_token("ada@example.com").mint().unwrap();
    let foreign = theirs.session_token("ada@example.com").mint().unwrap();

    let state = |token: String| {
        let clerk = clerk.clone();
        async move {
            clerk
                .authenticate_request(&request(&[("authorization", &format!("Bearer {token}"))]))
                .await
                .unwrap()
        }
    };
    assert_eq!(state(own.clone()).await.status(), AuthStatus::SignedIn);
    // Just after the keys were loaded, this may be a token of a newer key.
    assert!(state(foreign.clone()).await.auth().is_undecided());
    clock.advance(Duration::from_secs(31));
    assert_eq!(
        state(foreign.clone()).await.reason().map(Reason::as_str),
        Some("jwk-kid-mismatch")
    );
    // Their signature under our key id.
    let own_header = own.split('.').next().unwrap();
    let (_, rest) = foreign.split_once('.').unwrap();
    assert_eq!(
        state(format!("{own_header}.{rest}"))
            .await
            .reason()
            .map(Reason::as_str),
        Some("token-invalid-signature")
    );
    // A token without a key id is not tried against any key.
    let signer = Signer::instance();
    let mut header = signer.header();
    header.as_object_mut().unwrap().remove("kid");
    assert_eq!(
        state(signer.sign(&header, &claims()))
            .await
            .reason()
            .map(Reason::as_str),
        Some("jwk-kid-mismatch")
    );
}

#[test]
fn a_machine_is_never_a_session_however_its_token_is_spelled() {
    let signer = Signer::instance();
    let machine = claims_with(&json!({ "sub": "mch_1" }));
    let clerk = production().build().unwrap();
    for category in [
        json!("cl_B7d4PD333AAA"),
        json!("cl_B7d4PD111AAA"),
        json!("cl_I7d4PD111III"),
        json!(null),
    ] {
        let mut header = signer.header();
        if category.is_null() {
            header.as_object_mut().unwrap().remove("cat");
        } else {
            header["cat"] = category.clone();
        }
        let token = signer.sign(&header, &machine);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (head, payload) = signed.split_once('.').unwrap();
        for token in [
            token.clone(),
            format!("{token}="),
            format!("{token}=="),
            format!("{head}=.{payload}.{signature}"),
            format!("{head}.{payload}=.{signature}"),
            format!("{head}.{payload}."),
        ] {
            let sessions_only = production()
                .accepts(clerk_core::TokenType::SessionToken)
                .build()
                .unwrap();
            let bearer = format!("Bearer {token}");
            let state = decide(&sessions_only, &request(&[("authorization", &bearer)]));
            assert_nobody(&state);
            let cookies = format!("__session={token}; __client_uat=1");
            let state = decide(&clerk, &request(&[("cookie", &cookies)]));
            assert_nobody(&state);
        }
    }
    assert_eq!(clerk.stats().token_cache_entries, 0);
}

#[test]
fn a_token_has_one_spelling() {
    let clerk = production().build().unwrap();
    let token = Signer::instance().session();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, payload) = signed.split_once('.').unwrap();
    for padding in 1..=66 {
        let padding = "=".repeat(padding);
        for token in [
            format!("{head}{padding}.{payload}.{signature}"),
            format!("{head}.{payload}{padding}.{signature}"),
            format!("{head}.{payload}.{signature}{padding}"),
        ] {
            let bearer = format!("Bearer {token}");
            let state = decide(&clerk, &request(&[("authorization", &bearer)]));
            assert_nobody(&state);
        }
    }
    assert_eq!(clerk.stats().token_cache_entries, 0);
    let bearer = format!("Bearer {token}");
    let state = decide(&clerk, &request(&[("authorization", &bearer)]));
    assert_eq!(state.status(), AuthStatus::SignedIn);
    assert_eq!(clerk.stats().token_cache_entries, 1);
}

#[tokio::test]
async fn a_session_token_names_its_session() {
    let clerk = production().build().unwrap();
    let signer = Signer::instance();
    let mut template = signer.header();
    template["cat"] = json!("cl_B7d4PD222AAA");
    for (token, is_verified, is_session) in [
        (signer.session(), true, true),
        (signer.session_with(&json!({ "sid": null })), true, false),
        (signer.session_with(&json!({ "sid": "" })), true, false),
        (signer.sign(&template, &claims()), true, false),
        (signer.session_with(&json!({ "sub": "mch_1" })), true, false),
        (Signer::stranger().session(), false, false),
    ] {
        assert_eq!(clerk.verify_token(&token).await.is_ok(), is_verified);
        assert_eq!(clerk.verify_session_token(&token).await.is_ok(), is_session);
    }
}

#[test]
fn tokens_longer_than_the_limit_are_refused_wherever_they_come_from() {
    let signer = Signer::instance();
    let padded = |bytes: usize| signer.session_with(&json!({ "x": "x".repeat(bytes) }));
    let long = padded(12 * 1024);
    assert!(long.len() > 16 * 1024, "{}", long.len());
    let short = padded(11 * 1024);
    assert!(short.len() < 16 * 1024, "{}", short.len());
    let clerk = production().build().unwrap();
    let bearer = |token: &str| request(&[("authorization", &format!("Bearer {token}"))]);
    let cookie =
        |token: &str| request(&[("cookie", &format!("__session={token}; __client_uat=1"))]);
    for request in [bearer(&long), cookie(&long)] {
        assert_eq!(
            outcome(&decide(&clerk, &request)),
            "signed-out token-invalid"
        );
    }
    for request in [bearer(&short), cookie(&short)] {
        assert_eq!(outcome(&decide(&clerk, &request)), "signed-in");
    }
    // Nobody is asked about an opaque token of that length: it would take I/O.
    for prefix in ["ak_", "mt_", "oat_"] {
        let state = decide(&clerk, &bearer(&format!("{prefix}{}", "x".repeat(17_000))));
        assert_nobody(&state);
        assert_eq!(state.reason(), Some(&Reason::TokenInvalid), "{prefix}");
    }
    let refused = clerk
        .verify_token(&long)
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(refused.reason(), &Reason::TokenInvalid);
    assert!(clerk.verify_token(&short).now_or_never().unwrap().is_ok());
    let patient = production().max_token_bytes(64 * 1024).build().unwrap();
    assert_eq!(outcome(&decide(&patient, &bearer(&long))), "signed-in");
}

#[tokio::test]
async fn payloads_that_cannot_be_decoded_are_refused_before_any_key_is_asked_for() {
    let emulator = Emulator::builder().start().await.unwrap();
    let clerk = on(&emulator).build().unwrap();
    let header = Signer::stranger().header().to_string();
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for payload in [
        "",
        "null",
        "{\"sub\":\"user_1\"",
        "{\"sub\":\"user_1\"} {}",
        "{\"sub\":\"user_1\",\"x\":1e400}",
        "{\"sub\":\"user_1\",\"x\":[01]}",
        "{\"sub\":\"user_1\",\"x\":\"\\ud83d\"}",
        &format!("{{\"x\":{deep}}}"),
    ] {
        let token = format!("{}.AAAA", unsigned(&header, payload));
        let bearer = request(&[("authorization", &format!("Bearer {token}"))]);
        let state = clerk.authenticate_request(&bearer).await.unwrap();
        assert_eq!(outcome(&state), "signed-out token-invalid", "{payload}");
    }
    assert_eq!(emulator.requests_to("/v1/jwks").len(), 0);
}

#[test]
fn every_way_in_holds_claims_to_the_same_rules() {
    let clerk = production().build().unwrap();
    for (claims, is_refused) in [
        (
            json!({ "o": { "id": "org_1" }, "v": 2, "fea": "dashboard" }),
            true,
        ),
        (json!({ "o": { "id": "org_1" }, "v": 2, "fea": 7 }), true),
        (
            json!({ "o": { "id": "org_1", "per": "read", "fpm": [1] }, "v": 2, "fea": "o:a" }),
            true,
        ),
        (
            json!({ "o": { "id": "org_1", "per": ["read"], "fpm": "1" }, "v": 2, "fea": "o:a" }),
            true,
        ),
        (
            json!({ "o": { "id": "org_1", "per": "read", "fpm": "1" }, "v": 2, "fea": "o:a" }),
            false,
        ),
        (json!({ "azp": "https://evil.example" }), true),
        (json!({ "iss": "https://evil.example" }), true),
        (json!({ "sub": 7 }), true),
        (json!({ "exp": NOW - 600 }), true),
        (json!({ "nbf": NOW + 600 }), true),
        (json!({ "iat": NOW + 600 }), true),
        (json!({ "exp": 1e300 }), true),
    ] {
        let clerk = if claims.get("azp").is_some() || claims.get("iss").is_some() {
            production()
                .authorized_parties(["https://app.example.com"])
                .issuer(["https://clerk.example.com"])
                .build()
                .unwrap()
        } else {
            clerk.clone()
        };
        let token = Signer::instance().session_with(&claims);
        let bearer = request(&[("authorization", &format!("Bearer {token}"))]);
        let cookie = request(&[("cookie", &format!("__session={token}; __client_uat=1"))]);
        let verified = clerk.verify_token(&token).now_or_never().unwrap();
        let session = clerk.verify_session_token(&token).now_or_never().unwrap();
        let accepted = [
            decide(&clerk, &bearer).auth().is_authenticated(),
            decide(&clerk, &cookie).auth().is_authenticated(),
            verified.is_ok(),
            session.is_ok(),
        ];
        assert_eq!(accepted, [!is_refused; 4], "{claims}");
    }
}
