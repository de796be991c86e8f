//! A protected axum application.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and prints
//! how to sign in.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use clerk_axum::{
    Auth, ClerkLayer, ClerkRejection, CurrentUser, Guarded, Policy, Require, SignedIn, User,
    protect,
};
use quickstart_demo::{Instance, Page, Visitor};

struct CreateInvoices;

impl Policy for CreateInvoices {
    fn require() -> Require {
        Require::permission("org:invoices:create")
    }
}

type App = State<Arc<Instance>>;

/// Accepts every request, even if Clerk cannot be reached. Greets a signed-in user by name if it can be looked up.
async fn home(
    State(app): App,
    auth: Auth,
    user: Result<CurrentUser, ClerkRejection>,
) -> Html<String> {
    let visitor = match (user, auth.user_id()) {
        (Ok(CurrentUser(user)), _) => Visitor::Person {
            name: user.first_name.clone().unwrap_or_else(|| user.id.clone()),
            id: user.id,
        },
        (Err(_), Some(id)) => Visitor::Person {
            name: id.to_owned(),
            id: id.to_owned(),
        },
        (Err(_), None) => Visitor::Nobody,
    };
    Html(Page::new("Welcome", visitor, app.sign_out_url()).to_string())
}

/// Returns the signed-in user, looked up through the Backend API.
async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

/// Requires a signed-in user.
async fn dashboard(State(app): App, session: SignedIn) -> Html<String> {
    page("Dashboard", &app, &session)
}

/// Requires an administrator; the guard is on the router below.
async fn admin(State(app): App, session: SignedIn) -> Html<String> {
    page("Administration", &app, &session)
}

fn page(title: &'static str, app: &Instance, session: &SignedIn) -> Html<String> {
    let id = session.user_id().to_owned();
    Html(
        Page::new(
            title,
            Visitor::Person {
                name: id.clone(),
                id,
            },
            app.sign_out_url(),
        )
        .to_string(),
    )
}

/// Requires the permission to create invoices; the extractor refuses other requests.
async fn create_invoice(_: Guarded<CreateInvoices>) -> &'static str {
    "invoice created"
}

/// Builds the application.
pub fn app(instance: Arc<Instance>) -> Router {
    let administration = Router::new()
        .route("/admin", get(admin))
        .route_layer(protect().role("org:admin"));
    Router::new()
        .route("/", get(home))
        .route("/me", get(me))
        .route("/dashboard", get(dashboard))
        .route("/api/invoices", post(create_invoice))
        .merge(administration)
        .layer(ClerkLayer::new(instance.clerk()))
        .with_state(instance)
}
