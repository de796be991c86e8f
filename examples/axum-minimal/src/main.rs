//! The smallest axum application with Clerk. Set `CLERK_SECRET_KEY` and `CLERK_PUBLISHABLE_KEY` before you start it.

use axum::{Json, Router, routing::get};
use clerk_axum::{Auth, Clerk, ClerkLayer, CurrentUser, SignedIn, User, protect};
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

/// Requires an administrator; the guard is on the router below.
async fn admin(session: SignedIn) -> String {
    format!("Hello, administrator {}!", session.user_id())
}

fn app(clerk: Clerk) -> Router {
    let administration = Router::new()
        .route("/admin", get(admin))
        .route_layer(protect().role("org:admin"));
    Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .merge(administration)
        // Layers that are added last run first, so this one comes after the guards.
        .layer(ClerkLayer::new(clerk))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // At this level, the log says why each request is not signed in.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::DEBUG)
        .init();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app(Clerk::from_env()?)).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
