//! What cannot work is refused at the start, in words that name the variable and say what to do.

use clerk_core::{Clerk, OrganizationSync};
use clerk_test_support::forge::{DEVELOPMENT_KEY, PRODUCTION_KEY, Signer};

/// The whole chain of messages, as an application prints it.
fn refusal(variables: &[(&str, &str)]) -> String {
    let error = Clerk::builder()
        .from_vars(variables.iter().copied())
        .build()
        .map(|_| variables)
        .unwrap_err();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

const KEYS: [(&str, &str); 2] = [
    ("CLERK_SECRET_KEY", "sk_test_tests"),
    ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    KEYS.iter().chain(more).copied().collect()
}

#[test]
fn bad_configuration_names_its_variable_and_what_to_do() {
    let broken_pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
    for (variables, must_say) in [
        (vec![], "CLERK_PUBLISHABLE_KEY"),
        (vec![KEYS[1]], "CLERK_SECRET_KEY"),
        (vec![KEYS[0]], "CLERK_PUBLISHABLE_KEY"),
        (
            vec![KEYS[0], ("CLERK_PUBLISHABLE_KEY", "pk_test_%%%")],
            "CLERK_PUBLISHABLE_KEY",
        ),
        (
            vec![KEYS[0], ("CLERK_PUBLISHABLE_KEY", "sk_test_tests")],
            "CLERK_PUBLISHABLE_KEY",
        ),
        (with(&[("CLERK_JWT_KEY", broken_pem)]), "CLERK_JWT_KEY"),
        (with(&[("CLERK_JWT_KEY", "no key at all")]), "CLERK_JWT_KEY"),
        (
            with(&[("CLERK_API_URL", "http://api.example.com")]),
            "CLERK_API_URL",
        ),
        (with(&[("CLERK_API_URL", "no url")]), "CLERK_API_URL"),
        (
            with(&[("CLERK_PROXY_URL", "http://app.example.com/__clerk")]),
            "CLERK_PROXY_URL",
        ),
        (
            with(&[("CLERK_SIGN_IN_URL", "javascript:alert(1)")]),
            "CLERK_SIGN_IN_URL",
        ),
        (
            with(&[("CLERK_SIGN_UP_URL", "sign-up")]),
            "CLERK_SIGN_UP_URL",
        ),
        (
            with(&[("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_%")]),
            "CLERK_WEBHOOK_SIGNING_SECRET",
        ),
        (with(&[("CLERK_IS_SATELLITE", "true")]), "CLERK_SIGN_IN_URL"),
        (
            with(&[
                ("CLERK_IS_SATELLITE", "true"),
                ("CLERK_SIGN_IN_URL", "https://example.com/sign-in"),
            ]),
            "CLERK_DOMAIN",
        ),
    ] {
        let text = refusal(&variables);
        assert!(text.contains(must_say), "{variables:?}: {text}");
        assert!(!text.contains("sk_test_tests"), "a secret in: {text}");
    }
}

#[test]
fn what_is_empty_counts_as_absent() {
    let text = refusal(&[("CLERK_SECRET_KEY", ""), ("CLERK_PUBLISHABLE_KEY", "")]);
    assert_eq!(text, refusal(&[]));
}

#[test]
fn loopback_needs_no_encryption() {
    Clerk::builder()
        .from_vars(with(&[
            ("CLERK_API_URL", "http://127.0.0.1:4000"),
            ("CLERK_PROXY_URL", "http://localhost:4000"),
            ("CLERK_SIGN_IN_URL", "http://[::1]:4000/sign-in"),
        ]))
        .build()
        .unwrap();
}

#[test]
fn pem_keys_are_taken_in_every_shape_that_environment_files_give_them() {
    let pem = Signer::instance().pem();
    let bare: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    for shape in [
        pem.clone(),
        pem.replace('\n', "\r\n"),
        pem.replace('\n', "\\n"),
        pem.replace('\n', " "),
        bare,
    ] {
        Clerk::builder()
            .publishable_key(PRODUCTION_KEY)
            .secret_key("sk_live_tests")
            .jwt_key(shape)
            .build()
            .unwrap();
    }
}

#[test]
fn authorized_parties_are_a_list_with_commas() {
    let pem = Signer::instance().pem();
    let clerk = Clerk::builder()
        .from_vars(with(&[
            ("CLERK_JWT_KEY", &pem),
            (
                "CLERK_AUTHORIZED_PARTIES",
                " https://a.example.com , https://app.example.com,",
            ),
        ]))
        .clock(clerk_core::ManualClock::new(crate::NOW_MILLIS))
        .build()
        .unwrap();
    let outcome = |token: String| {
        crate::outcome(&crate::decide(
            &clerk,
            &crate::request(&[("authorization", &format!("Bearer {token}"))]),
        ))
    };
    assert_eq!(outcome(Signer::instance().session()), "signed-in");
    let other = serde_json::json!({ "azp": "https://b.example.com" });
    assert_eq!(
        outcome(Signer::instance().session_with(&other)),
        "signed-out token-invalid-authorized-parties"
    );
}

#[test]
fn organization_patterns_are_checked_when_they_are_made() {
    for patterns in [["/orgs/:id/("], ["/orgs/:id+"], ["/orgs/:slug*"]] {
        let error = OrganizationSync::new(patterns, [""; 0]).unwrap_err();
        assert!(error.to_string().contains(patterns[0]), "{error}");
    }
}

#[test]
fn plain_http_beyond_loopback_is_for_development_and_asked_for() {
    let builder =
        || Clerk::builder().from_vars(with(&[("CLERK_API_URL", "http://clerk-emulator:4000")]));
    let error = builder().build().unwrap_err().to_string();
    assert!(error.contains("CLERK_API_URL"), "{error}");
    assert!(error.contains("CLERK_DEVELOPMENT_ALLOW_HTTP"), "{error}");
    for (value, is_allowed) in [("true", true), ("1", true), ("false", false), ("no", false)] {
        let built = builder()
            .from_vars([("CLERK_DEVELOPMENT_ALLOW_HTTP", value)])
            .build();
        assert_eq!(built.is_ok(), is_allowed, "{value}");
    }
    assert!(builder().dangerous_allow_http().build().is_ok());
}

#[test]
fn a_public_url_is_an_origin_and_wins_over_every_header() {
    for bad in [
        "app.example.com",
        "ftp://app.example.com",
        "https://app.example.com/path",
        "https://app.example.com/?q",
        "https://app.example.com/#f",
        "https://user@app.example.com",
    ] {
        let error = crate::production().public_url(bad).build().unwrap_err();
        assert!(error.to_string().contains("CLERK_PUBLIC_URL"), "{error}");
    }
    let clerk = crate::production()
        .from_vars([("CLERK_PUBLIC_URL", "https://public.example.com")])
        .build()
        .unwrap();
    let request = crate::request(&[
        ("x-forwarded-host", "other.example.com"),
        ("x-forwarded-proto", "http"),
        ("accept", "text/html"),
    ]);
    let url = clerk
        .build_sign_in_url(&request, clerk_core::ReturnBack::Here)
        .unwrap();
    assert!(
        url.ends_with("redirect_url=https%3A%2F%2Fpublic.example.com%2Fpage"),
        "{url}"
    );
}

#[test]
fn main_shows_the_text_of_an_error_with_its_causes() {
    let shown = |error: Box<dyn std::error::Error>| format!("{error:?}");
    let missing = Clerk::builder().build().map(|_| ()).unwrap_err();
    assert_eq!(shown(missing.into()), refusal(&[]));
    let broken = crate::production().webhook_signing_secret("whsec_!".to_owned());
    let text = shown(broken.build().map(|_| ()).unwrap_err().into());
    assert!(
        text.starts_with("webhook signing secret is not valid"),
        "{text}"
    );
    let key = "pk_".parse::<clerk_core::PublishableKey>().unwrap_err();
    assert!(shown(key.into()).starts_with("publishable key is not valid"));
    let pattern = clerk_core::RouteMatcher::new(["/("])
        .map(|_| ())
        .unwrap_err();
    assert!(shown(pattern.into()).contains("\"/(\""));
    let resource = clerk_core::OAuthResource::new("app.example.com/mcp").unwrap_err();
    assert!(
        shown(resource.into()).starts_with("the URL of the OAuth resource \"app.example.com/mcp\"")
    );
    let origins = clerk_core::AllowedRedirectOrigins::list(["app.example.com"]);
    let text = shown(origins.map(drop).unwrap_err().into());
    assert!(
        text.starts_with("cannot build a redirect: an allowed redirect origin"),
        "{text}"
    );
}
