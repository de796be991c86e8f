//! An application of the test's own: a page that mounts Clerk's components, and a route behind a guard.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use clerk_axum::components::SignIn;
use clerk_axum::{ClerkLayer, ClerkPage, protect};
use clerk_core::{Clerk, ContentSecurityPolicy};
use clerk_emulator::{Emulator, EmulatorBuilder};

/// Where people sign in on a page that has its component from the server.
pub(crate) const SERVED_SIGN_IN: &str = "/served/sign-in";

/// What every other path but the guarded one shows.
const PAGE: &str = include_str!("components.html");

/// The application and its Clerk.
pub(crate) struct Site {
    pub(crate) emulator: Emulator,
    origin: String,
}

impl Site {
    pub(crate) async fn start(emulator: EmulatorBuilder) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let emulator = emulator.start().await.unwrap();
        let clerk = Clerk::builder()
            .from_vars(emulator.env())
            .authorized_parties([origin.clone()])
            .content_security_policy(ContentSecurityPolicy::new().strict());
        // The page itself is for everybody: only its components know who is signed in.
        let page_clerk = clerk.clone().header_only(true).sign_in_url(SERVED_SIGN_IN);
        let page_clerk = page_clerk.build().unwrap();
        let clerk = clerk.build().unwrap();
        let page = PAGE
            .replace("PUBLISHABLE_KEY", emulator.publishable_key())
            .replace("EMULATOR", emulator.url());
        let reports = Router::new()
            .route("/reports", get(async || "the reports"))
            .route_layer(protect().feature("exports"))
            .layer(ClerkLayer::new(clerk));
        let served = get(async |page: ClerkPage| {
            let form = page.mount(SignIn::new());
            let scripts = page.scripts();
            Html(format!(
                "<!doctype html><title>Sign in</title>{scripts}{form}"
            ))
        });
        let pages = Router::new()
            .route(SERVED_SIGN_IN, served)
            .fallback(get(async move |clerk: ClerkPage| {
                Html(page.replace("NONCE", clerk.nonce().unwrap_or_default()))
            }))
            .layer(ClerkLayer::new(page_clerk));
        let app = reports.fallback_service(pages);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { emulator, origin }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}
