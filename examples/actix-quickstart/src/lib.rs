//! A protected actix-web application.
//!
//! Without `CLERK_SECRET_KEY` and `CLERK_PUBLISHABLE_KEY` it starts a Clerk emulator inside this process and prints how
//! to sign in.

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

/// Open to everyone, also while Clerk is out of reach; whoever is signed in is greeted by name where it can be looked up.
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

/// The current user, looked up through the Backend API.
async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

/// For everybody who is signed in.
async fn dashboard(app: Data<Instance>, session: SignedIn) -> Html {
    page("Dashboard", &app, &session)
}

/// For administrators; the guard stands around the resource below.
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

/// For people who may create invoices: the extractor refuses everybody else.
async fn create_invoice(_: Guarded<CreateInvoices>) -> &'static str {
    "invoice created"
}

/// The whole application, as each worker builds it. The instance is made once, outside.
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
