//! Snapshots of the state.

use clerk_emulator::{Emulator, UserSeed};
use serde_json::json;

use crate::api::Api;

#[tokio::test]
async fn a_snapshot_is_restored_and_the_start_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let emulator = Emulator::builder()
        .data_file(&path)
        .user(UserSeed::new("ada@example.com").password("analytical-engine"))
        .start()
        .await
        .unwrap();
    let api = Api::of(&emulator);
    let start = emulator.export().to_json().unwrap();
    let ada = emulator.user_id("ada@example.com").unwrap();
    let user =
        |address: &str| json!({ "email_address": [address], "skip_password_requirement": true });
    api.post("/users", &user("bob@example.com")).await;
    let snapshot = emulator.snapshot();
    let then = emulator.export().to_json().unwrap();
    let pem = emulator.jwt_public_key_pem();
    for index in 0..3 {
        api.post("/users", &user(&format!("{index}@example.com")))
            .await;
    }
    api.post(&format!("/users/{ada}/ban"), &json!({})).await;
    emulator.rotate_keys().unwrap();
    assert_ne!(emulator.export().to_json().unwrap(), then);

    emulator.restore(&snapshot).unwrap();
    assert_eq!(emulator.export().to_json().unwrap(), then);
    assert_eq!(emulator.jwt_public_key_pem(), pem);
    assert_eq!(api.user_count().await, 2);
    assert!(api.password_is(&ada, "analytical-engine").await);
    emulator.reset().unwrap();
    assert_eq!(emulator.export().to_json().unwrap(), start);
    assert_eq!(api.user_count().await, 1);
    drop(emulator);
    // The file holds what was restored, in its order.
    let emulator = Emulator::builder().data_file(&path).start().await.unwrap();
    assert_eq!(emulator.export().to_json().unwrap(), start);
}
