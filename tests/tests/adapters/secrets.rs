//! The middlewares contain the instance's keys and show none of them.

use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::Clerk;
use clerk_test_support::forge::{PRODUCTION_KEY, Signer};

const PLANTED: [&str; 3] = [
    "sk_live_plantedSecret",
    "ak_plantedForMachines",
    "whsec_cGxhbnRlZFdlYmhvb2tTZWNyZXQ=",
];

#[test]
fn middlewares_hide_the_keys_of_their_instance() {
    let [secret, machine, webhook] = PLANTED;
    let clerk = Clerk::builder()
        .publishable_key(PRODUCTION_KEY)
        .jwt_key(Signer::instance().pem())
        .secret_key(secret)
        .machine_secret_key(machine)
        .webhook_signing_secret(webhook.to_owned())
        .build()
        .unwrap();
    for shown in [
        format!("{:?}", ClerkLayer::new(clerk.clone())),
        format!("{:?}", ClerkMiddleware::new(clerk)),
    ] {
        assert!(shown.starts_with("Clerk"), "{shown}");
        for secret in PLANTED {
            let tail = &secret[secret.len() - 12..];
            assert!(!shown.contains(tail), "{secret} in {shown}");
        }
    }
}
