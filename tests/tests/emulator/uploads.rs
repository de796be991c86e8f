//! Images up to Clerk's size limit, and connections that stay usable after a rejected upload.

use clerk_emulator::{Emulator, UserSeed};
use http::Method;

use crate::caller::Caller;

const MIB: usize = 1024 * 1024;

fn png(size: usize) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    file.resize(size, 0);
    file
}

#[tokio::test]
async fn pictures_of_ten_megabytes_are_taken_and_larger_ones_leave_the_connection_usable() {
    let emulator = Emulator::builder()
        .user(UserSeed::new("ada@example.com"))
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&emulator);
    let path = format!(
        "/users/{}/profile_image",
        emulator.user_id("ada@example.com").unwrap()
    );
    let taken = caller.upload(Method::POST, &path, &png(10 * MIB)).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(taken.body["has_image"], true);
    for (size, code) in [
        (10 * MIB + 1, "image_too_large"),
        (30 * MIB, "request_body_too_large"),
    ] {
        // Several times, because the pool reuses the same connection.
        for _ in 0..3 {
            let refused = caller.upload(Method::POST, &path, &png(size)).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (413, code));
            let next = caller.call(Method::GET, "/users/count", None).await;
            assert_eq!(next.status, 200);
        }
    }
    let text = caller.upload(Method::POST, &path, b"no picture").await;
    assert_eq!(
        (text.status.as_u16(), text.code()),
        (400, "request_body_invalid")
    );
}
