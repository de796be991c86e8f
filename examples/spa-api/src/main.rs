//! Serves the page on the port in `PORT` (3000 by default), and the API on the port in `API_PORT` (3001 by default).

use std::sync::Arc;

use quickstart_demo::{Instance, log_to_stderr};
use spa_api::Application;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let for_page = TcpListener::from_std(Instance::listen()?)?;
    let for_api = TcpListener::from_std(Instance::listen_on("API_PORT", 3001)?)?;
    let ports = (for_page.local_addr()?.port(), for_api.local_addr()?.port());
    let application = Arc::new(Application::set_up(ports.0, ports.1).await?);
    #[expect(
        clippy::disallowed_macros,
        reason = "the person who started this reads it"
    )]
    {
        println!("{}", application.greeting());
    }
    let page = axum::serve(for_page, spa_api::page(Arc::clone(&application)));
    let api = axum::serve(for_api, spa_api::api(application));
    tokio::try_join!(page.into_future(), api.into_future())?;
    Ok(())
}
