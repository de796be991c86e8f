//! A small application with pages of its own to sign in, for the profile, for organizations and for plans, and with
//! notes that htmx changes. The markup is in `views.rs`.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and
//! prints how to sign in.

mod views;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Form, Html, Path};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use clerk_actix::components::{
    OrganizationList, OrganizationProfile, PricingTable, SignIn, SignUp, UserProfile,
};
use clerk_actix::{ClerkMiddleware, ClerkPage, ClerkRejection, SignedIn, protect, sign_out};
use maud::html;
use pages_demo::{Application, asset};
use serde::Deserialize;

/// Accepts every request, even if Clerk cannot be reached.
async fn home(page: ClerkPage) -> Html {
    views::layout(&page, "Home", &views::home(&page))
}

async fn sign_in(page: ClerkPage) -> Html {
    let form = page.mount(SignIn::new());
    views::layout(&page, "Sign in", &views::centered(&form))
}

async fn sign_up(page: ClerkPage) -> Html {
    let form = page.mount(SignUp::new());
    views::layout(&page, "Sign up", &views::centered(&form))
}

async fn pricing(page: ClerkPage) -> Html {
    let content = html! {
        h1 { "Pricing" }
        p.lead { "Change or cancel at any time." }
        div.stack { (page.mount(PricingTable::new())) }
    };
    views::layout(&page, "Pricing", &views::content(&content))
}

/// Shows the profile. The guard of the resource below protects this handler and the next one.
async fn profile(page: ClerkPage) -> Html {
    let content = html! {
        h1 { "Profile" }
        p.lead { "Your name, your email addresses, and how you sign in." }
        div.stack { (page.mount(UserProfile::new())) }
    };
    views::layout(&page, "Profile", &views::content(&content))
}

async fn organizations(page: ClerkPage, session: SignedIn) -> Html {
    let list = OrganizationList::new()
        .after_select_organization_url("/organizations")
        .after_create_organization_url("/organizations")
        .after_select_personal_url("/organizations");
    let content = html! {
        h1 { "Organizations" }
        p.lead { "Notes belong to the organization that you choose here, or to you alone." }
        div.stack {
            (page.mount(list))
            @if session.organization().is_some() { (page.mount(OrganizationProfile::new())) }
        }
    };
    views::layout(&page, "Organizations", &views::content(&content))
}

/// Requires a signed-in user.
async fn notes(app: Data<Application>, page: ClerkPage, session: SignedIn) -> Html {
    let content = html! {
        h1 { "Notes" }
        p.lead { "They belong to the account that is chosen in the corner." }
        (views::notes(&app.notes().of(&session)))
    };
    views::layout(&page, "Notes", &views::content(&content))
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

/// Requires a signed-in user, whose token may have expired since the page was loaded: it is refreshed first.
async fn add_note(
    app: Data<Application>,
    session: SignedIn,
    request: HttpRequest,
    note: Form<NewNote>,
) -> HttpResponse {
    app.notes().add(&session, &note.text);
    changed(&app, &session, &request)
}

async fn remove_note(
    app: Data<Application>,
    session: SignedIn,
    request: HttpRequest,
    id: Path<u64>,
) -> HttpResponse {
    app.notes().remove(&session, *id);
    changed(&app, &session, &request)
}

/// Returns the changed notes to htmx, and redirects forms of pages without scripts back to their page.
fn changed(app: &Application, session: &SignedIn, request: &HttpRequest) -> HttpResponse {
    if request.headers().contains_key("hx-request") {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(views::notes(&app.notes().of(session)).into_string())
    } else {
        HttpResponse::SeeOther()
            .insert_header(("location", "/notes"))
            .finish()
    }
}

/// Signs out on pages without scripts; with scripts, the browser SDK does so.
async fn leave(request: HttpRequest) -> Result<HttpResponse, ClerkRejection> {
    let mut response = HttpResponse::SeeOther();
    response.insert_header(("location", "/"));
    for header in sign_out(&request).await? {
        response.append_header(header);
    }
    Ok(response.finish())
}

async fn file(name: Path<String>) -> HttpResponse {
    match asset(&name) {
        Some(asset) => HttpResponse::Ok()
            .content_type(asset.content_type)
            .insert_header(("cache-control", "public, max-age=3600"))
            .body(asset.contents),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn not_found(page: ClerkPage) -> (Html, StatusCode) {
    let content = html! {
        h1 { "Page not found" }
        p.lead { "The address may be mistyped, or the page may have moved." }
    };
    let page = views::layout(&page, "Page not found", &views::content(&content));
    (page, StatusCode::NOT_FOUND)
}

/// Builds the application.
pub fn app(
    application: Data<Application>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let clerk = ClerkMiddleware::new(application.clerk());
    App::new()
        .app_data(application)
        .route("/", web::get().to(home))
        .route("/sign-in", web::get().to(sign_in))
        .route("/sign-up", web::get().to(sign_up))
        .route("/sign-out", web::post().to(leave))
        .route("/pricing", web::get().to(pricing))
        .service(web::resource("/notes").get(notes).post(add_note))
        .route("/notes/{id}/remove", web::post().to(remove_note))
        .route("/assets/{name}", web::get().to(file))
        .service(web::resource("/profile").wrap(protect()).get(profile))
        .service(
            web::resource("/organizations")
                .wrap(protect())
                .get(organizations),
        )
        .default_service(web::to(not_found))
        .wrap(clerk)
}
