//! Serves the application on the port in `PORT`, which defaults to 3000.

use std::net::SocketAddr;
use std::sync::Arc;

use pages_demo::Application;
use quickstart_demo::{Instance, log_to_stderr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let listener = tokio::net::TcpListener::from_std(Instance::listen()?)?;
    let application = Application::set_up(listener.local_addr()?.port()).await?;
    #[expect(
        clippy::disallowed_macros,
        reason = "the person who started this reads it"
    )]
    {
        println!("{}", application.greeting());
    }
    // The proxy of the Frontend API tells Clerk the address of the connection.
    let app = axum_web::app(Arc::new(application));
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .await?;
    Ok(())
}
