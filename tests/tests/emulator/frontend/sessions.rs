//! What the sessions of browsers carry: an organization, and the ages of the factors.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Judge};
use super::walk::emulator;
use crate::caller::Caller;

const CREATE: &str = "/v1/client/sign_ins";

/// A sign-in token can name the organization to activate.
#[tokio::test]
async fn a_sign_in_token_activates_its_organization() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let acme = emulator.organization_id("acme").unwrap();
    let ada = emulator.user_id("ada@example.com").unwrap();
    let token = async |user: &str, organization: &str| {
        let body = json!({ "user_id": user, "org_id": organization });
        caller
            .call(Method::POST, "/sign_in_tokens", Some(&body))
            .await
    };
    let made = token(&ada, &acme).await;
    let ticket = made.body["token"].as_str().unwrap();
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    browser.post(CREATE, &[], &form).await.response();
    let session = &browser.client().await["sessions"][0];
    assert_eq!(session["last_active_organization_id"], acme.as_str());

    let grace = emulator.user_id("grace@example.com").unwrap();
    for (user, organization) in [(&grace, acme.as_str()), (&ada, "org_unknown")] {
        let refused = token(user, organization).await;
        assert_eq!(refused.code(), "resource_not_found", "{organization}");
    }
    // Whoever has left the organization since signs in without it.
    let made = token(&ada, &acme).await;
    let path = format!("/organizations/{acme}/memberships/{ada}");
    caller.call(Method::DELETE, &path, None).await;
    let ticket = made.body["token"].as_str().unwrap();
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    browser.post(CREATE, &[], &form).await.response();
    let session = &browser.client().await["sessions"][0];
    assert_eq!(session["last_active_organization_id"], Value::Null);
}

/// The ages of the factors, in the token and in the session, are measured by the emulator's clock.
#[tokio::test]
async fn factors_age_with_the_emulators_clock() {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    for (minutes, age) in [(0, 0), (9, 9), (51, 60)] {
        emulator.advance_clock(std::time::Duration::from_secs(minutes * 60));
        let path = "/v1/client/sessions/{session_id}/tokens";
        let token = browser.post(path, &[&session], &[]).await.body;
        let claims = token["jwt"].as_str().unwrap().split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["fva"], json!([age, -1]));
        let shown = &browser.client().await["sessions"][0];
        assert_eq!(shown["factor_verification_age"], json!([age, -1]));
    }
}

/// Sessions on behalf of a user last as long as whoever asked for them said, and half an hour unless they did.
#[tokio::test]
async fn sessions_of_actors_and_agents_expire_as_their_tokens_say() {
    let emulator = emulator().await;
    let caller = Caller::new(&emulator);
    let ada = emulator.user_id("ada@example.com").unwrap();
    let grace = emulator.user_id("grace@example.com").unwrap();
    let actor = json!({ "user_id": ada, "actor": { "sub": grace } });
    let agent = json!({
        "on_behalf_of": { "user_id": ada },
        "permissions": "*",
        "agent_name": "Analyst",
        "task_description": "look around",
        "redirect_url": "http://localhost:3000/work",
    });
    for (path, body) in [("/actor_tokens", &actor), ("/agents/tasks", &agent)] {
        for (asked, lifetime) in [
            (Value::Null, 1800),
            (json!(60), 60),
            (json!(1_209_600), 1_209_600),
        ] {
            let mut body = body.clone();
            if !asked.is_null() {
                body["session_max_duration_in_seconds"] = asked;
            }
            let made = caller.call(Method::POST, path, Some(&body)).await.body;
            let mut browser = Browser::new(&emulator, &Judge::default()).await;
            if path == "/actor_tokens" {
                let ticket = made["token"].as_str().unwrap();
                let form = [("strategy", "ticket"), ("ticket", ticket)];
                browser.post(CREATE, &[], &form).await.response();
            } else {
                let url = made["url"].as_str().unwrap();
                let (_, ticket) = url.split_once("ticket=").unwrap();
                let path = format!("/v1/agents/tasks?ticket={ticket}");
                browser.get(&path, &[]).await.location();
            }
            let list = format!("/sessions?user_id={ada}&status=active");
            let session = caller.call(Method::GET, &list, None).await.body[0].clone();
            let span =
                session["expire_at"].as_i64().unwrap() - session["created_at"].as_i64().unwrap();
            assert_eq!(span, lifetime * 1000, "{path}");
            // Nobody uses the session in the meantime, which an impersonation does not outlast.
            let is_abandoned = path == "/actor_tokens" && lifetime > 600;
            let before = if is_abandoned { "abandoned" } else { "active" };
            let path = format!("/sessions/{}", session["id"].as_str().unwrap());
            for (seconds, status) in [(lifetime - 1, before), (2, "expired")] {
                emulator.advance_clock(std::time::Duration::from_secs(
                    u64::try_from(seconds).unwrap(),
                ));
                let seen = caller.call(Method::GET, &path, None).await.body;
                assert_eq!(seen["status"], status, "{path} after {lifetime} s");
            }
        }
        let mut body = body.clone();
        body["session_max_duration_in_seconds"] = json!(0);
        let refused = caller.call(Method::POST, path, Some(&body)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.param()),
            (422, "session_max_duration_in_seconds")
        );
    }
}
