//! Trusted devices, which sign as native applications do.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

use super::browser::{Browser, Judge, id};
use super::walk::emulator;
use crate::caller::Caller;

/// A device with its own key.
struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> String {
        let point = self.0.public_key().as_ref();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        json!({ "kty": "EC", "crv": "P-256", "x": coordinate(1), "y": coordinate(33) }).to_string()
    }

    fn sign(&self, client_data: &str) -> String {
        let random = SystemRandom::new();
        let signature = self.0.sign(&random, client_data.as_bytes()).unwrap();
        URL_SAFE_NO_PAD.encode(signature)
    }
}

fn client_data(challenge: &Value) -> String {
    challenge["client_data"].as_str().unwrap().to_owned()
}

pub(super) async fn trusted(judge: &Judge) {
    let emulator = emulator().await;
    let device = Device::new();
    let jwk = device.jwk();
    let described = [
        ("platform", "ios"),
        ("app_identifier", "com.example.app"),
        ("name", "Ada's phone"),
        ("algorithm", "ES256"),
        ("public_key_jwk", jwk.as_str()),
    ];
    let with = |more: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
        let described = described
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        described.chain(more.iter().cloned()).collect()
    };
    let mut ada = Browser::native(&emulator, judge);
    ada.sign_in("ada@example.com", "analytical-engine").await;
    for (name, value) in [
        ("platform", "windows"),
        ("algorithm", "RS256"),
        ("public_key_jwk", "{\"kty\":\"EC\"}"),
    ] {
        let mut form = described;
        form.iter_mut()
            .filter(|(key, _)| *key == name)
            .for_each(|field| field.1 = value);
        let refused = ada.post("/v1/me/trusted_devices/prepare", &[], &form).await;
        assert_eq!(refused.code(), "form_param_value_invalid", "{name}");
    }
    let prepared = ada
        .post("/v1/me/trusted_devices/prepare", &[], &described)
        .await;
    let data = client_data(prepared.response());
    for (data, signature, code) in [
        (&data, Device::new().sign(&data), "form_param_value_invalid"),
        (&"{}".to_owned(), device.sign("{}"), "verification_missing"),
    ] {
        let form = with(&[("client_data", data.clone()), ("signature", signature)]);
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let refused = ada.post("/v1/me/trusted_devices/attempt", &[], &form).await;
        assert_eq!(refused.code(), code);
    }
    let form = with(&[
        ("client_data", data.clone()),
        ("signature", device.sign(&data)),
    ]);
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let made = ada.post("/v1/me/trusted_devices/attempt", &[], &form).await;
    let trusted = id(made.response());
    let again = ada.post("/v1/me/trusted_devices/attempt", &[], &form).await;
    assert_eq!(again.code(), "verification_missing");
    let listed = ada.get("/v1/me/trusted_devices", &[]).await;
    assert_eq!(listed.response()[0]["name"], "Ada's phone");

    // The key signs its user in.
    let mut app = Browser::native(&emulator, judge);
    let validate = "/v1/client/trusted_devices/validate";
    let form = [("trusted_device_id", trusted.as_str())];
    let valid = app.post(validate, &[], &form).await;
    assert_eq!(valid.response()["valid"], true);
    let form = [
        ("strategy", "trusted_device"),
        ("trusted_device_id", trusted.as_str()),
    ];
    let started = app.post("/v1/client/sign_ins", &[], &form).await;
    let sign_in = id(started.response());
    let prepare = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";
    let prepared = app.post(prepare, &[&sign_in], &form).await;
    let verification = &prepared.response()["first_factor_verification"];
    let data = client_data(&verification["trusted_device_challenge"]);
    let attempt = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    for (signer, code) in [(&Device::new(), "form_param_value_invalid"), (&device, "")] {
        let signature = signer.sign(&data);
        let form = [
            ("strategy", "trusted_device"),
            ("trusted_device_id", trusted.as_str()),
            ("client_data", data.as_str()),
            ("signature", signature.as_str()),
            ("algorithm", "ES256"),
        ];
        let done = app.post(attempt, &[&sign_in], &form).await;
        assert_eq!(done.code(), code);
        if code.is_empty() {
            assert_eq!(done.response()["status"], "complete", "{}", done.body);
        }
    }
    let user = emulator.user_id("ada@example.com").unwrap();
    let caller = Caller::new(&emulator);
    let path = format!("/users/{user}/trusted_devices");
    let listed = caller.call(Method::GET, &path, None).await.body;
    assert!(listed["data"][0]["last_used_at"].is_i64(), "{listed}");

    let revoked = ada
        .delete("/v1/me/trusted_devices/{trusted_device_id}", &[&trusted])
        .await;
    assert_eq!(revoked.response()["status"], "revoked");
    let again = ada
        .delete("/v1/me/trusted_devices/{trusted_device_id}", &[&trusted])
        .await;
    assert_eq!(again.code(), "resource_not_found");
    let mut app = Browser::native(&emulator, judge);
    let form = [("trusted_device_id", trusted.as_str())];
    let valid = app.post(validate, &[], &form).await;
    assert_eq!(valid.response()["valid"], false);
    let form = [
        ("strategy", "trusted_device"),
        ("trusted_device_id", trusted.as_str()),
    ];
    let refused = app.post("/v1/client/sign_ins", &[], &form).await;
    assert_eq!(refused.code(), "strategy_for_user_invalid");
}
