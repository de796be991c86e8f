//! A protected actix-web application.
//!
//! If neither `CLERK_SECRET_KEY` nor `CLERK_PUBLISHABLE_KEY` is set, it starts a Clerk emulator in this process and prints
//! how to sign in.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data, Html, Json};
use actix_web::{App, Error};
use clerk_actix::{
    Auth, ClerkMiddleware, ClerkRejection, CurrentUser, Guarded, Policy, Require, SignedIn, User,
    protect,
};
use quickstart_demo::{Instance, Page, Visitor};

struct CreateInvoices;

impl Policy for CreateInvoices {
    fn require() -> Require {
        Require::permission("org:invoices:create")
    }
}

/// Accepts every request, even if Clerk cannot be reached. Greets a signed-in user by name if it can be looked up.
async fn home(app: Data<Instance>, auth: Auth, user: Result<CurrentUser, ClerkRejection>) -> Html {
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
    Html::new(Page::new("Welcome", visitor, app.sign_out_url()).to_string())
}

/// Returns the signed-in user, looked up through the Backend API.
async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

/// Requires a signed-in user.
async fn dashboard(app: Data<Instance>, session: SignedIn) -> Html {
    page("Dashboard", &app, &session)
}

/// Requires an administrator; the guard is around the resource below.
async fn admin(app: Data<Instance>, session: SignedIn) -> Html {
    page("Administration", &app, &session)
}

fn page(title: &'static str, app: &Instance, session: &SignedIn) -> Html {
    let id = session.user_id().to_owned();
    Html::new(
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
    App::new()
        .app_data(instance)
        .route("/", web::get().to(home))
        .route("/me", web::get().to(me))
        .route("/dashboard", web::get().to(dashboard))
        .route("/api/invoices", web::post().to(create_invoice))
        .service(
            web::resource("/admin")
                .wrap(protect().role("org:admin"))
                .route(web::get().to(admin)),
        )
        .wrap(clerk)
}
