//! Who has an address or a number, what may be removed, and what the settings switch off.

use clerk_emulator::{Emulator, Requirement, SettingsSeed};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Browser, Judge, ORIGIN, id};
use super::profile::{options, register_passkey};
use super::sign_in::visit_provider;
use super::walk::{emulator, started};
use super::wallets::Wallet;
use crate::caller::Caller;

const SIGN_IN: &str = "/v1/client/sign_ins";
const SIGN_UP: &str = "/v1/client/sign_ups";
const ADA: (&str, &str) = ("ada@example.com", "analytical-engine");
const GRACE: (&str, &str) = ("grace@example.com", "nanoseconds-matter");

async fn signed_in(emulator: &Emulator, who: (&str, &str)) -> Browser {
    let mut browser = Browser::new(emulator, &Judge::default()).await;
    browser.sign_in(who.0, who.1).await;
    browser
}

/// Kinds of identifiers: the collection, the name of the parameter, a value, and the strategy.
const KINDS: [(&str, &str, &str, &str); 2] = [
    (
        "email_addresses",
        "email_address",
        "shared@example.com",
        "email_code",
    ),
    (
        "phone_numbers",
        "phone_number",
        "+15555550177",
        "phone_code",
    ),
];

async fn verify(
    browser: &mut Browser,
    kind: &str,
    strategy: &str,
    one: &str,
) -> (StatusCode, String) {
    let path = |step: &str| format!("/v1/me/{kind}/{{id}}/{step}_verification");
    let form = [("strategy", strategy)];
    browser.post(&path("prepare"), &[one], &form).await;
    let form = [("code", "424242")];
    let done = browser.post(&path("attempt"), &[one], &form).await;
    (done.status, done.code().to_owned())
}

#[tokio::test]
async fn what_nobody_verified_belongs_to_nobody() {
    for (kind, name, value, strategy) in KINDS {
        let emulator = emulator().await;
        let mut ada = signed_in(&emulator, ADA).await;
        let mut grace = signed_in(&emulator, GRACE).await;
        let value = value.replace("shared@", "shared+clerk_test@");
        let form = [(name, value.as_str())];
        let path = format!("/v1/me/{kind}");
        let adas = id(ada.post(&path, &[], &form).await.response());
        let again = ada.post(&path, &[], &form).await;
        assert_eq!(again.code(), "form_identifier_exists", "{kind}");
        let mut nobody = Browser::new(&emulator, &Judge::default()).await;
        let form_in = [("identifier", value.as_str())];
        let unknown = nobody.post(SIGN_IN, &[], &form_in).await;
        assert_eq!(unknown.code(), "form_identifier_not_found", "{kind}");
        let begun = nobody.post(SIGN_UP, &[], &form).await;
        assert_eq!(begun.response()[name], value.as_str(), "{kind}");

        // The first one who verifies it has it.
        let graces = id(grace.post(&path, &[], &form).await.response());
        let done = verify(&mut grace, kind, strategy, &graces).await;
        assert_eq!(done.0, StatusCode::OK, "{kind}: {}", done.1);
        let late = verify(&mut ada, kind, strategy, &adas).await;
        assert_eq!(late.1, "form_identifier_exists", "{kind}");
        let caller = Caller::new(&emulator);
        let body = json!({ "verified": true });
        let refused = caller
            .call(Method::PATCH, &format!("/{kind}/{adas}"), Some(&body))
            .await;
        assert_eq!(refused.code(), "form_identifier_exists", "{kind}");
        let taken = nobody.post(SIGN_UP, &[], &form).await;
        assert_eq!(taken.code(), "form_identifier_exists", "{kind}");
        let found = nobody.post(SIGN_IN, &[], &form_in).await;
        assert_eq!(found.response()["status"], "needs_first_factor", "{kind}");
    }
}

#[tokio::test]
async fn reserved_identifiers_belong_to_their_user_and_are_verified_by_signing_in() {
    for (kind, name, value, strategy) in KINDS {
        let emulator = emulator().await;
        let caller = Caller::new(&emulator);
        let value = value.replace("shared@", "shared+clerk_test@");
        let mut body = json!({ "username": "reserver", "skip_password_requirement": true });
        body[name] = json!([value]);
        body[format!("{name}_identification_status")] = json!(["reserved"]);
        let made = caller.call(Method::POST, "/users", Some(&body)).await;
        let user = id(&made.body);
        assert_eq!(made.body[kind][0]["reserved"], true, "{}", made.body);
        assert_eq!(made.body[kind][0]["verification"], Value::Null);
        let mut ada = signed_in(&emulator, ADA).await;
        let form = [(name, value.as_str())];
        let taken = ada.post(&format!("/v1/me/{kind}"), &[], &form).await;
        assert_eq!(taken.code(), "form_identifier_exists");

        let mut browser = Browser::new(&emulator, &Judge::default()).await;
        let form = [("identifier", value.as_str()), ("strategy", strategy)];
        let begun = browser.post(SIGN_IN, &[], &form).await;
        let attempt = id(begun.response());
        let path = format!("{SIGN_IN}/{{sign_in_id}}/attempt_first_factor");
        let form = [("strategy", strategy), ("code", "424242")];
        let done = browser.post(&path, &[&attempt], &form).await;
        assert_eq!(done.response()["status"], "complete", "{}", done.body);
        let path = format!("/users/{user}");
        let shown = caller.call(Method::GET, &path, None).await.body;
        assert_eq!(shown[kind][0]["reserved"], false);
        assert_eq!(shown[kind][0]["verification"]["status"], "verified");

        // A replacement can be either, or neither.
        for (status, reserved, found) in [("reserved", true, true), ("unverified", false, false)] {
            let value = value
                .replace("shared", status)
                .replace("77", &format!("{:02}", status.len()));
            let mut body = json!({ "identification_status": status });
            body[name] = json!(value);
            let path = format!("/users/{user}/{name}");
            let replaced = caller.call(Method::PUT, &path, Some(&body)).await;
            assert_eq!(replaced.body["reserved"], reserved, "{}", replaced.body);
            let mut browser = Browser::new(&emulator, &Judge::default()).await;
            let form = [("identifier", value.as_str())];
            let known = browser.post(SIGN_IN, &[], &form).await;
            assert_eq!(known.status == StatusCode::OK, found, "{status}");
        }
    }
}

#[tokio::test]
async fn the_address_of_a_connected_account_stays_with_it() {
    let settings = SettingsSeed::new().email_address(Requirement::Optional);
    let emulator = started(settings).await;
    let mut ada = signed_in(&emulator, ADA).await;
    let back = format!("{ORIGIN}/user");
    let form = [
        ("strategy", "oauth_google"),
        ("redirect_url", back.as_str()),
    ];
    let begun = ada.post("/v1/me/external_accounts", &[], &form).await;
    let connection = id(begun.response());
    let verification = begun.response()["verification"].clone();
    let choice = format!("email_address={}", ADA.0);
    visit_provider(&emulator, &mut ada, &verification, &choice).await;
    let me = ada.get("/v1/me", &[]).await.response().clone();
    let linked = &me["email_addresses"][0];
    assert_eq!(linked["linked_to"][0]["type"], "oauth_google");
    let one = "/v1/me/email_addresses/{email_id}";
    let refused = ada.delete(one, &[&id(linked)]).await;
    assert_eq!(refused.code(), "delete_linked_identification_disallowed");
    let disconnect = "/v1/me/external_accounts/{external_account_id}";
    ada.delete(disconnect, &[&connection]).await.response();
    let form = [("email_address", "other@example.com")];
    ada.post("/v1/me/email_addresses", &[], &form)
        .await
        .response();
    ada.delete(one, &[&id(linked)]).await.response();
}

#[tokio::test]
async fn the_last_identifier_and_what_the_settings_require_stay() {
    let settings = SettingsSeed::new()
        .email_address(Requirement::Required)
        .username(Requirement::Required);
    let emulator = started(settings).await;
    let mut ada = signed_in(&emulator, ADA).await;
    let me = ada.get("/v1/me", &[]).await.response().clone();
    let email = id(&me["email_addresses"][0]);
    let one = "/v1/me/email_addresses/{email_id}";
    let required = "last_required_identification_deletion_failed";
    assert_eq!(ada.delete(one, &[&email]).await.code(), required);
    let clear = [("username", "")];
    assert_eq!(ada.patch("/v1/me", &[], &clear).await.code(), required);
    let form = [("email_address", "second+clerk_test@example.com")];
    let added = ada.post("/v1/me/email_addresses", &[], &form).await;
    let second = id(added.response());
    assert_eq!(ada.delete(one, &[&email]).await.code(), required);
    verify(&mut ada, "email_addresses", "email_code", &second).await;
    ada.delete(one, &[&email]).await.response();

    // A wallet is an identifier, too.
    let settings = SettingsSeed::new().email_address(Requirement::Optional);
    let emulator = started(settings).await;
    let mut grace = signed_in(&emulator, GRACE).await;
    let wallet = Wallet::new(7).connect(&mut grace).await;
    let me = grace.get("/v1/me", &[]).await.response().clone();
    let email = id(&me["email_addresses"][0]);
    grace.delete(one, &[&email]).await.response();
    let path = "/v1/me/web3_wallets/{web3_wallet_id}";
    let refused = grace.delete(path, &[&wallet]).await;
    assert_eq!(refused.code(), "identification_deletion_failed");
}

#[tokio::test]
async fn second_factors_have_one_default_and_the_required_one_stays() {
    let emulator = started(SettingsSeed::new().second_factor_required(true)).await;
    let mut ada = signed_in(&emulator, ADA).await;
    let add = async |ada: &mut Browser, number: &str| {
        let form = [("phone_number", number)];
        id(ada
            .post("/v1/me/phone_numbers", &[], &form)
            .await
            .response())
    };
    let one = "/v1/me/phone_numbers/{phone_number_id}";
    let first = add(&mut ada, "+15555550131").await;
    let (reserve, default) = (
        ("reserved_for_second_factor", "true"),
        ("default_second_factor", "true"),
    );
    for form in [[reserve], [default]] {
        let refused = ada.patch(one, &[&first], &form).await;
        assert_eq!(
            (refused.status, refused.code()),
            (
                StatusCode::BAD_REQUEST,
                "identification_update_second_factor_unverified"
            )
        );
    }
    verify(&mut ada, "phone_numbers", "phone_code", &first).await;
    let refused = ada.patch(one, &[&first], &[default]).await;
    assert_eq!(refused.code(), "form_param_value_invalid");
    let reserved = ada.patch(one, &[&first], &[reserve]).await;
    assert_eq!(reserved.response()["default_second_factor"], true);
    let codes = reserved.response()["backup_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    let me = ada.get("/v1/me", &[]).await;
    assert_eq!(me.response()["backup_code_enabled"], true);

    let second = add(&mut ada, "+15555550132").await;
    verify(&mut ada, "phone_numbers", "phone_code", &second).await;
    let reserved = ada.patch(one, &[&second], &[reserve]).await;
    assert_eq!(reserved.response()["default_second_factor"], false);
    assert_eq!(reserved.response()["backup_codes"], Value::Null);
    let off = [("default_second_factor", "false")];
    let refused = ada.patch(one, &[&first], &off).await;
    assert_eq!(
        refused.code(),
        "form_disable_default_second_factor_not_allowed"
    );
    let release = [("reserved_for_second_factor", "false")];
    let released = ada.patch(one, &[&first], &release).await;
    assert_eq!(released.response()["backup_codes"], Value::Null);
    assert_eq!(released.response()["default_second_factor"], false);
    let other = ada.get(one, &[&second]).await;
    assert_eq!(other.response()["default_second_factor"], true);

    for refused in [
        ada.patch(one, &[&second], &release).await,
        ada.delete(one, &[&second]).await,
    ] {
        assert_eq!(
            (refused.status, refused.code()),
            (
                StatusCode::BAD_REQUEST,
                "second_factor_deletion_not_allowed"
            )
        );
    }
}

#[tokio::test]
async fn the_only_identifier_is_no_second_factor() {
    let settings = SettingsSeed::new().email_address(Requirement::Optional);
    let emulator = started(settings).await;
    let caller = Caller::new(&emulator);
    let body = json!({ "phone_number": ["+15555550141"], "password": "bombe-machine" });
    let made = caller.call(Method::POST, "/users", Some(&body)).await;
    let phone = id(&made.body["phone_numbers"][0]);
    let mut browser = signed_in(&emulator, ("+15555550141", "bombe-machine")).await;
    let one = "/v1/me/phone_numbers/{phone_number_id}";
    let form = [("reserved_for_second_factor", "true")];
    let refused = browser.patch(one, &[&phone], &form).await;
    assert_eq!(refused.code(), "identification_update_failed");
}

#[tokio::test]
async fn a_passkey_is_two_factors_in_one() {
    let emulator = emulator().await;
    let mut ada = signed_in(&emulator, ADA).await;
    let one = "/v1/me/passkeys/{passkey_id}";
    let begun = ada.post("/v1/me/passkeys", &[], &[]).await;
    let name = [("name", "Laptop")];
    let early = ada.patch(one, &[&id(begun.response())], &name).await;
    assert_eq!(early.code(), "passkey_identification_not_verified");
    let (_, mut authenticator) = register_passkey(&mut ada).await;
    let caller = Caller::new(&emulator);
    let me = ada.get("/v1/me", &[]).await.response().clone();
    let phone = id(&me["phone_numbers"][0]);
    let reserve = [("reserved_for_second_factor", "true")];
    let path = "/v1/me/phone_numbers/{phone_number_id}";
    ada.patch(path, &[&phone], &reserve).await.response();

    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let form = [("strategy", "passkey")];
    let begun = browser.post(SIGN_IN, &[], &form).await;
    let wanted = options(&begun.response()["first_factor_verification"]);
    let credential = authenticator.get(&wanted, ORIGIN);
    let form = [
        ("strategy", "passkey"),
        ("public_key_credential", credential.as_str()),
    ];
    let path = format!("{SIGN_IN}/{{sign_in_id}}/attempt_first_factor");
    let done = browser.post(&path, &[&id(begun.response())], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);

    // Whoever has none cannot use one, and nobody has more than ten.
    let mut grace = Browser::new(&emulator, &Judge::default()).await;
    let begun = grace.post(SIGN_IN, &[], &[("identifier", GRACE.0)]).await;
    let path = format!("{SIGN_IN}/{{sign_in_id}}/prepare_first_factor");
    let form = [("strategy", "passkey")];
    let refused = grace.post(&path, &[&id(begun.response())], &form).await;
    assert_eq!(refused.code(), "no_passkeys_found_for_user");
    for _ in 1..10 {
        register_passkey(&mut ada).await;
    }
    let refused = ada.post("/v1/me/passkeys", &[], &[]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::FORBIDDEN, "passkey_quota_exceeded")
    );
    let path = format!("/users/{}", id(&me));
    let shown = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(shown["passkeys"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn what_the_settings_switch_off_is_refused() {
    let settings = SettingsSeed::new()
        .phone_number(Requirement::Off)
        .username(Requirement::Off)
        .first_name(Requirement::Off)
        .passkeys(false)
        .authenticator_app(false)
        .backup_codes(false);
    let emulator = started(settings).await;
    let mut ada = signed_in(&emulator, ADA).await;
    let (unknown, disabled) = ("form_param_unknown", "feature_not_enabled");
    for (path, form, code) in [
        (
            "/v1/me/phone_numbers",
            ("phone_number", "+15555550151"),
            unknown,
        ),
        ("/v1/me/passkeys", ("name", ""), disabled),
        ("/v1/me/totp", ("code", ""), disabled),
        ("/v1/me/backup_codes", ("code", ""), disabled),
    ] {
        let refused = ada.post(path, &[], &[form]).await;
        assert_eq!(refused.code(), code, "{path}");
    }
    for form in [("username", "countess2"), ("first_name", "Augusta")] {
        let refused = ada.patch("/v1/me", &[], &[form]).await;
        assert_eq!(refused.code(), unknown, "{form:?}");
        let mut nobody = Browser::new(&emulator, &Judge::default()).await;
        let refused = nobody.post(SIGN_UP, &[], &[form]).await;
        assert_eq!(refused.code(), unknown, "{form:?}");
    }

    // What a user has set up before does not count any more.
    let caller = Caller::new(&emulator);
    let grace = emulator.user_id(GRACE.0).unwrap();
    let body = json!({ "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let path = format!("/users/{grace}");
    caller.call(Method::PATCH, &path, Some(&body)).await;
    signed_in(&emulator, GRACE).await;

    let settings = SettingsSeed::new().password(Requirement::Off);
    let emulator = started(settings).await;
    let mut browser = Browser::new(&emulator, &Judge::default()).await;
    let begun = browser.post(SIGN_IN, &[], &[("identifier", ADA.0)]).await;
    let factors = begun.response()["supported_first_factors"].to_string();
    assert!(!factors.contains("password"), "{factors}");
    let form = [("identifier", ADA.0), ("password", ADA.1)];
    let refused = browser.post(SIGN_IN, &[], &form).await;
    assert_eq!(refused.code(), "strategy_for_user_invalid");
}

/// A factor that the settings no longer have is neither asked for nor counted.
#[tokio::test]
async fn factors_that_are_switched_off_do_not_count() {
    let totp = json!({ "totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" });
    let off = SettingsSeed::new().authenticator_app(false);
    let emulator = started(off.clone().reverification(true)).await;
    let grace = emulator.user_id(GRACE.0).unwrap();
    let path = format!("/users/{grace}");
    Caller::new(&emulator)
        .call(Method::PATCH, &path, Some(&totp))
        .await;
    let mut browser = signed_in(&emulator, GRACE).await;
    let session = browser.client().await["sessions"][0]["id"].clone();
    let form = [("level", "second_factor")];
    let verify = "/v1/client/sessions/{session_id}/verify";
    let begun = browser
        .post(verify, &[session.as_str().unwrap()], &form)
        .await;
    assert_eq!(begun.response()["status"], "needs_first_factor");

    let emulator = started(off.second_factor_required(true)).await;
    let grace = emulator.user_id(GRACE.0).unwrap();
    let path = format!("/users/{grace}");
    Caller::new(&emulator)
        .call(Method::PATCH, &path, Some(&totp))
        .await;
    let mut browser = signed_in(&emulator, GRACE).await;
    let client = browser.client().await;
    assert_eq!(
        client["sessions"][0]["tasks"],
        json!([{ "key": "setup-mfa" }])
    );
}

#[tokio::test]
async fn an_unverified_address_does_not_take_the_place_of_the_last_one() {
    for requirement in [Requirement::Required, Requirement::Optional] {
        let settings = SettingsSeed::new().email_address(requirement);
        let emulator = started(settings).await;
        let mut grace = signed_in(&emulator, GRACE).await;
        let me = grace.get("/v1/me", &[]).await.response().clone();
        let email = id(&me["email_addresses"][0]);
        let form = [("email_address", "second@example.com")];
        grace
            .post("/v1/me/email_addresses", &[], &form)
            .await
            .response();
        let one = "/v1/me/email_addresses/{email_id}";
        let refused = grace.delete(one, &[&email]).await;
        assert_eq!(refused.code(), "identification_deletion_failed");
    }
}
