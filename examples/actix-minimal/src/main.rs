//! The smallest actix-web application with Clerk. Set `CLERK_SECRET_KEY` and `CLERK_PUBLISHABLE_KEY` before you start it.

use actix_web::web::{self, Json, ServiceConfig};
use actix_web::{App, HttpServer};
use clerk_actix::{Auth, Clerk, ClerkMiddleware, CurrentUser, SignedIn, User, protect};
use tracing_subscriber::filter::LevelFilter;

/// Accepts every request, signed in or not.
async fn home(auth: Auth) -> String {
    match auth.user_id() {
        Some(id) => format!("Hello, {id}!"),
        None => "Hello, visitor!".to_owned(),
    }
}

/// Requires a signed-in user, and loads it from the Backend API.
async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

/// Requires an administrator; the guard is on the resource below.
async fn admin(session: SignedIn) -> String {
    format!("Hello, administrator {}!", session.user_id())
}

fn routes(config: &mut ServiceConfig) {
    let administration = web::resource("/admin")
        .wrap(protect().role("org:admin"))
        .get(admin);
    config
        .route("/", web::get().to(home))
        .route("/me", web::get().to(me))
        .service(administration);
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // At this level, the log says why each request is not signed in.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::DEBUG)
        .init();
    // Outside the closure, which runs once per worker: all workers share one Clerk and its signing keys.
    let clerk = Clerk::from_env()?;
    HttpServer::new(move || {
        App::new()
            .configure(routes)
            .wrap(ClerkMiddleware::new(clerk.clone()))
    })
    .bind(("127.0.0.1", 3000))?
    .run()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
