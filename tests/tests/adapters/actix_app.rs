//! The application of the scenarios, for actix-web.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::DefaultHeaders;
use actix_web::web::{self, Html, Json};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use clerk_actix::components::SignIn;
use clerk_actix::{
    AcceptedTokens, Auth, Clerk, ClerkMiddleware, ClerkPage, ClerkRejection, CurrentOrganization,
    CurrentUser, Guarded, Policy, ProtectMiddleware, Require, ReturnBack, Reverification,
    ReverificationLevel, RouteMatcher, SignedIn, TokenType, VerifiedWebhook, protect, sign_out,
};
use serde_json::{Value, json};

macro_rules! policies {
    ($($name:ident = $require:expr;)*) => {$(
        struct $name;

        impl Policy for $name {
            fn require() -> Require {
                $require
            }
        }
    )*};
}

policies! {
    Admins = Require::role("org:admin");
    ReadReports = Require::permission("org:reports:read");
    Audits = Require::feature("audit");
    ProPlan = Require::plan("user:pro");
    Careful = Require::reverification(Reverification::Strict);
    CarefulAdmins = Require::role("org:admin").and_reverification(Reverification::Moderate);
}

async fn whoami(auth: Auth) -> Json<Value> {
    Json(json!(auth.into_inner()))
}

async fn signed_in(session: SignedIn) -> String {
    format!("session of {}", session.user_id())
}

async fn maybe_signed_in(
    session: Result<SignedIn, ClerkRejection>,
) -> Result<String, ClerkRejection> {
    let session = ClerkRejection::optional(session)?;
    Ok(session.map_or("nobody".to_owned(), |session| {
        format!("session of {}", session.user_id())
    }))
}

async fn guarded<P: Policy>(session: Guarded<P>) -> String {
    format!("guarded session of {}", session.user_id())
}

async fn user(CurrentUser(user): CurrentUser) -> Json<clerk_actix::User> {
    Json(user)
}

async fn maybe_user(
    user: Option<CurrentUser>,
    reason: Result<CurrentUser, ClerkRejection>,
) -> String {
    match (user, reason) {
        (Some(CurrentUser(user)), Ok(_)) => user.id,
        (None, Err(why)) => format!("nobody: {:?}", why.kind()),
        (user, reason) => format!("{user:?} is not {reason:?}"),
    }
}

async fn organization(
    CurrentOrganization(organization): CurrentOrganization,
) -> Json<clerk_actix::Organization> {
    Json(organization)
}

async fn maybe_organization(organization: Option<CurrentOrganization>) -> String {
    organization.map_or("none".to_owned(), |CurrentOrganization(known)| known.slug)
}

async fn webhook(VerifiedWebhook(event): VerifiedWebhook) -> String {
    event
        .event_type()
        .map_or_else(String::new, |kind| kind.as_str().to_owned())
}

async fn admins_only(auth: Auth) -> Result<String, ClerkRejection> {
    let session = auth.protect(&Require::role("org:admin"))?;
    Ok(format!("checked session of {}", session.user_id()))
}

async fn leave(request: HttpRequest) -> Result<HttpResponse, ClerkRejection> {
    let mut response = HttpResponse::Ok();
    response.content_type("text/plain; charset=utf-8");
    for header in sign_out(&request).await? {
        response.append_header(header);
    }
    Ok(response.body("signed out"))
}

async fn nobody(auth: Auth) -> Result<String, ClerkRejection> {
    Err(auth.forbidden().into())
}

async fn careful_only(session: SignedIn) -> Result<String, ClerkRejection> {
    session.protect(&Require::reverification(Reverification::Lax))?;
    Ok(format!("checked session of {}", session.user_id()))
}

async fn to_sign_in(request: HttpRequest) -> Result<String, ClerkRejection> {
    Err(ClerkRejection::redirect_to_sign_in(
        &request,
        ReturnBack::Here,
    ))
}

async fn to_sign_in_and_elsewhere(request: HttpRequest) -> Result<String, ClerkRejection> {
    let back = ReturnBack::To("/welcome?x=1");
    Err(ClerkRejection::redirect_to_sign_in(&request, back))
}

async fn to_sign_up(request: HttpRequest) -> Result<String, ClerkRejection> {
    Err(ClerkRejection::redirect_to_sign_up(
        &request,
        ReturnBack::Nowhere,
    ))
}

async fn open() -> &'static str {
    "open"
}

/// An answer with which an application decides about caches by itself.
fn with_cache_headers(text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header(("cache-control", "public, max-age=60"))
        .insert_header(("etag", "\"1\""))
        .body(text)
}

async fn style() -> HttpResponse {
    with_cache_headers("p { margin: 0 }")
}

async fn cached(_: Auth) -> HttpResponse {
    with_cache_headers("cached")
}

async fn cached_signed_in(_: SignedIn) -> HttpResponse {
    with_cache_headers("cached")
}

async fn page(page: ClerkPage) -> Html {
    Html::new(format!("{}{}", page.scripts(), page.mount(SignIn::new())))
}

async fn page_with_policy(page: ClerkPage) -> HttpResponse {
    let policy = "default-src 'self' https://cdn.mine.example";
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", policy))
        .body(page.scripts().into_string())
}

async fn unchanged(_: ClerkPage) -> HttpResponse {
    HttpResponse::NotModified().finish()
}

async fn behind_a_guard() -> &'static str {
    "behind a guard"
}

fn guards(config: &mut web::ServiceConfig) {
    let routes = |patterns: &[&str]| RouteMatcher::new(patterns).unwrap();
    let mut guarded = |path: &str, guard: ProtectMiddleware| {
        config.service(web::resource(path).wrap(guard).to(behind_a_guard));
    };
    guarded("/signed-in", protect());
    guarded("/role", protect().role("org:admin"));
    guarded("/permission", protect().permission("org:reports:read"));
    guarded("/feature", protect().feature("org:audit"));
    guarded("/plan", protect().plan("team"));
    guarded(
        "/require",
        protect().require(Require::role("org:admin").and_plan("pro")),
    );
    guarded("/strict", protect().reverification(Reverification::Strict));
    guarded(
        "/within",
        protect().reverification(Reverification::Within {
            level: ReverificationLevel::FirstFactor,
            after_minutes: 5.0,
        }),
    );
    guarded(
        "/predicate",
        protect().predicate(|auth| auth.user_id() == Some("user_ada")),
    );
    guarded("/api-key", protect().token(TokenType::ApiKey));
    guarded("/m2m", protect().token(TokenType::M2mToken));
    guarded("/oauth", protect().token(TokenType::OAuthToken));
    guarded(
        "/oauth-scopes",
        protect()
            .token(TokenType::OAuthToken)
            .scope("email")
            .scope("profile"),
    );
    guarded(
        "/api-key-scope",
        protect().token(TokenType::ApiKey).scope("invoices:read"),
    );
    guarded("/preflight", protect().allow_preflight());
    guarded("/acme", protect().organization("acme"));
    guarded("/acme-by-id", protect().organization("org_acme"));
    guarded(
        "/person-or-key",
        protect().token(AcceptedTokens::list([
            TokenType::SessionToken,
            TokenType::ApiKey,
        ])),
    );
    guarded("/any-token", protect().token(AcceptedTokens::any()));
    guarded(
        "/unauthenticated-url",
        protect().unauthenticated_url("/please"),
    );
    guarded(
        "/unauthorized-url",
        protect().role("org:admin").unauthorized_url("/sorry"),
    );
    guarded("/hidden", protect().role("org:admin").not_found());
    guarded(
        "/only/{page}",
        protect().only(routes(&["/guards/only/private"])),
    );
    guarded(
        "/except/{page}",
        protect().except(routes(&["/guards/except/public"])),
    );
}

/// Returns no instance if there is no Clerk.
pub(crate) fn app(
    clerk: Option<Clerk>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let middleware = match clerk.clone() {
        Some(clerk) => ClerkMiddleware::new(clerk),
        None => ClerkMiddleware::per_request(|_| None),
    };
    let any_clerk = || {
        let key = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
        Clerk::builder()
            .secret_key("sk_test_example")
            .publishable_key(key)
            .build()
            .unwrap()
    };
    let layered = web::scope("")
        .route("/", web::get().to(open))
        .service(web::resource("/whoami").get(whoami).post(whoami))
        .service(web::resource("/signed-in").get(signed_in).post(signed_in))
        .route("/maybe/signed-in", web::get().to(maybe_signed_in))
        .route("/guarded/role", web::get().to(guarded::<Admins>))
        .route("/guarded/permission", web::get().to(guarded::<ReadReports>))
        .route("/guarded/feature", web::get().to(guarded::<Audits>))
        .route("/guarded/plan", web::get().to(guarded::<ProPlan>))
        .route("/guarded/reverification", web::get().to(guarded::<Careful>))
        .route(
            "/guarded/role-and-reverification",
            web::get().to(guarded::<CarefulAdmins>),
        )
        .route("/user", web::get().to(user))
        .route("/maybe/user", web::get().to(maybe_user))
        .route("/organization", web::get().to(organization))
        .route("/maybe/organization", web::get().to(maybe_organization))
        .route("/handler/role", web::get().to(admins_only))
        .route("/handler/reverification", web::get().to(careful_only))
        .route("/handler/nobody", web::get().to(nobody))
        .route("/leave", web::post().to(leave))
        .route("/to/sign-in", web::get().to(to_sign_in))
        .route(
            "/to/sign-in-and-elsewhere",
            web::get().to(to_sign_in_and_elsewhere),
        )
        .route("/to/sign-up", web::get().to(to_sign_up))
        .route("/page", web::get().to(page))
        .route("/page/policy", web::get().to(page_with_policy))
        .route("/page/unchanged", web::get().to(unchanged))
        .route("/static/style.css", web::get().to(style))
        .route("/cached/auth", web::get().to(cached))
        .route("/cached/signed-in", web::get().to(cached_signed_in))
        .service(web::scope("/guards").configure(guards))
        .wrap(middleware);
    let unlayered = web::scope("/unlayered")
        .route("/whoami", web::get().to(whoami))
        .route("/signed-in", web::get().to(signed_in))
        .route("/maybe", web::get().to(maybe_signed_in))
        .route("/guarded", web::get().to(guarded::<Admins>))
        .route("/user", web::get().to(user))
        .route("/to-sign-in", web::get().to(to_sign_in))
        .route("/open", web::get().to(open))
        .service(web::resource("/guard").wrap(protect()).get(behind_a_guard));
    App::new()
        .app_data(web::Data::new(clerk.unwrap_or_else(any_clerk)))
        .route("/webhook", web::post().to(webhook))
        .service(unlayered)
        .service(layered)
        // The outermost middleware sees every response.
        .wrap(DefaultHeaders::new().add(("x-outer", "seen")))
}
