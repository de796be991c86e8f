//! Authorized parties are origins: what can match a browser's is normalized, what cannot is refused at the start.

use clerk_core::{Clerk, ClerkBuilder, ManualClock};
use clerk_test_support::forge::{DEVELOPMENT_KEY, Signer};
use serde_json::json;

/// A way to configure authorized parties.
type Way = fn(ClerkBuilder, &str) -> ClerkBuilder;

const WAYS: [(&str, Way); 2] = [
    ("the setter", |builder, party| {
        builder.authorized_parties([party])
    }),
    ("the variable", |builder, party| {
        builder.from_vars([("CLERK_AUTHORIZED_PARTIES", party)])
    }),
];

/// Whether a session token that was issued to `azp` is accepted.
fn accepts(clerk: &Clerk, azp: &str) -> bool {
    let token = Signer::instance().session_with(&json!({ "azp": azp }));
    let authorization = format!("Bearer {token}");
    let request = crate::request(&[("authorization", &authorization)]);
    // The second request is answered from the cache of verified tokens.
    let outcomes = [(); 2].map(|()| crate::outcome(&crate::decide(clerk, &request)));
    assert_eq!(outcomes[0], outcomes[1], "{azp}");
    match &*outcomes[0] {
        "signed-in" => true,
        "signed-out token-invalid-authorized-parties" => false,
        other => panic!("{azp}: {other}"),
    }
}

#[test]
fn what_is_clear_is_normalized_to_what_browsers_send() {
    for (party, origin) in [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80/", "http://app.example.com"),
        (
            "https://app.example.com:8443",
            "https://app.example.com:8443",
        ),
        ("http://app.example.com:443", "http://app.example.com:443"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        (
            "https://BÜCHER.example:443/",
            "https://xn--bcher-kva.example",
        ),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0::1]:80", "http://[::1]"),
        // Not of a browser's page, but an origin: kept as it is written.
        (
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ),
        (
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop/",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ),
        ("capacitor://localhost", "capacitor://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        (
            "com.example.app://Callback:443",
            "com.example.app://Callback:443",
        ),
    ] {
        for (way, configure) in WAYS {
            let clerk = configure(crate::production(), party).build();
            let clerk = clerk.unwrap_or_else(|error| panic!("{way}, {party}: {error}"));
            assert!(accepts(&clerk, origin), "{way}: {party} as {origin}");
            let others = [
                "https://other.example",
                &format!("{origin}."),
                &format!("{origin}/"),
                &format!("{origin}:1"),
                &origin.to_ascii_uppercase(),
                "",
            ];
            for other in others {
                assert!(!accepts(&clerk, other), "{way}: {party} as {other}");
            }
        }
    }
}

#[test]
fn what_never_matches_a_browsers_origin_is_refused_by_name_and_value() {
    for party in [
        "https://app.example.com/path",
        "https://app.example.com//",
        "https://app.example.com?",
        "https://app.example.com/?tab=1",
        "https://app.example.com#top",
        "https://app.example.com/#",
        "https://user@app.example.com",
        "https://user:word@app.example.com",
        "app.example.com",
        "localhost:3000",
        "//app.example.com",
        "://app.example.com",
        "https:app.example.com",
        "https:/app.example.com",
        "https://",
        "https:///",
        "https://:443",
        "https://app.example.com:port",
        "https://app.example.com:70000",
        "https://app example.com",
        "https://app.example.com\t",
        "https://app.exa\nmple.com",
        "https://app.example.com\\",
        "https:\\\\app.example.com",
        "\"https://app.example.com",
        "*",
        "https://*",
        "https://*.example.com",
        "https://app-*.example.com",
        "null",
        "1ttp://app.example.com",
        "chrome-extension://",
        "chrome-extension://abc/popup.html",
        "chrome-extension://*",
        "capacitor://local host",
        "tauri://bücher",
    ] {
        for (way, configure) in WAYS {
            // Blanks around a variable's values go, as elsewhere in the environment.
            if way == "the variable" && party.trim() != party {
                continue;
            }
            let error = configure(crate::production(), party)
                .build()
                .map(|_| party)
                .expect_err(party);
            let text = error.to_string();
            assert!(text.contains("CLERK_AUTHORIZED_PARTIES"), "{way}: {text}");
            assert!(text.contains("authorized_parties"), "{way}: {text}");
            let shown = party.rsplit('@').next().unwrap_or_default();
            let shown = shown.escape_debug().to_string();
            assert!(text.contains(&shown), "{way}, {party}: {text}");
            assert!(!text.contains("word"), "{way}, {party}: {text}");
        }
    }
}

#[test]
fn one_that_cannot_match_is_refused_beside_others() {
    let parties = ["https://a.example", "https://b.example/path"];
    let error = crate::production()
        .authorized_parties(parties)
        .build()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(parties[1]) && !error.contains(parties[0]),
        "{error}"
    );
    let listed = crate::production().from_vars([("CLERK_AUTHORIZED_PARTIES", parties.join(","))]);
    assert!(listed.build().is_err());
}

#[test]
fn a_list_without_a_party_does_not_switch_the_check_off() {
    for value in [" ", ",", " , ", "\"\"", "'  '", "\u{feff}"] {
        let error = crate::production()
            .from_vars([("CLERK_AUTHORIZED_PARTIES", value)])
            .build()
            .map(|_| ())
            .expect_err(value);
        assert!(
            error.to_string().contains("CLERK_AUTHORIZED_PARTIES"),
            "{error}"
        );
    }
    for party in ["", " "] {
        assert!(
            crate::production()
                .authorized_parties([party])
                .build()
                .is_err()
        );
    }
}

#[test]
fn quotes_and_blanks_around_a_variables_values_go() {
    for value in [
        " https://app.example.com ",
        "\"https://app.example.com\"",
        "'https://app.example.com/'",
        "\"https://a.example, https://app.example.com\"",
        "\"https://a.example\", \"https://app.example.com\"",
        "https://a.example , https://app.example.com,",
        "https://a.example,,https://app.example.com\n",
    ] {
        let clerk = Clerk::builder()
            .from_vars([
                ("CLERK_SECRET_KEY", "sk_test_tests"),
                ("CLERK_PUBLISHABLE_KEY", DEVELOPMENT_KEY),
                ("CLERK_JWT_KEY", &Signer::instance().pem()),
                ("CLERK_AUTHORIZED_PARTIES", value),
            ])
            .clock(ManualClock::new(crate::NOW_MILLIS))
            .build()
            .unwrap();
        assert!(accepts(&clerk, "https://app.example.com"), "{value}");
        assert!(!accepts(&clerk, "https://b.example"), "{value}");
    }
}

#[test]
fn patterns_accept_one_label_for_each_star_and_only_when_asked_for() {
    let patterns = [
        "https://*.preview.example.com",
        "HTTPS://*.*.Review.example.com:8443/",
        "http://*.localhost:3000",
        "https://*.bücher.example:443",
    ];
    let ways = [
        crate::production()
            .authorized_parties(["https://app.example.com"])
            .authorized_party_patterns(patterns),
        crate::production().from_vars([
            ("CLERK_AUTHORIZED_PARTIES", "https://app.example.com"),
            ("CLERK_AUTHORIZED_PARTY_PATTERNS", &patterns.join(", ")),
        ]),
    ];
    let without = crate::production()
        .authorized_parties(["https://app.example.com"])
        .build()
        .unwrap();
    for builder in ways {
        let clerk = builder.build().unwrap();
        assert!(accepts(&clerk, "https://app.example.com"));
        for party in [
            "https://pr-17.preview.example.com",
            "https://a_b.preview.example.com",
            "https://one.two.review.example.com:8443",
            "http://tenant.localhost:3000",
            "https://a.xn--bcher-kva.example",
        ] {
            assert!(accepts(&clerk, party), "{party}");
            assert!(!accepts(&without, party), "{party}");
        }
        for party in [
            "https://preview.example.com",
            "https://.preview.example.com",
            "https://a.b.preview.example.com",
            "http://a.preview.example.com",
            "https://a.preview.example.com:8443",
            "https://a.preview.example.com.evil.example",
            "https://a.preview.example.com/",
            "https://evil.example/.preview.example.com",
            "https://evil.example?.preview.example.com",
            "https://user@a.preview.example.com",
            "https://*.preview.example.com",
            "https://A.preview.example.com",
            "https://a.previewXexample.com",
            "https://one.review.example.com:8443",
            "https://one.two.review.example.com",
            "http://localhost:3000",
            "http://a.b.localhost:3000",
            "",
        ] {
            assert!(!accepts(&clerk, party), "{party}");
        }
    }
}

#[test]
fn patterns_that_leave_the_domain_open_are_refused() {
    for pattern in [
        "*",
        "https://*",
        "https://*.com",
        "https://*.*.com",
        "https://example.*",
        "https://*.example.com.",
        "https://app-*.example.com",
        "https://**.example.com",
        "https://*.example.com:*",
        "https://*.example.com/path",
        "https://*.example.com?x",
        "https://user@*.example.com",
        "*.example.com",
        "*://a.example.com",
        "chrome-extension://*",
        "capacitor://*.example.com",
        "https://app.example.com",
        "https://*.exam ple.com",
        "",
    ] {
        let error = crate::production()
            .authorized_party_patterns([pattern])
            .build()
            .map(|_| ())
            .expect_err(pattern);
        let text = error.to_string();
        assert!(
            text.contains("CLERK_AUTHORIZED_PARTY_PATTERNS"),
            "{pattern}: {text}"
        );
        assert!(
            text.contains(pattern.trim_start_matches("https://user")),
            "{pattern}: {text}"
        );
    }
}

#[test]
fn a_predicate_decides_about_what_is_not_listed() {
    let clerk = crate::production()
        .authorized_parties(["https://app.example.com"])
        .authorized_party_predicate(|origin| origin == "https://pr-17.example.dev")
        .build()
        .unwrap();
    assert!(accepts(&clerk, "https://app.example.com"));
    assert!(accepts(&clerk, "https://pr-17.example.dev"));
    assert!(!accepts(&clerk, "https://pr-18.example.dev"));
    // Alone, too, it switches the check on; and a token that names nobody is not asked about.
    let clerk = crate::production()
        .authorized_party_predicate(|_| true)
        .build()
        .unwrap();
    assert!(accepts(&clerk, "https://any.example"));
    assert!(!accepts(&clerk, ""));
}
