//! Starting.

use std::cell::Cell;

use clerk_emulator::{Emulator, UserSeed};

use crate::api::Api;

#[tokio::test(flavor = "current_thread")]
async fn starting_does_not_block_the_runtime_while_it_makes_a_key() {
    let others_ran = Cell::new(false);
    // Polled in this order, on one thread: the second future runs only once the first one waits.
    let (emulator, ()) = tokio::join!(
        async {
            let emulator = Emulator::builder().start().await;
            assert!(others_ran.get());
            emulator
        },
        async { others_ran.set(true) }
    );
    emulator.unwrap();
}

#[tokio::test]
async fn two_run_side_by_side_in_one_process() {
    let start = |address| Emulator::builder().user(UserSeed::new(address)).start();
    let (ada, grace) = tokio::join!(start("ada@example.com"), start("grace@example.com"));
    let (ada, grace) = (ada.unwrap(), grace.unwrap());
    assert_ne!(ada.url(), grace.url());
    assert_ne!(ada.jwt_public_key_pem(), grace.jwt_public_key_pem());
    for (emulator, other) in [(&ada, "grace@example.com"), (&grace, "ada@example.com")] {
        assert!(emulator.user_id(other).is_err());
        assert_eq!(Api::of(emulator).user_count().await, 1);
    }
    let address = ada.address();
    drop(ada);
    // Stopped means that nobody listens, and the other goes on.
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    assert_eq!(Api::of(&grace).user_count().await, 1);
}
