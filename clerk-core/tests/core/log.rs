//! What an operator reads in the log, and what is not said there.

use clerk_core::adapter::{AuthContext, GoOn, Next, WebhookBody};
use clerk_core::{Clerk, Protect, Refusal, TokenType};
use clerk_test_support::forge::{NOW, Signer};
use clerk_test_support::log::Log;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::{development, production, request};

/// Returns what is logged at this level and above while a request with these headers is attached.
fn logged(clerk: &Clerk, level: LevelFilter, headers: &[(&str, &str)]) -> String {
    let (log, guard) = Log::start_at(level);
    let next = clerk.attach(&request(headers));
    drop(guard);
    assert!(!matches!(next, Next::Wait(_)), "nothing needs I/O");
    log.text()
}

#[test]
fn a_loop_of_handshakes_names_its_own_cause() {
    let signer = Signer::instance();
    let expired =
        signer.session_with(&json!({ "exp": NOW - 60, "iat": NOW - 120, "nbf": NOW - 130 }));
    let early =
        signer.session_with(&json!({ "exp": NOW + 300, "iat": NOW + 122, "nbf": NOW - 10 }));
    let not_before = signer.session_with(&json!({ "exp": NOW + 300, "nbf": NOW + 122 }));
    let session = signer.session();
    let past = NOW - 1000;
    for (cookies, reason, cause) in [
        (
            format!("__client_uat={past}"),
            "client-uat-but-no-session-token",
            "more than 4 KB",
        ),
        (
            format!("__client_uat={past}; __session={expired}"),
            "session-token-expired",
            "has expired and is not replaced",
        ),
        (
            format!("__client_uat={past}; __session={early}"),
            "session-token-iat-in-the-future",
            "set this machine's clock",
        ),
        (
            format!("__client_uat={past}; __session={not_before}"),
            "session-token-nbf",
            "set this machine's clock",
        ),
        (
            format!("__client_uat={}; __session={session}", NOW + 60),
            "session-token-iat-before-client-uat",
            "a stale cookie",
        ),
        (String::new(), "dev-browser-missing", "__clerk_db_jwt"),
    ] {
        let cookies = format!("{cookies}; __clerk_redirect_count=3");
        let instance = if reason == "dev-browser-missing" {
            development()
        } else {
            production()
        };
        let clerk = instance.build().unwrap();
        let said = logged(
            &clerk,
            LevelFilter::WARN,
            &[("sec-fetch-dest", "document"), ("cookie", &cookies)],
        );
        assert!(
            said.contains("completed three handshakes in a row"),
            "{reason}: {said}"
        );
        assert!(
            said.contains(&format!("reason={reason}")),
            "{reason}: {said}"
        );
        assert!(said.contains(cause), "{reason}: {said}");
        assert!(!said.contains("different instances"), "{reason}: {said}");
        assert_eq!(
            said.contains("clock_behind_seconds=121"),
            reason == "session-token-iat-in-the-future",
            "{reason}: {said}"
        );
    }
}

#[test]
fn a_refused_token_is_explained_to_the_developer() {
    let forged = Signer::stranger().session();
    let bearer = format!("Bearer {forged}");
    let refused = [("authorization", bearer.as_str())];
    let development = development().build().unwrap();
    let said = logged(&development, LevelFilter::INFO, &refused);
    assert!(said.contains("INFO"), "{said}");
    assert!(said.contains("token-invalid-signature"), "{said}");
    assert!(
        said.contains("the token's signature is not valid"),
        "{said}"
    );
    assert!(!said.contains(&forged), "{said}");
    // Some reasons need no further description.
    let session = format!("Bearer {}", Signer::instance().session());
    let machines = crate::development().accepts(TokenType::ApiKey);
    let said = logged(
        &machines.build().unwrap(),
        LevelFilter::INFO,
        &[("authorization", &session)],
    );
    assert!(
        said.contains("token-type-mismatch: send a token of an accepted type"),
        "{said}"
    );
    // Who carries no token did nothing wrong, and in production anybody could fill the log.
    assert_eq!(logged(&development, LevelFilter::INFO, &[]), "");
    let production = production().build().unwrap();
    assert_eq!(logged(&production, LevelFilter::INFO, &refused), "");
    let detail = logged(&production, LevelFilter::DEBUG, &refused);
    assert!(detail.contains("the request is not signed in"), "{detail}");
    assert!(!detail.contains(&forged), "{detail}");
}

/// How a route refuses.
type Route = fn(&AuthContext) -> Result<(), Refusal>;

fn extractor(context: &AuthContext) -> Result<(), Refusal> {
    context.signed_in().map(|_| ())
}

fn handler(context: &AuthContext) -> Result<(), Refusal> {
    context.auth().signed_in().map(|_| ())
}

/// A handler that takes pending sessions, and then requires one without tasks.
fn pending_in_a_handler(context: &AuthContext) -> Result<(), Refusal> {
    let auth = context.auth().clone().pending_as_signed_in();
    auth.signed_in().map(|_| ())
}

fn guard(context: &AuthContext) -> Result<(), Refusal> {
    context.protect(&Protect::new(), &request(&[]), "/page")
}

fn guard_for_machines(context: &AuthContext) -> Result<(), Refusal> {
    let guard = Protect::new().token(TokenType::ApiKey);
    context.protect(&guard, &request(&[]), "/page")
}

/// Returns the refusal of this route for a request with these headers, and what is logged meanwhile.
fn refused(
    clerk: &Clerk,
    level: LevelFilter,
    headers: &[(&str, &str)],
    route: Route,
) -> (Refusal, Vec<String>) {
    let (log, guard) = Log::start_at(level);
    let Next::GoOn(GoOn { context, .. }) = clerk.attach(&request(headers)) else {
        panic!("nothing needs I/O, and nothing is answered")
    };
    let refusal = route(&context).unwrap_err();
    drop(guard);
    (refusal, log.records())
}

#[test]
fn every_401_says_which_check_failed_and_what_to_do() {
    let signer = Signer::instance();
    let bearer = |token: String| format!("Bearer {token}");
    let session = |claims| bearer(signer.session_with(&claims));
    let parties = ["https://app.example.com"];
    let good = session(json!({ "azp": parties[0] }));
    let machine = bearer(signer.sign(
        &json!({ "alg": "RS256", "kid": signer.kid(), "typ": "JWT", "cat": "cl_B7d4PD333AAA" }),
        &json!({ "sub": "mch_1", "scopes": "read", "jti": "mt_1", "iat": NOW, "exp": NOW + 300 }),
    ));
    let cases: [(Option<String>, Route, &str, &str); 15] = [
        (None, extractor, "-missing", "Authorization: Bearer"),
        (None, handler, "-missing", "Authorization: Bearer"),
        (None, guard, "-missing", "Authorization: Bearer"),
        (
            None,
            guard_for_machines,
            "-missing",
            "Authorization: Bearer",
        ),
        (
            Some(good),
            guard_for_machines,
            "token-type-mismatch",
            "ClerkBuilder::accepts",
        ),
        (
            Some(machine.clone()),
            handler,
            "token-type-mismatch",
            "ClerkBuilder::accepts",
        ),
        (
            Some(machine),
            extractor,
            "token-type-mismatch",
            "ClerkBuilder::accepts",
        ),
        (
            Some(session(json!({ "azp": parties[0], "sts": "pending" }))),
            guard,
            "session-pending",
            "sign-in page",
        ),
        (
            Some(session(json!({ "azp": parties[0], "sts": "pending" }))),
            pending_in_a_handler,
            "session-pending",
            "sign-in page",
        ),
        (
            Some(bearer(Signer::stranger().session())),
            guard,
            "token-invalid-signature",
            "keys of the instance that issued",
        ),
        (
            Some(session(json!({ "azp": parties[0], "exp": NOW - 60 }))),
            extractor,
            "session-token-expired",
            "getToken()",
        ),
        (
            Some(session(
                json!({ "azp": parties[0], "iat": NOW + 122, "exp": NOW + 300 }),
            )),
            handler,
            "iat-in-the-future",
            "synchronize this machine's clock",
        ),
        (
            Some(session(
                json!({ "azp": parties[0], "nbf": NOW + 122, "exp": NOW + 300 }),
            )),
            guard,
            "nbf",
            "synchronize this machine's clock",
        ),
        (
            Some(session(json!({ "azp": "https://www.example.com" }))),
            guard,
            "token-invalid-authorized-parties",
            "add it to CLERK_AUTHORIZED_PARTIES",
        ),
        (
            Some(bearer("nonsense".to_owned())),
            guard,
            "token-invalid",
            "as Clerk issued it",
        ),
    ];
    let instances = [development(), production()].map(|builder| {
        let builder = builder.authorized_parties(parties);
        builder.build().unwrap()
    });
    for (number, (token, route, reason, advice)) in cases.iter().enumerate() {
        let headers: Vec<(&str, &str)> = token
            .iter()
            .map(|token| ("authorization", token.as_str()))
            .collect();
        for (clerk, level) in instances
            .iter()
            .zip([LevelFilter::INFO, LevelFilter::DEBUG])
        {
            let (refusal, mut said) = refused(clerk, level, &headers, *route);
            assert_eq!(refusal.status(), 401, "{reason}");
            let (log, guard) = Log::start_at(level);
            let _ = refusal.into_response();
            drop(guard);
            said.extend(log.records());
            let about = said.iter().filter(|line| line.contains(reason));
            let lines: Vec<&String> = about.filter(|line| line.contains(advice)).collect();
            assert!(!lines.is_empty(), "{number}, {reason}: {said:?}");
            // Developers read it once.
            assert!(level == LevelFilter::DEBUG || said.len() == 1, "{said:?}");
            if let Some(token) = token {
                let (_, end) = token.split_at(token.len() - 6);
                assert!(!said.concat().contains(end), "{said:?}");
            }
        }
        let (refusal, said) = refused(&instances[1], LevelFilter::INFO, &headers, *route);
        let (log, guard) = Log::start();
        let _ = refusal.into_response();
        drop(guard);
        assert_eq!((said, log.records()), (vec![], vec![]), "{reason}");
    }
}

#[test]
fn a_refusal_that_is_not_sent_is_not_logged() {
    let clerk = development().build().unwrap();
    let (refusal, said) = refused(&clerk, LevelFilter::INFO, &[], extractor);
    let (log, guard) = Log::start();
    // As for a page that greets whoever is signed in.
    let nobody = Refusal::optional(Err::<(), _>(refusal));
    drop(guard);
    assert!(matches!(nobody, Ok(None)));
    assert_eq!((said, log.records()), (vec![], vec![]));
}

/// Returns what is logged at this level and above while a webhook with a forged signature is verified.
fn logged_of_a_forged_webhook(clerk: &Clerk, level: LevelFilter) -> String {
    let webhook = http::Request::post("/webhook")
        .header("svix-id", "msg_1")
        .header("svix-timestamp", NOW.to_string())
        .header("svix-signature", "v1,Zm9yZ2Vk")
        .body(())
        .unwrap();
    let (log, guard) = Log::start_at(level);
    let refusal = clerk
        .verify_webhook(
            &webhook,
            WebhookBody::Whole(b"{\"secret\":\"of the sender\"}"),
        )
        .unwrap_err();
    drop(guard);
    assert_eq!(refusal.status(), 400);
    log.text()
}

#[test]
fn a_refused_webhook_is_explained_to_the_developer() {
    let secret = "whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==";
    let development = development()
        .webhook_signing_secret(secret)
        .build()
        .unwrap();
    let said = logged_of_a_forged_webhook(&development, LevelFilter::INFO);
    assert!(said.contains("INFO"), "{said}");
    assert!(said.contains("signature does not match"), "{said}");
    assert!(!said.contains("of the sender"), "{said}");
    assert!(!said.contains(&secret[6..]), "{said}");
    // In production, anybody could fill the log.
    let production = production().webhook_signing_secret(secret).build().unwrap();
    assert_eq!(
        logged_of_a_forged_webhook(&production, LevelFilter::INFO),
        ""
    );
    let detail = logged_of_a_forged_webhook(&production, LevelFilter::DEBUG);
    assert!(detail.contains("signature does not match"), "{detail}");
}
