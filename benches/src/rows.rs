//! What is measured, and the budgets.

use std::fmt;
use std::hint::black_box;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clerk_core::{AuthStatus, Clerk};
use clerk_test_support::forge::{NOW, Signer};
use futures_util::FutureExt as _;
use http::Request;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use ring::signature::UnparsedPublicKey;
use serde_json::Value;

use crate::requests::{bearer, clerk, for_handshake, of_machine, signed_out, tokens, with_cookies};
use crate::routes::Route;

/// The name of the row that all others are compared with: one RSA-2048 signature check with a parsed key.
pub const CHECK: &str = "bare RSA-2048 signature check";
/// The name of the row for the least code that checks a token.
pub const LEAST: &str = "the least code that also reads the claims";

/// How many different tokens take turns in the row for many tokens.
const MANY: usize = 10_000;

/// One thing to measure.
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// Prepares it, and returns what is measured.
    pub prepare: fn() -> Box<dyn FnMut()>,
    /// How much it may cost.
    pub budget: Option<Budget>,
    /// Whether it needs so much preparation that it cannot be run slowly.
    pub is_large: bool,
}

/// The maximum cost of a row.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "of benchmarks only")]
pub enum Budget {
    /// This multiple of [`CHECK`].
    OfCheck(f64),
    /// This multiple of [`LEAST`].
    OfLeast(f64),
    /// This multiple of [`CHECK`] more than another row.
    Over(&'static str, f64),
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Returns the rows, of which the first is [`CHECK`].
pub fn rows() -> Vec<Row> {
    let row = |name, prepare| Row {
        name,
        prepare,
        budget: None,
        is_large: false,
    };
    let limited = |name, budget, prepare| Row {
        budget: Some(budget),
        ..row(name, prepare)
    };
    vec![
        row(CHECK, check),
        row(LEAST, || {
            let (key, token) = (parsed_key(), Signer::instance().session());
            Box::new(move || {
                black_box(least_code(&key, black_box(&token)));
            })
        }),
        row("jsonwebtoken::decode", by_jsonwebtoken),
        limited(
            "verify a session token, not cached",
            Budget::OfLeast(1.02),
            || {
                let clerk = without_cache();
                let token = Signer::instance().session();
                Box::new(move || {
                    black_box(clerk.verify_token(black_box(&token)).now_or_never())
                        .unwrap()
                        .unwrap();
                })
            },
        ),
        row("request, bearer token first seen", || {
            let request = bearer(&Signer::instance().session());
            authenticate(without_cache(), request, AuthStatus::SignedIn)
        }),
        limited(
            "request, bearer token seen before",
            Budget::OfCheck(0.02),
            || {
                let request = bearer(&Signer::instance().session());
                authenticate(cached(), request, AuthStatus::SignedIn)
            },
        ),
        Row {
            is_large: true,
            ..limited(
                "request, one of 10,000 seen before",
                Budget::OfCheck(0.06),
                one_of_many,
            )
        },
        row("request, cookies with suffix, seen before", || {
            let request = with_cookies(&Signer::instance().session());
            authenticate(cached(), request, AuthStatus::SignedIn)
        }),
        row("request, signed out", || {
            authenticate(cached(), signed_out(), AuthStatus::SignedOut)
        }),
        row("request, redirect to a handshake", || {
            authenticate(cached(), for_handshake(), AuthStatus::Handshake)
        }),
        row("request, M2M token that is a JWT", || {
            authenticate(cached(), of_machine(), AuthStatus::SignedIn)
        }),
        row("axum: bare", || Route::Bare.call_axum()),
        row("axum: two empty layers", || Route::Layers.call_axum()),
        row("axum: attached", || Route::Attached.call_axum()),
        limited("axum: protected", Budget::Over("axum: bare", 0.03), || {
            Route::Protected.call_axum()
        }),
        row("axum: guarded by an extractor", || {
            Route::Extracted.call_axum()
        }),
        row("axum: a map of tokens by hand", || {
            Route::ByHand.call_axum()
        }),
        row("actix-web: bare", || Route::Bare.call_actix()),
        row("actix-web: two empty layers", || Route::Layers.call_actix()),
        row("actix-web: attached", || Route::Attached.call_actix()),
        limited(
            "actix-web: protected",
            Budget::Over("actix-web: bare", 0.03),
            || Route::Protected.call_actix(),
        ),
        row("actix-web: guarded by an extractor", || {
            Route::Extracted.call_actix()
        }),
        row("actix-web: a map of tokens by hand", || {
            Route::ByHand.call_actix()
        }),
        row("the same check on ring", check_on_ring),
    ]
}

fn parsed_key() -> ParsedPublicKey {
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, Signer::instance().public_der()).unwrap()
}

fn check() -> Box<dyn FnMut()> {
    let key = parsed_key();
    let token = Signer::instance().session();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signed = signed.to_owned();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    Box::new(move || {
        key.verify_sig(black_box(signed.as_bytes()), &signature)
            .unwrap();
    })
}

/// The check of an application that chose ring, which reads the key each time.
fn check_on_ring() -> Box<dyn FnMut()> {
    // What a `SubjectPublicKeyInfo` for 2048 bits has in front of the key.
    const INFO: usize = 24;
    let key = UnparsedPublicKey::new(
        &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        Signer::instance().public_der()[INFO..].to_vec(),
    );
    let token = Signer::instance().session();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signed = signed.to_owned();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    Box::new(move || {
        key.verify(black_box(signed.as_bytes()), &signature)
            .unwrap();
    })
}

/// The least code that checks the signature with a parsed key, decodes the claims, and checks the times.
fn least_code(key: &ParsedPublicKey, token: &str) -> Value {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header["alg"], "RS256");
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verify_sig(signed.as_bytes(), &signature).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let time = |name: &str| claims[name].as_i64().unwrap();
    assert!(time("nbf") <= NOW && time("iat") <= NOW && NOW < time("exp"));
    claims
}

fn by_jsonwebtoken() -> Box<dyn FnMut()> {
    // A build with several backends makes applications choose one. An earlier call chose the same.
    let _ = DEFAULT_PROVIDER.install_default();
    let signer = Signer::instance();
    let token = signer.session();
    let key = DecodingKey::from_rsa_pem(signer.pem().as_bytes()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    // The token was issued at a fixed time in the past.
    validation.validate_exp = false;
    Box::new(move || {
        black_box(jsonwebtoken::decode::<Value>(black_box(&token), &key, &validation).unwrap());
    })
}

fn cached() -> Clerk {
    clerk().build().unwrap()
}

fn without_cache() -> Clerk {
    clerk().token_cache_bytes(0).build().unwrap()
}

fn authenticate(clerk: Clerk, request: Request<()>, expected: AuthStatus) -> Box<dyn FnMut()> {
    Box::new(move || status(&clerk, &request, expected))
}

fn status(clerk: &Clerk, request: &Request<()>, expected: AuthStatus) {
    // Nothing needs I/O here.
    let state = clerk.authenticate_request(request).now_or_never().unwrap();
    assert_eq!(state.unwrap().status(), expected);
}

fn one_of_many() -> Box<dyn FnMut()> {
    let clerk = cached();
    let requests: Vec<_> = tokens(MANY).iter().map(|token| bearer(token)).collect();
    for request in &requests {
        status(&clerk, request, AuthStatus::SignedIn);
    }
    let mut next = 0;
    Box::new(move || {
        // A stride that visits every token, in an order that caches of the machine do not foresee.
        next = (next + 7_919) % MANY;
        status(&clerk, &requests[next], AuthStatus::SignedIn);
    })
}
