//! Code shared by the tests of the workspace.

pub mod conformance;
pub mod document;
pub mod exercise;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The snippets of the guide: each page is a module, so that a failure names it.
#[cfg(doctest)]
pub mod guide {
    macro_rules! pages {
        ($($page:ident = $file:literal;)*) => {
            $(#[doc = include_str!(concat!("../../docs/guide/", $file))] pub mod $page {})*
        };
    }

    pages! {
        actix_web = "actix-web.md";
        axum = "axum.md";
        billing = "billing.md";
        clients = "clients.md";
        coming_from = "coming-from.md";
        deployment = "deployment.md";
        index = "index.md";
        machines = "machines.md";
        organizations = "organizations.md";
        other_frameworks = "other-frameworks.md";
        pages = "pages.md";
        performance = "performance.md";
        protecting_routes = "protecting-routes.md";
        security = "security.md";
        testing = "testing.md";
        troubleshooting = "troubleshooting.md";
        users = "users.md";
        webhooks = "webhooks.md";
    }
}
