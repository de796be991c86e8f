//! Imported password digests: those of each supported hasher are verified, and all others are rejected.

use clerk_emulator::{Emulator, UserSeed};
use http::Method;
use serde_json::json;

use crate::caller::Caller;

const ARGON2I: &str =
    "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$TBAuVHqAvL6/UdpGC2fICk8hlxrA6O4qwqLxCJFLw84";
const ARGON2ID: &str =
    "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$7wQdmxXzGh131O2yofJOiueTHH1s6qUu422D/VL5aqc";
const BCRYPT: &str = "$2b$04$ZUFv/rePKXSstYd1iRUNhu3JX.BtEsVTXxhWJMfYXSeXaxoGEaX2K";
const DJANGO: &str = "bcrypt_sha256$$2b$04$sqp20HtRNzb8P7zQhjUqW.wLuDgYBI66i/pSA9nEUw7fkbJJAIOOe";

/// A hasher and a digest that it created. Unless noted otherwise, digests were created with Python's hashlib, bcrypt
/// and argon2-cffi.
const DIGESTS: &[(&str, &str, &str)] = &[
    ("argon2i", ARGON2I, "password"),
    ("argon2id", ARGON2ID, "password"),
    ("bcrypt", BCRYPT, "password"),
    ("bcrypt_sha256_django", DJANGO, "password"),
    (
        "ldap_ssha",
        "{SSHA}yI6cZwQadOA1e+/f+T+H3eCQQhRzYWx0",
        "password",
    ),
    ("md5", "5f4dcc3b5aa765d61d8327deb882cf99", "password"),
    (
        "md5_phpass",
        "$P$8saltsaltD6pOke8NLt18jiFPSjLc9/",
        "password",
    ),
    (
        "pbkdf2_sha1",
        "pbkdf2_sha1$1000$salt$boi+i61+rp2eEKoGEiQDT+1I0D8=",
        "password",
    ),
    (
        "pbkdf2_sha1",
        "pbkdf2_sha1$1000$73616c74$6e88be8bad7eae9d9e10aa061224034fed48d03f",
        "password",
    ),
    (
        "pbkdf2_sha256",
        "pbkdf2_sha256$1000$c2FsdA==$YywoEuRtRgQQK6dhjp1tfS+BKPYma0oDJk0qBGC33LM=",
        "password",
    ),
    (
        "pbkdf2_sha256_django",
        "pbkdf2_sha256$1000$salt$YywoEuRtRgQQK6dhjp1tfS+BKPYma0oDJk0qBGC33LM=",
        "password",
    ),
    (
        "pbkdf2_sha512",
        "pbkdf2_sha512$1000$salt$r+bFUweFtsxrHGRTOEcxvV7kMu5Un9QvtmlXea2KHFv1neacSPd078QAfVKY+QM8AkHVq2kwXntk7O642DTP7A==",
        "password",
    ),
    (
        "pbkdf2_sha512_hex",
        "pbkdf2_sha512$1000$73616c74$afe6c5530785b6cc6b1c6453384731bd5ee432ee549fd42fb6695779ad8a1c5bf59de69c48f774efc4007d5298f9033c0241d5ab69305e7b64eceeb8d834cfec",
        "password",
    ),
    // From the original implementation in PHP.
    ("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    // From Firebase's own documentation.
    (
        "scrypt_firebase",
        "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$Bw==$8$14",
        "user1password",
    ),
    (
        "scrypt_werkzeug",
        "scrypt:1024:8:1$salt$16dbc8906763c7f048977a68f9d305f7710e068ca2cd95dab372125bb3f19608175003c79f9cdee65d2e45fc1f169afde0a6806f5d4f2ba0584249d2e66c2c96",
        "password",
    ),
    (
        "sha256",
        "5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8",
        "password",
    ),
    (
        "sha512_symfony",
        "5000$salt$iKw+yyYDAaIE9cknw6XdfjaVtHJ7Gqh+o/GYWoVpWN1wNDQcSjc8uqXSBC+yj0KOMwA7RpCKH9weKfJT+7AEHQ==",
        "password",
    ),
];

/// The hashers in the document, all of which must be listed above.
const DOCUMENTED: usize = 17;

async fn emulator() -> (Emulator, Caller, String) {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let path = format!("/users/{}", emulator.user_id("ada@example.com").unwrap());
    (emulator, caller, path)
}

#[tokio::test]
async fn digests_of_every_hasher_are_verified() {
    let (_emulator, caller, path) = emulator().await;
    let mut hashers = std::collections::BTreeSet::new();
    for (hasher, digest, password) in DIGESTS {
        hashers.insert(hasher);
        let update = json!({ "password_hasher": hasher, "password_digest": digest });
        let updated = caller.call(Method::PATCH, &path, Some(&update)).await;
        assert_eq!(updated.status, 200, "{hasher}: {}", updated.body);
        let check = format!("{path}/verify_password");
        let right = json!({ "password": password });
        let right = caller.call(Method::POST, &check, Some(&right)).await;
        assert_eq!(right.body["verified"], true, "{hasher}: {}", right.body);
        let wrong = json!({ "password": password.to_uppercase() });
        let wrong = caller.call(Method::POST, &check, Some(&wrong)).await;
        assert_eq!(wrong.code(), "incorrect_password", "{hasher}");
    }
    assert_eq!(hashers.len(), DOCUMENTED);
}

#[tokio::test]
async fn unknown_hashers_and_malformed_digests_are_refused() {
    let (_emulator, caller, path) = emulator().await;
    let unknown = json!({ "password_hasher": "rot13", "password_digest": "cnffjbeq" });
    let refused = caller.call(Method::PATCH, &path, Some(&unknown)).await;
    assert_eq!(
        (refused.code(), refused.param()),
        ("form_param_value_invalid", "password_hasher")
    );
    for (hasher, digest, _) in DIGESTS {
        let torso = &digest[..digest.len() / 4];
        for broken in [
            "",
            "?",
            "$$$$$",
            torso,
            &digest.replace('$', ":").replace("SSHA", "SHA").repeat(2),
        ] {
            let update = json!({ "password_hasher": hasher, "password_digest": broken });
            let refused = caller.call(Method::PATCH, &path, Some(&update)).await;
            let seen = (refused.status.as_u16(), refused.code(), refused.param());
            let expected = (422, "form_password_digest_invalid_code", "password_digest");
            assert_eq!(seen, expected, "{hasher} {broken}: {}", refused.body);
        }
    }
    let user = caller.call(Method::GET, &path, None).await.body;
    assert_eq!(user["password_enabled"], false);
}
