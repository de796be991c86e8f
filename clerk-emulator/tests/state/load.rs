//! Many writers at once.

use clerk_emulator::{Emulator, UserSeed};
use serde_json::json;

use crate::api::Api;

const WRITERS: usize = 200;
const USERS: usize = 10_000;
/// Those who are there already: without optimization, HTTP alone takes minutes for all.
const SEEDED: usize = if cfg!(debug_assertions) { 9_000 } else { 0 };

#[tokio::test]
async fn two_hundred_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let mut builder = Emulator::builder().data_file(&path);
    for index in 0..SEEDED {
        builder = builder.user(UserSeed::new(format!("seeded.{index}@example.com")));
    }
    let emulator = builder.start().await.unwrap();
    let api = Api::of(&emulator);
    let each = (USERS - SEEDED) / WRITERS;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let api = api.clone();
            tokio::spawn(async move {
                for index in 0..each {
                    let body = json!({
                        "email_address": [format!("{writer}.{index}@example.com")],
                        "skip_password_requirement": true,
                    });
                    let (status, answer) = api.post("/users", &body).await;
                    assert_eq!(status, 200, "{answer}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(api.user_count().await, USERS as u64);
    drop(emulator);
    let emulator = Emulator::builder().data_file(&path).start().await.unwrap();
    assert_eq!(Api::of(&emulator).user_count().await, USERS as u64);
    for writer in 0..WRITERS {
        emulator
            .user_id(&format!("{writer}.{}@example.com", each - 1))
            .unwrap();
    }
}
