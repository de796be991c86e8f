//! Refusals for browsers and htmx: part of the list of scenarios.

use serde_json::json;

use crate::scenarios::{Scenario, get, post};
use crate::world::{MEMBER, ORIGIN, Setup, World};

/// A request of a browser with session cookies.
fn document(world: &World, name: &'static str, path: &str, status: u16, token: &str) -> Scenario {
    get(name, path, status)
        .document()
        .header("cookie", cookies(world, token))
}

fn cookies(world: &World, token: &str) -> String {
    let uat = world.seconds_ago(30);
    format!("__clerk_db_jwt=dvb_1; __client_uat={uat}; __session={token}")
}

/// An htmx request from a page that is signed out by now.
fn htmx(name: &'static str, path: &str, status: u16, page: &str) -> Scenario {
    by_htmx(get(name, path, status), page).header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
}

fn by_htmx(scenario: Scenario, page: &str) -> Scenario {
    scenario
        .header("sec-fetch-dest", "empty")
        .header("accept", "*/*")
        .header("hx-request", "true")
        .header("hx-current-url", page)
}

pub(crate) fn refusals(world: &World) -> Vec<Scenario> {
    let member = world.member();
    let stale = world
        .token(MEMBER)
        .organization("acme")
        .claim("fva", json!([2000, 2000]))
        .mint()
        .unwrap();
    let keys_down = world.token_where_keys_are_down();
    let users_down = world.token_where_users_are_down();
    let html = "text/html; charset=utf-8";
    vec![
        document(world, "page, missing role", "/guards/role", 403, &member)
            .answers("content-type", html)
            .answers("cache-control", "private, no-store")
            .answers("vary", "Cookie, Authorization")
            .answers("www-authenticate", "insufficient_scope")
            .says("<!doctype html>")
            .says("You don’t have access to this page"),
        document(
            world,
            "page of a policy, missing role",
            "/guarded/role",
            403,
            &member,
        )
        .answers("content-type", html),
        document(
            world,
            "page of a handler, missing role",
            "/handler/role",
            403,
            &member,
        )
        .answers("content-type", html)
        .says("<!doctype html>"),
        document(
            world,
            "page that requires a recent sign-in",
            "/guards/strict",
            403,
            &stale,
        )
        .answers("content-type", html),
        document(world, "page that hides", "/guards/hidden", 404, &member)
            .answers("content-type", html)
            .says("Page not found"),
        document(
            world,
            "page of a malformed path",
            "/guards/only/%zz",
            400,
            &member,
        )
        .answers("content-type", html)
        .says("This address isn’t valid"),
        document(
            world,
            "page for another kind of token",
            "/guards/api-key",
            401,
            &member,
        )
        .answers("content-type", html)
        .says("This page is for programs"),
        get("page for another kind of token, no token", "/guards/api-key", 401)
            .document()
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
            .answers("content-type", html)
            .says("This page is for programs"),
        document(world, "page, keys down", "/guards/role", 503, &keys_down)
            .on(Setup::KeysDown)
            .answers("content-type", html)
            .answers("retry-after", "5")
            .says("Please try again in a moment"),
        document(
            world,
            "page of a user, users down",
            "/user",
            503,
            &users_down,
        )
        .on(Setup::UsersDown)
        .answers("content-type", html),
        // Programs get the same refusals as before, including those that authenticate with cookies.
        get("script, missing role", "/guards/role", 403)
            .header("sec-fetch-dest", "empty")
            .header("cookie", cookies(world, &member))
            .answers("content-type", "application/json")
            .says("not_authorized"),
        get("bearer, missing role", "/guards/role", 403)
            .bearer(&member)
            .header("accept", "application/json")
            .answers("content-type", "application/json"),
        // The application's own page.
        document(
            world,
            "own page, missing role",
            "/guards/role",
            403,
            &member,
        )
        .on(Setup::OwnPages)
        .answers("content-type", html)
        .says("own page: 403 Forbidden, the session lacks what this resource requires"),
        document(
            world,
            "own page for another kind of token",
            "/guards/api-key",
            401,
            &member,
        )
        .on(Setup::OwnPages)
        .says("own page: 401 Unauthenticated, a token of this type is not accepted here: send a token of an accepted type"),
        document(world, "own page, hidden", "/guards/hidden", 404, &member)
            .on(Setup::OwnPages)
            .says("own page: 404 NotFound"),
        // htmx is treated like a program, unless the application configures it.
        htmx("htmx, no token", "/guards/signed-in", 401, ORIGIN)
            .answers("content-type", "application/json")
            .lacks("hx-redirect"),
        htmx(
            "htmx sent to sign in",
            "/guards/signed-in",
            401,
            &format!("{ORIGIN}/cart?a=b"),
        )
        .on(Setup::OwnPages)
        .answers(
            "hx-redirect",
            format!("{}?redirect_url=", world.emulator.sign_in_url()),
        )
        .answers("hx-redirect", "http%3A%2F%2Fapp.test%3A3000%2Fcart%3Fa%3Db")
        .answers("www-authenticate", "Bearer")
        .lacks("location"),
        htmx(
            "htmx, from another origin's page",
            "/guards/signed-in",
            401,
            "http://evil.test/cart",
        )
        .on(Setup::OwnPages)
        .answers(
            "hx-redirect",
            "redirect_url=http%3A%2F%2Fapp.test%3A3000%2F&",
        ),
        htmx(
            "htmx, page with an invalid URL",
            "/signed-in",
            401,
            "//evil.test",
        )
        .on(Setup::OwnPages)
        .answers(
            "hx-redirect",
            "redirect_url=http%3A%2F%2Fapp.test%3A3000%2F&",
        ),
        htmx("htmx, handler", "/handler/role", 401, ORIGIN)
            .on(Setup::OwnPages)
            .answers("hx-redirect", "/sign-in?redirect_url="),
        htmx("htmx, sent by a handler", "/to/sign-in", 401, ORIGIN)
            .on(Setup::OwnPages)
            .answers("hx-redirect", "/sign-in?redirect_url="),
        htmx(
            "htmx, address for visitors",
            "/guards/unauthenticated-url",
            401,
            ORIGIN,
        )
        .on(Setup::OwnPages)
        .answers("hx-redirect", "/please"),
        by_htmx(
            get("htmx, address for others", "/guards/unauthorized-url", 403),
            ORIGIN,
        )
        .on(Setup::OwnPages)
        .header("cookie", cookies(world, &member))
        .answers("hx-redirect", "/sorry"),
        by_htmx(get("htmx, missing role", "/guards/role", 403), ORIGIN)
            .on(Setup::OwnPages)
            .header("cookie", cookies(world, &member))
            .answers("content-type", "application/json")
            .lacks("hx-redirect"),
        by_htmx(
            post("htmx, posted", "/signed-in", 401),
            &format!("{ORIGIN}/form"),
        )
        .on(Setup::OwnPages)
        .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
        .answers("hx-redirect", "http%3A%2F%2Fapp.test%3A3000%2Fform"),
    ]
}
