//! What users can do with their own accounts.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_emulator::{Emulator, Requirement, SettingsSeed};
use clerk_test_support::totp::totp;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::browser::{Body, Browser, Judge, ORIGIN, id};
use super::sign_in::visit_provider;
use super::walk::{emulator, started};
use crate::caller::Caller;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

pub(super) async fn account(judge: &Judge) {
    let emulator = started(SettingsSeed::new().password(Requirement::Optional)).await;
    let mut browser = Browser::new(&emulator, judge).await;
    let refused = browser.get("/v1/me", &[]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNAUTHORIZED, "authentication_invalid")
    );
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let form = [("first_name", "Augusta"), ("last_name", "")];
    let updated = browser.patch("/v1/me", &[], &form).await;
    assert_eq!(updated.response()["first_name"], "Augusta");
    assert_eq!(updated.response()["last_name"], Value::Null);
    // Metadata had no endpoint of its own in earlier versions of the API.
    let form = [("unsafe_metadata", "{\"font\":\"serif\"}")];
    let refused = browser.patch("/v1/me", &[], &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.code(), "form_param_unknown");
    let earlier = "/v1/me?__clerk_api_version=2025-11-10";
    let form = [("unsafe_metadata", "{\"theme\":\"dark\"}")];
    let updated = browser.patch(earlier, &[], &form).await;
    assert_eq!(
        updated.response()["unsafe_metadata"],
        json!({ "theme": "dark" })
    );
    browser
        .patch("/v1/me/metadata", &[], &form)
        .await
        .response();
    let form = [("unsafe_metadata", "{\"size\":2}")];
    browser
        .patch("/v1/me/metadata", &[], &form)
        .await
        .response();
    let shown = browser.get("/v1/me", &[]).await;
    assert_eq!(
        shown.response()["unsafe_metadata"],
        json!({ "theme": "dark", "size": 2 })
    );

    let image = browser
        .send(Method::POST, "/v1/me/profile_image", &[], Body::File(PNG))
        .await;
    assert!(
        image.response()["public_url"]
            .as_str()
            .unwrap()
            .starts_with(emulator.url())
    );
    assert_eq!(
        image.body["client"]["sessions"][0]["user"]["has_image"],
        true
    );
    browser.delete("/v1/me/profile_image", &[]).await.response();
    let gone = browser.delete("/v1/me/profile_image", &[]).await;
    assert_eq!(gone.code(), "image_not_found");

    let wrong = [
        ("current_password", "wrong"),
        ("new_password", "difference-engine"),
    ];
    let refused = browser.post("/v1/me/change_password", &[], &wrong).await;
    assert_eq!(refused.code(), "form_password_validation_failed");
    let right = [
        ("current_password", "analytical-engine"),
        ("new_password", "difference-engine"),
    ];
    browser
        .post("/v1/me/change_password", &[], &right)
        .await
        .response();
    let form = [("current_password", "difference-engine")];
    let removed = browser.post("/v1/me/remove_password", &[], &form).await;
    assert_eq!(removed.response()["password_enabled"], false);
    let again = browser.post("/v1/me/remove_password", &[], &form).await;
    assert_eq!(again.code(), "no_password_set");

    let user = emulator.user_id("ada@example.com").unwrap();
    let deleted = browser.delete("/v1/me", &[]).await;
    assert_eq!(deleted.response()["id"], user.as_str());
    assert_eq!(browser.client().await["sessions"], json!([]));
}

pub(super) async fn identifiers(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let list = browser.get("/v1/me/email_addresses", &[]).await.body;
    assert_eq!(list.as_array().unwrap().len(), 1);
    // The browser SDK ends this path with a slash.
    let form = [("email_address", "augusta@example.com")];
    let added = browser
        .send(
            Method::POST,
            "/v1/me/email_addresses",
            &[],
            Body::Form(&form),
        )
        .await;
    let email = id(added.response());
    assert_eq!(added.response()["verification"], Value::Null);
    let taken = browser
        .post(
            "/v1/me/email_addresses",
            &[],
            &[("email_address", "grace@example.com")],
        )
        .await;
    assert_eq!(taken.code(), "form_identifier_exists");
    let unproven = [("primary_email_address_id", email.as_str())];
    let refused = browser.patch("/v1/me", &[], &unproven).await;
    assert_eq!(refused.code(), "form_param_value_invalid");
    let prepare = "/v1/me/email_addresses/{email_id}/prepare_verification";
    let attempt = "/v1/me/email_addresses/{email_id}/attempt_verification";
    let form = [("strategy", "email_code")];
    let prepared = browser.post(prepare, &[&email], &form).await;
    assert_eq!(prepared.response()["verification"]["status"], "unverified");
    let wrong = browser
        .post(attempt, &[&email], &[("code", "nonsense")])
        .await;
    assert_eq!(wrong.code(), "form_code_incorrect");
    let inbox = emulator.inbox("augusta@example.com");
    let code = inbox.last().and_then(|message| message.code()).unwrap();
    let proven = browser.post(attempt, &[&email], &[("code", code)]).await;
    assert_eq!(proven.response()["verification"]["status"], "verified");
    let primary = browser.patch("/v1/me", &[], &unproven).await;
    assert_eq!(
        primary.response()["primary_email_address_id"],
        email.as_str()
    );
    browser
        .get("/v1/me/email_addresses/{email_id}", &[&email])
        .await
        .response();
    browser
        .delete("/v1/me/email_addresses/{email_id}", &[&email])
        .await
        .response();
    let others = emulator.user_id("grace@example.com").unwrap();
    let others = Caller::new(&emulator)
        .call(Method::GET, &format!("/users/{others}"), None)
        .await;
    let others = id(&others.body["email_addresses"][0]);
    let refused = browser
        .delete("/v1/me/email_addresses/{email_id}", &[&others])
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    browser.get("/v1/me/phone_numbers", &[]).await;
    let added = browser
        .post(
            "/v1/me/phone_numbers",
            &[],
            &[("phone_number", "+15555550111")],
        )
        .await;
    let phone = id(added.response());
    let one = "/v1/me/phone_numbers/{phone_number_id}";
    let reserve = [
        ("reserved_for_second_factor", "true"),
        ("default_second_factor", "true"),
    ];
    assert_eq!(
        browser.patch(one, &[&phone], &reserve).await.code(),
        "identification_update_second_factor_unverified"
    );
    let form = [("strategy", "phone_code")];
    browser
        .post(
            "/v1/me/phone_numbers/{phone_number_id}/prepare_verification",
            &[&phone],
            &form,
        )
        .await
        .response();
    browser
        .post(
            "/v1/me/phone_numbers/{phone_number_id}/attempt_verification",
            &[&phone],
            &[("code", "424242")],
        )
        .await
        .response();
    let reserved = browser.patch(one, &[&phone], &reserve).await;
    assert_eq!(reserved.response()["default_second_factor"], true);
    assert_eq!(
        reserved.body["client"]["sessions"][0]["user"]["two_factor_enabled"],
        true
    );
    browser.get(one, &[&phone]).await.response();
    browser.delete(one, &[&phone]).await.response();
}

pub(super) async fn factors(judge: &Judge) {
    let emulator = started(SettingsSeed::new().second_factor_required(true)).await;
    let now = std::time::Duration::from_secs(1_800_000_000);
    emulator.set_clock(std::time::UNIX_EPOCH + now);
    let mut browser = Browser::new(&emulator, judge).await;
    let session = browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let pending = browser
        .get("/v1/client/sessions/{session_id}", &[&session])
        .await;
    assert_eq!(pending.response()["status"], "pending");
    assert_eq!(pending.response()["tasks"], json!([{ "key": "setup-mfa" }]));
    let early = browser.post("/v1/me/backup_codes", &[], &[]).await;
    assert_eq!(early.code(), "backup_codes_not_available");
    let begun = browser.post("/v1/me/totp", &[], &[]).await;
    let secret = begun.response()["secret"].as_str().unwrap();
    assert!(
        begun.response()["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/")
    );
    let attempt = "/v1/me/totp/attempt_verification";
    let wrong = browser.post(attempt, &[], &[("code", "nonsense")]).await;
    assert_eq!(wrong.code(), "form_code_incorrect");
    let code = totp(secret, now.as_secs());
    let proven = browser.post(attempt, &[], &[("code", code.as_str())]).await;
    assert_eq!(proven.response()["verified"], true);
    assert_eq!(
        proven.response()["backup_codes"].as_array().unwrap().len(),
        10
    );
    assert_eq!(proven.body["client"]["sessions"][0]["status"], "active");
    let again = browser.post("/v1/me/totp", &[], &[]).await;
    assert_eq!(again.code(), "totp_already_enabled");
    let codes = browser.post("/v1/me/backup_codes", &[], &[]).await;
    assert_eq!(codes.response()["codes"].as_array().unwrap().len(), 10);
    let refused = browser.delete("/v1/me/totp", &[]).await;
    assert_eq!(refused.code(), "second_factor_deletion_not_allowed");
    let me = browser.get("/v1/me", &[]).await.response().clone();
    let phone = id(&me["phone_numbers"][0]);
    let reserve = [("reserved_for_second_factor", "true")];
    let path = "/v1/me/phone_numbers/{phone_number_id}";
    browser.patch(path, &[&phone], &reserve).await.response();
    browser.delete("/v1/me/totp", &[]).await.response();
    let user = browser.get("/v1/me", &[]).await;
    assert_eq!(user.response()["totp_enabled"], false);
    assert_eq!(user.response()["backup_code_enabled"], true);
}

/// An authenticator with one P-256 key.
pub(super) struct Authenticator {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    count: u32,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the options in a verification for the authenticator.
pub(super) fn options(verification: &Value) -> Value {
    let nonce = verification["nonce"]
        .as_str()
        .unwrap_or_else(|| panic!("{verification}"));
    serde_json::from_str(nonce).unwrap()
}

impl Authenticator {
    fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref()[..16].to_vec();
        Self { key, id, count: 0 }
    }

    fn data(&mut self, rp_id: &str, flags: u8) -> Vec<u8> {
        self.count += 1;
        let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client_data(kind: &str, challenge: &Value, origin: &str) -> Vec<u8> {
        json!({ "type": kind, "challenge": challenge, "origin": origin })
            .to_string()
            .into_bytes()
    }

    /// Registers, as `navigator.credentials.create` does.
    fn create(&mut self, options: &Value, origin: &str) -> String {
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), 0x41);
        data.extend([0; 16]);
        data.extend(16_u16.to_be_bytes());
        data.extend(&self.id);
        let point = self.key.public_key().as_ref();
        // A COSE key: kty EC2, alg ES256, crv P-256, x, y.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        let client_data = Self::client_data("webauthn.create", &options["challenge"], origin);
        json!({
            "type": "public-key",
            "id": encoded(&self.id),
            "rawId": encoded(&self.id),
            "response": {
                "clientDataJSON": encoded(client_data),
                "attestationObject": encoded(attestation),
                "transports": ["internal"],
            },
        })
        .to_string()
    }

    /// Signs, as `navigator.credentials.get` does.
    pub(super) fn get(&mut self, options: &Value, origin: &str) -> String {
        let data = self.data(options["rpId"].as_str().unwrap(), 0x01);
        let client_data = Self::client_data("webauthn.get", &options["challenge"], origin);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "type": "public-key",
            "id": encoded(&self.id),
            "rawId": encoded(&self.id),
            "response": {
                "clientDataJSON": encoded(client_data),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": null,
            },
        })
        .to_string()
    }
}

/// Registers a passkey and returns its ID.
pub(super) async fn register_passkey(browser: &mut Browser) -> (String, Authenticator) {
    let related = browser.get("/.well-known/webauthn", &[]).await;
    assert_eq!(related.status, StatusCode::NOT_FOUND);
    let mut authenticator = Authenticator::new();
    let begun = browser.post("/v1/me/passkeys", &[], &[]).await;
    let passkey = id(begun.response());
    let wanted = options(&begun.response()["verification"]);
    let credential = authenticator.create(&wanted, ORIGIN);
    let form = [
        ("strategy", "passkey"),
        ("public_key_credential", credential.as_str()),
    ];
    let attempt = "/v1/me/passkeys/{passkey_id}/attempt_verification";
    let made = browser.post(attempt, &[&passkey], &form).await;
    assert_eq!(made.response()["verification"]["status"], "verified");
    (passkey, authenticator)
}

pub(super) async fn passkeys(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let mut authenticator = Authenticator::new();
    let begun = browser.post("/v1/me/passkeys", &[], &[]).await;
    let passkey = id(begun.response());
    let wanted = options(&begun.response()["verification"]);
    assert_eq!(wanted["rp"]["id"], "localhost");
    let attempt = "/v1/me/passkeys/{passkey_id}/attempt_verification";
    for (credential, code) in [
        (
            "nonsense".to_owned(),
            "passkey_invalid_public_key_credential",
        ),
        (
            authenticator.create(
                &json!({ "rp": { "id": "localhost" }, "challenge": "other" }),
                ORIGIN,
            ),
            "passkey_invalid_verification",
        ),
        (
            authenticator.create(&wanted, "http://evil.example.com"),
            "passkey_authentication_failure",
        ),
    ] {
        let form = [
            ("strategy", "passkey"),
            ("public_key_credential", credential.as_str()),
        ];
        assert_eq!(browser.post(attempt, &[&passkey], &form).await.code(), code);
    }
    let (passkey, mut authenticator) = register_passkey(&mut browser).await;
    let renamed = browser
        .patch(
            "/v1/me/passkeys/{passkey_id}",
            &[&passkey],
            &[("name", "Laptop")],
        )
        .await;
    assert_eq!(renamed.response()["name"], "Laptop");
    browser
        .get("/v1/me/passkeys/{passkey_id}", &[&passkey])
        .await
        .response();

    // The user is not named: the passkey identifies them.
    let create = "/v1/client/sign_ins";
    let attempt = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    let mut elsewhere = Browser::new(&emulator, judge).await;
    let begun = elsewhere
        .post(create, &[], &[("strategy", "passkey")])
        .await;
    let sign_in = id(begun.response());
    let wanted = options(&begun.response()["first_factor_verification"]);
    let stranger = Authenticator::new().get(&wanted, ORIGIN);
    let form = [
        ("strategy", "passkey"),
        ("public_key_credential", stranger.as_str()),
    ];
    let refused = elsewhere.post(attempt, &[&sign_in], &form).await;
    assert_eq!(refused.code(), "passkey_not_registered");
    let credential = authenticator.get(&wanted, ORIGIN);
    let form = [
        ("strategy", "passkey"),
        ("public_key_credential", credential.as_str()),
    ];
    let done = elsewhere.post(attempt, &[&sign_in], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
    assert_eq!(done.response()["identifier"], "ada@example.com");

    // A replayed signature, and one by a cloned authenticator.
    for replayed in [true, false] {
        let mut elsewhere = Browser::new(&emulator, judge).await;
        let begun = elsewhere
            .post(create, &[], &[("identifier", "ada@example.com")])
            .await;
        let sign_in = id(begun.response());
        let prepared = elsewhere
            .post(
                "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor",
                &[&sign_in],
                &[("strategy", "passkey")],
            )
            .await;
        let wanted = options(&prepared.response()["first_factor_verification"]);
        let (code, copied) = if replayed {
            ("passkey_invalid_verification", credential.clone())
        } else {
            authenticator.count = 0;
            (
                "passkey_authentication_failure",
                authenticator.get(&wanted, ORIGIN),
            )
        };
        let form = [
            ("strategy", "passkey"),
            ("public_key_credential", copied.as_str()),
        ];
        assert_eq!(
            elsewhere.post(attempt, &[&sign_in], &form).await.code(),
            code
        );
    }
    browser
        .delete("/v1/me/passkeys/{passkey_id}", &[&passkey])
        .await
        .response();
    let caller = Caller::new(&emulator);
    let user = emulator.user_id("ada@example.com").unwrap();
    let gone = caller
        .call(
            Method::DELETE,
            &format!("/users/{user}/passkeys/{passkey}"),
            None,
        )
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

pub(super) async fn devices(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let mut elsewhere = Browser::new(&emulator, judge).await;
    let session = elsewhere
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let mails = emulator.inbox("ada@example.com");
    assert_eq!(mails.last().unwrap().kind(), "new_device_sign_in");
    browser.get("/v1/me/sessions", &[]).await;
    let active = browser.get("/v1/me/sessions/active", &[]).await.body;
    assert_eq!(active.as_array().unwrap().len(), 2);
    assert!(active[0]["latest_activity"]["is_mobile"].is_boolean());
    assert!(
        active[0].get("last_active_token").is_none(),
        "another browser's token: {active}"
    );
    let revoked = browser
        .post("/v1/me/sessions/{session_id}/revoke", &[&session], &[])
        .await;
    assert_eq!(revoked.response()["status"], "revoked");
    assert_eq!(elsewhere.client().await["sessions"], json!([]));
    let mut grace = Browser::new(&emulator, judge).await;
    grace
        .sign_in("grace@example.com", "nanoseconds-matter")
        .await;
    let own = browser.client().await["sessions"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let refused = grace
        .post("/v1/me/sessions/{session_id}/revoke", &[&own], &[])
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// Connects an external account and returns the ID of the connection.
pub(super) async fn connect(emulator: &Emulator, browser: &mut Browser) -> String {
    let back = format!("{ORIGIN}/user");
    let form = [
        ("strategy", "oauth_github"),
        ("redirect_url", back.as_str()),
    ];
    let begun = browser.post("/v1/me/external_accounts", &[], &form).await;
    let verification = begun.response()["verification"].clone();
    let returned = visit_provider(
        emulator,
        browser,
        &verification,
        "email_address=a@example.org",
    )
    .await;
    assert_eq!(returned.location().as_str(), back);
    id(begun.response())
}

pub(super) async fn connections(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let connection = connect(&emulator, &mut browser).await;
    let back = format!("{ORIGIN}/user");
    let form = [
        ("strategy", "oauth_github"),
        ("redirect_url", back.as_str()),
    ];
    let user = browser.get("/v1/me", &[]).await;
    let shown = &user.response()["external_accounts"][0];
    assert_eq!(shown["verification"]["status"], "verified");
    assert_eq!(shown["email_address"], "a@example.org");
    let again = browser.post("/v1/me/external_accounts", &[], &form).await;
    assert_eq!(again.code(), "oauth_account_already_connected");
    let form = [
        ("redirect_url", back.as_str()),
        ("additional_scope", "repo"),
    ];
    let path = "/v1/me/external_accounts/{external_account_id}/reauthorize";
    let asked = browser.patch(path, &[&connection], &form).await;
    assert_eq!(asked.response()["approved_scopes"], "email profile repo");
    let path = "/v1/me/external_accounts/{external_account_id}/tokens";
    browser.delete(path, &[&connection]).await.response();
    let path = "/v1/me/external_accounts/{external_account_id}";
    browser.delete(path, &[&connection]).await.response();
    let gone = browser.delete(path, &[&connection]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

/// Keys of the user and of an organization, with a session token instead of the browser's.
pub(super) async fn api_keys(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    let user = emulator.user_id("ada@example.com").unwrap();
    let organization = emulator.organization_id("acme").unwrap();
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    let body = |subject: &str| json!({ "name": "Deploys", "subject": subject });
    for subject in [&user, &organization] {
        let made = browser
            .send(
                Method::POST,
                "/api_keys",
                &[],
                Body::Json(&token, body(subject)),
            )
            .await;
        assert!(
            made.body["secret"].as_str().unwrap().starts_with("ak_"),
            "{}",
            made.body
        );
    }
    let list = format!("/api_keys?subject={user}");
    let listed = browser
        .send(Method::GET, &list, &[], Body::Json(&token, json!({})))
        .await;
    assert_eq!(listed.body["total_count"], 1);
    let key = id(&listed.body["data"][0]);
    let change = Body::Json(&token, json!({ "description": "of the pipeline" }));
    let path = "/api_keys/{apiKeyID}";
    browser.send(Method::PATCH, path, &[&key], change).await;

    let others = emulator.session_token("grace@example.com").mint().unwrap();
    for subject in [&user, &organization] {
        let refused = browser
            .send(
                Method::POST,
                "/api_keys",
                &[],
                Body::Json(&others, body(subject)),
            )
            .await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
    }
    let revoke = "/api_keys/{apiKeyID}/revoke";
    let refused = browser
        .send(
            Method::POST,
            revoke,
            &[&key],
            Body::Json(&others, json!({})),
        )
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let expired = emulator
        .session_token("ada@example.com")
        .expired()
        .mint()
        .unwrap();
    let refused = browser
        .send(
            Method::POST,
            revoke,
            &[&key],
            Body::Json(&expired, json!({})),
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let revoked = browser
        .send(Method::POST, revoke, &[&key], Body::Json(&token, json!({})))
        .await;
    assert_eq!(revoked.body["revoked"], true);
}
