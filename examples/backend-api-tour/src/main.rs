//! Runs the tour against the instance of `CLERK_SECRET_KEY` if it is set, and otherwise against an emulator in this
//! process.

use std::error::Error;
use std::time::{Duration, SystemTime};

use clerk_backend_api::ClerkClient;
use clerk_emulator::{Emulator, UserSeed};

#[tokio::main]
#[expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a program prints to its user and reads its environment"
)]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let age = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let suffix = age.as_millis().to_string();
    if std::env::var_os("CLERK_SECRET_KEY").is_some() {
        let client = ClerkClient::from_env()?;
        for note in backend_api_tour::tour(&client, &suffix).await? {
            println!("{note}");
        }
        return Ok(());
    }
    println!("CLERK_SECRET_KEY is not set; using an emulator");
    let emulator = Emulator::builder()
        .user(UserSeed::new("alan@example.com"))
        .user(UserSeed::new("grace@example.com"))
        .user(UserSeed::new("edsger@example.com"))
        .start()
        .await?;
    let client = ClerkClient::builder()
        .secret_key(emulator.secret_key())
        .api_url(emulator.url())
        .build()?;
    for note in backend_api_tour::tour(&client, &suffix).await? {
        println!("{note}");
    }
    Ok(())
}
