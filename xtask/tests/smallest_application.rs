//! Checks what the smallest protected application does not compile.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::Command;

/// The dependencies of a package with these features only.
fn tree(package: &str, features: &str, more: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["tree", "--locked", "--offline", "--prefix", "none"])
        .args(["--package", package])
        .args(["--no-default-features", "--features", features])
        .args(more)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_has_no_cache_for_look_ups_and_no_group_of_the_backend_api_that_it_does_not_call() {
    for adapter in ["clerk-axum", "clerk-actix"] {
        let crates = tree(adapter, "transport", &["--edges", "normal"]);
        assert!(crates.contains("clerk-core v"), "{crates}");
        assert!(!crates.contains("moka v"), "{crates}");
        assert!(!crates.contains("redis v"), "{crates}");

        let features = tree(
            adapter,
            "transport",
            &[
                "--edges",
                "normal,features",
                "--invert",
                "clerk-backend-api",
            ],
        );
        assert!(features.contains("clerk-backend-api feature \"transport\""));
        for group in [
            "billing",
            "enterprise",
            "instance",
            "machine-auth",
            "default",
        ] {
            let feature = format!("clerk-backend-api feature \"{group}\"");
            assert!(!features.contains(&feature), "{features}");
        }
    }
}

#[test]
fn with_ring_it_compiles_neither_aws_lc_nor_what_it_was_not_asked_for() {
    for adapter in ["clerk-axum", "clerk-actix"] {
        let has = |crates: &str, name: &str| crates.lines().any(|line| line.starts_with(name));
        let offline = tree(adapter, "ring", &["--edges", "normal,build"]);
        let online = tree(adapter, "transport-ring", &["--edges", "normal,build"]);
        for crates in [&offline, &online] {
            assert!(has(crates, "ring v"), "{crates}");
            for absent in ["aws-lc", "fancy-regex v", "moka v"] {
                assert!(!has(crates, absent), "{absent}: {crates}");
            }
        }
        assert!(has(&online, "rustls v"), "{online}");
        assert!(!has(&offline, "rustls v"), "{offline}");
        let usual = tree(adapter, "transport", &["--edges", "normal,build"]);
        assert!(
            has(&usual, "aws-lc-rs v") && !has(&usual, "ring v"),
            "{usual}"
        );
    }
}
