//! The diagnosis finds what is wrong, and shows no secret.

use std::net::TcpListener;
use std::time::Duration;

use clerk_core::{Clerk, ClerkBuilder, Clock as _, Diagnosis, ManualClock, Severity, SystemClock};
use clerk_emulator::{Emulator, Fault, UserSeed};
use clerk_test_support::forge::{DEVELOPMENT_KEY, NOW, PRODUCTION_KEY, Signer};
use clerk_test_support::log;
use serde_json::json;

use crate::key_cache::on;
use crate::{decide, development, production, request};

/// The codes of the findings of this severity or above.
fn codes(diagnosis: &Diagnosis, least: Severity) -> Vec<&'static str> {
    let findings = diagnosis.findings().iter();
    findings
        .filter(|finding| finding.severity >= least)
        .map(|finding| finding.code)
        .collect()
}

#[track_caller]
fn assert_finds(diagnosis: &Diagnosis, code: &str, parts: &[&str]) {
    let finding = diagnosis.findings().iter().find(|one| one.code == code);
    let Some(finding) = finding else {
        panic!("no {code} in {diagnosis}");
    };
    let text = finding.to_string();
    for part in parts {
        assert!(text.contains(part), "{part} is not in {text}");
        assert!(diagnosis.to_string().contains(part), "{diagnosis}");
    }
    let json = serde_json::to_value(diagnosis).unwrap();
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.iter().any(|one| one["code"] == code), "{json}");
}

#[test]
fn a_good_configuration_has_no_findings() {
    for builder in [
        development(),
        development().authorized_parties(["http://localhost:3000"]),
        production().authorized_parties(["https://app.example.com"]),
        production()
            .authorized_parties(["https://app.example.com"])
            .public_url("https://app.example.com"),
        production()
            .authorized_party_patterns(["https://*.example.com"])
            .public_url("https://app.example.com"),
    ] {
        let diagnosis = builder.diagnose();
        assert_eq!(codes(&diagnosis, Severity::Note), [""; 0], "{diagnosis}");
        assert!(diagnosis.to_string().contains("nothing wrong was found"));
        assert_eq!(diagnosis, builder.build().unwrap().diagnose());
    }
}

#[test]
fn what_the_builder_accepts_and_cannot_be_right_is_reported() {
    let quoted = format!("\"{PRODUCTION_KEY}\"");
    let broken = format!("{PRODUCTION_KEY}\n");
    let party = ["https://app.example.com"];
    let base = || production().authorized_parties(party);
    let cases: [(&str, ClerkBuilder, &str, &[&str]); 16] = [
        (
            "key-misplaced",
            base().secret_key(PRODUCTION_KEY),
            "CLERK_SECRET_KEY",
            &["publishable"],
        ),
        (
            "key-misplaced",
            base().publishable_key("sk_live_x"),
            "CLERK_PUBLISHABLE_KEY",
            &["secret key"],
        ),
        (
            "key-misplaced",
            base().machine_secret_key("sk_live_x"),
            "CLERK_MACHINE_SECRET_KEY",
            &[],
        ),
        (
            "key-placeholder",
            base().secret_key("YOUR_SECRET_KEY"),
            "CLERK_SECRET_KEY",
            &[],
        ),
        (
            "key-placeholder",
            base().secret_key("sk_live_"),
            "CLERK_SECRET_KEY",
            &[],
        ),
        (
            "key-quoted",
            base().secret_key("\"sk_live_x\""),
            "CLERK_SECRET_KEY",
            &["quotes"],
        ),
        (
            "key-quoted",
            base().publishable_key(&quoted),
            "CLERK_PUBLISHABLE_KEY",
            &["quotes"],
        ),
        (
            "key-broken",
            base().secret_key("sk_live_x "),
            "CLERK_SECRET_KEY",
            &["whitespace"],
        ),
        // Its cookies have another suffix than those of the browser.
        (
            "key-broken",
            base().publishable_key(&broken),
            "CLERK_PUBLISHABLE_KEY",
            &["line break"],
        ),
        (
            "key-broken",
            base().machine_secret_key("ak_x y"),
            "CLERK_MACHINE_SECRET_KEY",
            &[],
        ),
        (
            "key-prefix-unknown",
            base().secret_key("garbage"),
            "CLERK_SECRET_KEY",
            &[],
        ),
        (
            "keys-of-different-environments",
            base().secret_key("sk_test_x"),
            "CLERK_SECRET_KEY",
            &["CLERK_PUBLISHABLE_KEY", "development", "production"],
        ),
        (
            "keys-of-different-environments",
            base().publishable_key(DEVELOPMENT_KEY),
            "CLERK_SECRET_KEY",
            &["CLERK_PUBLISHABLE_KEY"],
        ),
        (
            "authorized-parties-missing",
            production(),
            "CLERK_AUTHORIZED_PARTIES",
            &["production"],
        ),
        (
            "public-url-not-authorized",
            base().public_url("https://www.example.com"),
            "CLERK_AUTHORIZED_PARTIES",
            &["https://www.example.com"],
        ),
        (
            "plain-http-allowed",
            base().dangerous_allow_http(),
            "CLERK_DEVELOPMENT_ALLOW_HTTP",
            &[],
        ),
    ];
    for (code, builder, variable, parts) in cases {
        let diagnosis = builder.diagnose();
        assert_finds(&diagnosis, code, parts);
        let found = diagnosis.findings().iter().find(|one| one.code == code);
        assert_eq!(found.unwrap().variable, Some(variable), "{diagnosis}");
        // The gravest first.
        let severities: Vec<Severity> = diagnosis
            .findings()
            .iter()
            .map(|one| one.severity)
            .collect();
        assert!(
            severities.is_sorted_by(|one, next| one >= next),
            "{diagnosis}"
        );
    }
    assert!(!production().diagnose().has_errors());
    assert!(base().secret_key("sk_live_x ").diagnose().has_errors());
}

#[test]
fn all_that_is_wrong_with_the_variables_is_reported_at_once() {
    let diagnosis = Clerk::builder()
        .from_vars([
            ("CLERK_SECRET_KEY", "YOUR_SECRET_KEY"),
            ("CLERK_MACHINE_SECRET_KEY", " ak_x "),
            ("CLERK_API_URL", " "),
            ("VITE_CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
            ("CLERK_WEBHOOK_SECRET", "whsec_QQ=="),
        ])
        .diagnose();
    assert_eq!(
        codes(&diagnosis, Severity::Error),
        ["variable-unusable", "variable-unusable"]
    );
    assert_finds(
        &diagnosis,
        "variable-trimmed",
        &["CLERK_MACHINE_SECRET_KEY"],
    );
    assert_finds(&diagnosis, "variable-misnamed", &["CLERK_"]);
    for name in [
        "CLERK_API_URL",
        "VITE_CLERK_PUBLISHABLE_KEY",
        "CLERK_WEBHOOK_SECRET is",
    ] {
        assert!(diagnosis.to_string().contains(name), "{name}: {diagnosis}");
    }
    // What only a build finds.
    let diagnosis = development().sign_in_url("javascript:alert(1)").diagnose();
    assert_finds(&diagnosis, "configuration-refused", &["CLERK_SIGN_IN_URL"]);
    let diagnosis = development().authorized_parties(["localhost"]).diagnose();
    assert_finds(
        &diagnosis,
        "configuration-refused",
        &["CLERK_AUTHORIZED_PARTIES", "localhost"],
    );
}

#[test]
fn what_was_seen_since_the_start_is_reported() {
    let clerk = production()
        .authorized_parties(["https://app.example.com"])
        .build()
        .unwrap();
    let ask = |claims: serde_json::Value| {
        let token = Signer::instance().session_with(&claims);
        let headers = [("authorization", &*format!("Bearer {token}"))];
        decide(&clerk, &request(&headers));
        token
    };
    let token = ask(json!({}));
    assert_eq!(codes(&clerk.diagnose(), Severity::Note), [""; 0]);
    ask(json!({ "iat": NOW + 122, "nbf": NOW - 10, "exp": NOW + 200 }));
    ask(json!({ "azp": "https://www.example.com" }));
    ask(json!({ "azp": "https://www.example.com" }));
    let diagnosis = clerk.diagnose();
    assert_finds(&diagnosis, "clock-behind", &["1 requests", "121 s behind"]);
    assert_finds(
        &diagnosis,
        "authorized-party-refused",
        &["2 requests", "https://www.example.com"],
    );
    assert!(!diagnosis.to_string().contains(&token));
    // What others forge is not seen at all.
    let forged = Signer::stranger().session_with(&json!({ "azp": "https://evil.example" }));
    decide(
        &clerk,
        &request(&[("authorization", &format!("Bearer {forged}"))]),
    );
    assert!(!clerk.diagnose().to_string().contains("evil"));
}

#[tokio::test]
async fn keys_that_could_never_be_loaded_are_reported() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    emulator.faults().stop_keys();
    let clerk = on(&emulator).build().unwrap();
    let token = emulator.session_token("ada@example.com").mint().unwrap();
    let bearer = format!("Bearer {token}");
    let request = request(&[("authorization", &bearer)]);
    clerk.authenticate_request(&request).await.unwrap();
    assert_finds(&clerk.diagnose(), "signing-keys-unavailable", &["failed"]);
    emulator.faults().resume_keys();
    let later = on(&emulator).build().unwrap();
    later.authenticate_request(&request).await.unwrap();
    assert_eq!(codes(&later.diagnose(), Severity::Note), [""; 0]);
}

#[tokio::test]
async fn the_api_is_asked_only_when_asked_for() {
    let emulator = Emulator::builder().start().await.unwrap();
    let clerk = on(&emulator).build().unwrap();
    assert_eq!(codes(&clerk.diagnose(), Severity::Note), [""; 0]);
    assert_eq!(emulator.requests().len(), 0);
    let online = clerk.diagnose_online().await;
    assert_eq!(codes(&online, Severity::Note), [""; 0], "{online}");
    assert_eq!(emulator.requests().len(), 2);
}

#[tokio::test]
async fn what_the_api_says_is_reported() {
    let emulator = Emulator::builder().start().await.unwrap();
    let other = Emulator::builder()
        .frontend_api_host("other.example.accounts.dev")
        .secret_key("sk_test_plantedOther")
        .start()
        .await
        .unwrap();
    let diagnose = async |builder: ClerkBuilder| builder.build().unwrap().diagnose_online().await;

    let diagnosis = diagnose(on(&emulator).secret_key("sk_test_plantedSecret")).await;
    assert_finds(
        &diagnosis,
        "secret-key-refused",
        &["CLERK_SECRET_KEY", emulator.url()],
    );
    assert!(!diagnosis.to_string().contains("planted"), "{diagnosis}");

    let diagnosis = diagnose(
        on(&emulator)
            .publishable_key(other.publishable_key())
            .proxy_url(""),
    )
    .await;
    assert_finds(
        &diagnosis,
        "keys-of-different-instances",
        &["other.example.accounts.dev", "127.0.0.1"],
    );

    let diagnosis = diagnose(on(&emulator).jwt_key(other.jwt_public_key_pem())).await;
    assert_finds(
        &diagnosis,
        "jwt-key-of-another-instance",
        &["CLERK_JWT_KEY"],
    );
    let diagnosis = diagnose(on(&emulator).jwt_key(emulator.jwt_public_key_pem())).await;
    assert_eq!(codes(&diagnosis, Severity::Note), [""; 0], "{diagnosis}");

    let now = SystemClock::default().now();
    for (off, code, side) in [
        (-121_000, "clock-behind", "behind"),
        (3_600_000, "clock-ahead", "ahead of"),
    ] {
        let diagnosis = diagnose(on(&emulator).clock(ManualClock::new(now + off))).await;
        assert_finds(
            &diagnosis,
            code,
            &[&format!("s {side} Clerk's"), "5 s are tolerated"],
        );
        assert!(diagnosis.has_errors());
    }

    // A difference that is tolerated still is one: it may grow.
    let clerk = on(&emulator).clock_skew(Duration::from_secs(3600));
    let clerk = clerk.clock(ManualClock::new(now - 600_000));
    let diagnosis = diagnose(clerk).await;
    assert_finds(&diagnosis, "clock-behind", &["3600 s are tolerated"]);
    assert!(!diagnosis.has_errors(), "{diagnosis}");

    let nothing = Fault::answer(200, "application/json", r#"{ "keys": [] }"#);
    emulator.faults().add(nothing.on("/v1/jwks"));
    let diagnosis = diagnose(on(&emulator)).await;
    assert_finds(&diagnosis, "signing-keys-missing", &["CLERK_API_URL"]);

    emulator
        .faults()
        .add(Fault::status(503).on("/v1/jwks").always());
    let diagnosis = diagnose(on(&emulator)).await;
    assert_finds(&diagnosis, "backend-api-failed", &["503", emulator.url()]);
    emulator.faults().clear();
    emulator
        .faults()
        .add(Fault::cut_connection().on("/v1/jwks").always());
    let diagnosis = diagnose(on(&emulator)).await;
    assert_finds(&diagnosis, "backend-api-unreachable", &[emulator.url()]);

    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let diagnosis = diagnose(on(&emulator).api_url(&url)).await;
    assert_finds(&diagnosis, "backend-api-unreachable", &[&url, "refused"]);
}

/// Texts that must not be shown, wherever they are configured by mistake.
const CANARIES: [&str; 9] = [
    "sk_test_canaryCanaryCanary",
    "sk_live_canaryCanaryCanary",
    "ak_canaryCanaryCanary",
    "whsec_Y2FuYXJ5Q2FuYXJ5Q2FuYXJ5",
    "Y2FuYXJ5Q2FuYXJ5Q2FuYXJ5",
    "eyJhbGciOiJSUzI1NiJ9.Y2FuYXJ5.Y2FuYXJ5Q2FuYXJ5",
    "https://user:canaryCanary@example.com",
    "https://example.com/?key=sk_live_canaryCanaryCanary",
    "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5Q2FuYXJ5Q2FuYXJ5\n-----END PRIVATE KEY-----",
];

#[test]
fn no_report_and_no_log_holds_a_secret_wherever_it_was_configured() {
    let names = [
        "CLERK_SECRET_KEY",
        "CLERK_PUBLISHABLE_KEY",
        "CLERK_MACHINE_SECRET_KEY",
        "CLERK_JWT_KEY",
        "CLERK_WEBHOOK_SIGNING_SECRET",
        "CLERK_AUTHORIZED_PARTIES",
        "CLERK_AUTHORIZED_PARTY_PATTERNS",
        "CLERK_API_URL",
        "CLERK_API_VERSION",
        "CLERK_PROXY_URL",
        "CLERK_PUBLIC_URL",
        "CLERK_DOMAIN",
        "CLERK_IS_SATELLITE",
        "CLERK_SIGN_IN_URL",
        "CLERK_SIGN_UP_URL",
        "CLERK_DEVELOPMENT_ALLOW_HTTP",
        "VITE_CLERK_PUBLISHABLE_KEY",
        "CLERK_WEBHOOK_SECRET",
    ];
    let setters: [fn(ClerkBuilder, &str) -> ClerkBuilder; 13] = [
        |builder, text| builder.secret_key(text),
        |builder, text| builder.publishable_key(text),
        |builder, text| builder.machine_secret_key(text),
        |builder, text| builder.jwt_key(text),
        |builder, text| builder.webhook_signing_secret(text.to_owned()),
        |builder, text| builder.authorized_parties([text]),
        |builder, text| builder.authorized_party_patterns([text]),
        |builder, text| builder.api_url(text),
        |builder, text| builder.proxy_url(text),
        |builder, text| builder.public_url(text),
        |builder, text| builder.is_satellite(true).domain(text),
        |builder, text| builder.sign_in_url(text),
        |builder, text| builder.dangerous_any_proxy_url().proxy_url(text),
    ];
    // A client of a loopback address needs no certificates, which take time to load.
    let base = || development().api_url("http://127.0.0.1:1");
    let mut builders = Vec::new();
    for canary in CANARIES {
        for dressed in [canary.to_owned(), format!(" \"{canary}\" \n")] {
            for name in names {
                builders.push(base().from_vars([(name, &*dressed)]));
                builders.push(Clerk::builder().from_vars([
                    ("CLERK_SECRET_KEY", "sk_test_canaryCanaryCanary"),
                    ("CLERK_API_URL", "http://127.0.0.1:1"),
                    ("CLERK_IS_SATELLITE", "true"),
                    (name, &*dressed),
                ]));
            }
            builders.extend(setters.map(|set| set(base(), &dressed)));
        }
        builders.extend(setters.map(|set| set(base(), &format!("{canary}\n#"))));
    }
    for builder in builders {
        let (shown, logged) = log::captured(|| {
            let diagnosis = builder.diagnose();
            diagnosis.log();
            let built = builder.clone().build();
            let error = built.as_ref().err().map(ToString::to_string);
            format!(
                "{diagnosis} {diagnosis:?} {} {builder:?} {built:?} {error:?}",
                serde_json::to_string(&diagnosis).unwrap()
            )
        });
        for text in [shown, logged] {
            let lower = text.to_lowercase();
            for part in ["canary", "y2fuyxj5"] {
                assert!(!lower.contains(part), "{part} in {text}");
            }
        }
    }
}

#[test]
fn the_log_says_what_the_report_says() {
    let builder = production().secret_key("sk_live_x ");
    let (_, logged) = log::captured(|| builder.diagnose().log());
    for part in [
        "ERROR",
        "WARN",
        "INFO",
        "key-broken",
        "authorized-parties-missing",
        "production",
    ] {
        assert!(logged.contains(part), "{part} is not in {logged}");
    }
    // Values with which an instance starts nevertheless are said once when it is built.
    let variables = [
        ("CLERK_SECRET_KEY", " sk_test_x "),
        ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
        ("CLERK_WEBHOOK_SECRET", "whsec_QQ=="),
    ];
    let (built, logged) = log::captured(|| Clerk::builder().from_vars(variables).build());
    built.unwrap();
    for part in [
        "CLERK_SECRET_KEY has whitespace",
        "CLERK_WEBHOOK_SIGNING_SECRET is not set",
    ] {
        assert_eq!(logged.matches(part).count(), 1, "{part}: {logged}");
    }
}

#[test]
fn outcomes_are_counted() {
    let clerk = production()
        .authorized_parties(["https://app.example.com"])
        .build()
        .unwrap();
    let good = Signer::instance().session();
    let bad = Signer::instance().session_with(&json!({ "exp": 1 }));
    let ask = |headers: &[(&str, &str)]| decide(&clerk, &request(headers));
    let bearer = |token: &str| format!("Bearer {token}");
    for _ in 0..3 {
        ask(&[("authorization", &bearer(&good))]);
    }
    // Adapters count, too.
    let _ = clerk.attach(&request(&[("authorization", &bearer(&good))]));
    ask(&[("authorization", &bearer(&bad))]);
    ask(&[("authorization", &bearer(&bad))]);
    ask(&[]);
    ask(&[("cookie", "__client_uat=1"), ("sec-fetch-dest", "document")]);
    let stats = clerk.stats();
    let counted = [
        stats.signed_in,
        stats.refused_tokens,
        stats.signed_out,
        stats.handshakes,
        stats.undecided,
        stats.contradictions,
    ];
    assert_eq!(counted, [4, 2, 1, 1, 0, 0], "{stats:?}");
    assert_eq!(serde_json::to_value(stats).unwrap()["signed_in"], 4);
}

#[test]
fn a_request_that_waits_is_a_span_with_its_outcome() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let emulator = runtime.block_on(Emulator::builder().start()).unwrap();
    let clerk = on(&emulator).build().unwrap();
    let foreign = Signer::instance().session();
    let headers = [("authorization", &*format!("Bearer {foreign}"))];
    let (state, logged) =
        log::captured(|| runtime.block_on(clerk.authenticate_request(&request(&headers))));
    assert_eq!(
        crate::outcome(&state.unwrap()),
        "signed-out jwk-kid-mismatch"
    );
    let call = logged.lines().find(|line| line.contains("clerk.request"));
    assert!(
        call.is_some_and(|line| line.contains("clerk.authenticate:clerk.request{")),
        "{logged}"
    );
    assert!(!logged.contains(&foreign), "{logged}");
    assert!(!logged.contains(emulator.secret_key()), "{logged}");
}
