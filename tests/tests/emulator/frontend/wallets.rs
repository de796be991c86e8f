//! Wallets, which sign messages as Ethereum wallets do (EIP-191).

use k256::ecdsa::SigningKey;
use serde_json::{Value, json};
use sha3::{Digest as _, Keccak256};

use super::browser::{Browser, Judge, id};
use super::walk::emulator;

const STRATEGY: (&str, &str) = ("strategy", "web3_metamask_signature");

/// A wallet with its own key.
pub(super) struct Wallet(SigningKey);

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("0x{digits}")
}

impl Wallet {
    /// Returns the wallet whose key is this number.
    pub(super) fn new(key: u8) -> Self {
        let mut bytes = [0; 32];
        bytes[31] = key;
        Self(SigningKey::from_slice(&bytes).unwrap())
    }

    fn address(&self) -> String {
        let point = self.0.verifying_key().to_encoded_point(false);
        hex(&Keccak256::digest(&point.as_bytes()[1..])[12..])
    }

    fn sign(&self, verification: &Value) -> String {
        let message = verification["message"]
            .as_str()
            .unwrap_or_else(|| panic!("{verification}"));
        let prefixed = format!("\x19Ethereum Signed Message:\n{}{message}", message.len());
        let hash = Keccak256::digest(prefixed.as_bytes());
        let (signature, recovery) = self.0.sign_prehash_recoverable(&hash).unwrap();
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery.to_byte());
        hex(&bytes)
    }

    /// Adds the wallet to the account of the signed-in user, and returns its ID.
    pub(super) async fn connect(&self, browser: &mut Browser) -> String {
        let address = self.address();
        let form = [("web3_wallet", address.as_str())];
        let added = browser.post("/v1/me/web3_wallets", &[], &form).await;
        let wallet = id(added.response());
        let path = "/v1/me/web3_wallets/{web3_wallet_id}/prepare_verification";
        let prepared = browser.post(path, &[&wallet], &[STRATEGY]).await;
        let signature = self.sign(&prepared.response()["verification"]);
        let path = "/v1/me/web3_wallets/{web3_wallet_id}/attempt_verification";
        let strange = Self::new(99).sign(&prepared.response()["verification"]);
        let refused = browser
            .post(path, &[&wallet], &[("signature", strange.as_str())])
            .await;
        assert_eq!(refused.code(), "form_incorrect_signature");
        let form = [("signature", signature.as_str())];
        let proven = browser.post(path, &[&wallet], &form).await;
        assert_eq!(proven.response()["verification"]["status"], "verified");
        wallet
    }
}

/// The address of the key 1 is publicly known.
#[test]
fn addresses_are_those_of_ethereum() {
    let address = Wallet::new(1).address();
    assert_eq!(address, "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
}

pub(super) async fn signatures(judge: &Judge) {
    let emulator = emulator().await;
    let mut browser = Browser::new(&emulator, judge).await;
    browser
        .sign_in("ada@example.com", "analytical-engine")
        .await;
    let bad = browser
        .post("/v1/me/web3_wallets", &[], &[("web3_wallet", "0x12")])
        .await;
    assert_eq!(bad.code(), "form_param_format_invalid");
    let own = Wallet::new(3);
    let wallet = own.connect(&mut browser).await;
    let primary = [("primary_web3_wallet_id", wallet.as_str())];
    browser.patch("/v1/me", &[], &primary).await.response();
    browser.get("/v1/me/web3_wallets", &[]).await;
    browser
        .get("/v1/me/web3_wallets/{web3_wallet_id}", &[&wallet])
        .await
        .response();

    let mut elsewhere = Browser::new(&emulator, judge).await;
    let address = own.address().to_uppercase().replace("0X", "0x");
    let begun = elsewhere
        .post(
            "/v1/client/sign_ins",
            &[],
            &[("identifier", address.as_str())],
        )
        .await;
    let sign_in = id(begun.response());
    let path = "/v1/client/sign_ins/{sign_in_id}/prepare_first_factor";
    let prepared = elsewhere.post(path, &[&sign_in], &[STRATEGY]).await;
    let verification = prepared.response()["first_factor_verification"].clone();
    let path = "/v1/client/sign_ins/{sign_in_id}/attempt_first_factor";
    for (wallet, code) in [(&Wallet::new(4), "form_incorrect_signature"), (&own, "")] {
        let signature = wallet.sign(&verification);
        let form = [STRATEGY, ("signature", signature.as_str())];
        let tried = elsewhere.post(path, &[&sign_in], &form).await;
        assert_eq!(tried.code(), code, "{}", tried.body);
    }
    assert_eq!(
        elsewhere.client().await["sessions"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let path = "/v1/me/web3_wallets/{web3_wallet_id}";
    browser.delete(path, &[&wallet]).await.response();

    // People who sign up may connect a wallet, too.
    let stranger = Wallet::new(5);
    let address = stranger.address();
    let mut browser = Browser::new(&emulator, judge).await;
    let form = [
        ("email_address", "joan+clerk_test@example.com"),
        ("password", "bombe-machine"),
        ("web3_wallet", address.as_str()),
    ];
    let begun = browser.post("/v1/client/sign_ups", &[], &form).await;
    assert_eq!(
        begun.response()["unverified_fields"],
        json!(["email_address", "web3_wallet"])
    );
    let sign_up = id(begun.response());
    let prepare = "/v1/client/sign_ups/{sign_up_id}/prepare_verification";
    let attempt = "/v1/client/sign_ups/{sign_up_id}/attempt_verification";
    browser
        .post(prepare, &[&sign_up], &[("strategy", "email_code")])
        .await
        .response();
    let form = [("strategy", "email_code"), ("code", "424242")];
    browser.post(attempt, &[&sign_up], &form).await.response();
    let prepared = browser.post(prepare, &[&sign_up], &[STRATEGY]).await;
    let signature = stranger.sign(&prepared.response()["verifications"]["web3_wallet"]);
    let form = [STRATEGY, ("signature", signature.as_str())];
    let done = browser.post(attempt, &[&sign_up], &form).await;
    assert_eq!(done.response()["status"], "complete", "{}", done.body);
    let user = done.body["client"]["sessions"][0]["user"].clone();
    assert_eq!(user["web3_wallets"][0]["web3_wallet"], address.as_str());
}
