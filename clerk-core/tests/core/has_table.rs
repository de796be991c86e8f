//! `has()`: the tables of Clerk's authorization checks.

use clerk_core::{Auth, Require, Reverification, ReverificationLevel};
use serde_json::{Value, json};

use crate::production;

fn auth(claims: &Value) -> Auth {
    let mut all = json!({ "sub": "user_1", "sid": "sess_1" });
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    production()
        .build()
        .unwrap()
        .dangerous_auth_from_claims(all.as_object().unwrap().clone())
        .unwrap()
}

#[track_caller]
fn check(claims: &Value, require: &Require, expected: bool) {
    assert_eq!(auth(claims).has(require), expected, "{claims} {require:?}");
}

#[test]
fn roles() {
    for own in ["org:admin", "admin"] {
        let claims = json!({ "org_id": "org_1", "org_role": own });
        for (asked, expected) in [
            ("admin", true),
            ("org:admin", true),
            ("org:org:admin", true),
            ("", false),
            ("org:member", false),
            ("org:adm", false),
            ("admins", false),
        ] {
            check(&claims, &Require::role(asked), expected);
        }
    }
    check(
        &json!({ "org_role": "org:admin" }),
        &Require::role("admin"),
        false,
    );
    check(
        &json!({ "org_id": "org_1" }),
        &Require::role("admin"),
        false,
    );
    let version_2 = json!({ "v": 2, "o": { "id": "org_1", "rol": "admin", "slg": "acme" } });
    check(&version_2, &Require::role("org:admin"), true);
    check(&version_2, &Require::role("org:member"), false);
}

#[test]
fn permissions_of_version_1() {
    let claims = json!({ "org_id": "org_1", "org_role": "admin", "org_permissions": ["org:posts:read", "posts:x"] });
    for (asked, expected) in [
        ("posts:read", true),
        ("org:posts:read", true),
        ("posts:x", false),
        ("org:posts", false),
        ("org:sys_memberships:manage", false),
    ] {
        check(&claims, &Require::permission(asked), expected);
    }
    check(
        &json!({ "org_id": "org_1", "org_permissions": "org:posts:read" }),
        &Require::permission("org:posts:read"),
        false,
    );
}

#[test]
fn permissions_of_version_2_are_bits() {
    let claims = json!({
        "v": 2, "fea": "o:dashboard,u:x,uo:reports,o:billing",
        "o": { "id": "org_1", "rol": "admin", "per": "read,manage,delete", "fpm": "5,2,7" },
    });
    for (asked, expected) in [
        ("org:dashboard:read", true),
        ("org:dashboard:manage", false),
        ("org:dashboard:delete", true),
        ("org:reports:read", false),
        ("org:reports:manage", true),
        ("org:billing:read", true),
        ("org:billing:delete", true),
        ("org:x:read", false),
    ] {
        check(&claims, &Require::permission(asked), expected);
    }
}

#[test]
fn permission_masks_have_any_length_and_nonsense_grants_nothing() {
    let names: Vec<String> = (0..54).map(|n| format!("p{n}")).collect();
    let claims = |mask: &str| {
        json!({
            "v": 2, "fea": "o:a,o:b",
            "o": { "id": "org_1", "per": names.join(","), "fpm": format!("{mask},1") },
        })
    };
    let granted = |mask: &str| -> Vec<String> {
        let auth = auth(&claims(mask));
        let organization = auth.session().unwrap().organization().unwrap();
        organization.permissions()
    };
    // 2^53 + 1 is no number that a double can hold.
    assert_eq!(
        granted("9007199254740993"),
        ["org:a:p0", "org:a:p53", "org:b:p0"]
    );
    for nonsense in ["18014398509481984", "1invalid", "-1", "1.5", "", "0x1"] {
        assert_eq!(granted(nonsense), ["org:b:p0"], "{nonsense}");
    }
}

#[test]
fn features_and_plans() {
    for (claim, asked, expected) in [
        ("o:a,u:b", "a", true),
        ("o:a,u:b", "b", true),
        ("o:a,u:b", "org:a", true),
        ("o:a,u:b", "organization:a", true),
        ("o:a,u:b", "u:b", true),
        ("o:a,u:b", "user:a", false),
        ("o:a,u:b", "org:b", false),
        ("o:a,u:b", "org:", false),
        ("o:a,u:b", "x:a", false),
        ("uo:c", "c", true),
        ("uo:c", "org:c", true),
        ("uo:c", "user:c", true),
        ("x:a,o:b", "a", false),
        ("o:a:b", "a:b", false),
        ("bad", "bad", false),
        ("", "a", false),
    ] {
        check(&json!({ "fea": claim }), &Require::feature(asked), expected);
        check(&json!({ "pla": claim }), &Require::plan(asked), expected);
        check(&json!({ "pla": claim }), &Require::feature(asked), false);
    }
}

#[test]
fn reverification() {
    let levels = [
        Reverification::StrictMfa,
        Reverification::Strict,
        Reverification::Moderate,
        Reverification::Lax,
        Reverification::Within {
            level: ReverificationLevel::FirstFactor,
            after_minutes: 10.0,
        },
        Reverification::Within {
            level: ReverificationLevel::MultiFactor,
            after_minutes: 10.0,
        },
    ];
    let (yes, no) = (true, false);
    for (ages, expected) in [
        (json!(null), [no; 6]),
        (json!([0]), [no; 6]),
        (json!(["0", 0]), [no; 6]),
        (json!([-2, 0]), [no; 6]),
        (json!([-1, -1]), [no; 6]),
        (json!([0, 0]), [yes; 6]),
        (json!([9, 9]), [yes; 6]),
        (json!([10, 10]), [no, no, yes, yes, no, no]),
        (json!([0, -1]), [yes; 6]),
        (json!([11, -1]), [no, no, yes, yes, no, no]),
        (json!([-1, 0]), [no, yes, yes, yes, no, no]),
        (json!([0, 11]), [no, no, yes, yes, yes, no]),
        (json!([11, 0]), [no, yes, yes, yes, no, no]),
        (json!([60, 60]), [no, no, no, yes, no, no]),
    ] {
        for (level, expected) in levels.iter().zip(expected) {
            check(
                &json!({ "fva": ages }),
                &Require::reverification(level.clone()),
                expected,
            );
        }
    }
    for after_minutes in [0.0, -1.0, f64::NAN] {
        let require = Require::reverification(Reverification::Within {
            level: ReverificationLevel::FirstFactor,
            after_minutes,
        });
        check(&json!({ "fva": [0, 0] }), &require, false);
    }
}

#[test]
fn everything_that_is_asked_for_must_hold_and_something_must_be_asked_for() {
    let claims = json!({ "org_id": "org_1", "org_role": "admin", "fea": "o:a", "pla": "u:pro", "fva": [1, 1] });
    let all = Require::role("admin")
        .and_feature("a")
        .and_plan("pro")
        .and_reverification(Reverification::Strict);
    check(&claims, &all, true);
    check(&claims, &all.clone().and_permission("org:a:read"), false);
    check(&claims, &all.clone().and_role("member"), false);
    check(&claims, &all.clone().and_feature("b"), false);
    check(&claims, &all.and_plan("basic"), false);
    check(&claims, &Require::default(), false);
}

#[test]
fn nobody_has_anything() {
    let require = Require::feature("a");
    check(&json!({ "sub": "", "fea": "o:a" }), &require, false);
    check(&json!({ "sts": "pending", "fea": "o:a" }), &require, false);
    assert!(
        auth(&json!({ "sts": "pending", "fea": "o:a" }))
            .pending_as_signed_in()
            .has(&require)
    );
    assert!(!Auth::signed_out(None).has(&require));
    for kind in [
        clerk_core::TokenType::ApiKey,
        clerk_core::TokenType::M2mToken,
        clerk_core::TokenType::OAuthToken,
    ] {
        assert!(!Auth::dangerous_machine(kind, "id", "user_1").has(&require));
    }
}

#[test]
fn organizations() {
    for claims in [
        json!({ "v": 2, "o": { "id": "org_1", "rol": "admin", "slg": "acme" } }),
        json!({ "org_id": "org_1", "org_role": "org:admin", "org_slug": "acme" }),
    ] {
        for (asked, expected) in [
            ("org_1", true),
            ("acme", true),
            ("org_2", false),
            ("ACME", false),
            ("acm", false),
            ("", false),
        ] {
            check(&claims, &Require::organization(asked), expected);
            let also = Require::role("org:admin").and_organization(asked);
            check(&claims, &also, expected);
        }
        let other_role = Require::organization("acme").and_role("member");
        check(&claims, &other_role, false);
    }
    check(&json!({}), &Require::organization("acme"), false);
    // A slug that looks like an id is no id.
    let disguised = json!({ "v": 2, "o": { "id": "org_1", "rol": "admin", "slg": "org_2" } });
    check(&disguised, &Require::organization("org_2"), false);
    let no_id = json!({ "v": 2, "o": { "rol": "admin", "slg": "acme" } });
    check(&no_id, &Require::organization("acme"), false);
}

#[test]
fn scopes_belong_to_machines() {
    let scope = Require::scope("email");
    let claims = json!({ "scope": "email", "scp": ["email"], "scopes": "email", "fea": "o:email" });
    check(&claims, &scope, false);
    check(&claims, &scope.clone().and_feature("email"), false);
    assert_eq!(
        scope.clone().and_scope("profile").required_scopes(),
        ["email", "profile"]
    );
    assert!(!scope.is_empty());
    assert!(!Auth::signed_out(None).has(&scope));
    let machine = Auth::dangerous_machine(clerk_core::TokenType::ApiKey, "id", "user_1");
    assert!(!machine.has(&scope));
}
