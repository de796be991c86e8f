//! Scopes of machine tokens, organizations by name, challenges for OAuth clients, APIs without cookies: part of the list of
//! scenarios.

use crate::scenarios::{Scenario, get};
use crate::world::{ADMIN, MEMBER, RESOURCE, Setup, World};

const METADATA: &str = "/.well-known/oauth-protected-resource";
const OTHER_TYPE_OR_SIGN_IN: &str =
    "a token of this type is not accepted here: sign in, or send a token of an accepted type";
const NAMES_SCOPES: &str = r#"scope="email profile""#;
const NAMES_METADATA: &str =
    r#"resource_metadata="https://app.test/.well-known/oauth-protected-resource/guards""#;

pub(crate) fn machine_scopes(world: &World) -> Vec<Scenario> {
    let emulator = &world.emulator;
    let oauth = |scopes: &[&str]| {
        let token = emulator.oauth_token(MEMBER);
        let token = scopes
            .iter()
            .fold(token, |token, scope| token.scope(*scope));
        token.mint().unwrap()
    };
    let (both, one) = (oauth(&["profile", "email"]), oauth(&["profile"]));
    let one_as_jwt = emulator
        .oauth_token(MEMBER)
        .scope("profile")
        .jwt()
        .mint()
        .unwrap();
    let key = emulator
        .api_key(ADMIN)
        .scope("invoices:read")
        .mint()
        .unwrap();
    let bare_key = emulator.api_key(ADMIN).mint().unwrap();
    let personal = world.token(ADMIN).mint().unwrap();
    let unknown = "oat_8XOIucKvqHVr5tYP123456789abcdefghij";
    let on_resource = |scenario: Scenario| scenario.on(Setup::OAuthResource);
    let mut list = vec![
        get("scopes", "/guards/oauth-scopes", 200).bearer(&both),
        get("scopes, one missing", "/guards/oauth-scopes", 403)
            .bearer(&one)
            .says("insufficient_scope")
            .answers(
                "www-authenticate",
                r#"Bearer error="insufficient_scope", scope="email profile""#,
            ),
        get("scopes, one missing in a JWT", "/guards/oauth-scopes", 403).bearer(&one_as_jwt),
        get("scopes, session", "/guards/oauth-scopes", 401).bearer(world.admin()),
        get("scopes, api key", "/guards/oauth-scopes", 401).bearer(&key),
        get("scope of an api key", "/guards/api-key-scope", 200).bearer(&key),
        get("scope of an api key, missing", "/guards/api-key-scope", 403)
            .bearer(&bare_key)
            .answers(
                "www-authenticate",
                r#"Bearer error="insufficient_scope", scope="invoices:read""#,
            ),
        get(
            "scope of an api key, no token",
            "/guards/api-key-scope",
            401,
        )
        .answers("www-authenticate", r#"Bearer scope="invoices:read""#),
        get("organization by slug", "/guards/acme", 200).bearer(world.member()),
        get("organization by slug, none", "/guards/acme", 403).bearer(&personal),
        get("organization by ID", "/guards/acme-by-id", 200).bearer(world.member()),
        get("organization by ID, none", "/guards/acme-by-id", 403).bearer(&personal),
        get("organization, api key", "/guards/acme", 401)
            .bearer(&key)
            .says(OTHER_TYPE_OR_SIGN_IN),
        get("signed in, api key", "/signed-in", 401)
            .bearer(&key)
            .says(OTHER_TYPE_OR_SIGN_IN)
            .says("token-type-mismatch"),
        get("role in a handler, api key", "/handler/role", 401)
            .bearer(&key)
            .says(OTHER_TYPE_OR_SIGN_IN),
        get("a type that is not accepted", "/guards/m2m", 401)
            .bearer(&key)
            .says("a token of this type is not accepted here: send a token of an accepted type"),
        get(
            "no token where a session is not accepted",
            "/guards/m2m",
            401,
        )
        .says("send a valid token of an accepted type"),
        get("a handler that refuses", "/handler/nobody", 403)
            .bearer(world.admin())
            .says("not_authorized"),
        // Nothing is served unless it was configured.
        get("metadata, not configured", METADATA, 404),
        on_resource(get(
            "metadata, of something else",
            "/.well-known/oauth-protected-resource/else",
            404,
        )),
        on_resource(get("metadata, posted", METADATA, 404).method("POST")),
        on_resource(get(
            "metadata of the server",
            "/.well-known/oauth-authorization-server",
            200,
        ))
        .answers("content-type", "application/json")
        .answers("access-control-expose-headers", "WWW-Authenticate")
        .says(format!(r#""issuer":"{}""#, emulator.url()))
        .says(format!(
            r#""token_endpoint":"{}/oauth/token""#,
            emulator.url()
        ))
        .answers("access-control-allow-origin", "*"),
        on_resource(get("resource, no token", "/guards/oauth-scopes", 401)).answers(
            "www-authenticate",
            format!("Bearer {NAMES_SCOPES}, {NAMES_METADATA}"),
        ),
        on_resource(get("resource, page", "/guards/oauth-scopes", 401))
            .document()
            .header("cookie", "__clerk_db_jwt=dvb_1; __client_uat=0")
            .answers("www-authenticate", NAMES_METADATA),
        on_resource(get("resource, unknown token", "/guards/oauth-scopes", 401))
            .bearer(unknown)
            .answers(
                "www-authenticate",
                format!(r#"Bearer error="invalid_token", {NAMES_SCOPES}, {NAMES_METADATA}"#),
            ),
        on_resource(get("resource, session", "/guards/oauth-scopes", 401))
            .bearer(world.admin())
            .answers("www-authenticate", NAMES_METADATA),
        on_resource(get("resource, scope missing", "/guards/oauth-scopes", 403))
            .bearer(&one)
            .answers(
                "www-authenticate",
                format!(r#"Bearer error="insufficient_scope", {NAMES_SCOPES}, {NAMES_METADATA}"#),
            ),
        on_resource(get("resource", "/guards/oauth-scopes", 200)).bearer(&both),
        on_resource(get(
            "resource, any token, no token",
            "/guards/any-token",
            401,
        ))
        .answers("www-authenticate", format!("Bearer {NAMES_METADATA}")),
    ];
    for path in [METADATA, "/.well-known/oauth-protected-resource/guards"] {
        list.push(
            on_resource(get("metadata", path, 200))
                .answers("content-type", "application/json")
                .answers("access-control-allow-origin", "*")
                .answers("access-control-expose-headers", "WWW-Authenticate")
                .says(format!(r#""resource":"{RESOURCE}""#))
                .says(format!(r#""authorization_servers":["{}"]"#, emulator.url()))
                .says(r#""scopes_supported":["email","profile"]"#),
        );
    }
    for path in [
        METADATA,
        "/.well-known/oauth-protected-resource/guards",
        "/.well-known/oauth-authorization-server",
    ] {
        list.push(
            on_resource(get("metadata, preflight", path, 204).method("OPTIONS"))
                .answers("access-control-allow-origin", "*")
                .answers("access-control-allow-methods", "GET")
                .answers("access-control-allow-headers", "*"),
        );
    }
    list
}

/// Requests as browsers send them, to routes where cookies do not count.
pub(crate) fn header_only(world: &World) -> Vec<Scenario> {
    let admin = world.admin();
    let cookies = format!(
        "__clerk_db_jwt=dvb_1; __client_uat={}; __session={admin}",
        world.seconds_ago(30)
    );
    let on_api = |scenario: Scenario| scenario.on(Setup::HeaderOnly);
    let websocket = |name, path: &str, status, protocols: String| {
        on_api(get(name, path, status))
            .header("upgrade", "websocket")
            .header("sec-websocket-protocol", protocols)
    };
    vec![
        on_api(get("header only", "/signed-in", 200)).bearer(&admin),
        on_api(get("header only, cookies", "/signed-in", 401))
            .header("cookie", cookies.as_str())
            .answers("www-authenticate", "Bearer"),
        on_api(get("header only, page", "/signed-in", 401))
            .document()
            .header("cookie", cookies.as_str())
            .answers("content-type", "application/json")
            .lacks("location")
            .lacks("set-cookie"),
        on_api(get("header only, first visit", "/", 200))
            .document()
            .lacks("location"),
        on_api(get(
            "header only, handshake",
            "/?__clerk_handshake=abc",
            200,
        ))
        .document()
        .lacks("set-cookie"),
        websocket(
            "websocket",
            "/signed-in",
            200,
            format!("chat, clerk.token, {admin}"),
        ),
        websocket(
            "websocket, no token",
            "/signed-in",
            401,
            "chat, clerk.token".to_owned(),
        ),
        websocket(
            "websocket, other protocol",
            "/signed-in",
            401,
            format!("token, {admin}"),
        ),
        websocket(
            "websocket, bad token",
            "/signed-in",
            401,
            "clerk.token, nonsense".to_owned(),
        )
        .answers("www-authenticate", "invalid_token"),
        on_api(get("no websocket", "/signed-in", 401))
            .header("sec-websocket-protocol", format!("clerk.token, {admin}")),
        get("websocket, not enabled", "/signed-in", 401)
            .header("upgrade", "websocket")
            .header("sec-websocket-protocol", format!("clerk.token, {admin}")),
        get("preflight", "/guards/preflight", 200)
            .method("OPTIONS")
            .header("origin", "https://spa.test")
            .header("access-control-request-method", "GET"),
        get("preflight, not enabled", "/guards/signed-in", 401)
            .method("OPTIONS")
            .header("origin", "https://spa.test")
            .header("access-control-request-method", "GET"),
        get("OPTIONS without preflight", "/guards/preflight", 401)
            .method("OPTIONS")
            .header("origin", "https://spa.test"),
        get("no preflight", "/guards/preflight", 401)
            .header("origin", "https://spa.test")
            .header("access-control-request-method", "GET"),
    ]
}
