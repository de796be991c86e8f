//! Secrets are in no `Debug`, no `Display` and no serialized form.

use clerk_core::adapter::Next;
use clerk_core::{Auth, Protect, ReturnBack};
use clerk_emulator::{Emulator, UserSeed};
use clerk_test_support::forge::Signer;

use crate::key_cache::on;
use crate::{decide, development, production, request, request_to};

const SECRET: &str = "sk_live_plantedSecret";
const MACHINE: &str = "ak_plantedForMachines";
const WEBHOOK: &str = "whsec_cGxhbnRlZFdlYmhvb2tTZWNyZXQ=";

#[track_caller]
fn assert_clean(text: &str, planted: &[&str]) {
    for secret in planted {
        assert!(!text.contains(secret), "{secret} in {text}");
        let tail = &secret[secret.len() - 12..];
        assert!(!text.contains(tail), "the end of {secret} in {text}");
    }
}

#[test]
fn configuration_and_handles_hide_their_keys() {
    let builder = production()
        .secret_key(SECRET)
        .machine_secret_key(MACHINE)
        .webhook_signing_secret(WEBHOOK.to_owned());
    let planted = [SECRET, MACHINE, WEBHOOK];
    assert_clean(&format!("{builder:?}"), &planted);
    assert_clean(&format!("{builder:#?}"), &planted);
    let clerk = builder.build().unwrap();
    assert_clean(
        &format!(
            "{clerk:?} {:?} {:?} {:?}",
            clerk.api(),
            clerk.webhooks(),
            clerk.stats()
        ),
        &planted,
    );
}

#[tokio::test]
async fn outcomes_hide_their_tokens() {
    let clerk = production().build().unwrap();
    let token = Signer::instance().session();
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {token}"))]),
    );
    let text = format!("{state:?} {}", serde_json::to_string(state.auth()).unwrap());
    assert!(text.contains("user_forged"));
    assert_clean(&text, &[&token]);

    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let clerk = on(&emulator).build().unwrap();
    for token in [
        emulator.api_key("ada@example.com").mint().unwrap(),
        emulator.oauth_token("ada@example.com").mint().unwrap(),
        "ak_unknownButSecretToken".to_owned(),
    ] {
        let request = request(&[("authorization", &format!("Bearer {token}"))]);
        let state = clerk.authenticate_request(&request).await.unwrap();
        let text = format!(
            "{state:?} {} {:?}",
            serde_json::to_string(state.auth()).unwrap(),
            state.headers()
        );
        assert_clean(&text, &[&token]);
        if let Auth::SignedOut(signed_out) = state.auth() {
            assert_clean(&format!("{:?}", signed_out.pending_session()), &[&token]);
        }
    }
}

#[test]
fn refusals_do_not_repeat_what_they_refuse() {
    let clerk = production().build().unwrap();
    let forged = Signer::stranger().sign(
        &Signer::instance().header(),
        &clerk_test_support::forge::claims(),
    );
    let state = decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {forged}"))]),
    );
    let refusal = state.auth().signed_in().unwrap_err();
    let text = format!(
        "{refusal:?} {refusal} {:?} {}",
        state.headers(),
        String::from_utf8_lossy(refusal.body())
    );
    assert_clean(&text, &[&forged]);
    assert!(!text.contains("user_forged"), "{text}");
}

/// Prints every type that a request's outcome passes through.
fn printed(clerk: &clerk_core::Clerk, request: &http::Request<()>) -> String {
    let state = decide(clerk, request);
    let refusal = state.auth().signed_in().cloned();
    let next = clerk.attach(request);
    let mut text = format!("{state:?} {refusal:?} {next:?} {next:#?}");
    if let Next::GoOn(go_on) = &next {
        let context = &go_on.context;
        let back = ReturnBack::Here;
        let guard = context.protect(&Protect::new(), request, "/");
        let to_sign_in = context.redirect_to_sign_in(request, back);
        text += &format!("{context:?} {guard:?} {to_sign_in:?}");
    }
    text
}

#[test]
fn no_outcome_prints_the_tokens_that_stand_in_its_headers() {
    let signer = Signer::instance();
    let session = signer.session();
    let expired = signer.session_with(&serde_json::json!({ "exp": 1 }));
    let pending = signer.session_with(&serde_json::json!({ "sts": "pending" }));
    let handshake = signer.sign(
        &signer.header(),
        &serde_json::json!({ "handshake": [format!("__session={session}; Path=/")] }),
    );
    const DEV_BROWSER: &str = "dvb_plantedDevBrowser";
    for builder in [production(), development()] {
        let clerk = builder.build().unwrap();
        for (path, cookies) in [
            (
                "/".to_owned(),
                format!("__session={expired}; __client_uat=1"),
            ),
            (
                "/".to_owned(),
                format!("__session={session}; __client_uat=1"),
            ),
            (
                "/".to_owned(),
                format!("__session={pending}; __client_uat=1"),
            ),
            ("/".to_owned(), format!("__session={session}")),
            ("/".to_owned(), "__client_uat=0".to_owned()),
            (format!("/?__clerk_handshake={handshake}"), String::new()),
            ("/".to_owned(), format!("__clerk_handshake={handshake}")),
        ] {
            for kind in ["document", "empty"] {
                let cookies = format!("{cookies}; __clerk_db_jwt={DEV_BROWSER}");
                let headers = [("cookie", &*cookies), ("sec-fetch-dest", kind)];
                let text = printed(&clerk, &request_to("GET", &path, &headers));
                assert_clean(
                    &text,
                    &[&session, &expired, &pending, &handshake, DEV_BROWSER],
                );
            }
        }
    }
}
