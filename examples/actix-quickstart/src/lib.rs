//! A protected actix-web application with pages and an API.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process.
//! `actix-minimal` is the example to copy from.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{self, Data, Html, Json};
use actix_web::{App, Error, HttpRequest, HttpResponse, Responder};
use clerk_actix::{
    Auth, ClerkMiddleware, ClerkRejection, CurrentOrganization, CurrentUser, Guarded, Policy,
    Require, SignedIn, User, protect, sign_out,
};
use quickstart_demo::{Instance, Topic, Visitor, not_found_page};

/// Who sent the request, signed in or not. The names are missing if Clerk cannot be reached.
type Everybody = (Auth, Option<CurrentUser>, Option<CurrentOrganization>);

type Page = Result<Html, Error>;

struct CreateInvoices;

impl Policy for CreateInvoices {
    fn require() -> Require {
        Require::permission("org:invoices:create")
    }
}

async fn home(visitor: Everybody, app: Data<Instance>) -> Page {
    page(&app, Topic::Home, visitor)
}

async fn dashboard(_: SignedIn, visitor: Everybody, app: Data<Instance>) -> Page {
    page(&app, Topic::Dashboard, visitor)
}

async fn admin(visitor: Everybody, app: Data<Instance>) -> Page {
    page(&app, Topic::Administration, visitor)
}

async fn invoices(_: Guarded<CreateInvoices>, visitor: Everybody, app: Data<Instance>) -> Page {
    page(&app, Topic::Invoices, visitor)
}

async fn trial(visitor: Everybody, app: Data<Instance>) -> Page {
    page(&app, Topic::Try, visitor)
}

async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

async fn create_invoice(_: Guarded<CreateInvoices>) -> &'static str {
    "invoice created"
}

async fn leave(request: HttpRequest) -> Result<HttpResponse, ClerkRejection> {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((LOCATION, "/"));
    for header in &sign_out(&request).await? {
        response.append_header(header);
    }
    Ok(response.finish())
}

async fn nowhere() -> impl Responder {
    Html::new(not_found_page())
        .customize()
        .with_status(StatusCode::NOT_FOUND)
}

fn page(app: &Instance, topic: Topic, (auth, user, organization): Everybody) -> Page {
    let user = user.map(|CurrentUser(user)| user);
    let organization = organization.map(|CurrentOrganization(organization)| organization);
    let visitor = Visitor::new(auth.into_inner(), user, organization);
    app.page(topic, &visitor, include_str!("lib.rs"))
        .map(Html::new)
        .map_err(ErrorInternalServerError)
}

/// Builds the application of a worker. The instance is created once and shared.
pub fn app(
    instance: Data<Instance>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let clerk = ClerkMiddleware::new(instance.clerk());
    let administration = web::resource("/admin")
        .wrap(protect().role("org:admin"))
        .get(admin);
    App::new()
        .app_data(instance)
        .route("/", web::get().to(home))
        .route("/dashboard", web::get().to(dashboard))
        .route("/invoices", web::get().to(invoices))
        .route("/try", web::get().to(trial))
        .route("/me", web::get().to(me))
        .route("/api/invoices", web::post().to(create_invoice))
        .route("/sign-out", web::post().to(leave))
        .service(administration)
        .default_service(web::to(nowhere))
        .wrap(clerk)
}
