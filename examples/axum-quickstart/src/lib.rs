//! A protected axum application with pages and an API.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process.
//! `axum-minimal` is the example to copy from.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use clerk_axum::{
    Auth, ClerkLayer, ClerkRejection, CurrentOrganization, CurrentUser, Guarded, Policy, Require,
    SignedIn, User, protect, sign_out,
};
use quickstart_demo::{Instance, Topic, Visitor, not_found_page};

type App = State<Arc<Instance>>;

/// Who sent the request, signed in or not. The names are missing if Clerk cannot be reached.
type Everybody = (Auth, Option<CurrentUser>, Option<CurrentOrganization>);

type Page = Result<Html<String>, StatusCode>;

struct CreateInvoices;

impl Policy for CreateInvoices {
    fn require() -> Require {
        Require::permission("org:invoices:create")
    }
}

async fn home(visitor: Everybody, State(app): App) -> Page {
    page(&app, Topic::Home, visitor)
}

async fn dashboard(_: SignedIn, visitor: Everybody, State(app): App) -> Page {
    page(&app, Topic::Dashboard, visitor)
}

async fn admin(visitor: Everybody, State(app): App) -> Page {
    page(&app, Topic::Administration, visitor)
}

async fn invoices(_: Guarded<CreateInvoices>, visitor: Everybody, State(app): App) -> Page {
    page(&app, Topic::Invoices, visitor)
}

async fn trial(visitor: Everybody, State(app): App) -> Page {
    page(&app, Topic::Try, visitor)
}

async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

async fn create_invoice(_: Guarded<CreateInvoices>) -> &'static str {
    "invoice created"
}

async fn leave(request: Parts) -> Result<(HeaderMap, Redirect), ClerkRejection> {
    Ok((sign_out(&request).await?, Redirect::to("/")))
}

async fn nowhere() -> (StatusCode, Html<String>) {
    (StatusCode::NOT_FOUND, Html(not_found_page()))
}

fn page(app: &Instance, topic: Topic, (auth, user, organization): Everybody) -> Page {
    let user = user.map(|CurrentUser(user)| user);
    let organization = organization.map(|CurrentOrganization(organization)| organization);
    let visitor = Visitor::new(auth.into_inner(), user, organization);
    app.page(topic, &visitor, include_str!("lib.rs"))
        .map(Html)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// Builds the application.
pub fn app(instance: Arc<Instance>) -> Router {
    let administration = Router::new()
        .route("/admin", get(admin))
        .route_layer(protect().role("org:admin"));
    Router::new()
        .route("/", get(home))
        .route("/dashboard", get(dashboard))
        .route("/invoices", get(invoices))
        .route("/try", get(trial))
        .route("/me", get(me))
        .route("/api/invoices", post(create_invoice))
        .route("/sign-out", post(leave))
        .merge(administration)
        .fallback(nowhere)
        .layer(ClerkLayer::new(instance.clerk()))
        .with_state(instance)
}
