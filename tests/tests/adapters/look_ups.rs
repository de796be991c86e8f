//! The cost of lookups, when their entries are dropped, and how pages respond during an outage of Clerk, in both
//! frameworks.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, web};
use axum::Router;
use axum::routing::{get, post};
use clerk_actix::ClerkMiddleware;
use clerk_axum::ClerkLayer;
use clerk_core::api::ClerkClient;
use clerk_core::testing::WebhookSigner;
use clerk_core::{Clerk, ClerkBuilder, Clock as _, ManualClock, RouteMatcher, SystemClock};
use clerk_emulator::{Emulator, Fault, OrganizationSeed, UserSeed};
use futures_util::stream::{self, StreamExt as _};

use serde_json::json;

use crate::servers::{ActixServer, AxumServer, Running as _, serve_actix};

const ADA: &str = "ada@example.com";

/// How long a request of these tests waits for Clerk.
const WAIT: Duration = Duration::from_millis(50);

/// Pages that are public.
const PUBLIC: [&str; 5] = ["/who", "/greeting", "/reason", "/team", "/guarded/public"];

macro_rules! pages {
    ($framework:ident) => {
        use $framework::{
            Auth, ClerkRejection, CurrentOrganization, CurrentUser, User, VerifiedWebhook,
        };

        pub(super) async fn who(auth: Auth) -> String {
            format!("{:?}", auth.user_id())
        }

        pub(super) async fn greeting(user: Option<CurrentUser>) -> String {
            let name = user.and_then(|CurrentUser(user)| user.first_name);
            format!("hello, {}", name.as_deref().unwrap_or("visitor"))
        }

        pub(super) async fn reason(user: Result<CurrentUser, ClerkRejection>) -> String {
            match user {
                Ok(CurrentUser(user)) => format!("hello, {:?}", user.first_name),
                Err(why) => format!("nobody is known: {:?}", why.kind()),
            }
        }

        pub(super) async fn team(organization: Option<CurrentOrganization>) -> String {
            organization.map_or("no team".to_owned(), |CurrentOrganization(known)| {
                known.name
            })
        }

        pub(super) async fn webhook(_: VerifiedWebhook) -> &'static str {
            "received"
        }

        pub(super) async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
            Json(user)
        }
    };
}

mod on_axum {
    use axum::Json;
    pages!(clerk_axum);
}

mod on_actix {
    use actix_web::web::Json;
    pages!(clerk_actix);
}

fn public() -> RouteMatcher {
    RouteMatcher::new(["/guarded/public"]).unwrap()
}

fn axum_app(clerk: Clerk) -> Router {
    let guarded = Router::new()
        .route("/guarded/public", get(on_axum::greeting))
        .route_layer(clerk_axum::protect().except(public()));
    Router::new()
        .route("/who", get(on_axum::who))
        .route("/greeting", get(on_axum::greeting))
        .route("/reason", get(on_axum::reason))
        .route("/team", get(on_axum::team))
        .route("/me", get(on_axum::me))
        .merge(guarded)
        .route("/webhook", post(on_axum::webhook))
        .layer(ClerkLayer::new(clerk.clone()))
        .with_state(clerk)
}

fn actix_server(clerk: Clerk) -> ActixServer {
    serve_actix!(2, {
        App::new()
            .route("/who", web::get().to(on_actix::who))
            .route("/greeting", web::get().to(on_actix::greeting))
            .route("/reason", web::get().to(on_actix::reason))
            .route("/team", web::get().to(on_actix::team))
            .route("/me", web::get().to(on_actix::me))
            .app_data(web::Data::new(clerk.clone()))
            .route("/webhook", web::post().to(on_actix::webhook))
            .service(
                web::scope("/guarded")
                    .wrap(clerk_actix::protect().except(public()))
                    .route("/public", web::get().to(on_actix::greeting)),
            )
            .wrap(ClerkMiddleware::new(clerk.clone()))
    })
}

/// One instance, and its application in both frameworks.
struct Site {
    emulator: Emulator,
    clock: ManualClock,
    axum: AxumServer,
    actix: ActixServer,
    client: reqwest::Client,
}

impl Site {
    async fn start(users: usize, configure: impl Fn(ClerkBuilder) -> ClerkBuilder) -> Self {
        let mut emulator = Emulator::builder()
            .user(UserSeed::new(ADA).id("user_ada").first_name("Ada"))
            .organization(OrganizationSeed::new("Acme", "acme").member(ADA, "org:admin"));
        for user in 0..users {
            emulator = emulator.user(UserSeed::new(format!("{user}@example.com")));
        }
        let emulator = emulator.start().await.unwrap();
        let clock = ManualClock::new(SystemClock::default().now());
        // Each framework has its own caches.
        let clerk = || {
            let builder = Clerk::builder().from_vars(emulator.env());
            // No test takes that long, however slow the machine is.
            let builder = builder.lookup_memory(Duration::from_secs(3600));
            configure(builder.clock(clock.clone())).build().unwrap()
        };
        Self {
            axum: AxumServer::start(axum_app(clerk())).await,
            actix: actix_server(clerk()),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            emulator,
            clock,
        }
    }

    fn addresses(&self) -> [SocketAddr; 2] {
        [self.axum.address(), self.actix.address()]
    }

    fn token(&self, user: &str) -> String {
        self.emulator
            .session_token(user)
            .lifetime(Duration::from_secs(24 * 3600))
            .mint()
            .unwrap()
    }

    /// Returns how often a user was requested from the Backend API.
    fn look_ups(&self) -> usize {
        let requests = self.emulator.requests();
        let look_ups = requests
            .iter()
            .filter(|request| request.path().starts_with("/v1/users/"));
        look_ups.count()
    }

    async fn get(&self, to: SocketAddr, path: &str, token: Option<&str>) -> (u16, String) {
        let mut request = self.client.get(format!("http://{to}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends a thousand requests with these users' tokens, many at a time, and returns the responses in order.
    async fn thousand(&self, path: &str, to: SocketAddr, tokens: &[String]) -> Vec<(u16, String)> {
        stream::iter(0..1000)
            .map(|n| self.get(to, path, Some(&tokens[n % tokens.len()])))
            .buffered(100)
            .collect()
            .await
    }

    /// Repeats the request until the page contains this: on a busy machine Clerk may not respond within the time limit.
    async fn until(&self, to: SocketAddr, path: &str, token: &str, text: &str) {
        let limit = Duration::from_secs(60);
        let asking = async { while self.get(to, path, Some(token)).await.1 != text {} };
        tokio::time::timeout(limit, asking).await.unwrap();
    }
}

/// What was loaded from Clerk before the outage.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    Keys,
    /// Keys that are due for a refresh.
    OldKeys,
    KeysAndUser,
}

/// Starts an outage.
type Begin = fn(&Emulator);

#[tokio::test(flavor = "multi_thread")]
async fn public_pages_answer_during_every_outage() {
    let outages: [(&str, Begin); 6] = [
        ("keys refused", |emulator| emulator.faults().stop_keys()),
        ("500", |emulator| {
            emulator.faults().add(Fault::status(500).always());
        }),
        ("slow", |emulator| {
            let slow = Fault::slow(Duration::from_secs(3600));
            emulator.faults().add(slow.always());
        }),
        ("cut", |emulator| {
            emulator.faults().add(Fault::cut_connection().always());
        }),
        ("429", |emulator| {
            let throttled = Fault::too_many_requests(Duration::from_secs(60));
            emulator.faults().add(throttled.always());
        }),
        ("a gateway's page", |emulator| {
            let page = Fault::answer(200, "text/html", "<p>maintenance");
            emulator.faults().add(page.always());
        }),
    ];
    let before = [
        Before::Nothing,
        Before::Keys,
        Before::OldKeys,
        Before::KeysAndUser,
    ];
    let cases = outages
        .iter()
        .flat_map(|outage| before.map(|before| (outage, before)));
    stream::iter(cases)
        .map(|((outage, start), before)| public_pages_answer(outage, *start, before))
        .buffer_unordered(4)
        .collect::<()>()
        .await;
}

async fn public_pages_answer(outage: &str, start: Begin, before: Before) {
    let site = Site::start(0, |clerk| clerk.signing_key_wait(WAIT).lookup_wait(WAIT)).await;
    let token = site.token(ADA);
    for address in site.addresses() {
        if before != Before::Nothing {
            site.until(address, "/who", &token, "Some(\"user_ada\")")
                .await;
        }
        if before == Before::KeysAndUser {
            site.until(address, "/greeting", &token, "hello, Ada").await;
        }
    }
    if before == Before::OldKeys {
        site.clock.advance(Duration::from_secs(6 * 60));
    }
    start(&site.emulator);
    let strange = format!("{token}x");
    for path in PUBLIC {
        for caller in [None, Some(&*token), Some(&*strange)] {
            let mut answers = Vec::new();
            for address in site.addresses() {
                answers.push(site.get(address, path, caller).await);
            }
            let case = format!("{outage}, {before:?}, {path}, {caller:?}: {answers:?}");
            assert_eq!(answers[0], answers[1], "{case}");
            let (status, text) = &answers[0];
            assert_eq!(*status, 200, "{case}");
            // Users that were known before are still known.
            if caller == Some(&*token) && before == Before::KeysAndUser {
                assert!(path == "/team" || text.contains("da"), "{case}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_of_ten_people_cost_ten_look_ups() {
    let site = Site::start(10, |clerk| clerk).await;
    let tokens: Vec<_> = (0..10)
        .map(|user| site.token(&format!("{user}@example.com")))
        .collect();
    for address in site.addresses() {
        site.emulator.clear_requests();
        let answers = site.thousand("/me", address, &tokens).await;
        for (n, (status, text)) in answers.into_iter().enumerate() {
            assert_eq!(status, 200);
            assert!(text.contains(&format!("{}@example.com", n % 10)), "{text}");
        }
        assert_eq!(site.look_ups(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_makes_the_user_forgotten() {
    let signer = WebhookSigner::new();
    let site = Site::start(0, |clerk| clerk.webhook_signing_secret(signer.secret())).await;
    let token = site.token(ADA);
    let elsewhere = ClerkClient::builder()
        .secret_key(site.emulator.secret_key())
        .api_url(site.emulator.url())
        .build()
        .unwrap();
    let mut name = "Ada";
    for (address, new_name) in site.addresses().into_iter().zip(["Augusta", "Byron"]) {
        let greeting = async || site.get(address, "/greeting", Some(&token)).await.1;
        assert_eq!(greeting().await, format!("hello, {name}"));
        let rename = elsewhere.users().update("user_ada").first_name(new_name);
        rename.send().await.unwrap();
        assert_eq!(greeting().await, format!("hello, {name}"));
        let webhook = signer.event("user.updated", json!({ "id": "user_ada" }));
        let (parts, body) = webhook.into_parts();
        let send = |body: Vec<u8>| {
            let request = site.client.post(format!("http://{address}/webhook"));
            request.headers(parts.headers.clone()).body(body).send()
        };
        // Only responses of Clerk can drop entries.
        assert_eq!(send(b"{}".to_vec()).await.unwrap().status(), 400);
        assert_eq!(greeting().await, format!("hello, {name}"));
        assert_eq!(send(body).await.unwrap().status(), 200);
        assert_eq!(greeting().await, format!("hello, {new_name}"));
        name = new_name;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_refused_without_blaming_the_token() {
    let site = Site::start(0, |clerk| clerk).await;
    let token = site.token(ADA);
    let elsewhere = ClerkClient::builder()
        .secret_key(site.emulator.secret_key())
        .api_url(site.emulator.url())
        .build()
        .unwrap();
    elsewhere.users().delete("user_ada").send().await.unwrap();
    for address in site.addresses() {
        let (status, text) = site.get(address, "/me", Some(&token)).await;
        assert_eq!(status, 401, "{text}");
        assert!(text.contains("authentication_required"), "{text}");
        assert!(!text.contains("token-type-mismatch"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_during_an_outage_cost_a_handful_of_look_ups() {
    for fault in [Fault::status(500), Fault::slow(Duration::from_secs(3600))] {
        let site = Site::start(0, |clerk| clerk.lookup_wait(WAIT)).await;
        let token = site.token(ADA);
        for address in site.addresses() {
            site.get(address, "/who", Some(&token)).await;
            site.emulator.clear_requests();
            let faults = site.emulator.faults();
            faults.add(fault.clone().on("/v1/users").always());
            let answers = site.thousand("/me", address, std::slice::from_ref(&token));
            let limit = Duration::from_secs(60);
            for (status, text) in tokio::time::timeout(limit, answers).await.unwrap() {
                assert_eq!(status, 503, "{text}");
            }
            assert!((1..=5).contains(&site.look_ups()), "{}", site.look_ups());
            faults.clear();
        }
    }
}
