//! A small application with pages of its own to sign in, for the profile, for organizations and for plans, and with
//! notes that htmx changes. The templates are in `templates`.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and
//! prints how to sign in.

mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use clerk_axum::components::{
    OrganizationList, OrganizationProfile, PricingTable, SignIn, SignUp, UserProfile,
};
use clerk_axum::{ClerkLayer, ClerkPage, ClerkRejection, SignedIn, protect, sign_out};
use pages_demo::{Application, asset};
use serde::Deserialize;

use crate::views::{ComponentView, HomeView, Layout, NotesPanel, NotesView, View};

type App = State<Arc<Application>>;

/// Accepts every request, even if Clerk cannot be reached.
async fn home(page: ClerkPage) -> View<HomeView> {
    View(HomeView {
        layout: Layout::new(page, "Home"),
    })
}

async fn sign_in(page: ClerkPage) -> View<ComponentView> {
    let form = page.mount(SignIn::new());
    View(ComponentView::centered(Layout::new(page, "Sign in"), form))
}

async fn sign_up(page: ClerkPage) -> View<ComponentView> {
    let form = page.mount(SignUp::new());
    View(ComponentView::centered(Layout::new(page, "Sign up"), form))
}

async fn pricing(page: ClerkPage) -> View<ComponentView> {
    let table = page.mount(PricingTable::new());
    let lead = "Change or cancel at any time.";
    View(ComponentView::new(
        Layout::new(page, "Pricing"),
        lead,
        table,
    ))
}

/// Shows the profile. The guard of the router below protects this handler and the next one.
async fn profile(page: ClerkPage) -> View<ComponentView> {
    let profile = page.mount(UserProfile::new());
    let lead = "Your name, your email addresses, and how you sign in.";
    View(ComponentView::new(
        Layout::new(page, "Profile"),
        lead,
        profile,
    ))
}

async fn organizations(page: ClerkPage, session: SignedIn) -> View<ComponentView> {
    let list = page.mount(
        OrganizationList::new()
            .after_select_organization_url("/organizations")
            .after_create_organization_url("/organizations")
            .after_select_personal_url("/organizations"),
    );
    let lead = "Notes belong to the organization that you choose here, or to you alone.";
    let mut view = ComponentView::new(Layout::new(page, "Organizations"), lead, list);
    if session.organization().is_some() {
        view.second = Some(view.layout.mount(OrganizationProfile::new()));
    }
    View(view)
}

/// Requires a signed-in user.
async fn notes(State(app): App, page: ClerkPage, session: SignedIn) -> View<NotesView> {
    View(NotesView {
        layout: Layout::new(page, "Notes"),
        panel: NotesPanel::of(&app, &session),
    })
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

/// Requires a signed-in user, whose token may have expired since the page was loaded: it is refreshed first.
async fn add_note(
    State(app): App,
    session: SignedIn,
    headers: HeaderMap,
    Form(note): Form<NewNote>,
) -> Response {
    app.notes().add(&session, &note.text);
    changed(&app, &session, &headers)
}

async fn remove_note(
    State(app): App,
    session: SignedIn,
    headers: HeaderMap,
    Path(id): Path<u64>,
) -> Response {
    app.notes().remove(&session, id);
    changed(&app, &session, &headers)
}

/// Returns the changed notes to htmx, and redirects forms of pages without scripts back to their page.
fn changed(app: &Application, session: &SignedIn, headers: &HeaderMap) -> Response {
    if headers.contains_key("hx-request") {
        View(NotesPanel::of(app, session)).into_response()
    } else {
        Redirect::to("/notes").into_response()
    }
}

/// Signs out on pages without scripts; with scripts, the browser SDK does so.
async fn leave(request: Parts) -> Result<(HeaderMap, Redirect), ClerkRejection> {
    Ok((sign_out(&request).await?, Redirect::to("/")))
}

async fn file(Path(name): Path<String>) -> Response {
    match asset(&name) {
        Some(asset) => {
            let headers = [
                (CONTENT_TYPE, asset.content_type),
                (CACHE_CONTROL, "public, max-age=3600"),
            ];
            (headers, asset.contents).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn not_found(page: ClerkPage) -> (StatusCode, View<ComponentView>) {
    let lead = "The address may be mistyped, or the page may have moved.";
    let view = ComponentView::text(Layout::new(page, "Page not found"), lead);
    (StatusCode::NOT_FOUND, View(view))
}

/// Builds the application.
pub fn app(application: Arc<Application>) -> Router {
    let members = Router::new()
        .route("/profile", get(profile))
        .route("/organizations", get(organizations))
        .route_layer(protect());
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/sign-up", get(sign_up))
        .route("/sign-out", post(leave))
        .route("/pricing", get(pricing))
        .route("/notes", get(notes).post(add_note))
        .route("/notes/{id}/remove", post(remove_note))
        .route("/assets/{name}", get(file))
        .merge(members)
        .fallback(not_found)
        .layer(ClerkLayer::new(application.clerk()))
        .with_state(application)
}
