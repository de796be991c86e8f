//! Serves the application on the port in `PORT`, which defaults to 3000.

use quickstart_demo::{Instance, log_to_stderr};
use tokio::net::TcpListener;

#[tokio::main]
#[expect(clippy::disallowed_macros, reason = "a program prints to its user")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let listener = TcpListener::from_std(Instance::listen()?)?;
    let address = format!("http://{}", listener.local_addr()?);
    let instance = Instance::set_up(listener.local_addr()?.port()).await?;
    println!("serving {address}/, {address}/me and {address}/admin");
    if let Some(emulator) = instance.emulator() {
        let token = emulator
            .session_token("ada@example.com")
            .organization("acme")
            .authorized_party(&address)
            .mint()?;
        println!("curl {address}/admin -H 'Authorization: Bearer {token}'");
    }
    hyper_service::serve(listener, instance.clerk()).await?;
    Ok(())
}
