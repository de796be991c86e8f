//! What caches are told: part of the list of scenarios.

use crate::scenarios::{Scenario, get};
use crate::world::World;

const PRIVATE: &str = "private, no-store";
const VARIES: &str = "Cookie, Authorization";

/// An answer for nobody but the sender of the request.
fn private(scenario: Scenario) -> Scenario {
    scenario
        .answers("cache-control", PRIVATE)
        .answers("vary", VARIES)
}

/// An answer that depends on the sender of the request.
fn varies(scenario: Scenario) -> Scenario {
    scenario.lacks("cache-control").answers("vary", VARIES)
}

/// An answer that is the same for everybody.
fn shared(scenario: Scenario) -> Scenario {
    scenario.lacks("cache-control").lacks("vary")
}

pub(crate) fn caching(world: &World) -> Vec<Scenario> {
    let (admin, member) = (world.admin(), world.member());
    let key = world.emulator.api_key("ada@example.com").mint().unwrap();
    let own = "public, max-age=60";
    // Its cookie is cleared, so that the answer sets cookies.
    let spent = "__clerk_db_jwt=dvb_1; __client_uat=0; __clerk_handshake=abc";
    vec![
        // Nobody asks who sent the request.
        shared(get("same for all", "/", 200)),
        shared(get("same for all, signed in", "/", 200).bearer(&admin)),
        shared(get("same for all, page", "/", 200).known_browser()),
        get("static file", "/static/style.css", 200)
            .bearer(&admin)
            .answers("cache-control", own)
            .answers("etag", "\"1\"")
            .lacks("vary"),
        get("static file with session cookies", "/static/style.css", 200)
            .document()
            .header("cookie", spent)
            .answers("cache-control", PRIVATE)
            .answers("vary", VARIES),
        shared(get(
            "guard that lets others through",
            "/guards/only/public",
            200,
        )),
        shared(get("guard with an exception", "/guards/except/public", 200).bearer(&admin)),
        // A handler asks, and answers everybody.
        varies(get("anybody", "/whoami", 200)),
        varies(get("anybody, signed in", "/whoami", 200).bearer(&admin)),
        varies(get("maybe signed in, nobody", "/maybe/signed-in", 200)),
        varies(get("maybe a user, nobody", "/maybe/user", 200)),
        varies(get("handler that decides", "/handler/role", 200).bearer(&admin)),
        get("anybody, cached", "/cached/auth", 200)
            .answers("cache-control", own)
            .answers("vary", VARIES),
        // The answer is for one person.
        private(get("signed in", "/signed-in", 200).bearer(&admin)),
        private(get("maybe signed in", "/maybe/signed-in", 200).bearer(&admin)),
        private(get("policy", "/guarded/role", 200).bearer(&admin)),
        private(get("user", "/user", 200).bearer(&admin)),
        private(get("maybe a user", "/maybe/user", 200).bearer(&admin)),
        private(get("organization", "/organization", 200).bearer(&admin)),
        private(get("guard", "/guards/signed-in", 200).bearer(&admin)),
        private(get("guard for machines", "/guards/any-token", 200).bearer(&key)),
        private(get("guard by path", "/guards/only/private", 200).bearer(&admin)),
        get("signed in, cached", "/cached/signed-in", 200)
            .bearer(&admin)
            .answers("cache-control", own)
            .answers("vary", VARIES),
        get(
            "signed in, cached, with session cookies",
            "/cached/auth",
            200,
        )
        .document()
        .header("cookie", spent)
        .answers("cache-control", PRIVATE)
        .answers("vary", VARIES),
        // Refusals and redirects.
        private(get("refused", "/signed-in", 401)),
        private(get("refused, lacking a role", "/guards/role", 403).bearer(&member)),
        private(get("refused by a handler", "/handler/role", 403).bearer(&member)),
        private(get("sent to sign in", "/guards/signed-in", 307).known_browser()),
        private(get("sent to sign in by a handler", "/to/sign-in", 307)),
        private(get("sent through a handshake", "/", 307).document()),
    ]
}
