//! An emulator that is reachable from other containers.

use clerk_emulator::Emulator;

#[tokio::test]
async fn variables_contain_the_public_url_and_allow_plain_http() {
    let emulator = Emulator::builder()
        .dangerous_bind([0, 0, 0, 0].into())
        .public_url("http://clerk-emulator:4000")
        .start()
        .await
        .unwrap();
    let env = emulator.env();
    let value = |wanted: &str| {
        env.iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(value("CLERK_API_URL"), Some("http://clerk-emulator:4000"));
    assert_eq!(
        value("CLERK_SIGN_IN_URL"),
        Some("http://clerk-emulator:4000/sign-in")
    );
    assert_eq!(
        value("CLERK_SIGN_UP_URL"),
        Some("http://clerk-emulator:4000/sign-up")
    );
    assert_eq!(value("CLERK_DEVELOPMENT_ALLOW_HTTP"), Some("true"));
    // Requests contain the name under which the other container knows it.
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(format!(
            "http://127.0.0.1:{}/v1/jwks",
            emulator.address().port()
        ))
        .header("host", "clerk-emulator:4000")
        .bearer_auth(emulator.secret_key())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn on_loopback_no_variable_weakens_the_application() {
    let emulator = Emulator::builder().start().await.unwrap();
    let names: Vec<_> = emulator.env().into_iter().map(|(name, _)| name).collect();
    assert!(!names.contains(&"CLERK_DEVELOPMENT_ALLOW_HTTP"));
}

/// There is one issuer, whatever name a request reached the emulator by.
#[tokio::test]
async fn the_issuer_is_the_configured_url() {
    let plain = Emulator::builder().start().await.unwrap();
    let named = Emulator::builder()
        .public_url("http://clerk-emulator:4000")
        .start()
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for (emulator, issuer) in [
        (&plain, plain.url()),
        (&named, "http://clerk-emulator:4000"),
    ] {
        let port = emulator.address().port();
        for host in ["127.0.0.1", "localhost", "[::1]", "app.localhost"] {
            for document in ["openid-configuration", "oauth-authorization-server"] {
                let answer = client
                    .get(format!("http://127.0.0.1:{port}/.well-known/{document}"))
                    .header("host", format!("{host}:{port}"))
                    .send()
                    .await
                    .unwrap();
                let text = answer.text().await.unwrap();
                let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(metadata["issuer"], issuer, "{host} {document}");
            }
        }
    }
}

#[tokio::test]
async fn a_public_url_must_be_an_origin() {
    for url in [
        "clerk-emulator:4000",
        "ftp://a.b",
        "http://a.b/path",
        "http://u@a.b",
        "",
    ] {
        let error = Emulator::builder()
            .public_url(url)
            .start()
            .await
            .unwrap_err();
        assert!(error.to_string().contains("public url"), "{error}");
    }
}

#[tokio::test]
async fn main_shows_why_the_emulator_did_not_start() {
    let running = Emulator::builder().start().await.unwrap();
    let port = running.address().port();
    let error = Emulator::builder().port(port).start().await.unwrap_err();
    // The output of `main() -> Result<(), Box<dyn Error>>`.
    let text = format!("{:?}", Box::<dyn std::error::Error>::from(error));
    assert!(text.contains(&port.to_string()), "{text}");
    assert!(text.contains("choose another port"), "{text}");
    assert!(text.contains("in use"), "{text}");
}
