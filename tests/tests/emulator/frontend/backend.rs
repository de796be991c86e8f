//! How the Backend API shows objects that only the Frontend API creates.

use clerk_emulator::Emulator;
use serde_json::{Value, json};

use super::browser::{Browser, Judge, id};
use super::profile::{connect, register_passkey};
use super::wallets::Wallet;
use crate::walk::Walk;

/// Clients, sign-ups, passkeys and external accounts.
pub(crate) async fn clients(walk: &mut Walk<'_>, emulator: &Emulator) {
    let judge = Judge::default();
    let ticket = |user: &Value| json!({ "user_id": user });
    let email = json!(["joan@example.com"]);
    let new = json!({ "email_address": email, "skip_password_requirement": true });
    let user = walk.post("/users", &[], new).await;
    let made = walk.post("/sign_in_tokens", &[], ticket(&user["id"])).await;
    let form = [
        ("strategy", "ticket"),
        ("ticket", made["token"].as_str().unwrap()),
    ];
    let mut native = Browser::native(emulator, &judge);
    native
        .post("/v1/client/sign_ins", &[], &form)
        .await
        .response();
    let client = walk
        .post("/clients/verify", &[], json!({ "token": native.token() }))
        .await;
    assert_eq!(client["sessions"][0]["user_id"], user["id"]);
    assert_eq!(client["last_authentication_strategy"], "ticket");

    let made = walk.post("/sign_in_tokens", &[], ticket(&user["id"])).await;
    let form = [
        ("strategy", "ticket"),
        ("ticket", made["token"].as_str().unwrap()),
    ];
    let mut browser = Browser::new(emulator, &judge).await;
    let done = browser.post("/v1/client/sign_ins", &[], &form).await;
    browser
        .activate(done.response()["created_session_id"].as_str().unwrap())
        .await;
    let (passkey, _) = register_passkey(&mut browser).await;
    let connection = connect(emulator, &mut browser).await;
    let wallet = Wallet::new(7);
    let wallet = wallet.connect(&mut browser).await;
    let user = id(&user);
    let path = "/users/{user_id}/web3_wallets/{web3_wallet_identification_id}";
    walk.get("/users/{user_id}", &[&user]).await;
    walk.delete(path, &[&user, &wallet]).await;
    let shown = walk.get("/users/{user_id}", &[&user]).await;
    assert_eq!(shown["passkeys"][0]["id"], passkey.as_str());
    assert_eq!(shown["external_accounts"][0]["id"], connection.as_str());
    let provider = shown["external_accounts"][0]["provider"].as_str().unwrap();
    let path = "/users/{user_id}/oauth_access_tokens/{provider}";
    let tokens = walk.get(path, &[&user, provider]).await;
    assert_eq!(tokens[0]["external_account_id"], connection.as_str());
    assert_eq!(tokens.as_array().unwrap().len(), 1);
    let none = walk.get(path, &[&user, "oauth_apple"]).await;
    assert_eq!(none, json!([]));
    let path = "/users/{user_id}/passkeys/{passkey_identification_id}";
    walk.delete(path, &[&user, &passkey]).await;
    let path = "/users/{user_id}/external_accounts/{external_account_id}";
    walk.delete(path, &[&user, &connection]).await;
    let shown = walk.get("/users/{user_id}", &[&user]).await;
    assert_eq!(
        (&shown["passkeys"], &shown["external_accounts"]),
        (&json!([]), &json!([]))
    );

    let mut browser = Browser::new(emulator, &judge).await;
    let form = [
        ("email_address", "mary+clerk_test@example.com"),
        ("password", "bombe-machine"),
    ];
    let begun = browser.post("/v1/client/sign_ups", &[], &form).await;
    let sign_up = id(begun.response());
    for strategy in ["email_code", "email_link"] {
        walk.get("/sign_ups/{id}", &[&sign_up]).await;
        let path = "/v1/client/sign_ups/{sign_up_id}/prepare_verification";
        browser
            .post(path, &[&sign_up], &[("strategy", strategy)])
            .await
            .response();
    }
    let update = json!({ "external_id": "mary-1", "custom_action": true });
    let updated = walk.patch("/sign_ups/{id}", &[&sign_up], update).await;
    assert_eq!(
        (&updated["external_id"], &updated["custom_action"]),
        (&json!("mary-1"), &json!(true))
    );
    let path = "/v1/client/sign_ups/{sign_up_id}/prepare_verification";
    browser
        .post(path, &[&sign_up], &[("strategy", "email_code")])
        .await
        .response();
    let path = "/v1/client/sign_ups/{sign_up_id}/attempt_verification";
    let form = [("strategy", "email_code"), ("code", "424242")];
    browser.post(path, &[&sign_up], &form).await.response();
    let done = walk.get("/sign_ups/{id}", &[&sign_up]).await;
    let mary = walk
        .get(
            "/users/{user_id}",
            &[done["created_user_id"].as_str().unwrap()],
        )
        .await;
    assert_eq!(mary["external_id"], "mary-1");
}
