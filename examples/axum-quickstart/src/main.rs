//! Serves the application on the port in `PORT`, which defaults to 3000.

use std::sync::Arc;

use quickstart_demo::{Instance, log_to_stderr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let listener = tokio::net::TcpListener::from_std(Instance::listen()?)?;
    let instance = Instance::set_up(listener.local_addr()?.port()).await?;
    #[expect(
        clippy::disallowed_macros,
        reason = "the person who started this reads it"
    )]
    {
        println!("{}", instance.announcement());
    }
    axum::serve(listener, axum_quickstart::app(Arc::new(instance))).await?;
    Ok(())
}
