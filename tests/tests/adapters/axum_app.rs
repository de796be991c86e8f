//! The application of the scenarios, for axum.

use axum::extract::FromRef;
use axum::response::{Html, IntoResponse};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use clerk_axum::components::SignIn;
use clerk_axum::{
    AcceptedTokens, Auth, Clerk, ClerkLayer, ClerkPage, ClerkRejection, CurrentOrganization,
    CurrentUser, Guarded, Policy, Require, ReturnBack, Reverification, ReverificationLevel,
    RouteMatcher, SignedIn, TokenType, VerifiedWebhook, protect, sign_out,
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
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

async fn maybe_signed_in(session: Option<SignedIn>) -> String {
    session.map_or("nobody".to_owned(), |session| {
        format!("session of {}", session.user_id())
    })
}

async fn guarded<P: Policy>(session: Guarded<P>) -> String {
    format!("guarded session of {}", session.user_id())
}

async fn user(CurrentUser(user): CurrentUser) -> Json<clerk_axum::User> {
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
) -> Json<clerk_axum::Organization> {
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

async fn leave(parts: Parts) -> Result<(HeaderMap, &'static str), ClerkRejection> {
    Ok((sign_out(&parts).await?, "signed out"))
}

async fn nobody(auth: Auth) -> ClerkRejection {
    auth.forbidden().into()
}

async fn careful_only(session: SignedIn) -> Result<String, ClerkRejection> {
    session.protect(&Require::reverification(Reverification::Lax))?;
    Ok(format!("checked session of {}", session.user_id()))
}

async fn to_sign_in(parts: Parts) -> ClerkRejection {
    ClerkRejection::redirect_to_sign_in(&parts, ReturnBack::Here)
}

async fn to_sign_in_and_elsewhere(parts: Parts) -> ClerkRejection {
    ClerkRejection::redirect_to_sign_in(&parts, ReturnBack::To("/welcome?x=1"))
}

async fn to_sign_up(parts: Parts) -> ClerkRejection {
    ClerkRejection::redirect_to_sign_up(&parts, ReturnBack::Nowhere)
}

async fn nowhere() -> StatusCode {
    StatusCode::NOT_FOUND
}

async fn open() -> &'static str {
    "open"
}

/// Headers with which an application decides about caches by itself.
const CACHED: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "public, max-age=60"), (ETAG, "\"1\"")];

async fn style() -> impl IntoResponse {
    (CACHED, "p { margin: 0 }")
}

async fn cached(_: Auth) -> impl IntoResponse {
    (CACHED, "cached")
}

async fn cached_signed_in(_: SignedIn) -> impl IntoResponse {
    (CACHED, "cached")
}

async fn page(page: ClerkPage) -> Html<String> {
    Html(format!("{}{}", page.scripts(), page.mount(SignIn::new())))
}

async fn page_with_policy(page: ClerkPage) -> impl IntoResponse {
    let policy = "default-src 'self' https://cdn.mine.example";
    (
        [(CONTENT_SECURITY_POLICY, policy)],
        Html(page.scripts().into_string()),
    )
}

async fn unchanged(_: ClerkPage) -> StatusCode {
    StatusCode::NOT_MODIFIED
}

async fn behind_a_guard() -> &'static str {
    "behind a guard"
}

fn guards() -> Router<Application> {
    let routes = |patterns: &[&str]| RouteMatcher::new(patterns).unwrap();
    let guarded = |path: &str| Router::new().route(path, any(behind_a_guard));
    Router::new()
        .merge(guarded("/signed-in").route_layer(protect()))
        .merge(guarded("/role").route_layer(protect().role("org:admin")))
        .merge(guarded("/permission").route_layer(protect().permission("org:reports:read")))
        .merge(guarded("/feature").route_layer(protect().feature("org:audit")))
        .merge(guarded("/plan").route_layer(protect().plan("team")))
        .merge(
            guarded("/require")
                .route_layer(protect().require(Require::role("org:admin").and_plan("pro"))),
        )
        .merge(guarded("/strict").route_layer(protect().reverification(Reverification::Strict)))
        .merge(
            guarded("/within").route_layer(protect().reverification(Reverification::Within {
                level: ReverificationLevel::FirstFactor,
                after_minutes: 5.0,
            })),
        )
        .merge(
            guarded("/predicate")
                .route_layer(protect().predicate(|auth| auth.user_id() == Some("user_ada"))),
        )
        .merge(guarded("/api-key").route_layer(protect().token(TokenType::ApiKey)))
        .merge(guarded("/m2m").route_layer(protect().token(TokenType::M2mToken)))
        .merge(guarded("/oauth").route_layer(protect().token(TokenType::OAuthToken)))
        .merge(
            guarded("/oauth-scopes").route_layer(
                protect()
                    .token(TokenType::OAuthToken)
                    .scope("email")
                    .scope("profile"),
            ),
        )
        .merge(
            guarded("/api-key-scope")
                .route_layer(protect().token(TokenType::ApiKey).scope("invoices:read")),
        )
        .merge(guarded("/preflight").route_layer(protect().allow_preflight()))
        .merge(guarded("/acme").route_layer(protect().organization("acme")))
        .merge(guarded("/acme-by-id").route_layer(protect().organization("org_acme")))
        .merge(
            guarded("/person-or-key").route_layer(protect().token(AcceptedTokens::list([
                TokenType::SessionToken,
                TokenType::ApiKey,
            ]))),
        )
        .merge(guarded("/any-token").route_layer(protect().token(AcceptedTokens::any())))
        .merge(
            guarded("/unauthenticated-url").route_layer(protect().unauthenticated_url("/please")),
        )
        .merge(
            guarded("/unauthorized-url")
                .route_layer(protect().role("org:admin").unauthorized_url("/sorry")),
        )
        .merge(guarded("/hidden").route_layer(protect().role("org:admin").not_found()))
        .merge(
            guarded("/only/{page}").route_layer(protect().only(routes(&["/guards/only/private"]))),
        )
        .merge(
            guarded("/except/{page}")
                .route_layer(protect().except(routes(&["/guards/except/public"]))),
        )
}

#[derive(Clone)]
struct Application(Clerk);

impl FromRef<Application> for Clerk {
    fn from_ref(application: &Application) -> Self {
        application.0.clone()
    }
}

/// Returns no instance if there is no Clerk.
pub(crate) fn app(clerk: Option<Clerk>) -> Router {
    let layer = match clerk.clone() {
        Some(clerk) => ClerkLayer::new(clerk),
        None => ClerkLayer::per_request(|_| None),
    };
    let any_clerk = || {
        let key = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
        Clerk::builder()
            .secret_key("sk_test_example")
            .publishable_key(key)
            .build()
            .unwrap()
    };
    let layered = Router::new()
        .route("/", get(open))
        .route("/whoami", get(whoami).post(whoami))
        .route("/signed-in", get(signed_in).post(signed_in))
        .route("/maybe/signed-in", get(maybe_signed_in))
        .route("/guarded/role", get(guarded::<Admins>))
        .route("/guarded/permission", get(guarded::<ReadReports>))
        .route("/guarded/feature", get(guarded::<Audits>))
        .route("/guarded/plan", get(guarded::<ProPlan>))
        .route("/guarded/reverification", get(guarded::<Careful>))
        .route(
            "/guarded/role-and-reverification",
            get(guarded::<CarefulAdmins>),
        )
        .route("/user", get(user))
        .route("/maybe/user", get(maybe_user))
        .route("/organization", get(organization))
        .route("/maybe/organization", get(maybe_organization))
        .route("/handler/role", get(admins_only))
        .route("/handler/reverification", get(careful_only))
        .route("/handler/nobody", get(nobody))
        .route("/leave", post(leave))
        .route("/to/sign-in", get(to_sign_in))
        .route("/to/sign-in-and-elsewhere", get(to_sign_in_and_elsewhere))
        .route("/to/sign-up", get(to_sign_up))
        .route("/page", get(page))
        .route("/page/policy", get(page_with_policy))
        .route("/page/unchanged", get(unchanged))
        .route("/static/style.css", get(style))
        .route("/cached/auth", get(cached))
        .route("/cached/signed-in", get(cached_signed_in))
        .nest("/guards", guards())
        .fallback(nowhere)
        .layer(layer);
    let unlayered = Router::new()
        .route("/unlayered/whoami", get(whoami))
        .route("/unlayered/signed-in", get(signed_in))
        .route("/unlayered/maybe", get(maybe_signed_in))
        .route("/unlayered/guarded", get(guarded::<Admins>))
        .route("/unlayered/user", get(user))
        .route("/unlayered/to-sign-in", get(to_sign_in))
        .route("/unlayered/open", get(open))
        .merge(
            Router::new()
                .route("/unlayered/guard", get(behind_a_guard))
                .route_layer(protect()),
        )
        .route("/webhook", post(webhook));
    layered
        .merge(unlayered)
        .layer(axum::middleware::map_response(mark))
        .with_state(Application(clerk.unwrap_or_else(any_clerk)))
}

/// The outermost middleware, which sees every response.
async fn mark(mut response: axum::response::Response) -> axum::response::Response {
    response.headers_mut().insert(
        HeaderName::from_static("x-outer"),
        HeaderValue::from_static("seen"),
    );
    response
}
