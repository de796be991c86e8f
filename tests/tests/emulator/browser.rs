//! A simulated browser that signs in on the emulator's page and returns through the handshake.

use clerk_emulator::Emulator;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

/// The origin of the application.
const APPLICATION: &str = "http://127.0.0.1:3000/";

/// Signs a user in and returns the cookies that the application's server sets, by name.
pub(crate) async fn sign_in(emulator: &Emulator, user: &str) -> Vec<(String, String)> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let user = emulator.user_id(user).unwrap();
    let signed_in = client
        .post(emulator.sign_in_url())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("as={user}"))
        .send()
        .await
        .unwrap();
    assert_eq!(signed_in.status(), 303);
    let cookie = signed_in.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let handshake = client
        .get(format!(
            "{}/v1/client/handshake?format=nonce&redirect_url={APPLICATION}",
            emulator.url()
        ))
        .header(COOKIE, cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(handshake.status(), 307);
    let location = Url::parse(handshake.headers()[LOCATION].to_str().unwrap()).unwrap();
    let (_, nonce) = location
        .query_pairs()
        .find(|(name, _)| name == "__clerk_handshake_nonce")
        .unwrap();
    let answer = client
        .get(format!(
            "{}/v1/clients/handshake_payload?nonce={nonce}",
            emulator.url()
        ))
        .bearer_auth(emulator.secret_key())
        .send()
        .await
        .unwrap();
    let payload: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let directives = payload["directives"].as_array().unwrap();
    directives
        .iter()
        .map(|directive| {
            let pair = directive.as_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}
