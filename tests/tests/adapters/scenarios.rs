//! One list of requests, sent to the same application in axum and actix-web: status, headers and body must be equal,
//! and the status must be the one listed here.

use std::collections::HashMap;
use std::net::SocketAddr;

use reqwest::redirect::Policy;
use serde_json::json;

use crate::caching::caching;
use crate::machine_scopes::{header_only, machine_scopes};
use crate::refusals::refusals;
use crate::servers::{Pair, Running as _};
use crate::world::{ADMIN, HOST, MEMBER, ORIGIN, PRIVATE, Setup, World};

/// A request, its target, and the expected response.
pub(crate) struct Scenario {
    name: &'static str,
    setup: Setup,
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    status: u16,
    expected_headers: Vec<(&'static str, String)>,
    absent_headers: Vec<&'static str>,
    expected_texts: Vec<String>,
}

pub(crate) fn get(name: &'static str, target: impl Into<String>, status: u16) -> Scenario {
    Scenario {
        name,
        setup: Setup::Usual,
        method: "GET",
        target: target.into(),
        headers: Vec::new(),
        body: Vec::new(),
        status,
        expected_headers: Vec::new(),
        absent_headers: Vec::new(),
        expected_texts: Vec::new(),
    }
}

pub(crate) fn post(name: &'static str, target: impl Into<String>, status: u16) -> Scenario {
    Scenario {
        method: "POST",
        ..get(name, target, status)
    }
}

impl Scenario {
    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn on(mut self, setup: Setup) -> Self {
        self.setup = setup;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn bearer(self, token: impl AsRef<str>) -> Self {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// As a browser requests a page.
    pub(crate) fn document(self) -> Self {
        self.header("sec-fetch-dest", "document")
            .header("accept", "text/html,*/*;q=0.8")
    }

    /// As a browser requests a page of an application after it has been redirected through Clerk before.
    pub(crate) fn known_browser(self) -> Self {
        self.document()
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Expects a response header to contain this text.
    pub(crate) fn answers(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.expected_headers.push((name, text.into()));
        self
    }

    /// Expects the response not to have this header.
    pub(crate) fn lacks(mut self, name: &'static str) -> Self {
        self.absent_headers.push(name);
        self
    }

    /// Expects the body of the response to contain this text.
    pub(crate) fn says(mut self, text: impl Into<String>) -> Self {
        self.expected_texts.push(text.into());
        self
    }
}

/// The response, without what the server adds and the application does not control.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

async fn send(client: &reqwest::Client, to: SocketAddr, scenario: &Scenario) -> Answer {
    let method = scenario.method.parse().unwrap();
    let mut request = client
        .request(method, format!("http://{to}{}", scenario.target))
        .header("host", HOST)
        .body(scenario.body.clone());
    for (name, value) in &scenario.headers {
        request = request.header(*name, value);
    }
    let response = request.send().await.unwrap();
    let mut headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date" && *name != "connection")
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    // A stable sort, so that several cookies keep their order.
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    Answer {
        status: response.status().as_u16(),
        headers,
        body: response.text().await.unwrap(),
    }
}

fn sessions(world: &World) -> Vec<Scenario> {
    let (admin, member) = (world.admin(), world.member());
    let pending = world.token(ADMIN).pending().mint().unwrap();
    let actor = world.token(ADMIN).actor("user_support").mint().unwrap();
    let custom = world
        .token(ADMIN)
        .claim("tier", json!("gold"))
        .mint()
        .unwrap();
    let expired = world.token(ADMIN).expired().mint().unwrap();
    let early = world.token(ADMIN).issued_in_the_future().mint().unwrap();
    let elsewhere = world
        .token(ADMIN)
        .authorized_party("http://evil.test")
        .mint()
        .unwrap();
    let template = world.token(ADMIN).template_category().mint().unwrap();
    let forged = format!("{}AAAA", &admin[..admin.len() - 4]);
    vec![
        get("nothing", "/", 200)
            .says("open")
            .answers("x-clerk-auth-status", "signed-out")
            .answers("x-outer", "seen"),
        get("whoami, no token", "/whoami", 200).says("\"is_authenticated\":false"),
        get("whoami, admin", "/whoami", 200)
            .bearer(&admin)
            .says("\"org_role\":\"org:admin\"")
            .says("org:reports:read"),
        get("whoami, member", "/whoami", 200)
            .bearer(&member)
            .says("user_alan"),
        get("whoami, pending", "/whoami", 200)
            .bearer(&pending)
            .says("\"is_authenticated\":false"),
        get("whoami, impersonated", "/whoami", 200)
            .bearer(&actor)
            .says("user_support"),
        get("whoami, custom claim", "/whoami", 200)
            .bearer(&custom)
            .says("gold"),
        post("whoami, posted", "/whoami", 200)
            .bearer(&admin)
            .body("a body that is never read"),
        get("signed in, no token", "/signed-in", 401)
            .answers("www-authenticate", "Bearer")
            .answers("cache-control", "no-store")
            .says("authentication_required")
            .says("dev-browser-missing"),
        get("signed in, admin", "/signed-in", 200)
            .bearer(&admin)
            .says("session of user_ada"),
        get("signed in, scheme missing", "/signed-in", 200).header("authorization", admin.as_str()),
        get("signed in, other scheme", "/signed-in", 401)
            .header("authorization", "Basic dXNlcjpwYXNz"),
        get("signed in, lowercase scheme", "/signed-in", 200)
            .header("authorization", format!("bearer {admin}")),
        get("signed in, two spaces", "/signed-in", 200)
            .header("authorization", format!("BEARER  {admin}")),
        get("signed in, empty token", "/signed-in", 401).header("authorization", "Bearer "),
        get("signed in, not a token", "/signed-in", 401)
            .bearer("nonsense")
            .answers("www-authenticate", "invalid_token"),
        get("signed in, expired", "/signed-in", 401)
            .bearer(&expired)
            .answers("www-authenticate", "invalid_token")
            .says("token-expired"),
        get("signed in, too early", "/signed-in", 401)
            .bearer(&early)
            .answers("www-authenticate", "invalid_token"),
        get("signed in, other party", "/signed-in", 401)
            .bearer(&elsewhere)
            .says("token-invalid-authorized-parties"),
        get("signed in, forged", "/signed-in", 401)
            .bearer(&forged)
            .says("token-invalid-signature"),
        get("signed in, template token", "/signed-in", 401).bearer(&template),
        get("signed in, pending", "/signed-in", 401).bearer(&pending),
        get("signed in, unknown key", "/signed-in", 401)
            .bearer(world.token_where_users_are_down())
            .answers("www-authenticate", "invalid_token"),
        post("signed in, posted, no token", "/signed-in", 401).says("authentication_required"),
        post("signed in, posted by a form", "/signed-in", 303)
            .document()
            .answers(
                "location",
                "/sign-in?redirect_url=http%3A%2F%2Fapp.test%3A3000%2F",
            ),
        post("signed in, posted by a form of ours", "/signed-in", 303)
            .document()
            .header("referer", format!("{ORIGIN}/form?a=b"))
            .answers(
                "location",
                "redirect_url=http%3A%2F%2Fapp.test%3A3000%2Fform%3Fa%3Db",
            ),
        get("signed in, hostile protocol", "/signed-in", 307)
            .known_browser()
            .header("x-forwarded-proto", "https://evil.example/")
            .answers(
                "location",
                "redirect_url=http%3A%2F%2Fapp.test%3A3000%2Fsigned-in",
            ),
        get("signed in, hostile forwarded host", "/signed-in", 307)
            .known_browser()
            .header("x-forwarded-host", "app.test:3000@evil.example")
            .answers(
                "location",
                "redirect_url=http%3A%2F%2Fapp.test%3A3000%2Fsigned-in",
            ),
        get("signed in, fetched by a script", "/signed-in", 401)
            .header("sec-fetch-dest", "empty")
            .header("accept", "text/html, */*"),
        get(
            "sync target that is no URL",
            "/?__clerk_redirect_url=//evil.example",
            200,
        )
        .known_browser(),
        get("maybe, no token", "/maybe/signed-in", 200).says("nobody"),
        get("maybe, admin", "/maybe/signed-in", 200)
            .bearer(&admin)
            .says("session of user_ada"),
        get("maybe, expired", "/maybe/signed-in", 200)
            .bearer(&expired)
            .says("nobody"),
        get("maybe, pending", "/maybe/signed-in", 200)
            .bearer(&pending)
            .says("nobody"),
        get("user, no token", "/user", 401),
        get("user, admin", "/user", 200)
            .bearer(&admin)
            .says("user_ada")
            .says("Ada")
            .says("to everybody"),
        get("user, pending", "/user", 401).bearer(&pending),
        get("user, gone", "/user", 401).bearer(
            world
                .token(ADMIN)
                .claim("sub", json!("user_nobody"))
                .mint()
                .unwrap(),
        ),
        get("maybe a user, no token", "/maybe/user", 200).says("nobody: Unauthenticated"),
        get("maybe a user, member", "/maybe/user", 200)
            .bearer(&member)
            .says("user_alan"),
        get("organization, no token", "/organization", 401),
        get("organization, member", "/organization", 200)
            .bearer(&member)
            .says("org_acme"),
        get("organization, none is active", "/organization", 403)
            .bearer(world.token(ADMIN).mint().unwrap())
            .says("not_authorized"),
        get("organization, gone", "/organization", 403).bearer(
            world
                .token(ADMIN)
                .claim("o", json!({ "id": "org_gone", "rol": "admin" }))
                .mint()
                .unwrap(),
        ),
        get(
            "maybe an organization, no token",
            "/maybe/organization",
            200,
        )
        .says("none"),
        get(
            "maybe an organization, none is active",
            "/maybe/organization",
            200,
        )
        .bearer(world.token(ADMIN).mint().unwrap())
        .says("none"),
        get("maybe an organization, member", "/maybe/organization", 200)
            .bearer(&member)
            .says("acme"),
        get("unknown path", "/nowhere", 404).bearer(&admin),
        get("unknown path, no token", "/nowhere", 404).answers("x-outer", "seen"),
    ]
}

fn requirements(world: &World) -> Vec<Scenario> {
    let (admin, member) = (world.admin(), world.member());
    let personal = world.token(ADMIN).mint().unwrap();
    let aged = |ages: [i64; 2]| {
        world
            .token(ADMIN)
            .organization("acme")
            .claim("fva", json!(ages))
            .mint()
            .unwrap()
    };
    let (fresh, stale) = (aged([1, 1]), aged([2000, 2000]));
    let mut list = vec![
        get("guarded by role", "/guarded/role", 200)
            .bearer(&admin)
            .says("guarded session of user_ada"),
        get("guarded by role, member", "/guarded/role", 403)
            .bearer(&member)
            .answers("www-authenticate", "insufficient_scope")
            .says("not_authorized"),
        get("guarded by role, personal", "/guarded/role", 403).bearer(&personal),
        get("guarded by role, no token", "/guarded/role", 401),
        get("guarded by permission", "/guarded/permission", 200).bearer(&admin),
        get("guarded by permission, member", "/guarded/permission", 403).bearer(&member),
        get("guarded by feature", "/guarded/feature", 200).bearer(&member),
        get("guarded by feature, personal", "/guarded/feature", 403).bearer(&personal),
        get("guarded by plan", "/guarded/plan", 200).bearer(&personal),
        get("guarded by plan, member", "/guarded/plan", 403).bearer(&member),
        get("guarded by age", "/guarded/reverification", 200).bearer(&fresh),
        get("guarded by age, stale", "/guarded/reverification", 403)
            .bearer(&stale)
            .says("reverification-error")
            .says("strict"),
        get(
            "guarded by role and age",
            "/guarded/role-and-reverification",
            200,
        )
        .bearer(&fresh),
        get(
            "guarded by role and age, stale",
            "/guarded/role-and-reverification",
            403,
        )
        .bearer(&stale)
        .says("reverification-error")
        .says("moderate"),
        get(
            "guarded by role and age, member",
            "/guarded/role-and-reverification",
            403,
        )
        .bearer(&member)
        .says("not_authorized"),
        get("checked by a handler", "/handler/role", 200)
            .bearer(&admin)
            .says("checked session of user_ada"),
        get("checked by a handler, member", "/handler/role", 403)
            .bearer(&member)
            .answers("www-authenticate", "insufficient_scope"),
        get("checked by a handler, no token", "/handler/role", 401),
        get("checked by a handler, page", "/handler/role", 307)
            .known_browser()
            .answers("location", "/sign-in?redirect_url="),
        get("age checked by a handler", "/handler/reverification", 200).bearer(&fresh),
        get(
            "age checked by a handler, stale",
            "/handler/reverification",
            403,
        )
        .bearer(&stale)
        .says("\"reverification\":\"lax\""),
        get("guard", "/guards/signed-in", 200)
            .bearer(&member)
            .says("behind a guard"),
        post("guard, posted", "/guards/signed-in", 200).bearer(&member),
        get("guard, no token", "/guards/signed-in", 401)
            .answers("x-clerk-auth-status", "signed-out")
            .answers("x-outer", "seen"),
        get("guard, pending", "/guards/signed-in", 401)
            .bearer(world.token(ADMIN).pending().mint().unwrap()),
        get("guard with both", "/guards/require", 200).bearer(&admin),
        get("guard with both, one missing", "/guards/require", 403).bearer(&personal),
        get("guard with predicate", "/guards/predicate", 200).bearer(&personal),
        get("guard with predicate, other", "/guards/predicate", 403).bearer(&member),
        get("guard with age", "/guards/strict", 200).bearer(&fresh),
        get("guard with age, stale", "/guards/strict", 403)
            .bearer(&stale)
            .says("reverification-error"),
        get("guard with own age", "/guards/within", 200).bearer(&fresh),
        get("guard with own age, stale", "/guards/within", 403)
            .bearer(&stale)
            .says("\"afterMinutes\":5.0"),
        get(
            "guard with address for visitors",
            "/guards/unauthenticated-url",
            307,
        )
        .answers("location", "/please"),
        get(
            "guard with address for visitors, page",
            "/guards/unauthenticated-url",
            307,
        )
        .known_browser()
        .answers("location", "/please"),
        get(
            "guard with address for visitors, member",
            "/guards/unauthenticated-url",
            200,
        )
        .bearer(&member),
        get(
            "guard with address for others",
            "/guards/unauthorized-url",
            307,
        )
        .bearer(&member)
        .answers("location", "/sorry"),
        get(
            "guard with address for others, no token",
            "/guards/unauthorized-url",
            401,
        ),
        get("guard that hides", "/guards/hidden", 404)
            .says("resource_not_found")
            .answers("x-clerk-auth-reason", "protect-rewrite"),
        get("guard that hides, member", "/guards/hidden", 404).bearer(&member),
        get("guard that hides, page", "/guards/hidden", 307)
            .known_browser()
            .answers("location", "/sign-in"),
        get("guard that hides, admin", "/guards/hidden", 200).bearer(&admin),
        get("only, private", "/guards/only/private", 401),
        get("only, private, member", "/guards/only/private", 200).bearer(&member),
        get("only, public", "/guards/only/public", 200),
        get("only, other spelling", "/guards/only/%70rivate", 401),
        get("only, malformed", "/guards/only/%zz", 400),
        get("except, public", "/guards/except/public", 200),
        get("except, private", "/guards/except/private", 401),
        get("except, private, member", "/guards/except/private", 200).bearer(&member),
        get("except, other spelling", "/guards/except/%70ublic", 401),
        get("except, malformed", "/guards/except/%zz", 400).bearer(&member),
    ];
    for (path, allowed, refused) in [
        ("/guards/role", &admin, &member),
        ("/guards/permission", &admin, &member),
        ("/guards/feature", &member, &personal),
        ("/guards/plan", &member, &personal),
    ] {
        list.push(get("guard with demand", path, 200).bearer(allowed));
        list.push(get("guard with demand, missing", path, 403).bearer(refused));
        list.push(get("guard with demand, no token", path, 401));
    }
    list
}

fn machines(world: &World) -> Vec<Scenario> {
    let emulator = &world.emulator;
    let key = emulator
        .api_key(ADMIN)
        .scope("invoices:read")
        .mint()
        .unwrap();
    let revoked = emulator.api_key(ADMIN).revoked().mint().unwrap();
    let expired = emulator.api_key(ADMIN).expired().mint().unwrap();
    let of_organization = emulator.api_key("acme").mint().unwrap();
    let m2m = emulator.m2m_token("worker").mint().unwrap();
    let m2m_jwt = emulator.m2m_token("worker").jwt().mint().unwrap();
    let oauth = emulator
        .oauth_token(MEMBER)
        .scope("profile")
        .mint()
        .unwrap();
    let oauth_jwt = emulator
        .oauth_token(MEMBER)
        .scope("profile")
        .jwt()
        .mint()
        .unwrap();
    let unknown = "ak_LCWGdaM8mv8K4PC57IICZQXAeWfCgF30DZaFXHoGn9";
    vec![
        get("whoami, api key", "/whoami", 200)
            .bearer(&key)
            .says("api_key")
            .says("invoices:read"),
        get("whoami, organization's api key", "/whoami", 200)
            .bearer(&of_organization)
            .says("org_acme"),
        get("whoami, m2m", "/whoami", 200)
            .bearer(&m2m)
            .says("m2m_token"),
        get("whoami, m2m jwt", "/whoami", 200)
            .bearer(&m2m_jwt)
            .says("m2m_token"),
        get("whoami, oauth", "/whoami", 200)
            .bearer(&oauth)
            .says("oauth_token"),
        get("whoami, oauth jwt", "/whoami", 200)
            .bearer(&oauth_jwt)
            .says("oauth_token"),
        get("api key guard", "/guards/api-key", 200).bearer(&key),
        get("api key guard, revoked", "/guards/api-key", 401).bearer(&revoked),
        get("api key guard, expired", "/guards/api-key", 401).bearer(&expired),
        get("api key guard, unknown", "/guards/api-key", 401).bearer(unknown),
        get("api key guard, session", "/guards/api-key", 401).bearer(world.admin()),
        get("api key guard, no token", "/guards/api-key", 401),
        get("api key guard, no token, page", "/guards/api-key", 401).known_browser(),
        get("m2m guard", "/guards/m2m", 200).bearer(&m2m),
        get("m2m guard, jwt", "/guards/m2m", 200).bearer(&m2m_jwt),
        get("m2m guard, api key", "/guards/m2m", 401).bearer(&key),
        get("oauth guard", "/guards/oauth", 200).bearer(&oauth),
        get("oauth guard, jwt", "/guards/oauth", 200).bearer(&oauth_jwt),
        get("oauth guard, unknown", "/guards/oauth", 401)
            .bearer("oat_8XOIucKvqHVr5tYP123456789abcdefghij")
            .answers("www-authenticate", "resource_metadata"),
        get("person or key, key", "/guards/person-or-key", 200).bearer(&key),
        get("person or key, person", "/guards/person-or-key", 200).bearer(world.member()),
        get("person or key, m2m", "/guards/person-or-key", 401).bearer(&m2m),
        get("person or key, no token", "/guards/person-or-key", 401),
        get(
            "person or key, no token, page",
            "/guards/person-or-key",
            307,
        )
        .known_browser(),
        get("any token, m2m", "/guards/any-token", 200).bearer(&m2m),
        get("any token, oauth", "/guards/any-token", 200).bearer(&oauth),
        get("any token, unknown", "/guards/any-token", 401).bearer(unknown),
        get("people only, api key", "/guards/signed-in", 401).bearer(&key),
        get("signed in, api key", "/signed-in", 401).bearer(&key),
        get("maybe, api key", "/maybe/signed-in", 200)
            .bearer(&key)
            .says("nobody"),
    ]
}

fn browsers(world: &World, handshake: &str) -> Vec<Scenario> {
    let admin = world.admin();
    let suffix = world.emulator.cookie_suffix();
    let uat = world.seconds_ago(30);
    let plain = format!("__clerk_db_jwt=dvb_1; __client_uat={uat}; __session={admin}");
    let suffixed = format!(
        "__clerk_db_jwt_{suffix}=dvb_1; __client_uat_{suffix}={uat}; __session_{suffix}={admin}"
    );
    let expired = world.token(ADMIN).expired().mint().unwrap();
    let signed_in_later = format!(
        "__clerk_db_jwt=dvb_1; __client_uat={}; __session={admin}",
        world.seconds_ago(-30)
    );
    let sign_in = format!("{}/v1/client/handshake?", world.emulator.url());
    vec![
        get("first visit", "/", 307)
            .document()
            .answers("location", sign_in.as_str())
            .answers("location", "redirect_url=http%3A%2F%2Fapp.test%3A3000%2F&")
            .answers("set-cookie", "__clerk_redirect_count=1")
            .answers("cache-control", "no-store")
            .answers("x-clerk-auth-reason", "dev-browser-missing")
            .answers("x-outer", "seen"),
        get(
            "first visit of a guarded page",
            "/guards/signed-in?a=b&c=d",
            307,
        )
        .document()
        .answers("location", "%2Fguards%2Fsigned-in%3Fa%3Db%26c%3Dd&"),
        get("first visit, by accept", "/", 307).header("accept", "text/html"),
        get("first visit, third time", "/", 200)
            .document()
            .header("cookie", "__clerk_redirect_count=3")
            .answers("x-clerk-auth-status", "signed-out"),
        get("first visit, second time", "/", 307)
            .document()
            .header("cookie", "__clerk_redirect_count=1")
            .answers("set-cookie", "__clerk_redirect_count=2"),
        get(
            "back from the handshake",
            format!("/?__clerk_handshake={handshake}"),
            307,
        )
        .document()
        .answers("cache-control", "no-store")
        .answers("location", format!("{ORIGIN}/"))
        .answers("set-cookie", "__session=")
        .answers("access-control-allow-credentials", "true"),
        get(
            "back with a forged handshake",
            "/?__clerk_handshake=abc",
            200,
        )
        .known_browser(),
        get("a forged handshake in a cookie", "/", 200)
            .document()
            .header(
                "cookie",
                "__clerk_db_jwt=dvb_1; __client_uat=0; __clerk_handshake=abc",
            )
            .answers("set-cookie", "__clerk_handshake=; Path=/; Max-Age=0")
            .answers("cache-control", "private, no-store"),
        get("visit through a proxy", "/", 307)
            .document()
            .header("x-forwarded-host", "www.example.com")
            .header("x-forwarded-proto", "https")
            .answers("location", "redirect_url=https%3A%2F%2Fwww.example.com%2F"),
        get("page, signed out", "/", 200)
            .known_browser()
            .answers("x-clerk-auth-reason", "session-token-and-uat-missing"),
        get("guarded page, signed out", "/guards/signed-in", 307)
            .known_browser()
            .answers(
                "location",
                format!("{}?redirect_url=", world.emulator.sign_in_url()),
            )
            .answers(
                "location",
                "http%3A%2F%2Fapp.test%3A3000%2Fguards%2Fsigned-in",
            )
            .answers("location", "__clerk_db_jwt=dvb_1"),
        get("page for signed-in users, signed out", "/signed-in", 307)
            .known_browser()
            .answers("location", "%2Fsigned-in"),
        get("page behind a guard, signed out", "/guarded/role", 307).known_browser(),
        get("page of the user, signed out", "/user", 307).known_browser(),
        get("maybe, page", "/maybe/signed-in", 200)
            .known_browser()
            .says("nobody"),
        get("in a frame", "/guards/signed-in", 307)
            .header("sec-fetch-dest", "iframe")
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0"),
        get("server action", "/guards/hidden", 401)
            .header("next-url", "/")
            .header("next-action", "1")
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0"),
        get("script, signed out", "/guards/signed-in", 401)
            .header("sec-fetch-dest", "empty")
            .header("accept", "application/json")
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0"),
        get("cookies", "/signed-in", 200)
            .document()
            .header("cookie", plain.as_str())
            .says("session of user_ada"),
        get("cookies, guard", "/guards/role", 200)
            .document()
            .header("cookie", plain.as_str()),
        get("cookies, guard, missing", "/guards/api-key", 401)
            .document()
            .header("cookie", plain.as_str()),
        get("cookies with suffix", "/signed-in", 200)
            .document()
            .header("cookie", suffixed.as_str())
            .says("session of user_ada"),
        get("cookies with another suffix", "/signed-in", 307)
            .document()
            .header("cookie", suffixed.replace(suffix, "abcdefgh"))
            .answers("x-clerk-auth-reason", "dev-browser-missing"),
        get("cookies in two headers", "/signed-in", 200)
            .document()
            .header(
                "cookie",
                format!("__clerk_db_jwt=dvb_1; __client_uat={uat}"),
            )
            .header("cookie", format!("__session={admin}")),
        get("cookies, expired", "/signed-in", 307)
            .document()
            .header(
                "cookie",
                format!("__clerk_db_jwt=dvb_1; __client_uat=1; __session={expired}"),
            )
            .answers("x-clerk-auth-reason", "session-token-expired")
            .answers("location", "/v1/client/handshake"),
        get("cookies, expired, script", "/signed-in", 401)
            .header("sec-fetch-dest", "empty")
            .header(
                "cookie",
                format!("__clerk_db_jwt=dvb_1; __client_uat=1; __session={expired}"),
            ),
        get("cookies, older than the client", "/signed-in", 307)
            .document()
            .header("cookie", signed_in_later)
            .answers("x-clerk-auth-reason", "session-token-iat-before-client-uat"),
        get("cookies, no session", "/signed-in", 307)
            .document()
            .header(
                "cookie",
                format!("__clerk_db_jwt=dvb_1; __client_uat={uat}"),
            )
            .answers("x-clerk-auth-reason", "client-uat-but-no-session-token"),
        get("cookies, broken", "/signed-in", 401).header(
            "cookie",
            format!("__clerk_db_jwt=%zz; ;=; __session=; __client_uat={uat}"),
        ),
        get("handler sends to sign in", "/to/sign-in?x=1", 307).answers(
            "location",
            "/sign-in?redirect_url=http%3A%2F%2Fapp.test%3A3000%2Fto%2Fsign-in%3Fx%3D1",
        ),
        get(
            "handler sends to sign in and elsewhere",
            "/to/sign-in-and-elsewhere",
            307,
        )
        .answers("location", "http%3A%2F%2Fapp.test%3A3000%2Fwelcome%3Fx%3D1"),
        get("handler sends to the tasks", "/to/sign-in", 307)
            .bearer(world.token(ADMIN).pending().mint().unwrap())
            .answers("location", "/sign-in/tasks?redirect_url="),
        get("handler sends to sign up", "/to/sign-up", 307).answers("location", "/sign-up"),
        get("hosted pages, first visit", "/", 307)
            .on(Setup::HostedPages)
            .document()
            .answers(
                "location",
                "https://clerk-emulator.localhost.accounts.dev/v1/client/handshake?",
            ),
        get("hosted pages, signed out", "/guards/signed-in", 307)
            .on(Setup::HostedPages)
            .known_browser()
            .answers(
                "location",
                "/sign-in?redirect_url=http%3A%2F%2Fapp.test%3A3000%2Fguards%2Fsigned-in",
            ),
        get("hosted pages, sign up", "/to/sign-up", 307)
            .on(Setup::HostedPages)
            .answers("location", "/sign-up"),
        get("production, first visit", "/", 200)
            .on(Setup::Production)
            .document()
            .answers("x-clerk-auth-reason", "session-token-and-uat-missing"),
        get("production, guarded page", "/guards/signed-in", 307)
            .on(Setup::Production)
            .document()
            .answers(
                "location",
                "https://accounts.example.com/sign-in?redirect_url=",
            ),
        get("production, signed in", "/signed-in", 200)
            .on(Setup::Production)
            .bearer(&admin),
        get("production, cookies, no session", "/signed-in", 307)
            .on(Setup::Production)
            .document()
            .header("cookie", format!("__client_uat={uat}"))
            .answers("location", "https://clerk.example.com/v1/client/handshake?"),
        get("satellite, first visit", "/", 200)
            .on(Setup::Satellite)
            .document(),
        get("satellite, guarded page", "/guards/signed-in", 307)
            .on(Setup::Satellite)
            .document()
            .answers("location", "https://primary.test/sign-in?redirect_url=")
            .answers("location", "__clerk_synced%3Dfalse"),
        get("satellite, after signing in", "/?__clerk_synced=false", 307)
            .on(Setup::Satellite)
            .document()
            .answers("location", "/v1/client/handshake?"),
        get("broken satellite", "/", 500)
            .on(Setup::BrokenSatellite)
            .document()
            .header("origin", ORIGIN),
    ]
}

fn failures(world: &World) -> Vec<Scenario> {
    let admin = world.admin();
    let keys_down = world.token_where_keys_are_down();
    let users_down = world.token_where_users_are_down();
    let (event, signed) = world.webhook(0);
    let webhook = |name, status, ago| {
        let (body, headers) = world.webhook(ago);
        headers.into_iter().fold(
            post(name, "/webhook", status).body(body),
            |post, (name, value)| post.header(name, value),
        )
    };
    let padded = |name, status, bytes| {
        let (body, headers) = world.padded_webhook(0, bytes);
        headers.into_iter().fold(
            post(name, "/webhook", status).body(body),
            |post, (name, value)| post.header(name, value),
        )
    };
    let [id, at, signature] = signed.map(|(_, value)| value);
    let mut list = vec![
        get("keys down, public", "/", 200)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, no token", "/guards/signed-in", 401).on(Setup::KeysDown),
        get("keys down, guard", "/guards/role", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down)
            .answers("retry-after", "5")
            .says("authentication_unavailable"),
        get("keys down, hidden", "/guards/hidden", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, signed in", "/signed-in", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, maybe", "/maybe/signed-in", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, policy", "/guarded/role", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, handler", "/handler/role", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, user", "/user", 503)
            .on(Setup::KeysDown)
            .bearer(&keys_down),
        get("keys down, maybe a user", "/maybe/user", 200)
            .on(Setup::KeysDown)
            .bearer(&keys_down)
            .says("nobody: Undecided"),
        get("users down", "/user", 503)
            .on(Setup::UsersDown)
            .bearer(&users_down)
            .answers("retry-after", "5"),
        get("users down, maybe", "/maybe/user", 200)
            .on(Setup::UsersDown)
            .bearer(&users_down)
            .says("nobody: Undecided"),
        get("users down, session", "/signed-in", 200)
            .on(Setup::UsersDown)
            .bearer(&users_down),
        get("no instance", "/", 500).on(Setup::NoInstance),
        get("no instance, guard", "/guards/signed-in", 500)
            .on(Setup::NoInstance)
            .bearer(&admin)
            .answers("x-outer", "seen"),
        get("no instance, without the layer", "/unlayered/open", 200).on(Setup::NoInstance),
        webhook("webhook", 200, 0).says("user.created"),
        webhook("webhook, late", 200, 299),
        webhook("webhook, too old", 400, 301)
            .says("webhook_invalid")
            .says("sent longer ago than is tolerated"),
        webhook("webhook, too new", 400, -301).says("check the clock"),
        webhook("webhook, no secret", 500, 0)
            .on(Setup::NoWebhookSecret)
            .says("CLERK_WEBHOOK_SIGNING_SECRET"),
        post("webhook, unsigned", "/webhook", 400)
            .says("svix-id, svix-timestamp, svix-signature")
            .body(event.clone()),
        post("webhook, other body", "/webhook", 400)
            .header("svix-id", id.as_str())
            .header("svix-timestamp", at.as_str())
            .header("svix-signature", signature.as_str())
            .body("{}"),
        post("webhook, other ID", "/webhook", 400)
            .header("svix-id", "msg_2")
            .header("svix-timestamp", at.as_str())
            .header("svix-signature", signature.as_str())
            .body(event.clone()),
        post("webhook, one of several signatures", "/webhook", 200)
            .header("svix-id", id.as_str())
            .header("svix-timestamp", at.as_str())
            .header("svix-signature", format!("v1,AAAA v2,x {signature}"))
            .body(event.clone()),
        post("webhook, signatures in two lines", "/webhook", 200)
            .header("svix-id", id.as_str())
            .header("svix-timestamp", at.as_str())
            .header("svix-signature", "v1,AAAA")
            .header("svix-signature", signature.as_str())
            .body(event),
        padded("webhook of 300 KB", 200, 300_000).says("user.created"),
        padded("webhook of 2.5 MB", 200, 2_500_000).says("user.created"),
        padded("webhook beyond the limit", 413, 4 * 1024 * 1024).says("webhook_body_limit"),
    ];
    for path in [
        "whoami",
        "signed-in",
        "maybe",
        "guarded",
        "user",
        "to-sign-in",
        "guard",
    ] {
        list.push(get("no layer", format!("/unlayered/{path}"), 500).bearer(&admin));
        list.push(get("no layer, page", format!("/unlayered/{path}"), 500).document());
    }
    list
}

/// A token of the emulator that replaces the cookies of a signed-out browser.
async fn handshake_token(client: &reqwest::Client, world: &World) -> String {
    let url = format!(
        "{}/v1/client/handshake?format=token&redirect_url={ORIGIN}/",
        world.emulator.url()
    );
    let response = client.get(url).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (_, token) = location.split_once("__clerk_handshake=").unwrap();
    token.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_frameworks_respond_alike_and_as_stated() {
    let world = World::new().await;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let handshake = handshake_token(&client, &world).await;
    let scenarios: Vec<Scenario> = [
        sessions(&world),
        requirements(&world),
        machines(&world),
        browsers(&world, &handshake),
        failures(&world),
        refusals(&world),
        machine_scopes(&world),
        header_only(&world),
        caching(&world),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert!(scenarios.len() >= 80, "only {}", scenarios.len());

    let mut servers = HashMap::new();
    for setup in Setup::ALL {
        servers.insert(
            setup,
            Pair::start(world.clerk(setup), world.clerk(setup)).await,
        );
    }
    let mut complaints = Vec::new();
    for scenario in &scenarios {
        let pair = &servers[&scenario.setup];
        let axum = send(&client, pair.axum.address(), scenario).await;
        let actix = send(&client, pair.actix.address(), scenario).await;
        let title = format!(
            "{} ({} {}, {:?})",
            scenario.name, scenario.method, scenario.target, scenario.setup
        );
        if axum != actix {
            complaints.push(format!("{title}\n  axum:  {axum:?}\n  actix: {actix:?}"));
        }
        if axum.body.contains(PRIVATE) {
            complaints.push(format!("{title}: private metadata in the response"));
        }
        if axum.status != scenario.status {
            complaints.push(format!(
                "{title}: {} instead of {}\n  {axum:?}",
                axum.status, scenario.status
            ));
        }
        for (name, text) in &scenario.expected_headers {
            let is_there = axum
                .headers
                .iter()
                .any(|(known, value)| known == name && value.contains(text.as_str()));
            if !is_there {
                complaints.push(format!("{title}: no {name} with {text:?}\n  {axum:?}"));
            }
        }
        for name in &scenario.absent_headers {
            if axum.headers.iter().any(|(known, _)| known == name) {
                complaints.push(format!("{title}: unexpected header {name}\n  {axum:?}"));
            }
        }
        for text in &scenario.expected_texts {
            if !axum.body.contains(text.as_str()) {
                complaints.push(format!(
                    "{title}: {text:?} is missing from the body\n  {axum:?}"
                ));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "{} complaints about {} scenarios\n{}",
        complaints.len(),
        scenarios.len(),
        complaints.join("\n")
    );
}
