//! Many writers at once.

use clerk_emulator::Emulator;
use serde_json::json;

use crate::api::Api;

const WRITERS: usize = 200;
/// Without optimization, HTTP alone takes minutes for all of them.
const USERS: usize = if cfg!(debug_assertions) {
    1_000
} else {
    10_000
};

#[tokio::test]
async fn two_hundred_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clerk.db");
    let emulator = Emulator::builder().data_file(&path).start().await.unwrap();
    let api = Api::of(&emulator);
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let api = api.clone();
            tokio::spawn(async move {
                for index in 0..USERS / WRITERS {
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
            .user_id(&format!("{writer}.{}@example.com", USERS / WRITERS - 1))
            .unwrap();
    }
}
