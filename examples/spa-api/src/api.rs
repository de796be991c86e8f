//! The API.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderValue, Method};
use axum::routing::{delete, get};
use axum::{Json, Router};
use clerk_axum::{ClerkLayer, Guarded, Policy, Require, SignedIn};
use pages_demo::Note;
use serde::{Deserialize, Serialize};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::setup::Application;

type App = State<Arc<Application>>;

struct ClearNotes;

impl Policy for ClearNotes {
    fn require() -> Require {
        Require::role("org:admin")
    }
}

#[derive(Serialize)]
struct Me {
    user_id: String,
    organization_id: Option<String>,
    role: Option<String>,
}

async fn me(session: SignedIn) -> Json<Me> {
    let organization = session.organization();
    Json(Me {
        user_id: session.user_id().to_owned(),
        organization_id: organization.as_ref().map(|active| active.id.to_owned()),
        role: organization.and_then(|active| active.role.map(Into::into)),
    })
}

/// Returns the notes of the active organization, or else of the user.
async fn notes(State(app): App, session: SignedIn) -> Json<Vec<Note>> {
    Json(app.notes().of(&session))
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

async fn add(State(app): App, session: SignedIn, Json(note): Json<NewNote>) -> Json<Vec<Note>> {
    app.notes().add(&session, &note.text);
    Json(app.notes().of(&session))
}

async fn remove(State(app): App, session: SignedIn, Path(id): Path<u64>) -> Json<Vec<Note>> {
    app.notes().remove(&session, id);
    Json(app.notes().of(&session))
}

/// Requires an admin of the active organization.
async fn clear(State(app): App, session: Guarded<ClearNotes>) -> Json<Vec<Note>> {
    app.notes().clear(&session);
    Json(app.notes().of(&session))
}

/// Allows pages of these origins to call the API. Credentials are not allowed, because the API reads no cookies.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .max_age(Duration::from_secs(600))
}

/// Builds the API.
pub fn api(application: Arc<Application>) -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/notes", get(notes).post(add).delete(clear))
        .route("/notes/{id}", delete(remove))
        .layer(ClerkLayer::new(application.clerk()))
        // The layer that is added last runs first: it answers preflight requests, and adds its headers to refusals, too.
        .layer(cors(application.page_origins()))
        .with_state(application)
}
