//! What the feature `testing` makes is what Clerk would make.

use std::time::Duration;

use clerk_core::testing::{TokenMinter, WebhookSigner, api_key, m2m, oauth, session};
use clerk_core::{Auth, Clock as _, RefusalKind, Require, Reverification, SystemClock, TokenType};
use clerk_test_support::forge::NOW;
use serde_json::{Value, json};

use crate::{assert_nobody, decide, outcome, request};

#[test]
fn an_auth_object_takes_one_line() {
    let auth = session("user_1").auth();
    assert_eq!(auth.user_id(), Some("user_1"));
    assert_eq!(auth.session().unwrap().session_id(), Some("sess_test"));
    assert_eq!(
        api_key("org_1", &["read"]).token_type(),
        Some(TokenType::ApiKey)
    );
    let Auth::M2mToken(machine) = m2m("mch_1", &["read", "write"]) else {
        panic!()
    };
    assert_eq!(
        (machine.machine_id(), machine.scopes()),
        ("mch_1", &["read".to_owned(), "write".to_owned()][..])
    );
    let Auth::OAuthToken(client) = oauth("user_1", "app_1", &[]) else {
        panic!()
    };
    assert_eq!((client.user_id(), client.client_id()), ("user_1", "app_1"));
    // As in requests: pending is signed out, and what cannot be decoded is nobody.
    assert!(
        !session("user_1")
            .claim("sts", "pending")
            .auth()
            .is_authenticated()
    );
    let broken = session("user_1").organization("org_1", "org:admin");
    let broken = broken.claim("fea", "no-scope");
    assert!(!broken.auth().is_authenticated());
}

#[test]
fn features_and_plans_are_named_as_guards_name_them() {
    let ada = || session("user_1").organization("org_1", "org:admin");
    for (given, met, missed) in [
        ("org:team", ["org:team", "team"], "user:team"),
        ("o:team", ["org:team", "team"], "user:team"),
        ("user:team", ["user:team", "team"], "org:team"),
        ("u:team", ["user:team", "team"], "org:team"),
        ("team", ["user:team", "team"], "org:team"),
    ] {
        let (feature, plan) = (ada().feature(given).auth(), ada().plan(given).auth());
        for name in met {
            assert!(feature.has(&Require::feature(name)), "{given}, {name}");
            assert!(plan.has(&Require::plan(name)), "{given}, {name}");
        }
        assert!(!feature.has(&Require::feature(missed)), "{given}, {missed}");
        assert!(!plan.has(&Require::plan(missed)), "{given}, {missed}");
    }
}

#[test]
fn each_accessor_returns_tokens_of_its_kind_only() {
    for (auth, expected) in [
        (Auth::signed_out(None), [None; 4]),
        (session("user_1").auth(), [Some("user_1"), None, None, None]),
        (api_key("user_2", &[]), [None, Some("user_2"), None, None]),
        (m2m("mch_1", &[]), [None, None, Some("mch_1"), None]),
        (
            oauth("user_3", "app_1", &[]),
            [None, None, None, Some("user_3")],
        ),
    ] {
        let found = [
            auth.session().map(|session| session.user_id()),
            auth.api_key().and_then(|key| key.user_id()),
            auth.m2m().map(|token| token.machine_id()),
            auth.oauth().map(|token| token.user_id()),
        ];
        assert_eq!(found, expected, "{auth:?}");
    }
}

#[test]
fn a_session_with_pending_tasks_is_refused_by_its_own_protect() {
    let admin = session("user_1").organization("org_1", "org:admin");
    let is_admin = Require::role("org:admin");
    let auth = admin.auth();
    auth.session().unwrap().protect(&is_admin).unwrap();
    let pending = admin.claim("sts", "pending").auth().pending_as_signed_in();
    let refusal = pending.session().unwrap().protect(&is_admin).unwrap_err();
    assert_eq!(refusal.kind(), RefusalKind::Unauthenticated);
}

#[test]
fn a_session_has_what_it_was_given_and_nothing_else() {
    let permissions = [
        "org:invoices:create",
        "org:invoices:read",
        "org:reports:read",
        "org:reports:export:all",
    ];
    let made = permissions.iter().fold(
        session("user_1")
            .organization("org_1", "org:admin")
            .slug("acme")
            .feature("o:audit")
            .feature("u:exports")
            .plan("o:team")
            .factor_ages(3, -1),
        |session, permission| session.permission(permission),
    );
    let minter = TokenMinter::new();
    let clerk = minter.clerk().build().unwrap();
    let token = minter.token(&made);
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {token}"))]),
    );
    // The same by a token that was verified.
    for auth in [&made.auth(), state.auth()] {
        let organization = auth.session().unwrap().organization().unwrap();
        assert_eq!(
            (organization.id, organization.slug),
            ("org_1", Some("acme"))
        );
        let mut listed = organization.permissions();
        listed.sort();
        assert_eq!(
            listed,
            [
                "org:invoices:create",
                "org:invoices:read",
                "org:reports:export:all",
                "org:reports:read"
            ]
        );
        for permission in permissions {
            assert!(auth.has(&Require::permission(permission)), "{permission}");
        }
        for granted in [
            Require::role("org:admin"),
            Require::feature("org:audit"),
            Require::feature("user:exports"),
            Require::plan("org:team"),
            Require::reverification(Reverification::Strict),
        ] {
            assert!(auth.has(&granted), "{granted:?}");
        }
        for refused in [
            Require::permission("org:invoices:export"),
            Require::permission("org:audit:read"),
            Require::role("org:member"),
            Require::plan("user:team"),
            Require::feature("user:audit"),
        ] {
            assert!(!auth.has(&refused), "{refused:?}");
        }
    }
}

#[test]
fn a_minter_is_believed_by_its_own_clerk_only() {
    let (minter, stranger) = (TokenMinter::new(), TokenMinter::new());
    assert_ne!(minter.key_id(), stranger.key_id());
    let clerk = minter.clerk().audience(["our-api"]).build().unwrap();
    let ask = |token: &str| {
        decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        )
    };
    assert_eq!(
        outcome(&ask(&minter.token(&session("user_1")))),
        "signed-in"
    );
    assert_nobody(&ask(&stranger.token(&session("user_1"))));
    let expired = session("user_1")
        .issued_at(NOW)
        .lifetime(Duration::from_secs(60));
    assert_nobody(&ask(&minter.token(&expired)));
    let later = session("user_1").issued_at(SystemClock::default().now() / 1000 + 600);
    assert_nobody(&ask(&minter.token(&later)));
    let dated = session("user_1").claim("exp", Value::Null);
    assert_nobody(&ask(&minter.token(&dated)));

    let clerk = minter.clerk().build().unwrap();
    for (token, expected) in [
        (minter.m2m_token("mch_1", &["read"]), TokenType::M2mToken),
        (
            minter.oauth_token("user_1", "app_1", &[]),
            TokenType::OAuthToken,
        ),
    ] {
        let state = decide(
            &clerk,
            &request(&[("authorization", &format!("Bearer {token}"))]),
        );
        assert_eq!(state.auth().token_type(), Some(expected), "{state:?}");
        assert!(state.auth().is_authenticated());
    }
}

#[test]
fn a_key_set_is_that_of_the_key() {
    let minter = TokenMinter::new();
    let jwk = minter.jwks()["keys"][0].clone();
    assert_eq!(jwk["kid"], minter.key_id());
    // Another hand reads the key set and checks a token with it.
    let token = minter.token(&session("user_1"));
    let parts: Vec<&str> = token.split('.').collect();
    let decode = |text: &str| {
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text).unwrap()
    };
    let number = |name: &str| decode(jwk[name].as_str().unwrap());
    let (n, e) = (number("n"), number("e"));
    let key = aws_lc_rs::signature::RsaPublicKeyComponents { n, e };
    key.verify(
        &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
        format!("{}.{}", parts[0], parts[1]).as_bytes(),
        &decode(parts[2]),
    )
    .unwrap();
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    assert_eq!(header, minter.header());
    assert_eq!(header["kid"], jwk["kid"]);
    let any = minter.sign(&json!({ "alg": "RS256" }), &json!({ "a": 1 }));
    assert_eq!(any.split('.').count(), 3);
    assert!(!format!("{minter:?}").contains("PRIVATE"));
}

#[test]
fn a_signed_webhook_is_accepted_and_a_changed_one_is_not() {
    let signer = WebhookSigner::new();
    let minter = TokenMinter::new();
    let clerk = minter
        .clerk()
        .webhook_signing_secret(signer.secret())
        .build()
        .unwrap();
    let verifier = clerk.webhooks().unwrap();
    let first = signer.event("user.created", json!({ "id": "user_1" }));
    let second = signer.event("user.created", json!({ "id": "user_1" }));
    assert_ne!(first.headers()["svix-id"], second.headers()["svix-id"]);
    let event = verifier
        .verify(first.headers(), first.body(), clerk.now())
        .unwrap();
    assert_eq!(event.event_type().unwrap().as_str(), "user.created");
    let mut changed = first.body().clone();
    changed.push(b' ');
    verifier
        .verify(first.headers(), &changed, clerk.now())
        .unwrap_err();
    let other = WebhookSigner::new();
    assert_ne!(other.secret(), signer.secret());
    let headers = other.sign("msg_1", clerk.now() / 1000, first.body());
    verifier
        .verify(&headers, first.body(), clerk.now())
        .unwrap_err();
    let late = signer.sign("msg_1", clerk.now() / 1000 - 301, first.body());
    verifier
        .verify(&late, first.body(), clerk.now())
        .unwrap_err();
    assert!(!format!("{signer:?}").contains(&signer.secret()[6..]));
}
