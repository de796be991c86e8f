//! What the environment holds by mistake is refused at the start, naming the variable and what to do.

use clerk_core::{Clerk, ManualClock};
use clerk_test_support::forge::{DEVELOPMENT_KEY, PRODUCTION_KEY, Signer};

const SECRET: &str = "CLERK_SECRET_KEY";
const PUBLISHABLE: &str = "CLERK_PUBLISHABLE_KEY";
const MACHINE: &str = "CLERK_MACHINE_SECRET_KEY";
const WEBHOOK: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
const JWT: &str = "CLERK_JWT_KEY";

/// Each kind of key, with its variable and a text for it.
fn good_keys() -> [(&'static str, String); 5] {
    [
        (SECRET, "sk_test_plantedSecretKey".to_owned()),
        (PUBLISHABLE, DEVELOPMENT_KEY.to_owned()),
        (MACHINE, "ak_plantedMachineKey".to_owned()),
        (WEBHOOK, "whsec_cGxhbnRlZFdlYmhvb2tTZWNyZXQ=".to_owned()),
        (JWT, Signer::instance().pem()),
    ]
}

/// A whole configuration in which one variable has another value.
fn with(variable: &str, value: &str) -> Vec<(String, String)> {
    let mut variables: Vec<(String, String)> = good_keys()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    variables.retain(|(name, _)| name != variable);
    variables.push((variable.to_owned(), value.to_owned()));
    variables
}

fn build(variables: Vec<(String, String)>) -> Result<Clerk, String> {
    let built = Clerk::builder()
        .from_vars(variables)
        .clock(ManualClock::new(crate::NOW_MILLIS))
        .build();
    built.map_err(|error| {
        let text = format!("{error}\n{error:?}");
        for (name, value) in good_keys() {
            if name != PUBLISHABLE {
                let end = &value.trim_end()[value.trim_end().len() - 12..];
                assert!(!text.contains(end), "{name} in {text}");
            }
        }
        text
    })
}

#[track_caller]
fn refused(variable: &str, value: &str) -> String {
    match build(with(variable, value)) {
        Ok(_) => panic!("{variable}={value:?} starts"),
        Err(text) => {
            assert!(text.contains(variable), "{variable}={value:?}: {text}");
            for (other, _) in good_keys() {
                let is_named = text.contains(&format!("{other} ("));
                assert!(
                    other == variable || !is_named,
                    "{variable}={value:?}: {text}"
                );
            }
            text
        }
    }
}

#[test]
fn good_values_start() {
    build(with(SECRET, "sk_test_x")).unwrap();
    for (secret, publishable) in [
        ("sk_test_x", DEVELOPMENT_KEY),
        ("test_x", DEVELOPMENT_KEY),
        ("sk_live_x", PRODUCTION_KEY),
        ("live_x", PRODUCTION_KEY),
        // Of an unknown kind: perhaps of tomorrow. A warning.
        ("sk_next_x", DEVELOPMENT_KEY),
        ("sk_next_x", PRODUCTION_KEY),
    ] {
        let mut variables = with(SECRET, secret);
        variables.push((PUBLISHABLE.to_owned(), publishable.to_owned()));
        build(variables).unwrap();
    }
    build(with(WEBHOOK, "cGxhbnRlZFdlYmhvb2tTZWNyZXQ=")).unwrap();
}

#[test]
fn blanks_and_one_pair_of_quotes_around_a_value_go() {
    for (variable, value) in good_keys() {
        for dressed in [
            format!(" {value}"),
            format!("{value} "),
            format!("{value}\n"),
            format!("{value}\r\n"),
            format!("\t{value}\t"),
            format!("\u{feff}{value}"),
            format!("\"{value}\""),
            format!("'{value}'"),
            format!(" \" {value} \"\n"),
        ] {
            let clerk = build(with(variable, &dressed)).unwrap();
            // The text of the key decides how its cookies are called.
            assert_eq!(
                clerk.publishable_key().unwrap().as_str(),
                DEVELOPMENT_KEY,
                "{dressed:?}"
            );
        }
    }
}

#[test]
fn values_of_nothing_but_blanks_or_quotes_are_refused() {
    let more = [
        "CLERK_API_URL",
        "CLERK_DOMAIN",
        "CLERK_SIGN_IN_URL",
        "CLERK_PUBLIC_URL",
    ];
    let keys = good_keys();
    for variable in keys.iter().map(|(name, _)| *name).chain(more) {
        for blank in [" ", "\t", "\n", "\r\n", "\"\"", "''", "\" \"", "\u{feff}"] {
            refused(variable, blank);
        }
    }
}

#[test]
fn blanks_and_line_breaks_inside_a_value_are_refused_by_the_name_of_its_variable() {
    for (variable, value) in good_keys() {
        if variable == JWT {
            continue;
        }
        for inside in [" ", "\n", "\r\n", "\t", "\0", "\u{200b}"] {
            let (start, end) = value.split_at(value.len() - 3);
            refused(variable, &format!("{start}{inside}{end}"));
        }
        refused(variable, &format!("{value} # from the dashboard"));
        refused(variable, &format!("\"{value}"));
        refused(variable, &format!("{value}'"));
    }
    for (variable, value) in [
        ("CLERK_API_URL", "https://api.exa\nmple.com"),
        ("CLERK_API_URL", "https://api.example.com # the API"),
        ("CLERK_PROXY_URL", "/__cle rk"),
        ("CLERK_SIGN_IN_URL", "https://exa\nmple.com/sign-in"),
        ("CLERK_SIGN_UP_URL", "https://exa\tmple.com/sign-up"),
        ("CLERK_PUBLIC_URL", "https://exa\nmple.com"),
        ("CLERK_DOMAIN", "exa mple.com"),
        ("CLERK_API_VERSION", "v1 "),
    ] {
        if value.trim() == value {
            refused(variable, value);
        } else {
            build(with(variable, value)).unwrap();
        }
    }
}

#[test]
fn placeholders_are_refused() {
    for (variable, prefix) in [
        (SECRET, "sk_test_"),
        (PUBLISHABLE, "pk_test_"),
        (MACHINE, "ak_"),
        (WEBHOOK, "whsec_"),
    ] {
        for placeholder in [
            "YOUR_SECRET_KEY",
            "YOUR_PUBLISHABLE_KEY",
            "your-key-here",
            "<your key>",
            "<key>",
            "{{CLERK_KEY}}",
            "${CLERK_KEY}",
            "$CLERK_KEY",
            "...",
            "…",
            "xxxx",
            "XXXXXXXX",
            "********",
            "changeme",
            "change_me",
            "CHANGE-ME",
            "REPLACE_ME",
            "placeholder",
            "todo",
            "null",
            "undefined",
            "none",
            "",
        ] {
            if !placeholder.is_empty() {
                refused(variable, placeholder);
            }
            refused(variable, &format!("{prefix}{placeholder}"));
        }
    }
}

#[test]
fn a_key_in_the_place_of_another_is_refused() {
    let names = [
        (SECRET, "secret key"),
        (PUBLISHABLE, "publishable key"),
        (MACHINE, "machine"),
        (WEBHOOK, "webhook"),
        (JWT, "PEM"),
    ];
    for (variable, _) in good_keys() {
        for (kind, value) in good_keys() {
            if kind == variable {
                continue;
            }
            let text = refused(variable, &value);
            let (_, name) = names.iter().find(|(name, _)| *name == kind).unwrap();
            assert!(
                text.contains(name),
                "{variable} with the text of {kind}: {text}"
            );
        }
    }
}

#[test]
fn test_keys_beside_live_ones_are_refused() {
    for (secret, publishable) in [
        ("sk_test_plantedSecretKey", PRODUCTION_KEY),
        ("test_plantedSecretKey", PRODUCTION_KEY),
        ("sk_live_plantedSecretKey", DEVELOPMENT_KEY),
        ("live_plantedSecretKey", DEVELOPMENT_KEY),
    ] {
        let variables = [(SECRET, secret), (PUBLISHABLE, publishable)];
        let error = Clerk::builder().from_vars(variables).build().unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(SECRET) && text.contains(PUBLISHABLE),
            "{text}"
        );
        assert!(
            text.contains("development") && text.contains("production"),
            "{text}"
        );
        assert!(!text.contains("planted"), "{text}");
        // In code it is reported, not refused.
        Clerk::builder()
            .secret_key(secret)
            .publishable_key(publishable)
            .build()
            .unwrap();
    }
}

#[test]
fn webhook_secrets_that_sign_nothing_are_refused() {
    for bad in [
        "whsec_",
        "whsec_!!!!",
        "whsec_%",
        "whsec_a",
        "!!!!",
        "whsec_====",
    ] {
        refused(WEBHOOK, bad);
        let error = crate::production()
            .webhook_signing_secret(bad.to_owned())
            .build()
            .map(|_| bad)
            .unwrap_err();
        assert!(error.to_string().contains(WEBHOOK), "{bad}: {error}");
    }
}

#[test]
fn a_setter_makes_up_for_a_variable() {
    let variables = [(SECRET, "YOUR_SECRET_KEY"), (PUBLISHABLE, DEVELOPMENT_KEY)];
    Clerk::builder()
        .from_vars(variables)
        .secret_key("sk_test_x")
        .build()
        .unwrap();
    // What was set before is not silently kept in the place of a broken variable.
    let error = Clerk::builder()
        .secret_key("sk_test_x")
        .from_vars(variables)
        .build()
        .unwrap_err();
    assert!(error.to_string().contains(SECRET), "{error}");
}

#[test]
fn what_can_never_be_sent_is_refused_in_code_too() {
    let error = crate::production()
        .secret_key("sk_live_planted\nSecret")
        .build()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(SECRET) && !error.contains(MACHINE),
        "{error}"
    );
    let error = crate::production()
        .machine_secret_key("ak_planted\nSecret")
        .build()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(MACHINE) && !error.contains(SECRET),
        "{error}"
    );
    // The rest is accepted in code, as in the reference, and is what `diagnose` reports.
    for odd in [
        "garbage",
        "sk_test_",
        " sk_live_x",
        "\"sk_live_x\"",
        PRODUCTION_KEY,
    ] {
        crate::production().secret_key(odd).build().unwrap();
    }
}

#[test]
fn a_known_other_name_is_named_where_ours_is_missing() {
    let keys = [(SECRET, "sk_test_x"), (PUBLISHABLE, DEVELOPMENT_KEY)];
    for (ours, others) in [
        (
            PUBLISHABLE,
            [
                "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
                "VITE_CLERK_PUBLISHABLE_KEY",
                "REACT_APP_CLERK_PUBLISHABLE_KEY",
                "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY",
                "PUBLIC_CLERK_PUBLISHABLE_KEY",
                "NUXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
            ],
        ),
        (
            SECRET,
            [
                "NUXT_CLERK_SECRET_KEY",
                "CLERK_API_KEY",
                "CLERK_SECRET",
                "NEXT_PUBLIC_CLERK_SECRET_KEY",
                "VITE_CLERK_SECRET_KEY",
                "REACT_APP_CLERK_SECRET_KEY",
            ],
        ),
    ] {
        let rest = keys.iter().copied().filter(|(name, _)| *name != ours);
        let plain = Clerk::builder()
            .from_vars(rest.clone())
            .build()
            .unwrap_err();
        assert!(plain.to_string().contains(ours), "{plain}");
        for other in others {
            let value = keys.iter().find(|(name, _)| *name == ours).unwrap().1;
            let error = Clerk::builder()
                .from_vars(rest.clone().chain([(other, value)]))
                .build()
                .unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains(&format!("{other} is set")) && text.contains(ours),
                "{other}: {text}"
            );
            assert!(!text.contains(value), "{other}: {text}");
            assert!(!plain.to_string().contains("is set"), "{plain}");
        }
    }
    let satellite = keys.into_iter().chain([("CLERK_IS_SATELLITE", "true")]);
    for (other, value, more) in [
        (
            "NEXT_PUBLIC_CLERK_SIGN_IN_URL",
            "https://a.example/in",
            None,
        ),
        (
            "NEXT_PUBLIC_CLERK_DOMAIN",
            "b.example",
            Some(("CLERK_SIGN_IN_URL", "https://a.example/in")),
        ),
    ] {
        let error = Clerk::builder()
            .from_vars(satellite.clone().chain([(other, value)]).chain(more))
            .build()
            .unwrap_err();
        assert!(error.to_string().contains(other), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_unicode_are_named() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::Command;

    let inner = "CLERK_TEST_READS_ITS_ENVIRONMENT";
    #[expect(clippy::disallowed_methods, reason = "the test runs itself once more")]
    if std::env::var_os(inner).is_some() {
        let error = Clerk::from_env().map(|_| ()).unwrap_err();
        assert!(error.to_string().starts_with(MACHINE), "{error}");
        return;
    }
    let run = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "variables::variables_that_are_not_unicode_are_named",
        ])
        .env(inner, "1")
        .env(SECRET, "sk_test_x")
        .env(PUBLISHABLE, DEVELOPMENT_KEY)
        .env(MACHINE, std::ffi::OsStr::from_bytes(b"ak_\xff"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
}
