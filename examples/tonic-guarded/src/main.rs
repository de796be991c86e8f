//! Serves on the port in `PORT`, which defaults to 3000. With the emulator, it also calls its own methods to show which calls
//! are refused.

use quickstart_demo::{Instance, log_to_stderr};
use tokio::net::TcpListener;
use tonic_guarded::Client;

#[tokio::main]
#[expect(clippy::disallowed_macros, reason = "a program prints to its user")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let listener = TcpListener::from_std(Instance::listen()?)?;
    let address = format!("http://{}", listener.local_addr()?);
    let instance = Instance::set_up(listener.local_addr()?.port()).await?;
    let server = tokio::spawn(tonic_guarded::serve(listener, instance.clerk()));
    println!("gRPC on {address}");
    if let Some(emulator) = instance.emulator() {
        let client = Client::new(address.clone())?;
        let token = |person: &str| {
            emulator
                .session_token(person)
                .organization("acme")
                .authorized_party(&address)
                .mint()
        };
        let callers = [
            ("nobody", None),
            ("a member", Some(token("alan@example.com")?)),
            ("an administrator", Some(token("ada@example.com")?)),
        ];
        for (who, token) in &callers {
            for method in [
                "/demo.Greeter/Hello",
                "/demo.Greeter/WhoAmI",
                "/demo.Invoices/Create",
            ] {
                match client.call(method, "tea", token.as_deref()).await {
                    Ok(answer) => println!("{method} as {who}: {answer}"),
                    Err(status) => println!("{method} as {who}: {}", status.code()),
                }
            }
        }
    }
    server.await??;
    Ok(())
}
