//! The official browser bundles, served from a folder.

use std::fs;
use std::path::Path;

use clerk_emulator::{Emulator, Error};
use reqwest::header::{CACHE_CONTROL, CONTENT_TYPE};

/// Unpacks what stands for a package: a manifest and a bundle that says who it is.
fn unpack(folder: &Path, name: &str, version: &str) {
    fs::create_dir_all(folder.join("dist")).unwrap();
    let manifest = format!(r#"{{"name": "@clerk/{name}", "version": "{version}"}}"#);
    fs::write(folder.join("package.json"), manifest).unwrap();
    fs::write(
        folder.join("dist/bundle.js"),
        format!("// {name} {version}"),
    )
    .unwrap();
}

async fn get(emulator: &Emulator, path: &str) -> reqwest::Response {
    reqwest::get(format!("{}{path}", emulator.url()))
        .await
        .unwrap()
}

#[tokio::test]
async fn bundles_are_served_from_every_layout_of_the_folder() {
    for [clerk_js, ui] in [
        ["@clerk/clerk-js", "@clerk/ui"],
        ["node_modules/@clerk/clerk-js", "node_modules/@clerk/ui"],
        ["clerk-js", "ui"],
        ["clerk-js-6.1.0/package", "ui-1.2.0/package"],
    ] {
        let folder = tempfile::tempdir().unwrap();
        unpack(&folder.path().join(clerk_js), "clerk-js", "6.1.0");
        unpack(&folder.path().join(ui), "ui", "1.2.0");
        let emulator = Emulator::builder()
            .clerk_js(folder.path())
            .start()
            .await
            .unwrap();
        for (path, text, cache) in [
            ("clerk-js@6", "// clerk-js 6.1.0", "no-cache"),
            ("clerk-js", "// clerk-js 6.1.0", "no-cache"),
            (
                "clerk-js@6.1.0",
                "// clerk-js 6.1.0",
                "public, max-age=31536000, immutable",
            ),
            ("ui@latest", "// ui 1.2.0", "no-cache"),
        ] {
            let answer = get(&emulator, &format!("/npm/@clerk/{path}/dist/bundle.js")).await;
            assert_eq!(answer.status(), 200, "{clerk_js} {path}");
            assert_eq!(answer.headers()[CACHE_CONTROL], cache, "{path}");
            assert_eq!(
                answer.headers()[CONTENT_TYPE],
                "text/javascript; charset=utf-8"
            );
            assert_eq!(answer.text().await.unwrap(), text);
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_run_bundles_on_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    unpack(&folder.path().join("clerk-js"), "clerk-js", "5.0.0");
    let emulator = Emulator::builder()
        .clerk_js(folder.path())
        .start()
        .await
        .unwrap();
    let ask = async |origin: &str| {
        let url = format!("{}/npm/@clerk/clerk-js@5/dist/bundle.js", emulator.url());
        let request = reqwest::Client::new().get(url).header("origin", origin);
        request.send().await.unwrap()
    };
    let answer = ask("http://localhost:3000").await;
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "http://localhost:3000"
    );
    assert_eq!(ask("https://example.org").await.status(), 400);
}

#[tokio::test]
async fn nothing_outside_of_the_packages_is_served() {
    let folder = tempfile::tempdir().unwrap();
    unpack(&folder.path().join("clerk-js"), "clerk-js", "5.0.0");
    fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        folder.path().join("secret.txt"),
        folder.path().join("clerk-js/dist/link.js"),
    )
    .unwrap();
    let emulator = Emulator::builder()
        .clerk_js(folder.path())
        .start()
        .await
        .unwrap();
    for path in [
        "clerk-js/..%2fsecret.txt",
        "clerk-js/dist/..%2f..%2fsecret.txt",
        "clerk-js/%2fetc%2fhostname",
        "clerk-js/dist/link.js",
        "clerk-js/dist",
        "clerk-js/absent.js",
        "..%2f/secret.txt",
        "elsewhere/dist/bundle.js",
    ] {
        let answer = get(&emulator, &format!("/npm/@clerk/{path}")).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_folder_without_bundles_stops_the_start_and_says_what_belongs_there() {
    let folder = tempfile::tempdir().unwrap();
    unpack(&folder.path().join("ui"), "ui", "1.2.0");
    for wrong in [folder.path().to_owned(), folder.path().join("absent")] {
        let started = Emulator::builder().clerk_js(&wrong).start().await;
        let error = started.unwrap_err();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert!(error.to_string().contains("@clerk/clerk-js"), "{error}");
    }
}

#[tokio::test]
async fn an_emulator_without_a_folder_says_how_to_get_bundles() {
    let emulator = Emulator::builder().start().await.unwrap();
    let answer = get(&emulator, "/npm/@clerk/clerk-js@6/dist/clerk.browser.js").await;
    assert_eq!(answer.status(), 404);
    assert!(answer.text().await.unwrap().contains("--clerk-js"));
}
