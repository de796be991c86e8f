//! Serves the application on the port in `PORT`, which defaults to 3000.

use actix_web::HttpServer;
use actix_web::web::Data;
use pages_demo::Application;
use quickstart_demo::{Instance, log_to_stderr};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_stderr();
    let listener = Instance::listen()?;
    // Create it outside the closure, so that all workers share one `Clerk` and its cache of signing keys.
    let application = Data::new(Application::set_up(listener.local_addr()?.port()).await?);
    #[expect(
        clippy::disallowed_macros,
        reason = "the person who started this reads it"
    )]
    {
        println!("{}", application.greeting());
    }
    HttpServer::new(move || actix_web_pages::app(application.clone()))
        .listen(listener)?
        .run()
        .await?;
    Ok(())
}
