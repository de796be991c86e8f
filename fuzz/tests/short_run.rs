//! Each target on its seeds, and on inputs that are derived from them: the same few every time, unless `FUZZ_SEED` says which
//! ones, and `FUZZ_FACTOR` how many times as many.
#![cfg(test)]
#![expect(
    clippy::disallowed_macros,
    reason = "whoever runs this reads what is skipped or found"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clerk_fuzz::{TARGETS, Target};
use clerk_test_support::forge::{NOW, Signer, claims};
use fastrand::Rng;
use serde_json::{Value, json};

/// The maximum number of conformance cases in a short run.
const CASES: usize = 150;

/// Pieces that mean something to one target or another.
const PIECES: &[&str] = &[
    "__session",
    "__session_MqCvchyS",
    "__client_uat",
    "__clerk_db_jwt",
    "__clerk_handshake",
    "__refresh",
    "=",
    ";",
    ", ",
    "\n",
    "\"",
    "\\",
    "%",
    "%2F",
    "%00",
    "%c3%28",
    "é",
    "\u{202e}",
    "\0",
    "/",
    "//",
    "\\\\",
    "..",
    "?",
    "#",
    "@",
    ":",
    "[",
    "]",
    "(",
    ")",
    ".*",
    ":id",
    "*",
    "+",
    "{",
    "}",
    "(.*)",
    "https://",
    "javascript:",
    "localhost",
    "[::1]",
    ":443",
    ":99999",
    "xn--",
    "null",
    "true",
    "1e309",
    "-1",
    "9007199254740993",
    "{}",
    "[]",
    "eyJ",
    "Bearer ",
    "Max-Age=0",
    "; Path=/; Secure",
    "Domain=.",
    "proto=https",
    "host=",
    "for=",
    "v1,",
    "data",
    "type",
    "id",
    "updated_at",
    "\u{d7ff}",
    "\\ud800",
];

#[test]
fn cookies() {
    run("cookies");
}

#[test]
fn forwarded_headers() {
    run("forwarded_headers");
}

#[test]
fn handshakes() {
    run("handshakes");
}

#[test]
fn models() {
    run("models");
}

#[test]
fn redirects() {
    run("redirects");
}

#[test]
fn routes() {
    run("routes");
}

#[test]
fn tokens() {
    run("tokens");
}

#[test]
fn webhooks() {
    run("webhooks");
}

fn run(name: &str) {
    let (_, target) = TARGETS
        .into_iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    for seed in &seeds {
        check(name, target, seed);
    }
    let mut random = Rng::with_seed(number("FUZZ_SEED").unwrap_or(0));
    for _ in 0..runs(name) * factor() {
        let input = derived(&seeds, &mut random);
        check(name, target, &input);
    }
}

/// Returns the number of derived inputs of a short run, which takes about a second without optimization.
fn runs(name: &str) -> u64 {
    match name {
        // Preparing a pattern, and signing, take milliseconds.
        "handshakes" | "routes" => 100,
        _ => 1_000,
    }
}

/// Returns how many times as many inputs as in a short run there are.
fn factor() -> u64 {
    number("FUZZ_FACTOR").unwrap_or(1)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long to run is for whoever starts this to say"
)]
fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap())
}

/// Runs a target, and keeps the input if something does not hold.
fn check(name: &str, target: Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        let path = std::env::temp_dir().join(format!("clerk-fuzz-{name}"));
        fs::write(&path, input).unwrap();
        let text = String::from_utf8_lossy(input);
        eprintln!("the input is in {}: {text:?}", path.display());
        std::panic::resume_unwind(panic);
    }
}

/// Changes a seed in one to six places.
fn derived(seeds: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = random.choice(seeds).unwrap().clone();
    for _ in 0..random.usize(1..=6) {
        let at = random.usize(..=input.len());
        let to = random.usize(at..=input.len()).min(at + 40);
        match random.u8(..7) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..to)),
            2 => {
                let again = input[at..to].to_vec();
                input.splice(at..at, again);
            }
            3 => {
                let other = random.choice(seeds).unwrap();
                let from = random.usize(..=other.len());
                input.splice(at.., other[from..].iter().copied());
            }
            4 if at < input.len() => input[at] = random.u8(..),
            5 if at < input.len() => input[at] ^= 1 << random.u8(..8),
            _ => {
                let piece = random.choice(PIECES).unwrap();
                input.splice(at..to.min(at + piece.len()), piece.bytes());
            }
        }
    }
    input
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns what was found before, examples of what is usual, and the conformance cases if they are present.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    if let Ok(found) = fs::read_dir(root().join("seeds").join(name)) {
        let mut paths: Vec<PathBuf> = found.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        seeds.extend(paths.iter().map(|path| fs::read(path).unwrap()));
    }
    seeds.extend(examples(name).into_iter().map(String::into_bytes));
    let shared = root().join("../../shared/conformance");
    if !shared.is_dir() {
        eprintln!("SKIPPED: conformance cases as seeds (no ../shared/conformance)");
        return seeds;
    }
    let mut files: Vec<PathBuf> = fs::read_dir(shared)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut cases: Vec<Vec<u8>> = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|one| one == "jsonl"))
    {
        for line in fs::read_to_string(file).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            cases.extend(from_case(name, &case).into_iter().map(String::into_bytes));
        }
    }
    // A short run takes a sample: the conformance test runs all of them.
    let step = match factor() {
        1 => cases.len().div_ceil(CASES).max(1),
        _ => 1,
    };
    seeds.extend(cases.into_iter().step_by(step));
    seeds
}

fn examples(name: &str) -> Vec<String> {
    let signer = Signer::instance();
    let some: &[&str] = match name {
        "cookies" => &[
            "__session=a.b.c; __client_uat=1750000000; __clerk_db_jwt=dvb_1",
            "__session_MqCvchyS=\"x\"; __client_uat_MqCvchyS=0; __clerk_redirect_count=2",
        ],
        "forwarded_headers" => &[
            "app.example.com\nother.example.com:8443, x\nhttps,http\nfor=1;host=a;proto=https\n/page?a=b\n__client_uat=1",
            "[::1]:3000\n\n\n\n/%2e%2e//x\n",
        ],
        "handshakes" => &[
            "__session=abc; Path=/; SameSite=Lax\n__client_uat=1750000000; Max-Age=315360000\n__clerk_db_jwt=dvb_1",
            r#"{"handshake":["__session=; Max-Age=0",1,null]}"#,
            r#"{"handshake":"a","iat":1,"exp":99999999999}"#,
        ],
        "models" => &[
            r#"{"id":"user_1","email_addresses":[{"id":"idn_1","email_address":"a@b.c","verification":{"status":"verified"}}],"created_at":1700000000000,"public_metadata":{"a":[1]},"password_enabled":true,"banned":null}"#,
            r#"{"id":"org_1","name":"Acme","slug":"acme","max_allowed_memberships":"5","created_at":1.7e12}"#,
            r#"{"id":"orgmem_1","role":"org:admin","permissions":["a"],"organization":{"id":"org_1"},"public_user_data":{"user_id":"user_1"}}"#,
            r#"{"id":"sess_1","status":"active","expire_at":9223372036854775807,"actor":{"sub":"user_2"},"latest_activity":{"is_mobile":false}}"#,
            r#"{"type":"user.created","data":{"id":"user_1"}}"#,
        ],
        "redirects" => &[
            "https://app.example.com/page\nhttps://accounts.example.com/sign-in\nhttps://other.example.com\nhttps://other.example.com/x",
            "http://localhost:3000\n/sign-in#/\nhttps://a.test\njavascript:alert(1)",
        ],
        "routes" => &[
            "/users/:id(.*)\n/users/1/x",
            "/a{/:b}?\n/a",
            "/(api|trpc)(.*)\n/api%2Fx",
        ],
        "tokens" => &["a.b.c", "ak_1", "oat_1", "mt_1"],
        "webhooks" => &[r#"{"type":"user.created","data":{"id":"user_1"},"timestamp":1750000000}"#],
        _ => &[],
    };
    let mut all: Vec<String> = some.iter().map(|&text| text.to_owned()).collect();
    if name == "tokens" {
        all.push(format!("{}\n{}", signer.header(), claims()));
        all.push(format!(
            "{}\n{}",
            json!({ "alg": "RS256", "kid": signer.kid(), "typ": "at+jwt" }),
            json!({ "sub": "user_1", "client_id": "a", "scope": "b c", "iat": NOW, "exp": NOW + 60, "jti": "oat_1" })
        ));
        all.push(format!(
            "{}\n{}",
            signer.header(),
            json!({ "v": 2, "o": { "id": "org_1", "rol": "admin", "per": "a,b", "fpm": "3,1" }, "fea": "o:a,u:b",
                    "sub": "user_1", "sid": "sess_1", "iss": "https://clerk.example.com", "iat": NOW, "exp": NOW + 60, "nbf": NOW })
        ));
    }
    all
}

/// Returns the inputs for a target that a conformance case holds.
fn from_case(name: &str, case: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let header = |name: &str| -> String {
        let headers = match &case["request"]["headers"] {
            Value::Null => &case["headers"],
            headers => headers,
        };
        let pairs = headers.as_array().into_iter().flatten();
        let mut values = pairs
            .filter(|pair| pair[0] == name)
            .map(|pair| text(&pair[1]));
        values.next().unwrap_or_default()
    };
    let kind = case["kind"].as_str().unwrap_or_default();
    match (name, kind) {
        ("cookies", "authenticate") => vec![header("cookie")],
        ("forwarded_headers", "authenticate") => {
            let url = url::Url::parse(&text(&case["request"]["url"]));
            let path =
                url.map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
            vec![
                [
                    header("host"),
                    header("x-forwarded-host"),
                    header("x-forwarded-proto"),
                    header("forwarded"),
                    path.unwrap_or_default(),
                    header("cookie"),
                ]
                .join("\n"),
            ]
        }
        ("routes", "route_match") => {
            let patterns = case["patterns"].as_array().into_iter().flatten();
            patterns
                .map(|pattern| format!("{}\n{}", text(pattern), text(&case["path"])))
                .collect()
        }
        ("redirects", "redirect") => {
            let line = |field: &str| text(&case[field]);
            vec![format!(
                "{}\n{}\n\n{}",
                line("base_url"),
                line("sign_in_url"),
                line("return_back_url")
            )]
        }
        ("tokens", "verify_token") => vec![text(&case["token"])],
        ("webhooks", "webhook") => vec![format!(
            "{}\n{}\n{}\n{}",
            header("svix-id"),
            header("svix-timestamp"),
            header("svix-signature"),
            text(&case["body"])
        )],
        ("models", "webhook") => vec![text(&case["body"])],
        _ => Vec::new(),
    }
}
